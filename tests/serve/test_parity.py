"""The shipped checkpoint behind HTTP: the same bytes as the command line, and no connection to anywhere."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from serve.pool import worker_command

ROOT = Path(__file__).parents[2]
COMMAND_LINE = [sys.executable, "-c", f"import sys; sys.path[:] = {sys.path!r}; from serve.cli import main; main()"]
HOOK = """
import sys

def note(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname"):
        open({canary!r}, "a").write(event)

sys.addaudithook(note)
"""


def read_texts(count: int) -> list[str]:
    """Paragraphs of the corpus and of the example: any words will do."""
    files = [ROOT / "examples" / "assembly-vote.txt", *sorted((ROOT / "training" / "corpus").glob("*.txt"))]
    lines = (line.strip() for file in files for line in file.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if len(line) > 60][:count]


def check_parity(start_service, folder: Path, count: int) -> None:
    records = [
        {"id": f"é{n}", "text": text, "title": "T" if n % 2 else None, "date": "2020-01-01" if n % 3 else None}
        | ({"proposals": ["a ban on fishing", "the resolution"]} if n % 4 == 0 else {})
        for n, text in enumerate(read_texts(count))
    ]
    assert len(records) == count
    lines = "".join(json.dumps(record) + "\n" for record in records)
    (folder / "articles.jsonl").write_text(lines)
    label = [*COMMAND_LINE, "label", str(folder / "articles.jsonl")]
    expected = subprocess.run(label, capture_output=True, check=True).stdout
    canary = str(folder / "connected")
    command = worker_command(None)
    command[2] = HOOK.format(canary=canary) + command[2]
    service = start_service(command=command, workers=2)
    headers = {"content-type": "application/x-ndjson"}
    assert service.client.post("/v1/label/stream", content=lines, headers=headers).content == expected
    for record, line in zip(records[:20], expected.splitlines(keepends=True), strict=False):
        assert service.client.post("/v1/label", json=record).content == line
    batch = service.client.post("/v1/label/batch", json={"articles": records[:20]}).content
    assert batch == b'{"rows": [' + b", ".join(expected.splitlines()[:20]) + b"]}\n"
    assert not Path(canary).exists()


def test_http_gives_the_bytes_of_the_command_line(start_service, tmp_path):
    check_parity(start_service, tmp_path, 6)


@pytest.mark.slow
def test_http_gives_the_bytes_of_the_command_line_for_500_articles(start_service, tmp_path):
    check_parity(start_service, tmp_path, 500)
