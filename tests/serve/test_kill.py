"""Runs are killed at random moments, again and again, and resumed: nothing may be lost, doubled or changed.

STANCE_KILLS sets how many kills each case gets; 100 in all takes some minutes.
"""

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KILLS = int(os.environ.get("STANCE_KILLS", "34"))
ARTICLES = 150
RUN = (
    "from serve import output\n"
    "from serve.cli import main\n"
    "output.CHECKPOINT_SECONDS = 0.02\n"
    "if __name__ == '__main__':\n"
    "    main()\n"
)
"""The command with checkpoints so close that every life gets somewhere."""

pytestmark = pytest.mark.slow


@pytest.fixture
def start(tmp_path, tiny_checkpoint):
    """Start the command on a corpus of good and bad articles."""
    texts = (f"France backed the plan {n}. Peru opposed it.\n" * (n % 7) for n in range(ARTICLES))
    corpus = "".join(json.dumps({"id": str(n), "text": text}) + "\n" for n, text in enumerate(texts))
    (tmp_path / "in.jsonl").write_text(corpus)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}

    def run(*arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", RUN, "label", "in.jsonl", "--model", str(tiny_checkpoint), *arguments]
        return subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True)

    return run


@pytest.mark.parametrize(("form", "workers"), [("jsonl", "1"), ("csv", "2"), ("parquet", "1")])
def test_killed_and_resumed_run_gives_the_bytes_of_an_unbroken_one(start, tmp_path, form, workers):
    pytest.importorskip("pyarrow")
    chance = random.Random(form)
    options = ["-o", f"out.{form}", "--errors", "bad.jsonl", "--workers", workers, "--resume"]
    with start("-o", f"whole.{form}", "--errors", "whole-bad.jsonl") as unbroken:
        assert "of 150 articles not labelled" in unbroken.stderr.read()
    expected = [(tmp_path / name).read_bytes() for name in (f"whole.{form}", "whole-bad.jsonl")]
    kills = 0
    while kills < KILLS:
        for name in (f"out.{form}", f"out.{form}.journal", "bad.jsonl"):
            (tmp_path / name).unlink(missing_ok=True)
        while True:
            with start(*options) as process:
                kill_somewhere(process, tmp_path / f"out.{form}.part", chance)
                message = process.stderr.read()
            if process.returncode != -9:
                break
            kills += 1
        assert process.returncode == 3, message
        assert [(tmp_path / name).read_bytes() for name in (f"out.{form}", "bad.jsonl")] == expected


def kill_somewhere(process: subprocess.Popen[str], part: Path, chance: random.Random) -> None:
    """Kill after some growth of the output, often small, now and then more than there is; or early, by the clock."""
    start = time.monotonic()
    is_early = chance.random() < 0.2
    limit, growth = chance.uniform(0, 1.5), 10 ** chance.uniform(2, 5.5)
    before = measure(part)
    while process.poll() is None:
        if (time.monotonic() - start > limit) if is_early else measure(part) > before + growth:
            time.sleep(chance.uniform(0, 0.03))
            process.kill()
            return
        time.sleep(0.001)


def measure(part: Path) -> int:
    try:
        return part.stat().st_size
    except FileNotFoundError:
        return 0
