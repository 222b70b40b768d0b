import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from models.errors import DataError
from models.schema import Article, Span
from serve.articles import Failure
from serve.writers import COLUMNS, WRITERS, find_writer, flatten, format_row, make_safe


@pytest.fixture
def labels(make_labels):
    return make_labels(Article(id="a1", text="Norway voted no. It said so.", title="Fish", date="2026-01-02"))


@pytest.fixture
def failure():
    return Failure(id="v:3", line=3, error=DataError("text is empty: give words"))


def read_back(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(WRITERS["csv"].header + text, newline="")))


def test_flat_row_has_country_proposal_stance_and_evidence(labels):
    (stance,) = labels.stances
    labels = replace(labels, stances=(replace(stance, evidence=(Span(0, 16), Span(17, 28))),))
    (row,) = flatten(labels.to_dict())
    assert list(row) == list(COLUMNS)
    assert {key: value for key, value in row.items() if value is not None} == {
        "id": "a1",
        "title": "Fish",
        "date": "2026-01-02",
        "proposal": "p1",
        "proposal_text": "the fishing ban",
        "proposal_main": True,
        "proposal_given": False,
        "country": "NOR",
        "name": "Norway",
        "stance": "oppose",
        "confidence": 0.9,
        "score_none": 0.05,
        "score_support": 0.03,
        "score_oppose": 0.9,
        "score_abstain": 0.02,
        "evidence": "Norway voted no. … It said so.",
        "evidence_start": 0,
        "evidence_end": 16,
        "evidence_field": "text",
        "truncated": False,
        "tokens": 0,
    }


def test_article_without_stances_and_failure_have_a_row_each(labels, failure):
    (alone,) = flatten(replace(labels, stances=()).to_dict())
    assert (alone["id"], alone["country"], alone["error"]) == ("a1", None, None)
    (failed,) = flatten(failure.to_dict())
    assert (failed["id"], failed["line"], failed["error_type"]) == ("v:3", 3, "DataError")


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", " =1", "＝1"])
def test_no_cell_of_csv_is_a_formula(labels, start):
    text = WRITERS["csv"].write_row(replace(labels, article=replace(labels.article, title=start)))
    (row,) = read_back(text)
    assert row["title"] == f"'{start}"
    assert make_safe(-0.5) == -0.5


def test_csv_keeps_quotes_lines_and_letters(labels):
    title = 'Say "no", twice\nTürkiye'
    (row,) = read_back(WRITERS["csv"].write_row(replace(labels, article=replace(labels.article, title=title))))
    assert row["title"] == title


def test_json_line_is_one_line_of_the_full_answer(labels):
    line = format_row(replace(labels, article=replace(labels.article, title="a\nb\u2028é")))
    assert line.count("\n") == 1
    assert "é" in line
    assert json.loads(line)["title"] == "a\nb\u2028é"


def test_parquet_has_typed_columns_and_the_same_bytes_twice(labels, failure, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    writer = WRITERS["parquet"]
    (tmp_path / "part").write_text("".join(map(writer.write_row, (labels, failure, labels))), encoding="utf-8")
    for name in ("a", "b"):
        writer.finish(tmp_path / "part", tmp_path / name)
    table = parquet.read_table(tmp_path / "a")
    types = {field.name: str(field.type).replace("double", "float64") for field in table.schema}
    assert types == COLUMNS
    assert table.to_pylist() == [row for labelled in (labels, failure, labels) for row in flatten(labelled.to_dict())]
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_empty_parquet_has_its_columns(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    (tmp_path / "part").touch()
    WRITERS["parquet"].finish(tmp_path / "part", tmp_path / "a")
    assert parquet.read_table(tmp_path / "a").num_rows == 0


def test_table_of_a_file_has_no_colours(labels):
    text = WRITERS["table"].write_row(labels)
    assert "oppose" in text
    assert "\x1b" not in text


@pytest.mark.parametrize(("path", "name", "suffix"), [("a.CSV", None, ".csv"), ("a.txt", "jsonl", ".jsonl")])
def test_suffix_decides_and_format_wins(path, name, suffix):
    assert find_writer(Path(path), name).suffix == suffix


def test_unknown_suffix_is_refused():
    with pytest.raises(DataError, match=r"'a\.xls' is none of \.jsonl, \.csv, \.parquet, \.txt"):
        find_writer(Path("a.xls"), None)
