"""Hostile clients on raw sockets: what they get, and that others go on."""

import contextlib
import gzip
import json
import socket

import pytest

HEAD = b"POST /v1/label HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n"
STREAM_HEAD = (
    b"POST /v1/label/stream HTTP/1.1\r\nhost: a\r\ncontent-type: application/x-ndjson\r\ncontent-length: %d\r\n\r\n"
)
LIMIT = 20_000


@pytest.fixture(scope="module")
def service(tmp_path_factory, run_service):
    with run_service(tmp_path_factory.mktemp("limits") / "seen.txt", max_body_bytes=LIMIT, idle=1.0) as running:
        yield running


@pytest.fixture(autouse=True)
def _still_serves(service):
    yield
    assert service.label("Norway").status_code == 200


def status(answer: bytes) -> int:
    assert answer.startswith(b"HTTP/1.1 "), answer[:200]
    return int(answer[9:12])


def test_declared_length_over_the_limit_is_refused_unread(service):
    answer = service.send(HEAD + b"content-length: 99999999\r\n\r\n")
    assert status(answer) == 413
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["type"] == "TooLarge"


def test_chunked_body_over_the_limit_is_refused(service):
    chunk = b"1000\r\n" + b" " * 0x1000 + b"\r\n"
    assert status(service.send(HEAD + b"transfer-encoding: chunked\r\n\r\n" + chunk * 6 + b"0\r\n\r\n")) == 413


def test_chunks_of_one_byte_are_counted_with_their_frames(service):
    flood = b"1\r\n \r\n" * 100_000
    assert status(service.send(HEAD + b"transfer-encoding: chunked\r\n\r\n" + flood)) in (400, 413)


def test_body_shorter_than_declared_is_given_up(service):
    answer = service.send(HEAD + b"content-length: 500\r\n\r\n{")
    assert status(answer) == 408
    assert b"connection: close" in answer.lower()


def test_body_longer_than_declared_is_no_second_request(service):
    answer = service.send(HEAD + b'content-length: 18\r\n\r\n{"text": "Norway"}' + b"X" * 500)
    assert status(answer) == 200
    assert answer.count(b"HTTP/1.1 ") <= 2
    assert b"HTTP/1.1 200" not in answer[20:]


@pytest.mark.parametrize("length", [b"-1", b"1e3", b"0x10", b"5, 6", b"\xb2"])
def test_length_that_is_no_number_is_refused(service, length):
    assert status(service.send(HEAD + b"content-length: " + length + b"\r\n\r\n{}")) == 400


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "gzip, gzip"])
def test_compressed_body_is_refused_unopened(service, encoding):
    bomb = gzip.compress(b" " * 10_000_000)
    answer = service.client.post(
        "/v1/label", content=bomb, headers={"content-encoding": encoding, "content-type": "application/json"}
    )
    assert answer.status_code == 415


def test_too_many_headers(service):
    assert status(service.send(b"GET /health HTTP/1.1\r\nhost: a\r\n" + b"x: y\r\n" * 1_000 + b"\r\n")) == 431


def test_too_long_headers(service):
    answer = service.send(b"GET /health HTTP/1.1\r\nhost: a\r\nx: " + b"y" * 65_536 + b"\r\n\r\n")
    assert status(answer) == 431
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["type"] == "HeadersTooLarge"


def test_query_counts_as_a_header(service):
    answer = service.send(b"GET /v1/countries?name=" + b"y" * 60_000 + b" HTTP/1.1\r\nhost: a\r\n\r\n")
    assert status(answer) == 431


def test_body_with_two_ends_is_refused_and_the_connection_closed(service):
    both = b"content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"
    answer = service.send(HEAD + both + b"GET /health HTTP/1.1\r\nhost: a\r\n\r\n")
    assert status(answer) == 400
    assert answer.count(b"HTTP/1.1 ") == 1


def test_head_request_over_the_limit_is_refused_too(service):
    head = HEAD.replace(b"POST", b"HEAD") + b"transfer-encoding: chunked\r\n\r\n"
    answer = service.send(head + (b"1\r\n \r\n" * 60_000))
    assert status(answer) in (405, 413)
    assert answer.endswith(b"\r\n\r\n")


def test_body_is_asked_for_only_where_it_may_come(service):
    wait = b"expect: 100-continue\r\ncontent-length: %d\r\n\r\n"
    assert status(service.send(HEAD + wait % 99_999_999)) == 413
    assert status(service.send(HEAD + wait % 100)) == 100


def test_what_is_no_http_gets_400_in_the_one_shape(service):
    answer = service.send(b"\x16\x03\x01\x02\x00 hello\r\n\r\n")
    assert status(answer) == 400
    assert set(json.loads(answer.partition(b"\r\n\r\n")[2])["error"]) == {"type", "message", "request_id"}


@pytest.mark.parametrize("sent", [b"", b"GET /health HTT", b"GET /health HTTP/1.1\r\nhost: a\r\n"])
def test_client_that_never_finishes_its_headers_is_dropped(service, sent):
    assert service.send(sent) == b""


def test_client_that_never_finishes_its_second_headers_is_dropped(service):
    answer = service.send(b"GET /health HTTP/1.1\r\nhost: a\r\n\r\nGET /hea")
    assert answer.count(b"HTTP/1.1 200") == 1


def test_body_that_drips_is_given_up_at_the_deadline(start_service):
    service = start_service(deadline=1.0, idle=5.0)
    with socket.create_connection(("127.0.0.1", service.port), timeout=5) as connection:
        connection.sendall(HEAD + b"content-length: 1000\r\n\r\n")
        connection.settimeout(0.2)
        answer = b""
        for _ in range(30):
            connection.sendall(b" ")
            try:
                answer = connection.recv(4_096)
            except TimeoutError:
                continue
            break
    assert status(answer) == 408


@contextlib.contextmanager
def connect_without_reading(service):
    """A connection that takes in 4 kB and no more."""
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)  # before it connects, else it is too late
        connection.connect(("127.0.0.1", service.port))
        yield connection


def read_all(connection):
    while connection.recv(65_536):
        pass


def is_open(service, connection):
    return any(known.client == connection.getsockname() for known in service.server.server_state.connections)


def test_client_that_never_reads_its_answer_is_dropped(service):
    path = "/docs/files/swagger-ui-bundle.js"
    answers = 6
    assert answers * len(service.client.get(path).content) > 8_000_000  # more than the kernel takes off our hands
    with connect_without_reading(service) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nhost: a\r\n\r\n".encode() * answers)
        service.wait_until(lambda: is_open(service, connection))
        service.wait_until(lambda: not is_open(service, connection))
        service.wait_until(lambda: not service.server.server_state.tasks)
        with pytest.raises(ConnectionResetError):  # the kernel has kept nothing to send either
            read_all(connection)


def test_stream_that_nobody_reads_is_not_labelled_to_its_end(start_service):
    service = start_service(idle=0.5, max_body_bytes=20_000_000)
    lines = (json.dumps({"text": "Norway " + "x" * 40_000}) + "\n").encode() * 300
    with connect_without_reading(service) as connection:
        connection.sendall(STREAM_HEAD % len(lines) + lines)
        service.wait_until(lambda: len(service.list_labelled()) > 0)
        service.wait_until(lambda: not is_open(service, connection))
        service.wait_until(lambda: not service.server.server_state.tasks)
    assert len(service.list_labelled()) < 300
    assert len(service.inside.queue) == 0
    assert service.label("Norway").status_code == 200


def test_stream_that_is_left_frees_its_places(start_service):
    service = start_service(workers=1)
    lines = b'{"text": "sleep 0.1"}\n' * 100
    with socket.create_connection(("127.0.0.1", service.port)) as connection:
        connection.sendall(STREAM_HEAD % len(lines) + lines)
        assert b" 200 OK" in connection.recv(4_096)
    service.wait_until(lambda: not service.server.server_state.tasks)
    service.wait_until(lambda: len(service.inside.queue) == 0)
    assert len(service.list_labelled()) < 20


def test_bodies_held_at_once_are_bounded(start_service):
    service = start_service(max_body_bytes=1_000)
    held = [socket.create_connection(("127.0.0.1", service.port)) for _ in range(40)]
    for connection in held:
        connection.sendall(HEAD + b"content-length: 1000\r\n\r\n" + b" " * 990)
    answers = [_peek(connection) for connection in held]
    for connection in held:
        connection.close()
    assert any(b" 429 " in answer for answer in answers)
    service.wait_until(lambda: service.label("Norway").status_code == 200)


def _peek(connection):
    connection.settimeout(0.05)
    try:
        return connection.recv(4_096)
    except TimeoutError:
        return b""


def test_many_idle_clients_keep_nobody_out(service):
    idle = [socket.create_connection(("127.0.0.1", service.port)) for _ in range(200)]
    assert service.label("Norway").status_code == 200
    for connection in idle:
        connection.close()
