import io
import json

import pytest

from models.errors import DataError
from serve import readers
from serve.readers import read_records


def read(data: bytes, form: str | None, encoding=None, keys=("text", "id")):
    return list(read_records(io.BufferedReader(io.BytesIO(data)), form, encoding, keys))


def shorten(rows):
    """Records by number, errors by the start of their message."""
    return [(number, str(row)[:24] if isinstance(row, DataError) else dict(row)) for number, row in rows]


@pytest.mark.parametrize("form", ["csv", "tsv"])
def test_table_rows_have_the_line_on_which_they_start(form):
    table = 'id,text\n1,"two\nlines"\n\n2,"quote ""this"""\n'.replace(",", "\t" if form == "tsv" else ",")
    assert shorten(read(table.encode(), form)) == [
        (2, {"id": "1", "text": "two\nlines"}),
        (5, {"id": "2", "text": 'quote "this"'}),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_table_of_a_spreadsheet_is_read_in_its_encoding(encoding):
    assert shorten(read("id,text\n1,Türkiye\n".encode(encoding), "csv")) == [(2, {"id": "1", "text": "Türkiye"})]


def test_bad_rows_of_a_table_spare_their_neighbours():
    table = b'id,text\n1,a\n2\n3,"a"b\n4,b\xff\n5,c,d\n6,e\n'
    assert shorten(read(table, "csv")) == [
        (2, {"id": "1", "text": "a"}),
        (3, "the row has 1 cells, the"),
        (4, "not a row of a table: ',"),
        (5, "byte 0xff in the row isn"),
        (6, "the row has 3 cells, the"),
        (7, {"id": "6", "text": "e"}),
    ]


def test_quote_that_never_ends_is_one_failure():
    assert shorten(read(b'id,text\n1,"never\n2,b\n', "csv")) == [(2, "not a row of a table: un")]


def test_empty_cells_are_no_values():
    assert shorten(read(b"id,title,text\n,,a\n", "csv")) == [(2, {"text": "a"})]


@pytest.mark.parametrize("form", ["csv", "tsv", "json", "lines"])
def test_empty_file_has_no_rows(form):
    assert read(b"", form) == []


@pytest.mark.parametrize(
    "data",
    [
        b'[{"text": "a"}, {"text": "b"}]',
        b' \n[ {"text":"a"} ,\n{"text":"b"}]\n',
        b'\xef\xbb\xbf{"text": "a"}\n{"text": "b"}',
    ],
)
def test_json_is_a_list_or_objects_one_after_another(data):
    assert shorten(read(data, "json")) == [(1, {"text": "a"}), (2, {"text": "b"})]


def test_json_keeps_types_and_flags_what_is_no_object():
    rows = shorten(read(b'[{"id": 7, "text": 1.5}, "words", {"text": "a"}]', "json"))
    assert rows == [(1, {"id": 7, "text": 1.5}), (2, "an article is a JSON obj"), (3, {"text": "a"})]


def test_broken_json_gives_what_comes_before_and_one_failure():
    assert shorten(read(b'[{"text": "a"}, {"text": ', "json")) == [(1, {"text": "a"}), (2, "not JSON from here on: p")]


def test_line_that_is_too_long_is_skipped_without_being_held(monkeypatch):
    monkeypatch.setattr(readers, "MAX_BYTES", 50)
    monkeypatch.setattr(readers, "_SKIPPED_AT_ONCE", 16)
    data = b'{"text": "' + b"a" * 100 + b'"}\n{"text": "\xff"}\n{"text": "c"}\n'
    rows = read(data, "lines")
    assert [number for number, _ in rows] == [1, 2, 3]
    assert str(rows[0][1]) == "the line has more than 50 bytes: split the article"
    assert f"position {data.index(0xFF)} " in str(rows[1][1])
    assert rows[2][1] == {"text": "c"}


def test_json_lines_in_utf16_are_refused_clearly():
    assert shorten(read('{"text": "a"}\n'.encode("utf-16"), "lines")) == [(None, "JSON Lines in utf-16 can")]


def test_json_lines_in_a_named_encoding():
    data = json.dumps({"text": "Türkiye’s"}, ensure_ascii=False).encode("cp1252")
    assert read(data, "lines", "cp1252") == [(1, {"text": "Türkiye’s"})]


def test_parquet_rows_are_read_with_nested_fields_and_only_the_columns_that_matter():
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    file = io.BytesIO()
    rows = [{"id": n, "body": {"text": f"t{n}"}, "other": "x"} for n in range(200)]
    parquet.write_table(pyarrow.Table.from_pylist(rows), file, row_group_size=70)
    read_rows = read(file.getvalue(), "parquet", keys=("body.text", "id"))
    assert read_rows == [(n + 1, {"id": n, "body": {"text": f"t{n}"}}) for n in range(200)]
    assert [number for number, _ in read(file.getvalue()[:-20], "parquet")] == [None]


def test_page_gives_its_main_text_headline_and_date():
    pytest.importorskip("trafilatura")
    words = "<p>Norway voted against the fishing ban on Monday, its envoy said in the hall.</p>" * 4
    head = '<head><title>Norway says no</title><meta property="article:published_time" content="2026-01-02"></head>'
    page = f"<html>{head}<body><nav>Home About</nav><article><h1>Norway says no</h1>{words}</article></body></html>"
    ((number, record),) = read(page.encode(), "html")
    assert (number, record["title"], record["date"]) == (None, "Norway says no", "2026-01-02")
    assert "Norway voted against" in record["text"]
    assert "Home About" not in record["text"]


@pytest.mark.parametrize("data", [b"", b"<html></html>", b"<p>"])
def test_page_without_text_is_a_failure(data):
    pytest.importorskip("trafilatura")
    assert shorten(read(data, "html")) == [(None, "no main text found in th")]
