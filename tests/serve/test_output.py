import json
import os
import resource
from pathlib import Path

import pytest

from models.errors import DataError
from serve import output
from serve.output import Identity, Output
from serve.part_file import PartFile
from serve.writers import COLUMNS, WRITERS

IDENTITY = Identity(input={"sha256": "a"}, model={"version": "1"}, settings={"date": None})
ROWS = [f'{{"row": {n}}}\n' for n in range(10)]


@pytest.fixture(autouse=True)
def _work_in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(output, "CHECKPOINT_SECONDS", 0)
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)  # no test cuts the power, and each takes 10 ms


def open_output(path="out.jsonl", errors=None, form="jsonl", identity=IDENTITY, resume=False, force=False) -> Output:
    return Output(Path(path), errors and Path(errors), WRITERS[form], identity, resume=resume, force=force)


def write_rows(run: Output, rows: list[str]) -> None:
    for row in rows:
        run.write(row, row if "3" in row else None, stances=1, tokens=10)


def list_files() -> list[str]:
    return sorted(path.name for path in Path().iterdir())


class Killed(BaseException):
    pass


def test_file_has_its_name_only_when_it_is_whole():
    with open_output() as run:
        write_rows(run, ROWS)
        assert list_files() == ["out.jsonl.journal", "out.jsonl.part"]
        run.finish()
    assert list_files() == ["out.jsonl", "out.jsonl.journal"]
    assert Path("out.jsonl").read_text() == "".join(ROWS)


@pytest.mark.parametrize("done", range(11))
@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_resumed_run_writes_what_an_unbroken_run_writes(done, form):
    with open_output(form=form, errors="bad.jsonl") as run:
        write_rows(run, ROWS[:done])
    with Path("out.jsonl.part").open("ab") as part:
        part.write(b'{"half a ro')
    with open_output(form=form, errors="bad.jsonl", resume=True) as run:
        assert run.progress.articles == done
        write_rows(run, ROWS[done:])
        run.finish()
        assert (run.progress.articles, run.progress.errors, run.progress.tokens) == (10, 1, 100)
    assert Path("out.jsonl").read_bytes() == (WRITERS[form].header + "".join(ROWS)).encode()
    assert Path("bad.jsonl").read_text() == ROWS[3]


def test_kill_between_two_checkpoints_goes_back_to_the_first(monkeypatch):
    monkeypatch.setattr(output, "CHECKPOINT_SECONDS", 3600)
    run = open_output()
    write_rows(run, ROWS[:5])
    run.checkpoint()
    write_rows(run, ROWS[5:])
    run.close()  # the lock goes with the process, nothing else is done
    with open_output(resume=True) as run:
        assert run.progress.articles == 5
        write_rows(run, ROWS[5:])
        run.finish()
    assert Path("out.jsonl").read_text() == "".join(ROWS)


def finish_and_die(run: Output, rows: list[str], at: int) -> None:
    """Write rows, then die at the given step of the files' getting their names."""
    steps = iter(range(at))

    def die_later(function):
        def call(*arguments):
            if next(steps, None) is None:
                raise Killed
            return function(*arguments)

        return call

    with run, pytest.MonkeyPatch.context() as patch:
        for row in rows:
            run.write(row, row, stances=0, tokens=0)
        for name in ("replace", "unlink"):
            patch.setattr(Path, name, die_later(getattr(Path, name)))
        run.finish()
        raise Killed


@pytest.mark.parametrize(("form", "at"), [("jsonl", at) for at in range(4)] + [("parquet", at) for at in range(5)])
def test_kill_while_files_get_their_names_loses_nothing(form, at):
    parquet = pytest.importorskip("pyarrow.parquet")
    rows = [json.dumps([str(n)] + [None] * (len(COLUMNS) - 1)) + "\n" for n in range(4)]
    path = f"out.{form}"
    with pytest.raises(Killed):
        finish_and_die(open_output(path, "bad.jsonl", form), rows, at)
    for _ in range(2):
        with open_output(path, "bad.jsonl", form, resume=True) as run:
            if not run.is_complete:
                assert run.progress.articles == 4
                run.finish()
    assert list_files() == ["bad.jsonl", path, f"{path}.journal"]
    assert Path("bad.jsonl").read_text() == "".join(rows)
    if form == "jsonl":
        assert Path(path).read_text() == "".join(rows)
    else:
        assert parquet.read_table(path)["id"].to_pylist() == ["0", "1", "2", "3"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"input": {"sha256": "b"}}, "another input sha256 ('a', now 'b')"),
        ({"model": {"version": "2"}}, "another model version ('1', now '2')"),
        ({"settings": {"date": "2026-01-02"}}, "another settings date (None, now '2026-01-02')"),
    ],
)
@pytest.mark.parametrize("is_finished", [True, False])
def test_changed_run_refuses_to_resume_and_says_what_changed(change, message, is_finished):
    with open_output() as run:
        write_rows(run, ROWS)
        if is_finished:
            run.finish()
    before = {name: Path(name).read_bytes() for name in list_files()}
    with pytest.raises(DataError) as error:
        open_output(identity=Identity(**{**vars(IDENTITY), **change}), resume=True)
    assert message in str(error.value)
    assert {name: Path(name).read_bytes() for name in list_files()} == before


def test_standard_input_can_not_be_resumed():
    identity = Identity(input=None, model={}, settings={})
    with open_output(identity=identity) as run:
        write_rows(run, ROWS)
    with pytest.raises(DataError, match="standard input can't be read again"):
        open_output(identity=identity, resume=True)


def test_second_writer_is_refused_and_disturbs_nothing():
    with open_output() as run:
        write_rows(run, ROWS[:5])
        for options in ({}, {"resume": True}, {"force": True}):
            with pytest.raises(DataError, match="another process is writing"):
                open_output(**options)
        write_rows(run, ROWS[5:])
        run.finish()
    assert Path("out.jsonl").read_text() == "".join(ROWS)


def test_finished_run_resumes_to_nothing():
    with open_output() as run:
        write_rows(run, ROWS)
        run.finish()
    with open_output(resume=True) as run:
        assert run.is_complete
        assert (run.progress.articles, run.progress.errors) == (10, 1)


def test_existing_and_unfinished_files_are_left_alone_unless_forced():
    Path("out.jsonl").write_text("mine")
    with pytest.raises(DataError, match="exists: choose another name, or replace it with --force"):
        open_output()
    with open_output(force=True) as run:
        write_rows(run, ROWS[:2])
    assert Path("out.jsonl").read_text() == "mine"
    Path("out.jsonl").unlink()
    with pytest.raises(DataError, match="is an unfinished run: continue with --resume"):
        open_output()
    with open_output(force=True) as run:
        assert run.progress.articles == 0
        run.finish()
    assert Path("out.jsonl").read_text() == ""


def test_forced_run_may_be_resumed_and_replaces_in_the_end():
    Path("out.jsonl").write_text("mine")
    with open_output(force=True) as run:
        write_rows(run, ROWS[:2])
    with open_output(force=True, resume=True) as run:
        write_rows(run, ROWS[2:])
        run.finish()
    assert Path("out.jsonl").read_text() == "".join(ROWS)


def test_file_that_appears_meanwhile_is_not_replaced():
    with open_output() as run:
        write_rows(run, ROWS)
        Path("out.jsonl").write_text("mine")
        with pytest.raises(DataError, match="exists by now"):
            run.finish()
    assert Path("out.jsonl").read_text() == "mine"
    Path("out.jsonl").unlink()
    with open_output(resume=True) as run:
        run.finish()
    assert Path("out.jsonl").read_text() == "".join(ROWS)


def test_errors_must_not_be_the_output():
    with pytest.raises(DataError, match="is the output itself"):
        open_output(errors="./out.jsonl")


@pytest.mark.parametrize("name", ["folder", "/dev/null"])
def test_only_regular_files_are_written(name):
    Path("folder").mkdir()
    with pytest.raises(DataError, match="is no regular file"):
        PartFile(Path(name))


@pytest.mark.parametrize("name", ["none/out.jsonl", "/proc/out.jsonl"])
def test_place_that_can_not_be_written_is_named(name):
    with pytest.raises(DataError, match=f"can't write '{name}': "):
        open_output(name)


def test_damaged_journal_is_named():
    with open_output() as run:
        write_rows(run, ROWS)
    Path("out.jsonl.journal").write_text("{")
    with pytest.raises(DataError, match=r"can't read 'out.jsonl.journal'|journal.*start anew with --force"):
        open_output(resume=True)


def test_part_that_is_shorter_than_its_journal_is_refused():
    with open_output() as run:
        write_rows(run, ROWS)
    os.truncate("out.jsonl.part", 5)
    with pytest.raises(DataError, match="is shorter than its journal says: start anew with --force"):
        open_output(resume=True)


@pytest.fixture
def limit_file_size():
    """Make files end at a number of bytes, as a full disk or a quota does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_full_disk_stops_without_a_final_file_and_resumes_when_there_is_room(limit_file_size):
    big = [row.strip() + " " * 1000 + "\n" for row in ROWS]
    run = open_output()
    limit_file_size(4500)
    with pytest.raises(DataError, match=r"can't write 'out\.jsonl': File too large"), run:
        write_rows(run, big)
    assert list_files() == ["out.jsonl.journal", "out.jsonl.part"]
    limit_file_size(resource.RLIM_INFINITY)
    with open_output(resume=True) as run:
        assert run.progress.articles == 4
        write_rows(run, big[4:])
        run.finish()
    assert Path("out.jsonl").read_text() == "".join(big)
