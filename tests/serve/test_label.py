"""The `label` command as a whole, on a labeller without a network."""

import csv
import json
import signal
from pathlib import Path

import pytest


def write_corpus(number: int, name: str = "in.jsonl", bad: tuple[int, ...] = ()) -> list[str]:
    texts = ["unlabellable" if n in bad else f"Norway voted no, {n}." for n in range(number)]
    Path(name).write_text("".join(json.dumps({"id": f"a{n}", "text": text}) + "\n" for n, text in enumerate(texts)))
    return texts


def read_ids(path: str = "out.jsonl") -> list[str]:
    return [json.loads(line)["id"] for line in Path(path).read_text().splitlines()]


@pytest.mark.parametrize("number", [0, 1, 2, 31, 32, 33, pytest.param(10_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_as_many_rows_come_out_as_articles_go_in_in_order(stance, labeller, number, form):
    write_corpus(number, bad=(1, 30))
    code, _, _ = stance("label", "in.jsonl", "-o", f"out.{form}")
    rows = Path(f"out.{form}").read_text().splitlines()
    ids = [json.loads(row)["id"] if form == "jsonl" else row.split(",")[0] for row in rows][form == "csv" :]
    assert ids == [f"a{n}" for n in range(number)]
    assert code == (3 if number > 1 else 0)


def test_suffix_decides_and_format_wins(stance, labeller):
    write_corpus(1)
    assert stance("label", "in.jsonl", "-o", "out.csv")[0] == 0
    (row,) = csv.DictReader(Path("out.csv").read_text().splitlines())
    assert (row["id"], row["country"], row["stance"]) == ("a0", "NOR", "oppose")
    assert stance("label", "in.jsonl", "-o", "out.txt", "--format", "jsonl")[0] == 0
    assert read_ids("out.txt") == ["a0"]
    assert stance("label", "in.jsonl", "--format", "csv")[1].startswith("id,title,date,")


def test_parquet_has_the_rows_of_csv(stance, labeller):
    parquet = pytest.importorskip("pyarrow.parquet")
    write_corpus(3, bad=(1,))
    assert stance("label", "in.jsonl", "-o", "out.parquet")[0] == 3
    rows = parquet.read_table("out.parquet").to_pylist()
    assert [(row["id"], row["stance"], row["error_type"]) for row in rows] == [
        ("a0", "oppose", None),
        ("a1", None, "DataError"),
        ("a2", "oppose", None),
    ]
    code, _, err = stance("label", "in.jsonl", "--format", "parquet")
    assert (code, "needs a file" in err) == (2, True)


def test_unknown_suffix_is_one_line(stance, labeller):
    write_corpus(1)
    code, _, err = stance("label", "in.jsonl", "-o", "out.xls")
    assert (code, err.startswith("error: the suffix of 'out.xls' is none of .jsonl")) == (1, True)


@pytest.mark.parametrize("output", [["-o", "out.jsonl"], []])
def test_errors_file_has_a_copy_of_the_error_rows(stance, labeller, output):
    write_corpus(4, bad=(1, 3))
    code, out, err = stance("label", "in.jsonl", *output, "--errors", "bad.jsonl")
    written = Path("out.jsonl").read_text() if output else out
    bad = [line for line in written.splitlines(keepends=True) if "error" in json.loads(line)]
    assert Path("bad.jsonl").read_text() == "".join(bad)
    assert [json.loads(line)["line"] for line in bad] == [2, 4]
    assert (code, err) == (3, "error: 2 of 4 articles not labelled; their rows say why\n")


def test_strict_stops_at_the_first_error_and_may_be_resumed_without_it(stance, labeller):
    write_corpus(4, bad=(2,))
    code, _, err = stance("label", "in.jsonl", "-o", "out.jsonl", "--strict")
    assert (code, Path("out.jsonl").exists()) == (1, False)
    assert err == "error: a2, line 3: this text is unlabellable: write another (--strict stops here)\n"
    labeller.seen.clear()
    assert stance("label", "in.jsonl", "-o", "out.jsonl", "--resume")[0] == 3
    assert read_ids() == ["a0", "a1", "a2", "a3"]
    assert [article.id for article in labeller.seen] == ["a3"]


def test_control_c_keeps_what_is_done(stance, labeller, monkeypatch):
    write_corpus(4)
    label = labeller.label
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            labeller, "label", lambda article: label(article) if len(labeller.seen) < 2 else signal.raise_signal(2)
        )
        code, _, err = stance("label", "in.jsonl", "-o", "out.jsonl")
    assert (code, err) == (130, "stopped; the same command with --resume goes on from here\n")
    assert stance("label", "in.jsonl", "-o", "out.jsonl", "--resume") == (0, "", "")
    assert read_ids() == ["a0", "a1", "a2", "a3"]
    assert len(labeller.seen) == 4
    assert stance("label", "in.jsonl", "-o", "out.jsonl", "--resume") == (0, "", "'out.jsonl' is complete already\n")


@pytest.mark.parametrize(
    ("change", "arguments", "message"),
    [
        (True, (), "another input sha256"),
        (False, ("--date", "2026-01-02"), "another settings date (None, now '2026-01-02')"),
        (False, ("--id-key", "no"), "another settings id_key ('id', now 'no')"),
        (False, ("--expand-groups",), "another settings expand_groups (False, now True)"),
        (False, ("--errors", "bad.jsonl"), "another settings errors"),
    ],
)
def test_changed_input_or_settings_refuse_to_resume(stance, labeller, change, arguments, message):
    write_corpus(3, bad=(1,))
    assert stance("label", "in.jsonl", "-o", "out.jsonl", "--strict")[0] == 1
    if change:
        write_corpus(4, bad=(1,))
    code, _, err = stance("label", "in.jsonl", "-o", "out.jsonl", "--resume", *arguments)
    assert (code, "can't resume" in err, message in err) == (1, True, True)


def test_changed_model_refuses_to_resume(stance, labeller, tiny_checkpoint):
    write_corpus(3, bad=(1,))
    assert stance("label", "in.jsonl", "-o", "out.jsonl", "--strict")[0] == 1
    code, _, err = stance("label", "in.jsonl", "-o", "out.jsonl", "--resume", "--model", str(tiny_checkpoint))
    assert (code, "another model config.json" in err) == (1, True)


def test_resume_needs_a_file_and_no_standard_input(stance, labeller):
    assert stance("label", "--resume", stdin=b"Norway")[0] == 2
    assert stance("label", "-o", "out.jsonl", "--strict", stdin=b"unlabellable")[0] == 1
    code, _, err = stance("label", "-o", "out.jsonl", "--resume", stdin=b"Norway")
    assert (code, "standard input can't be read again" in err) == (1, True)


def test_other_languages_are_error_rows_unless_asked_for(stance, labeller):
    Path("ru.txt").write_text("Россия проголосовала против, сообщает агентство.")
    code, out, _ = stance("label", "ru.txt")
    assert (code, json.loads(out)["error"]["type"]) == (3, "LanguageError")
    assert stance("label", "ru.txt", "--other-languages", "label")[0] == 0


def test_id_is_made_from_the_content(stance, labeller):
    Path("in.jsonl").write_text('{"text": "Norway voted no."}\n')
    assert stance("label", "in.jsonl")[0] == 0
    assert labeller.seen[0].id is None  # the labeller makes it, for every caller the same


def test_progress_and_summary_only_where_they_are_wanted(stance, labeller):
    write_corpus(3, bad=(1,))
    _, out, err = stance("label", "in.jsonl", "-o", "out.jsonl", "--progress")
    assert out == ""
    assert err.startswith("3 articles, 2 stances, 1 errors in ")
    assert "articles/s" in err
    assert stance("label", "in.jsonl", "--quiet")[2].startswith("error: 1 of 3")


def test_unknown_encoding_is_one_line(stance, labeller):
    code, _, err = stance("label", "--encoding", "none", stdin=b"Norway")
    assert (code, err.startswith("error: no encoding is called 'none'")) == (1, True)
