import importlib.metadata
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from models.schema import read_schema

ROOT = Path(__file__).parents[2]


def run_python(code: str, *arguments: str, **options) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
        check=False,
        **options,
    )


def test_label_writes_json_lines_into_a_pipe(stance, labeller):
    code, out, err = stance("label", stdin="Norwégien: Norway voted no.".encode())
    assert (code, err) == (0, "")
    (row,) = map(json.loads, out.splitlines())
    assert row["id"] == "stdin"
    assert row["stances"][0]["evidence"][0]["text"] == "Norwégien: Norway voted no."
    assert "é" in out


def test_label_passes_title_date_and_proposals_on(stance, labeller):
    arguments = ("--title", "T", "--date", "2026-01-02", "--proposal", "a ban", "--proposal", "a tax")
    assert stance("label", *arguments, stdin=b"Norway")[0] == 0
    (article,) = labeller.seen
    assert (article.title, article.date, article.proposals) == ("T", "2026-01-02", ("a ban", "a tax"))


def test_label_reads_files_and_folders_in_the_order_given(stance, labeller):
    Path("b").mkdir()
    for name in ("z.txt", "b/1.txt", "b/0.txt"):
        Path(name).write_text("Norway")
    code, out, _ = stance("label", "z.txt", "b")
    assert code == 0
    assert [json.loads(line)["id"] for line in out.splitlines()] == ["z", "0", "1"]


def test_label_table_on_request(stance, labeller):
    code, out, _ = stance("label", "--format", "table", stdin=b"Norway voted no.")
    assert code == 0
    assert "country" in out
    assert "oppose" in out


def test_label_writes_a_new_file_and_nothing_on_standard_output(stance, labeller):
    code, out, _ = stance("label", "-o", "labels.jsonl", stdin=b"Norway")
    assert (code, out) == (0, "")
    assert json.loads(Path("labels.jsonl").read_text(encoding="utf-8"))["id"] == "stdin"


def test_label_leaves_an_existing_file_alone(stance, labeller):
    Path("labels.jsonl").write_text("mine")
    code, _, err = stance("label", "-o", "labels.jsonl", stdin=b"Norway")
    assert (code, err) == (1, "error: 'labels.jsonl' exists: choose another name, or replace it with --force\n")
    assert Path("labels.jsonl").read_text() == "mine"


def test_label_says_where_it_can_not_write(stance, labeller):
    code, _, err = stance("label", "-o", "none/labels.jsonl", stdin=b"Norway")
    assert (code, err) == (1, "error: can't write 'none/labels.jsonl': No such file or directory\n")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "text is empty"),
        (b"Norway. " * 250_000, "text has 2000000 characters"),
        (b"Norway \xff", "isn't UTF-8"),
        (b'{"title": "no text"}', "no 'text' in the record"),
        (b"an unlabellable text", "this text is unlabellable"),
    ],
    ids=["empty", "2 MB", "not UTF-8", "no text", "refused by the labeller"],
)
def test_bad_input_is_an_error_row_and_exit_code_3(stance, labeller, data, message):
    code, out, err = stance("label", stdin=data)
    (row,) = map(json.loads, out.splitlines())
    assert set(row) == {"id", "line", "error"}
    assert row["error"]["type"] == "DataError"
    assert message in row["error"]["message"]
    assert (code, err) == (3, "error: 1 of 1 articles not labelled; their rows say why\n")


def test_bad_lines_lose_no_neighbour(stance, labeller):
    lines = [b'{"id": "a", "text": "Norway"}', b"{", b'{"id": "c"}', b'{"id": "d", "text": "\xff"}']
    code, out, err = stance("label", stdin=b"\n".join([*lines, b'{"id": "e", "text": "Norway"}']))
    rows = [json.loads(line) for line in out.splitlines()]
    assert code == 3
    assert [row["id"] for row in rows] == ["a", "stdin:2", "c", "stdin:4", "e"]
    assert ["error" in row for row in rows] == [False, True, True, True, False]
    assert err == "error: 3 of 5 articles not labelled; their rows say why\n"


def test_bad_input_stands_in_the_table_in_its_place(stance, labeller):
    Path("a.txt").write_text("")
    Path("b.txt").write_text("Norway")
    code, out, _ = stance("label", ".", "--format", "table")
    assert code == 3
    assert out.index("a: not labelled: text is empty") < out.index("oppose")


def test_missing_file_is_one_line_before_anything_is_labelled(stance, labeller):
    Path("a.txt").write_text("Norway")
    code, out, err = stance("label", "a.txt", "none.txt")
    assert (code, out, err) == (4, "", "error: 'none.txt' doesn't exist: check the path\n")
    assert not labeller.seen


def test_missing_model_is_one_line_and_exit_code_4(stance, labeller):
    code, out, err = stance("label", "--model", "none", stdin=b"Norway")
    assert (code, out, err) == (4, "", "error: no checkpoint in 'none': name another folder\n")


@pytest.mark.parametrize(
    "arguments",
    [("label", "--date", "tomorrow"), ("label", "--format", "xml"), ("label", "--none"), ("none",), ("train",)],
)
def test_wrong_use_is_exit_code_2(stance, labeller, arguments):
    code, out, err = stance(*arguments)
    assert (code, out) == (2, "")
    assert "Usage: stance" in err


def test_empty_proposal_is_one_line(stance, labeller):
    code, out, err = stance("label", "--proposal", " ", stdin=b"Norway")
    assert (code, out, err) == (1, "", "error: proposal 1 is empty: give a short sentence\n")


def test_bug_keeps_its_traceback(stance, labeller, monkeypatch):
    monkeypatch.setattr(labeller, "label", lambda article: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        stance("label", stdin=b"Norway")


def test_control_c_is_exit_code_130(stance, labeller, monkeypatch):
    def stop(article):
        raise KeyboardInterrupt

    monkeypatch.setattr(labeller, "label", stop)
    assert stance("label", stdin=b"Norway")[0] == 130


def test_info_shows_the_model(stance, labeller):
    code, out, _ = stance("info")
    assert code == 0
    assert out.split() == ["name", "stub", "version", "0", "runtime.threads", "2"]
    assert json.loads(stance("info", "--json")[1]) == labeller.info()


def test_info_schema_is_the_schema(stance):
    code, out, _ = stance("info", "--schema")
    assert code == 0
    assert json.loads(out) == read_schema()


def test_train_hands_over_its_arguments(stance, monkeypatch):
    calls = []
    module = ModuleType("training.train")
    module.main = lambda config, *, texts, output: calls.append((config, texts, output))
    monkeypatch.setitem(sys.modules, "training.train", module)
    for name in ("c.toml", "t.jsonl"):
        Path(name).touch()
    assert stance("train", "c.toml", "--texts", "t.jsonl", "-o", "run")[0] == 0
    assert calls == [(Path("c.toml"), [Path("t.jsonl")], Path("run"))]


def test_train_without_its_extra_says_what_to_install(stance, monkeypatch):
    monkeypatch.delitem(sys.modules, "training.train", raising=False)
    monkeypatch.setitem(sys.modules, "torch", None)
    Path("c.toml").touch()
    code, _, err = stance("train", "c.toml")
    assert (code, err) == (1, "error: the package 'torch' is missing: run pip install 'country-stance[train]'\n")


@pytest.mark.parametrize("verb", ["train", "evaluate"])
def test_missing_data_is_exit_code_4(stance, verb):
    code, _, err = stance(verb, "none")
    assert (code, err) == (4, "error: 'none' doesn't exist: check the path\n")


def test_evaluate_prints_what_it_measured(stance, monkeypatch):
    module = ModuleType("evals.evaluate")
    module.main = lambda data, proposals, model: {"data": str(data), "proposals": proposals, "micro": {"f1": 0.5}}
    monkeypatch.setitem(sys.modules, "evals.evaluate", module)
    Path("dev.jsonl").touch()
    code, out, _ = stance("evaluate", "dev.jsonl", "--proposals", "found", "--json")
    assert code == 0
    assert json.loads(out) == {"data": "dev.jsonl", "proposals": "found", "micro": {"f1": 0.5}}
    table = stance("evaluate", "dev.jsonl")[1].split()
    assert table == ["data", "dev.jsonl", "proposals", "given", "micro.f1", "0.500"]


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from serve import cli; sys.argv = ['stance', '--help']\n"
        "try: cli.main()\n"
        "finally: print(sorted({'torch', 'onnxruntime', 'tokenizers', 'numpy', 'rich', 'pydantic'} & set(sys.modules)))"
    )
    answer = run_python(code)
    assert answer.returncode == 0
    assert answer.stdout.splitlines()[-1] == "[]"
    assert "Usage: stance" in answer.stdout


def test_version_is_that_of_the_installed_package(stance, monkeypatch):
    monkeypatch.setattr(importlib.metadata, "version", {"country-stance": "9.8.7"}.__getitem__)
    assert stance("--version") == (0, "stance 9.8.7\n", "")


@pytest.mark.skipif(sys.platform == "win32", reason="no such pipes")
def test_broken_pipe_is_quiet():
    code = (
        "import os, sys; from serve import cli; sys.argv = ['stance', 'info', '--schema']\n"
        "read, write = os.pipe(); os.close(read); os.dup2(write, 1); cli.main()"
    )
    answer = run_python(code)
    assert answer.stderr == ""
    assert answer.returncode == 1


def test_module_runs_as_the_command():
    answer = subprocess.run(
        [sys.executable, "-m", "serve.cli", "--version"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert answer.stdout.startswith("stance ")
