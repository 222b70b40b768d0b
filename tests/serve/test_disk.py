"""Full disks, read-only folders and corpora larger than memory, on the real thing.

STANCE_GIGABYTES sets the size of the large corpus; 10 takes some minutes.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from backports import zstd

ROOT = Path(__file__).parents[2]
GIGABYTES = float(os.environ.get("STANCE_GIGABYTES", "10"))
ARTICLE_CHARACTERS = 100_000
STUB = """
import resource, sys, types
from models.schema import Labels

class Labeller:
    @classmethod
    def load(cls, path=None):
        return cls()

    def label(self, article):
        return Labels(article=article, id=article.known_as, proposals=(), stances=())

sys.modules["models.labeller"] = types.SimpleNamespace(Labeller=Labeller)
from serve.cli import main
try:
    main()
finally:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, file=sys.stderr)
"""
"""The command with a labeller that finds nothing; the last line on standard error is the peak memory in MB."""

pytestmark = pytest.mark.slow


def label(folder: Path, *arguments: str) -> tuple[int, list[str]]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", STUB, "label", *arguments]
    answer = subprocess.run(command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True, check=False)
    return answer.returncode, answer.stderr.splitlines()


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 256 KB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    options = ("-t", "tmpfs", "-o", "size=256k", "tmpfs")
    if mount is None or subprocess.run([mount, *options, folder], check=False).returncode:
        pytest.skip("only root may mount a file system, and in a container not even root")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
def test_full_disk_leaves_no_final_file_and_the_run_resumes_when_there_is_room(small_disk, tmp_path, form):
    lines = (json.dumps({"id": str(n), "text": f"Norway voted no, {n}.", "title": "x" * 500}) for n in range(2000))
    (tmp_path / "in.jsonl").write_text("\n".join(lines))
    assert label(tmp_path, "in.jsonl", "-o", f"whole.{form}")[0] == 0
    code, (error, _) = label(tmp_path, "in.jsonl", "-o", f"disk/out.{form}")
    assert (code, error) == (1, f"error: can't write 'disk/out.{form}': No space left on device")
    assert {path.name for path in small_disk.iterdir()} <= {f"out.{form}.part", f"out.{form}.journal"}
    subprocess.run(["mount", "-o", "remount,size=16m", small_disk], check=True)
    assert label(tmp_path, "in.jsonl", "-o", f"disk/out.{form}", "--resume")[0] == 0
    assert (small_disk / f"out.{form}").read_bytes() == (tmp_path / f"whole.{form}").read_bytes()


def test_read_only_disk_is_one_line(small_disk, tmp_path):
    (tmp_path / "in.txt").write_text("Norway voted no.")
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    code, (error, _) = label(tmp_path, "in.txt", "-o", "disk/out.jsonl")
    assert (code, error) == (1, "error: can't write 'disk/out.jsonl': Read-only file system")
    assert not list(small_disk.iterdir())


def test_memory_stays_flat_however_large_the_corpus(tmp_path):
    number = int(GIGABYTES * 1e9 / ARTICLE_CHARACTERS)
    text = ("Norway voted against the fishing ban on Monday. " * 2100)[:ARTICLE_CHARACTERS]
    with zstd.open(tmp_path / "in.jsonl.zst", "wt", encoding="utf-8") as file:
        for n in range(number):
            file.write(json.dumps({"id": str(n), "text": text}) + "\n")
    code, report = label(tmp_path, "in.jsonl.zst", "-o", "out.jsonl", "--progress")
    assert code == 0
    with (tmp_path / "out.jsonl").open() as rows:
        assert sum(1 for _ in rows) == number
    print(*report, sep="\n")  # noqa: T201 - shown by pytest -s
    assert int(report[-1]) < 1000
