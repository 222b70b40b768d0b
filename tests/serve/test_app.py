import json
import logging
import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import jsonschema
import pytest

from models.schema import Article, read_schema
from serve.app import create_app
from serve.keys import OPEN_PATHS, Keys, make_key
from serve.logs import JsonFormatter
from serve.payloads import read_article
from serve.rows import format_row
from serve.settings import Settings

ROOT = Path(__file__).parents[2]
STREAM = {"content-type": "application/x-ndjson"}


def test_answer_is_the_line_of_the_command_line(service, make_labels):
    answer = service.label("Norway, «Łódź» \U0001f41f voted no.", id="x", title="T", date="2026-01-02")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.content.endswith(b"}\n")
    assert format_row(_Row(answer.json())) == answer.text
    jsonschema.validate(answer.json(), read_schema())
    assert "Łódź" in answer.text


class _Row:
    def __init__(self, row):
        self.to_dict = lambda: row


def test_groups_are_expanded_on_request(service):
    body = {"text": "Norway voted no."}
    assert service.client.post("/v1/label", json=body).json()["stances"][0]["group"] is None
    answer = service.client.post("/v1/label", json=body, params={"expand_groups": True})
    assert answer.json()["stances"][0]["group"] == "EU"


def test_batch_keeps_order_and_gives_each_bad_article_its_own_error(service):
    articles = [
        {"id": "a", "text": "Norway"},
        {"id": "b"},
        {"id": "c", "text": "refuse this"},
        {"id": "d", "text": "bug here"},
        5,
        {"id": "f", "text": "x" * 60_000},
        {"id": "g", "text": "Norway"},
    ]
    answer = service.client.post("/v1/label/batch", json={"articles": articles})
    rows = answer.json()["rows"]
    assert answer.status_code == 200
    assert [row["id"] for row in rows] == ["a", "b", "c", "d", "", "f", "g"]
    errors = [row.get("error", {}).get("type") for row in rows]
    assert errors == [None, "DataError", "DataError", "InternalError", "DataError", "TooLarge", None]
    assert rows[0] == service.client.post("/v1/label", json=articles[0]).json()


def test_stream_gives_a_line_for_each_line(service):
    lines = [json.dumps({"id": f"n{n}", "text": "Norway"}) for n in range(100)]
    lines[7] = "not json"
    lines[8] = '{"id": "n8", "text": "refuse"}'
    answer = service.client.post("/v1/label/stream", content="\n\n".join(lines), headers=STREAM)
    rows = [json.loads(line) for line in answer.text.splitlines()]
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    assert [row["id"] for row in rows] == [f"n{n}" if n != 7 else "" for n in range(100)]
    assert rows[7]["line"] == 15
    assert rows[7]["error"]["type"] == "BadRequest"
    assert rows[8]["line"] == 17


def test_stream_answers_while_it_goes_on(service):
    lines = '{"text": "Norway"}\n{"text": "sleep 0.3"}\n{"text": "Norway"}\n'
    with service.client.stream("POST", "/v1/label/stream", content=lines, headers=STREAM) as answer:
        times = [time.monotonic() for _ in answer.iter_lines()]
    assert len(times) == 3
    assert times[1] - times[0] > 0.2


def test_stream_longer_than_the_queue_waits_for_room(start_service):
    service = start_service(queue_articles=1, max_batch_articles=1, workers=2)
    lines = '{"text": "Norway"}\n' * 40
    rows = service.client.post("/v1/label/stream", content=lines, headers=STREAM).text.splitlines()
    assert len(rows) == 40
    assert not any('"error"' in row for row in rows)


ERRORS = [
    ("POST", "/v1/label", b"{", "application/json", 400, "BadRequest"),
    ("POST", "/v1/label", b"{}", "application/json", 422, "DataError"),
    ("POST", "/v1/label", b'{"text": " "}', "application/json", 422, "DataError"),
    ("POST", "/v1/label", b'{"text": "a\\ud800"}', "application/json", 422, "DataError"),
    ("POST", "/v1/label", b'{"text": "a"}', "text/plain", 415, "UnsupportedType"),
    ("POST", "/v1/label", b'{"text": "bug"}', "application/json", 500, "InternalError"),
    ("POST", "/v1/label", b'{"text": "refuse"}', "application/json", 422, "DataError"),
    ("POST", "/v1/label?timeout=0", b'{"text": "a"}', "application/json", 422, "DataError"),
    ("POST", "/v1/label?timeout=nan", b'{"text": "a"}', "application/json", 422, "DataError"),
    ("POST", "/v1/label/batch", b'{"articles": []}', "application/json", 422, "DataError"),
    ("POST", "/v1/label/batch", b"[]", "application/json", 422, "DataError"),
    ("POST", "/v1/label/batch", b'{"articles": [' + b"1," * 64 + b"1]}", "application/json", 422, "DataError"),
    ("POST", "/v1/label/stream", b"\n \n", "application/x-ndjson", 422, "DataError"),
    ("GET", "/v1/label", b"", "", 405, "MethodNotAllowed"),
    ("OPTIONS", "/v1/label", b"", "", 405, "MethodNotAllowed"),
    ("POST", "/nowhere", b"", "", 404, "NotFound"),
    ("GET", "/v1/info/", b"", "", 404, "NotFound"),
    ("GET", "/page/../app.py", b"", "", 404, "NotFound"),
    ("GET", "/page/%2e%2e/app.py", b"", "", 404, "NotFound"),
    ("GET", "/docs/files/..%2f..%2fapp.py", b"", "", 404, "NotFound"),
    ("GET", "/v1/countries?name=Atlantis", b"", "", 404, "NotFound"),
    ("GET", "/v1/groups?date=tomorrow", b"", "", 422, "DataError"),
    ("GET", "/v1/groups/XYZ", b"", "", 404, "NotFound"),
]


@pytest.mark.parametrize(("method", "path", "body", "media_type", "status", "kind"), ERRORS)
def test_error_has_its_status_and_the_one_shape(service, method, path, body, media_type, status, kind):
    raw = f"{method} {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: {len(body)}\r\n"
    raw += f"content-type: {media_type}\r\n\r\n" if media_type else "\r\n"
    head, _, answer = service.send(raw.encode() + body).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    error = json.loads(answer)["error"]
    assert set(error) == {"type", "message", "request_id"}
    assert error["type"] == kind
    for leaked in ("Traceback", str(ROOT), ".py", "secret"):
        assert leaked not in error["message"]


def test_405_names_the_methods(service):
    assert service.client.get("/v1/label").headers["allow"] == "POST"


def test_request_id_comes_back_unless_it_could_do_harm(service):
    def ask(given):
        return service.client.get("/health", headers={"x-request-id": given}).headers["x-request-id"]

    assert ask("my-id_1.2") == "my-id_1.2"
    for bad in ("a b", "x" * 129, '"quoted"', "../x"):
        assert re.fullmatch(r"[0-9a-f]{16}", ask(bad))
    refused = service.client.get("/nowhere", headers={"x-request-id": "mine"})
    assert refused.json()["error"]["request_id"] == "mine"


@pytest.mark.parametrize("path", ["/", "/docs", "/health", "/nowhere", "/docs/files/start.js", "/v1/info"])
def test_every_answer_has_security_headers_and_none_for_cors(service, path):
    headers = service.client.get(path, headers={"origin": "https://evil.example"}).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert not [name for name in headers if name.startswith("access-control-")]
    assert "server" not in headers


def test_docs_work_offline(service):
    page = service.client.get("/docs").text
    assert "<script>" not in page
    assert "://" not in page
    for path in re.findall(r'(?:src|href)="([^"]+)"', page):
        assert service.client.get(f"/{path}").status_code == 200


def test_info_says_what_labels_and_how_much_but_not_where(service):
    answer = service.client.get("/v1/info")
    assert answer.json()["model"] == {"name": "stub", "version": "0"}
    assert answer.json()["limits"]["batch_articles"] == 64
    assert "secret" not in answer.text


def test_countries_and_groups_are_those_of_the_command_line(service):
    assert {"country": "NOR", "name": "Norway"} in service.client.get("/v1/countries").json()["countries"]
    found = service.client.get("/v1/countries", params={"name": "Burkinabe"}).json()["countries"]
    assert [country["country"] for country in found] == ["BFA"]
    members = service.client.get("/v1/groups/eu", params={"date": "2019-05-01"}).json()["members"]
    assert "GBR" in [member["country"] for member in members]
    listed = service.client.get("/v1/groups", params={"date": "2021-05-01"}).json()["groups"]
    assert "GBR" not in next(group["members"] for group in listed if group["group"] == "EU")


def test_group_answers_to_a_former_name(service) -> None:
    answer = service.client.get("/v1/groups/G8", params={"date": "2005-07-06"}).json()
    assert answer["group"] == "G7"
    assert "RUS" in [member["country"] for member in answer["members"]]


def test_metrics_count_what_was_done_and_are_not_redirected(service):
    before = service.read_metric("stance_articles_total")
    service.label("Norway")
    service.label("refuse")
    answer = service.client.get("/metrics", follow_redirects=False)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert service.read_metric("stance_articles_total") == before + 1
    assert 'stance_requests_total{method="POST",route="/v1/label",status="422"}' in answer.text
    assert 'stance_model_info{name="stub",version="0"} 1.0' in answer.text


def test_metrics_stay_few_whatever_is_asked(service):
    service.client.get("/nowhere/0")
    service.client.request("BREW", "/nowhere/0")
    before = len(service.client.get("/metrics").text.splitlines())
    for number in range(200):
        service.client.request(f"BREW{number}", f"/nowhere/{number}", headers={"x-request-id": str(number)})
        service.client.get("/v1/countries", params={"name": f"Land{number}"})
    assert len(service.client.get("/metrics").text.splitlines()) <= before + 30


def test_no_word_of_an_article_is_logged(service, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    service.label("bug Geheimnis", title="Geheimnis", proposals=["Geheimnis"], id="Geheimnis")
    service.label("refuse Geheimnis")
    service.label("Norway Geheimnis")
    lines = [JsonFormatter().format(record) for record in caplog.records if record.name.startswith("stance")]
    assert any('"status": 500' in line for line in lines)
    captured = capfd.readouterr()
    assert "Geheimnis" not in "".join(lines) + captured.out + captured.err


def test_log_line_is_one_line_whatever_the_words():
    record = logging.makeLogRecord({"msg": "a\nb\x1b[31m", "levelname": "INFO", "levelno": 20, "name": "n"})
    line = JsonFormatter().format(record)
    assert "\n" not in line
    assert "\x1b" not in line
    assert json.loads(line)["message"] == "a\nb\x1b[31m"


def test_served_document_is_the_one_in_the_repository(service):
    served = service.client.get("/openapi.json").json()
    kept = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))
    assert served == kept, "write it again: see docs/service.md"


def list_paths(routes):
    """Every path of the router, mounted folders included, however it came to be there."""
    for route in routes:
        if hasattr(route, "path"):
            yield route.path
        else:
            yield from list_paths(route.original_router.routes)


def test_every_route_wants_a_key_but_health_and_readiness(start_service, tmp_path):
    key, line = make_key("alice")
    (tmp_path / "keys").write_text(line)
    service = start_service(keys=tmp_path / "keys")
    app = create_app(Settings(), ["true"], Keys(tmp_path / "keys"))
    paths = {*list_paths(app.routes)} | {"/openapi.json", "/nowhere", "//v1/info", "/v1/info/", "/health/", "/ready/x"}
    assert {"/", "/docs", "/metrics", "/v1/label", "/v1/info", "/page"} <= paths
    for path in paths:
        for method in ("GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "BREW"):
            request = f"{method} {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"
            answer = service.send(request.encode())
            assert answer.startswith(b"HTTP/1.1 401 ") == (path not in OPEN_PATHS), (method, path)
    for path in ("/%68ealth", "/v1/%69nfo", "/health%2f", "/health/../v1/info", "/%2e/v1/info", "http://a/v1/info"):
        answer = service.send(f"GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n".encode())
        assert answer.startswith(b"HTTP/1.1 401 ") or path == "/%68ealth", path
    assert service.client.get("/health").status_code == 200
    assert service.client.get("/v1/info", headers={"authorization": f"Bearer {key}"}).status_code == 200
    assert service.client.get("/v1/info", auth=("anyone", key)).status_code == 200
    for wrong in ("", key, f"Bearer {key}x", "Bearer", f"Basic {key}", "Bearer \xff", "Basic ////"):
        answer = service.client.get("/v1/info", headers=[(b"authorization", wrong.encode("latin-1"))])
        assert answer.status_code == 401
        assert "Basic" in answer.headers["www-authenticate"]


def test_answers_do_not_depend_on_what_else_is_asked(service):
    texts = [f"Norway voted no, {'again and ' * n}again." for n in range(20)]
    alone = [service.label(text).content for text in texts]
    with ThreadPoolExecutor(20) as together:
        assert list(together.map(lambda text: service.label(text).content, texts)) == alone
    batch = service.client.post("/v1/label/batch", json={"articles": [{"text": text} for text in texts]}).json()
    assert [json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in batch["rows"]] == alone


def test_article_is_read_as_the_command_line_reads_it():
    record = {"text": "a", "id": 5, "title": None, "proposals": [], "other": 1}
    assert read_article(record, Settings()) == Article(text="a", id="5")


def test_client_library_needs_nothing_special(service):
    assert httpx2.post(f"http://127.0.0.1:{service.port}/v1/label", json={"text": "Norway"}).status_code == 200
