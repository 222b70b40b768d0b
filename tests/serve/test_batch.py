import importlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from models.errors import StanceError
from models.schema import Article
from serve.articles import Failure, Item
from serve.batch import LOOK_AHEAD, Task, answer_all
from serve.rows import format_row

ROOT = Path(__file__).parents[2]


def make_items(number: int):
    return (
        Item(Article(text=f"France backed the plan {n}. Peru opposed it.", id=str(n)), str(n)) for n in range(number)
    )


@pytest.fixture
def render_or_die(tmp_path, monkeypatch):
    """A function that worker processes can import; it kills the one that holds article 3."""
    (tmp_path / "deadly_render.py").write_text(
        "import os, signal\n"
        "def render(row):\n"
        "    if type(row).__name__ == 'Labels' and row.id == '3':\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return row.id\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("deadly_render").render
    del sys.modules["deadly_render"]


@pytest.fixture
def task(tiny_checkpoint) -> Task:
    return Task(model=tiny_checkpoint)


def test_workers_give_the_rows_of_one_process_in_order(task):
    alone = [answer.row for answer in answer_all(make_items(33), task, format_row, 1)]
    together = [answer.row for answer in answer_all(make_items(33), task, format_row, 2)]
    assert [json.loads(row)["id"] for row in alone] == [str(n) for n in range(33)]
    assert together == alone


def test_workers_read_only_so_far_ahead(task):
    read = []
    answers = answer_all((read.append(item) or item for item in make_items(1000)), task, format_row, 2)
    for done in range(1, 5):
        next(answers)
        assert len(read) <= 2 * LOOK_AHEAD + done
    answers.close()


def test_failures_pass_through_in_their_place(task):
    bad = Failure(id="bad", line=7, error=StanceError("no"))
    items = [*make_items(1), bad, Item(Article(text="Россия проголосовала против.", id="ru"), "ru")]
    answers = list(answer_all(items, task, format_row, 1))
    assert [answer.failure and answer.failure.to_dict()["error"]["type"] for answer in answers] == [
        None,
        "StanceError",
        "LanguageError",
    ]


def test_other_languages_are_labelled_on_request(tiny_checkpoint):
    items = [Item(Article(text="Россия проголосовала против.", id="ru"), "ru")]
    (answer,) = answer_all(items, Task(model=tiny_checkpoint, label_other_languages=True), format_row, 1)
    assert answer.failure is None


def test_article_that_kills_its_worker_fails_alone(render_or_die, task):
    answers = list(answer_all(make_items(6), task, render_or_die, 2))
    assert [answer.row for answer in answers] == [str(n) for n in range(6)]
    assert [n for n, answer in enumerate(answers) if answer.failure] == [3]


def test_workers_end_when_their_parent_is_killed(tiny_checkpoint):
    code = (
        "import sys, multiprocessing; from pathlib import Path; from serve.batch import Task, _start_pool\n"
        "if __name__ == '__main__':\n"
        "    pool = _start_pool(Task(model=Path(sys.argv[1])), 1)\n"
        "    print(*(child.pid for child in multiprocessing.active_children()), flush=True)\n"
        "    sys.stdin.read()"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code, str(tiny_checkpoint)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as parent:
        workers = [int(pid) for pid in parent.stdout.readline().split()]
        assert workers
        parent.kill()
    deadline = time.monotonic() + 30
    while any(is_running(pid) for pid in workers):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_running(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
