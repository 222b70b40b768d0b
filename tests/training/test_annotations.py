"""Annotations without words: nothing of a text stays in them, and they find it again by its hash."""

import json
from pathlib import Path

import pytest

from models.annotations import read_row
from models.errors import DataError
from training.annotations import (
    ANNOTATIONS,
    check_rows,
    count_texts,
    join_texts,
    read_rows,
    read_texts,
    strip_words,
)

ARTICLE = {
    "id": "a-1",
    "source": {"repository": "somebody/news", "path": "a.json"},
    "title": "Levy divides the coast",
    "date": "2031-02-03",
    "text": "Peru backed the levy. Chile did not.",
    "proposals": [{"id": "p1", "description": "tax on kelp", "main": True, "mentions": [{"start": 12, "end": 20}]}],
    "stances": [
        {"country": "PER", "proposal": "p1", "stance": "support", "evidence": [{"start": 0, "end": 21}]},
        {"country": "CHL", "proposal": "p1", "stance": "oppose", "evidence": [{"start": 22, "end": 36}]},
    ],
    "readings": 2,
}


def write_lines(path: Path, *rows: dict) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_words_are_stripped_and_come_back_by_their_hash(tmp_path: Path) -> None:
    row = strip_words(ARTICLE)
    assert not {"title", "text"} & row.keys()
    assert "coast" not in json.dumps(row)
    write_lines(tmp_path / "texts.jsonl", {"title": ARTICLE["title"], "text": ARTICLE["text"]})

    joined, missing, faults = join_texts([row], read_texts(tmp_path), {"PER", "CHL"})

    assert (joined, missing, faults) == ([ARTICLE], [], [])


def test_row_whose_text_is_not_there_or_was_changed_is_missing(tmp_path: Path) -> None:
    write_lines(tmp_path / "texts.jsonl", {"text": ARTICLE["text"] + " "})
    row = strip_words(ARTICLE)

    assert join_texts([row], read_texts(tmp_path)) == ([], [row], [])


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"stances": [{**ARTICLE["stances"][0], "country": "XXX"}]}, "a-1: unknown country 'XXX'"),
        ({"stances": ARTICLE["stances"][:1] * 2}, "a-1: 2 stances of PER on p1; expected one"),
        ({"stances": [{**ARTICLE["stances"][0], "evidence": []}]}, "a-1: the stance of PER on p1 has no evidence"),
        ({"stances": [{**ARTICLE["stances"][0], "stance": "for"}]}, "a-1: unknown stance 'for'; expected one of"),
        ({"proposals": [{**ARTICLE["proposals"][0], "mentions": []}]}, "a-1: proposal p1 has no mention"),
        ({"proposals": [{**ARTICLE["proposals"][0], "mentions": [{"start": 30, "end": 99}]}]}, "a-1: span 30..99"),
        ({"proposals": [{"id": "p1"}]}, "a-1: not an annotated article: 'description' is missing"),
    ],
)
def test_faulty_row_is_told_and_left_out(change: dict, fault: str) -> None:
    row = strip_words({**ARTICLE, **change})

    joined, missing, faults = join_texts([row], {row["sha256"]: ARTICLE}, {"PER", "CHL"})

    assert (joined, missing) == ([], [])
    assert len(faults) == 1
    assert faults[0].startswith(fault)


def test_unreadable_files_are_refused_with_their_place(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no \.jsonl file under .*: name a folder"):
        read_texts(tmp_path)
    write_lines(tmp_path / "texts.jsonl", {"title": "no text"})
    with pytest.raises(DataError, match=r"texts\.jsonl line 1: no record with a text"):
        read_texts(tmp_path)
    with pytest.raises(DataError, match=r"texts\.jsonl line 1: id, source, sha256, proposals, stances missing"):
        read_rows(tmp_path / "texts.jsonl")
    (tmp_path / "half.jsonl").write_text('{"id": ', encoding="utf-8")
    with pytest.raises(DataError, match=r"half\.jsonl line 1 is not JSON"):
        read_rows(tmp_path / "half.jsonl")


def test_counts_are_those_of_the_texts() -> None:
    empty = {**ARTICLE, "id": "a-2", "proposals": [], "stances": []}

    assert count_texts([read_row(ARTICLE), read_row(empty)]) == {
        "texts": 2,
        "without a stance": 1,
        "proposals": 1,
        "countries": 2,
        "stances": 2,
        "support": 1,
        "oppose": 1,
        "abstain": 0,
    }


def test_kept_annotations_have_no_words_and_no_source_for_research_alone() -> None:
    rows = [row for path in sorted(ANNOTATIONS.glob("*.jsonl")) for row in read_rows(path)]

    assert len(rows) == len({row["id"] for row in rows}) == len({row["sha256"] for row in rows})
    allowed = {"id", "source", "date", "sha256", "proposals", "stances", "readings"}
    assert all(row.keys() == allowed for row in rows)
    assert not [row["id"] for row in rows if "research" in row["source"]["licence"].lower()]


def test_check_lists_every_fault_with_its_line(tmp_path: Path) -> None:
    row = strip_words(ARTICLE)
    path = write_lines(tmp_path / "rows.jsonl", row, {**row, "sha256": "abc"}, {"id": "a-3"})
    with path.open("a", encoding="utf-8") as file:
        file.write("[]\n{\n")

    faults = check_rows([path], {"PER", "CHL"})

    assert faults[:3] == [
        "rows.jsonl line 2: a-1: sha256 'abc' is not 64 hexadecimal digits",
        "rows.jsonl line 2: a-1: the id 'a-1' is that of rows.jsonl line 1 too; expected one row for a text",
        "rows.jsonl line 3: source, sha256, proposals, stances missing; an annotation has them all",
    ]
    assert faults[3] == "rows.jsonl line 4 is no JSON object; an annotation is one"
    assert faults[4].startswith("rows.jsonl line 5 is not JSON")
    assert len(faults) == 5
