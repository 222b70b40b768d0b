import datetime
import gzip
import io
import json
import os
import sys
from pathlib import Path

import pytest
from backports import zstd

from models.errors import DataError
from models.schema import MAX_TEXT_CHARACTERS, Article
from serve.articles import Failure, Item, Keys, Overrides, Reading, read_articles
from serve.sources import MissingFileError, find_sources


def read_all(sources, reading=None):
    """What is read: articles without their places, and failures."""
    return [row.article if isinstance(row, Item) else row for row in read_articles(sources, reading)]


@pytest.fixture
def read(tmp_path):
    """Write bytes to a file of a name, read its articles."""

    def read_bytes(name: str, data: bytes, keys=None, encoding=None, **overrides):
        path = tmp_path / name
        path.write_bytes(data)
        reading = Reading(keys=Keys(**keys or {}), overrides=Overrides(**overrides), encoding=encoding)
        return read_all(find_sources([path]), reading)

    return read_bytes


@pytest.fixture
def read_stdin(monkeypatch):
    def read_bytes(data: bytes):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        return read_all(find_sources([]))

    return read_bytes


def make_line(**record) -> bytes:
    return json.dumps(record).encode() + b"\n"


def test_text_file_is_one_article_named_by_its_stem(read):
    assert read("vote.txt", b"Norway\nvoted.\n") == [Article(text="Norway\nvoted.\n", id="vote")]


def test_text_is_kept_as_given_with_its_line_ends_and_combining_marks(read):
    text = "Norv\u0435\u0301ge\r\n\u05d0\u05d1 \U0001f600\r"
    assert read("vote.md", text.encode())[0].text == text


def test_signature_of_utf8_is_no_part_of_the_text(read):
    assert read("vote.txt", b"\xef\xbb\xbfNorway")[0].text == "Norway"
    assert read("votes.jsonl", b"\xef\xbb\xbf" + make_line(text="Norway"))[0].text == "Norway"


def test_json_lines_give_an_article_per_line_and_skip_blank_lines(read):
    rows = read("votes.jsonl", make_line(id=7, text="a", title="t", date="2026-01-02") + b"\n" + make_line(text="b"))
    assert rows == [Article(id="7", text="a", title="t", date="2026-01-02"), Article(text="b")]


def test_failure_of_an_article_without_an_id_is_named_by_its_place(tmp_path):
    (tmp_path / "votes.jsonl").write_bytes(b"\n" + make_line(text="a"))
    (item,) = read_articles(find_sources([tmp_path / "votes.jsonl"]))
    failure = item.fail(DataError("no"))
    assert (failure.id, failure.line) == ("votes:2", 2)


@pytest.mark.parametrize(
    ("line", "identity", "message"),
    [
        (b'{"id": "x", "text": \n', "v:2", "not a JSON object on one line"),
        (b'{"id": "x", "words": "w"}\n', "x", "no 'text' in the record (it has 'id', 'words')"),
        (b'{"id": "x", "text": " "}\n', "x", "text is empty"),
        (b'{"id": "x", "text": 5}\n', "x", "'text' is int, not a string"),
        (b'{"id": "x", "text": "w", "proposals": "p"}\n', "x", "not a list of strings"),
        (b'["text"]\n', "v:2", "not list"),
        (b"[" * 100_000 + b"\n", "v:2", "not a JSON object on one line"),
        (b'{"text": ' + b"9" * 5000 + b"}\n", "v:2", "not a JSON object on one line"),
        (b'{"id": "x", "text": "half \\ud83d"}\n', "x", "half a surrogate pair at character 5"),
        (b'{"id": "\\ud83d", "text": ""}\n', "?", "text is empty"),
        (b'{"id": "x", "text": "\xff"}\n', "v:2", "byte 0xff at position 39 isn't UTF-8"),
    ],
)
def test_bad_line_gives_a_failure_in_its_place_and_spares_its_neighbours(read, line, identity, message):
    rows = read("v.jsonl", make_line(text="first") + line + make_line(text="last"))
    assert [type(row) for row in rows] == [Article, Failure, Article]
    assert (rows[1].id, rows[1].line) == (identity, 2)
    assert message in str(rows[1].error)


def test_bytes_that_are_not_utf8_are_named_by_value_and_position(read):
    (row,) = read("vote.txt", b"\xef\xbb\xbfNorway \x96 no")
    assert row.to_dict() == {
        "id": "vote",
        "line": None,
        "error": {
            "type": "DataError",
            "message": "byte 0x96 at position 10 isn't UTF-8: "
            "save the text as UTF-8, or name its encoding with --encoding",
        },
    }


@pytest.mark.parametrize("data", [b"", b" \r\n\t", b"\xef\xbb\xbf"])
def test_empty_text_is_a_failure(read, read_stdin, data):
    for (row,) in (read("vote.txt", data), read_stdin(data)):
        assert "text is empty" in str(row.error)


def test_two_megabytes_of_text_are_a_failure_not_a_cut(read):
    (row,) = read("vote.txt", b"Norway. " * 250_000)
    assert str(row.error).startswith(f"text has 2000000 characters, at most {MAX_TEXT_CHARACTERS}")


def test_folder_is_read_in_sorted_order_with_its_folders_and_without_hidden_files(tmp_path):
    for name in ("b.txt", "a/z.md", "a/k.jsonl", "c.pdf", ".git/x.md", ".y.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(make_line(text="in JSON") if name.endswith("jsonl") else b"plain")
    assert [row.place for row in read_articles(find_sources([tmp_path]))] == ["a/k:1", "a/z", "b"]


def test_folder_without_articles_is_an_error(tmp_path):
    with pytest.raises(MissingFileError, match=r"no \.txt, \.md, .* file in the folder"):
        find_sources([tmp_path])


def test_missing_file_is_an_error_before_anything_is_read(tmp_path):
    (tmp_path / "a.txt").write_text("Norway")
    with pytest.raises(MissingFileError, match=r"b\.txt' doesn't exist"):
        find_sources([tmp_path / "a.txt", tmp_path / "b.txt"])


def test_other_suffix_is_an_error(tmp_path):
    (tmp_path / "a.pdf").write_text("%")
    with pytest.raises(DataError, match=r"a\.pdf' is none of \.txt, \.md, "):
        find_sources([tmp_path / "a.pdf"])


def test_file_that_vanishes_before_its_turn_is_a_failure(tmp_path):
    for name in ("a.txt", "b.txt", "c.txt"):
        (tmp_path / name).write_text("Norway")
    sources = find_sources([tmp_path])
    (tmp_path / "b.txt").unlink()
    rows = read_all(sources)
    assert [row.id for row in rows] == ["a", "b", "c"]
    assert "No such file" in str(rows[1].error)


def test_standard_input_with_a_brace_first_is_json_lines(read_stdin):
    rows = read_stdin(b"\n \n" + make_line(text="a") + make_line(id="x", text="b"))
    assert rows == [Article(text="a"), Article(id="x", text="b")]


def test_standard_input_without_a_brace_first_is_one_text(read_stdin):
    assert read_stdin(b"\n\nNorway\n{voted}\n") == [Article(id="stdin", text="\n\nNorway\n{voted}\n")]


def test_file_without_a_suffix_is_read_like_standard_input(read):
    assert read("votes", make_line(text="a")) == [Article(text="a")]


def test_reading_is_lazy(tmp_path):
    (tmp_path / "v.jsonl").write_bytes(make_line(text="a") * 2)
    rows = read_articles(find_sources([tmp_path / "v.jsonl", tmp_path]))
    assert next(rows).article.text == "a"
    (tmp_path / "v.jsonl").unlink()
    assert [type(row) for row in rows] == [Item, Failure]


def test_line_from_a_pipe_is_read_before_the_next_is_there(monkeypatch):
    read, write = os.pipe()
    with os.fdopen(read) as stdin, os.fdopen(write, "wb", buffering=0) as pipe:
        monkeypatch.setattr(sys, "stdin", stdin)
        rows = read_articles(find_sources([]))
        for text in ("a", "b"):
            pipe.write(make_line(text=text))
            assert next(rows).article.text == text
        pipe.close()
        assert list(rows) == []


def test_overrides_replace_what_the_article_says(read):
    line = make_line(text="a", title="old", date="2025-01-01", proposals=["old"])
    (row,) = read("v.jsonl", line, title="new", proposals=("p", "q"))
    assert (row.title, row.date, row.proposals) == ("new", "2025-01-01", ("p", "q"))


@pytest.mark.parametrize("proposals", [("",), ("p",) * 65, ("\udcff",)])
def test_bad_proposals_of_the_caller_are_refused_at_once(proposals):
    with pytest.raises(DataError, match="proposal"):
        Overrides(proposals=proposals)


def test_name_that_is_not_utf8_is_made_printable(tmp_path):
    path = Path(str(tmp_path) + "/v\udcff.txt")
    path.write_text("Norway")
    (row,) = read_articles(find_sources([path]))
    assert row.article.id == "v?"


def test_keys_name_the_fields_and_lead_into_nested_ones(read):
    keys = {"text": "body.text", "id": "meta.no", "title": "head", "date": "meta.day"}
    line = make_line(body={"text": "a"}, meta={"no": 5, "day": "2026-01-02"}, head="t", text="no")
    assert read("v.jsonl", line, keys) == [Article(id="5", text="a", title="t", date="2026-01-02")]
    assert read("v.csv", b"meta.no,body.text\n5,a\n", keys) == [Article(id="5", text="a")]


def test_missing_key_is_named_with_the_option(read):
    (row,) = read("v.jsonl", make_line(words="a"))
    assert str(row.error) == "no 'text' in the record (it has 'words'): name the right one (--text-key)"


def test_proposals_in_a_table_are_a_json_list(read):
    rows = read("v.csv", b'text,proposals\na,"[""p"", ""q""]"\nb,p\n')
    assert rows[0].proposals == ("p", "q")
    assert "not a list of strings" in str(rows[1].error)


def test_dates_of_parquet_are_days(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    days = [datetime.date(2026, 1, 2), datetime.datetime(2026, 1, 2, 3, 4), None]
    for day in days:
        parquet.write_table(pyarrow.Table.from_pylist([{"text": "a", "date": day}]), tmp_path / "v.parquet")
        (article,) = read_all(find_sources([tmp_path / "v.parquet"]))
        assert article.date == (None if day is None else "2026-01-02")


@pytest.mark.parametrize("name", ["v.txt.gz", "v.jsonl.zst", "v.parquet"])
def test_damaged_file_is_one_failure(read, name):
    (row,) = read(name, b"\x1f\x8bno such thing")
    assert "can't read" in str(row.error)


@pytest.mark.parametrize("compress", [gzip.compress, zstd.compress])
@pytest.mark.parametrize("form", ["txt", "csv", "jsonl"])
def test_compressed_file_that_was_cut_off_ends_in_a_failure(read, form, compress):
    name = f"v.{form}.{'gz' if compress is gzip.compress else 'zst'}"
    rows = {"txt": "Norway.", "csv": "text\nNorway.\n", "jsonl": '{"text": "Norway."}\n'}[form]
    *_, row = read(name, compress(rows.encode())[:-1])
    assert str(row.error) == "can't read on: Compressed file ended before the end-of-stream marker was reached"
