import json
from dataclasses import replace

import pytest

from models.errors import DataError
from models.schema import Article
from serve.articles import Failure
from serve.labelled import read_answers, read_flat_rows
from serve.sources import MissingFileError
from serve.writers import WRITERS, flatten


@pytest.fixture
def rows(make_labels):
    labels = make_labels(Article(id="a1", text="Norway voted no.", title="=1+1", date="2026-01-02"))
    quoted = replace(labels, article=replace(labels.article, title="'quoted' title"))
    return [labels, quoted, replace(labels, stances=()), Failure(id="v:3", line=3, error=DataError("give words"))]


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
def test_flat_rows_are_those_that_were_written(rows, form, tmp_path):
    pytest.importorskip("pyarrow")
    writer, path = WRITERS[form], tmp_path / f"labels.{form}"
    text = writer.header + "".join(map(writer.write_row, rows))
    (tmp_path / "part").write_bytes(text.encode())
    (writer.finish or (lambda part, final: part.rename(final)))(tmp_path / "part", path)
    assert list(read_flat_rows(path)) == [flat for row in rows for flat in flatten(row.to_dict())]


def test_answers_are_whole(rows, tmp_path):
    (tmp_path / "a.jsonl").write_text("".join(map(WRITERS["jsonl"].write_row, rows)))
    assert list(read_answers(tmp_path / "a.jsonl")) == [json.loads(json.dumps(row.to_dict())) for row in rows]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", '{"id": "x", "text": "words"}\n', "a.jsonl line 1: no answer of 'stance label'"),
        ("a.jsonl", "{\n", "a.jsonl line 1: not a JSON object"),
        ("a.csv", "country,stance\nNOR,oppose\n", "a.csv row 2: no label"),
        ("a.txt", "words", "is no .jsonl, .csv or .parquet"),
    ],
)
def test_what_is_no_labels_is_refused(tmp_path, name, content, message):
    (tmp_path / name).write_text(content)
    with pytest.raises(DataError, match=message):
        list(read_flat_rows(tmp_path / name))


def test_missing_labels_are_named(tmp_path):
    with pytest.raises(MissingFileError, match=r"none\.jsonl' is no file"):
        list(read_flat_rows(tmp_path / "none.jsonl"))
