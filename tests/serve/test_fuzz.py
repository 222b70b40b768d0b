"""Requests that no client would send: never a 5xx, never a dead service."""

import json
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from serve.errors import BadRequest
from serve.payloads import parse_json

SEEDS = (
    b"POST /v1/label HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 18\r\n\r\n"
    b'{"text": "Norway"}',
    b"POST /v1/label/batch HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
    b'22\r\n{"articles": [{"text": "Norway"}]}\r\n0\r\n\r\n',
    b"POST /v1/label/stream HTTP/1.1\r\nhost: a\r\ncontent-type: application/x-ndjson\r\ncontent-length: 19\r\n\r\n"
    b'{"text": "Norway"}\n',
    b"GET /v1/groups/EU?date=2019-05-01 HTTP/1.1\r\nhost: a\r\nx-request-id: abc\r\n\r\n",
    b"GET /docs/files/swagger-ui.css HTTP/1.1\r\nhost: a\r\nrange: bytes=0-10,20-30\r\n\r\n",
)
PIECES = (b"\r\n", b"\x00", b"\xff", b"%00", b"../", b"{", b"[" * 50, b"1e400", b"-1", b"\\ud800", b" ", b":", b'"')


def mutate(data: bytes, random_: random.Random) -> bytes:
    """Change, drop, double or add bytes at a few places."""
    changed = bytearray(data)
    for _ in range(random_.randint(1, 6)):
        at = random_.randrange(len(changed) + 1)
        match random_.randrange(4):
            case 0:
                changed[at : at + 1] = bytes([random_.randrange(256)])
            case 1:
                del changed[at : at + random_.randint(1, 8)]
            case 2:
                changed[at:at] = changed[at : at + random_.randint(1, 40)]
            case _:
                changed[at:at] = random_.choice(PIECES)
    return bytes(changed)


def check_mutated(service, count: int) -> Counter[str]:
    """Send so many mutated requests; how often each status came back, '' where there was no answer."""
    random_ = random.Random(7)
    requests = [mutate(SEEDS[number % len(SEEDS)], random_) for number in range(count)]
    statuses: Counter[str] = Counter()
    with ThreadPoolExecutor(8) as together:
        for sent, answer in zip(requests, together.map(service.send, requests), strict=True):
            seen = [line[9:12].decode() for line in answer.split(b"\r\n") if line.startswith(b"HTTP/1.")]
            assert not [status for status in seen if status.startswith("5")], (sent, answer)
            statuses[seen[0] if seen else ""] += 1
    assert service.label("Norway").status_code == 200
    assert service.read_metric("stance_workers_lost_total") == 0
    return statuses


@pytest.fixture(scope="module")
def service(tmp_path_factory, run_service):
    """Gives up soon on requests that never end, as many mutated ones don't."""
    with run_service(tmp_path_factory.mktemp("fuzz") / "seen.txt", idle=0.3) as running:
        yield running


def test_mutated_requests_break_nothing(service):
    assert {"206", "400"} <= check_mutated(service, 60).keys()  # some get through, some do not


@pytest.mark.slow
def test_twenty_thousand_mutated_requests_break_nothing(service, record_testsuite_property):
    record_testsuite_property("statuses", check_mutated(service, 20_000))  # to be seen with --junit-xml


HOSTILE = {
    "deep lists": b"[" * 100_000,
    "deep objects": b'{"a":' * 100_000,
    "infinite": b'{"text": "a", "x": 1e400}',
    "NaN": b'{"text": "a", "x": NaN}',
    "Infinity": b'{"text": "a", "x": -Infinity}',
    "same name twice": b'{"text": "a", "text": "b"}',
    "endless number": b'{"text": "a", "x": ' + b"9" * 1_000_000 + b"}",
    "not UTF-8": b'{"text": "\xff"}',
    "UTF-16": '{"text": "a"}'.encode("utf-16"),
    "raw NUL": b'{"text": "a\x00"}',
    "empty": b"",
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_hostile_json_is_refused(service, body):
    with pytest.raises(BadRequest):
        parse_json(body)
    answer = service.client.post("/v1/label", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "BadRequest")


@pytest.mark.parametrize("text", ["a\u0000b", "é́", "\u202eabc", "\u200b.", "\r\n\r\nNorway", "\U0001f1f3\U0001f1f4"])
def test_strange_words_come_back_as_they_were(service, text):
    text += "Norway"
    answer = service.label(text).json()
    for evidence in answer["stances"][0]["evidence"]:
        assert text[evidence["start"] : evidence["end"]] == evidence["text"]


def test_document_is_valid_json_schema_throughout(service):
    document = service.client.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    text = json.dumps(document)
    for name in document["components"]["schemas"]:
        assert name in text
