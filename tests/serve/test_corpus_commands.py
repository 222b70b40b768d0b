"""`stance corpus`: what it prints, where, and with which exit code."""

import io
import json
import sys

import pytest

from serve import cli
from training.annotations import strip_words

ARTICLE = {
    "id": "as-1",
    "source": {"repository": "somebody/news", "path": "a.json"},
    "title": None,
    "date": None,
    "text": "Peru backed the levy.",
    "proposals": [{"id": "p1", "description": "tax on kelp", "main": True, "mentions": [{"start": 12, "end": 20}]}],
    "stances": [{"country": "PER", "proposal": "p1", "stance": "support", "evidence": [{"start": 0, "end": 21}]}],
    "readings": 1,
}
OTHER = {**ARTICLE, "id": "as-2", "text": "Peru backed the levy again."}


def to_lines(*rows: dict) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.fixture
def stance(monkeypatch, capsys, tmp_path):
    """Run `stance corpus` in a folder with rows of two texts, and one of the texts: exit code, output, errors."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "texts").mkdir()
    (tmp_path / "rows.jsonl").write_text(to_lines(strip_words(ARTICLE), strip_words(OTHER)), encoding="utf-8")
    (tmp_path / "texts" / "a.jsonl").write_text(to_lines({"text": ARTICLE["text"]}), encoding="utf-8")

    def run(*arguments: str):
        monkeypatch.setattr(sys, "argv", ["stance", "corpus", *arguments])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))
        with pytest.raises(SystemExit) as stop:
            cli.main()
        captured = capsys.readouterr()
        return stop.value.code or 0, captured.out, captured.err

    return run


def test_check_of_a_clean_corpus_ends_with_0_though_a_text_is_missing(stance):
    code, out, err = stance("check", "rows.jsonl", "--texts", "texts")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "0 files of written corpus, 1 of annotations: 0 faults",
        "source  annotated  found  missing",
        "as              2      1        1",
    ]


def test_check_prints_faults_and_ends_with_3(stance, tmp_path):
    (tmp_path / "rows.jsonl").write_text("{}\n", encoding="utf-8")
    code, out, _ = stance("check", "rows.jsonl")
    assert code == 3
    assert out.splitlines()[0].startswith("rows.jsonl line 1: id, source, sha256, proposals, stances missing")

    code, out, _ = stance("check", "rows.jsonl", "--json")
    assert (code, len(json.loads(out)["faults"])) == (3, 1)


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "gone"),
        ("check", "--texts", "gone"),
        ("stats", "gone"),
        ("convert", "gone"),
        ("gather", "gone", "-o", "x"),
        ("debates", "gone"),
    ],
)
def test_path_that_is_not_there_ends_with_4(stance, arguments):
    code, _, err = stance(*arguments)
    assert (code, err) == (4, "error: 'gone' doesn't exist: check the path\n")


def test_stats_are_a_table_or_json(stance):
    _, out, _ = stance("stats", "rows.jsonl")
    assert out.splitlines()[0].split()[:3] == ["kind", "group", "texts"]
    assert out.splitlines()[1].split()[:3] == ["annotations", "as", "2"]
    assert json.loads(stance("stats", "rows.jsonl", "--json")[1])[0]["stances"] == 2


def test_convert_writes_what_it_has_and_says_what_is_missing(stance, tmp_path):
    code, out, err = stance("convert", "rows.jsonl", "--texts", "texts", "-o", "out.jsonl")
    assert (code, out, err) == (0, "", "annotated texts missing and left out: 1 (as 1)\n")
    assert json.loads((tmp_path / "out.jsonl").read_text(encoding="utf-8")) == ARTICLE

    code, _, err = stance("convert", "rows.jsonl", "--texts", "texts", "-o", "out.jsonl")
    assert (code, err) == (1, "error: 'out.jsonl' exists: choose another name, or delete it first\n")

    code, out, err = stance("convert", "out.jsonl", "--without-words")
    assert (code, err) == (0, "")
    assert json.loads(out) == strip_words(ARTICLE)


def test_convert_leaves_faulty_rows_out_and_ends_with_3(stance, tmp_path):
    spoilt = {**strip_words(ARTICLE), "proposals": []}
    (tmp_path / "rows.jsonl").write_text(to_lines(spoilt), encoding="utf-8")
    code, out, err = stance("convert", "rows.jsonl", "--texts", "texts")
    assert (code, out) == (3, "")
    assert err.startswith("as-1: stance on unknown proposal 'p1'")


def test_words_can_not_be_taken_away_and_given_at_once(stance):
    code, _, err = stance("convert", "rows.jsonl", "--without-words", "--texts", "texts")
    assert code == 2
    assert "--without-words takes words away" in err


def test_gather_says_for_every_source_what_to_do(stance, tmp_path):
    (tmp_path / "clones").mkdir()
    code, out, err = stance("gather", "clones", "-o", "new", "--json")
    assert (code, err) == (0, "")
    advice = {source["source"]: source["advice"] for source in json.loads(out)}
    assert advice["pol"] == "not gathered: fetch by hand"
    assert advice["as"].startswith("no clone in")
    assert stance("gather", "clones", "-o", "new")[1].splitlines()[0].split() == [
        "source",
        "repository",
        "annotated",
        "found",
        "advice",
    ]


def test_debates_are_annotated_texts_in_a_new_file(stance, tmp_path):
    rows = [f"reason {number},We should ban {kind},{1 - number % 2 * 2}" for kind in "xyz" for number in range(4)]
    (tmp_path / "arguments.csv").write_text("\n".join(["argument,topic,stance", *rows]), encoding="utf-8")
    code, out, err = stance("debates", "arguments.csv", "-o", "debates.jsonl", "--seed", "3")
    assert (code, out, err) == (0, "", "")

    debates = [json.loads(line) for line in (tmp_path / "debates.jsonl").read_text(encoding="utf-8").splitlines()]
    assert sum(len(debate["stances"]) for debate in debates) == 12
    assert [json.loads(line) for line in stance("debates", "arguments.csv", "--seed", "3")[1].splitlines()] == debates
    assert stance("debates", "arguments.csv", "-o", "debates.jsonl")[0] == 1
