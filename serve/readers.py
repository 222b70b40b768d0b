"""Reads the records of one open file, one at a time: what stands in it, before it is an article.

Every record comes with its number (the line in JSON Lines, CSV and TSV, the count in JSON and Parquet, None for a
document that is one article). What can't be read is a `DataError` in its place. Memory stays flat: no line,
document or cell longer than `MAX_BYTES` is held.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import warnings
import zlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any

from models.errors import DataError, StanceError
from models.schema import MAX_TEXT_CHARACTERS
from serve.encodings import decode, decode_document, find_signature

MAX_BYTES = 32 * MAX_TEXT_CHARACTERS
"""Longest line, document or cell: the longest text in the longest writing of JSON, with room for the other fields."""
_PARQUET_ROWS = 64
"""Rows of a Parquet file that are decoded together."""
_SKIPPED_AT_ONCE = 1 << 20

Record = tuple[int | None, Mapping[str, Any] | DataError]


def read_records(
    file: io.BufferedReader, form: str | None, encoding: str | None, keys: Sequence[str]
) -> Iterator[Record]:
    """Read the records of a file.

    Args:
        file: Its decompressed bytes.
        form: A value of `serve.sources.FORMATS`; None to tell text from JSON Lines by the first character.
        encoding: The caller's; None to find it.
        keys: The fields that matter; only their columns of a Parquet file are read.
    """
    try:
        if form is None:
            form = "lines" if _starts_with_brace(file) else "text"
        if form in ("text", "html"):
            yield None, _read_document(file, encoding, is_page=form == "html")
        elif form == "lines":
            yield from _read_lines(file, encoding)
        elif form == "json":
            yield from _read_json(file)
        elif form == "parquet":
            yield from _read_parquet(file, keys)
        else:
            yield from _read_table(file, encoding, delimiter="\t" if form == "tsv" else ",")
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        yield None, DataError(f"can't read on: {reason}")
    except Exception as error:  # zstd and pyarrow have roots of their own; neither is loaded here without need
        if type(error).__module__.split(".")[0] not in ("backports", "pyarrow"):
            raise
        yield None, DataError(f"can't read on: {error}")


def _starts_with_brace(file: io.BufferedReader) -> bool:
    return file.peek(64).removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"{")


def _read_document(file: io.BufferedReader, encoding: str | None, *, is_page: bool) -> Mapping[str, Any] | DataError:
    data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        return DataError(f"the file has more than {MAX_BYTES} bytes: split it into articles")
    try:
        text = decode_document(data, encoding, is_page=is_page)
        return _read_page(text) if is_page else {"text": text}
    except DataError as error:
        return error


def _read_page(page: str) -> dict[str, Any]:
    """The main text of a web page with its headline and date."""
    try:
        from trafilatura import bare_extraction
    except ModuleNotFoundError as error:
        raise StanceError("web pages need the extra html: run pip install 'country-stance[html]'") from error
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what its parsers say of bad markup helps nobody here
        found = bare_extraction(page, include_comments=False, with_metadata=True)
    if found is None or not (found.text or "").strip():
        raise DataError("no main text found in the page: save its words as .txt")
    return {"text": found.text, "title": found.title, "date": found.date}


def _read_lines(file: io.BufferedReader, encoding: str | None) -> Iterator[Record]:
    signature = find_signature(file.peek(4))
    if (encoding or signature or "utf-8").startswith(("utf-16", "utf-32")):
        yield None, DataError(f"JSON Lines in {encoding or signature} can't be read: save the file as UTF-8")
        return
    position = 0
    for number in count(1):
        data = file.readline(MAX_BYTES + 1)
        if not data:
            return
        length = len(data)
        if length > MAX_BYTES and not data.endswith(b"\n"):
            yield number, DataError(f"the line has more than {MAX_BYTES} bytes: split the article")
            length += _skip_line(file)
        elif data.removeprefix(codecs.BOM_UTF8).strip():
            yield number, _parse_line(data, encoding, position)
        position += length


def _skip_line(file: io.BufferedReader) -> int:
    skipped = 0
    while data := file.readline(_SKIPPED_AT_ONCE):
        skipped += len(data)
        if data.endswith(b"\n"):
            break
    return skipped


def _parse_line(data: bytes, encoding: str | None, position: int) -> Mapping[str, Any] | DataError:
    try:
        return _check_record(json.loads(decode(data, encoding, position)))
    except DataError as error:
        return error
    except (ValueError, RecursionError) as error:
        return DataError(f"not a JSON object on one line: {error}")


def _check_record(record: Any) -> Mapping[str, Any]:
    if not isinstance(record, Mapping):
        raise DataError(f"an article is a JSON object with a 'text', not {type(record).__name__}")
    return record


def _read_json(file: io.BufferedReader) -> Iterator[Record]:
    """A list of objects, or objects one after another, without holding more than one."""
    import ijson

    if (signature := find_signature(file.peek(4))) == "utf-8":
        file.read(len(codecs.BOM_UTF8))
    elif signature:
        yield None, DataError(f"JSON in {signature} can't be read: save the file as UTF-8")
        return
    start = file.peek(64).lstrip()
    if not start.strip():
        return
    records = ijson.items(file, "item" if start.startswith(b"[") else "", use_float=True, multiple_values=True)
    number = 0
    try:
        for number, record in enumerate(records, 1):
            try:
                yield number, _check_record(record)
            except DataError as error:
                yield number, error
    except (ijson.JSONError, RecursionError) as error:
        yield number + 1, DataError(f"not JSON from here on: {' '.join(str(error).split())[:120]}")


def _read_table(file: io.BufferedReader, encoding: str | None, delimiter: str) -> Iterator[Record]:
    """Rows of CSV or TSV under a line of column names."""
    name = encoding or find_signature(file.peek(4)) or "utf-8"
    lines = io.TextIOWrapper(file, "utf-8-sig" if name == "utf-8" else name, errors="surrogateescape", newline="")
    try:
        yield from _read_rows(lines, name, delimiter)
    finally:
        lines.detach()  # or it would close the file with itself, at a time of its own


def _read_rows(lines: io.TextIOWrapper, encoding: str, delimiter: str) -> Iterator[Record]:
    csv.field_size_limit(MAX_BYTES)
    rows = csv.reader(lines, delimiter=delimiter, strict=True)
    columns: list[str] | None = None
    while True:
        number = rows.line_num + 1
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield number, DataError(f"not a row of a table: {error}")
            continue
        except UnicodeDecodeError as error:  # only where no byte can be skipped, as in UTF-16
            yield number, DataError(f"not {encoding} from here on: {error.reason}")
            return
        if columns is None:
            columns = row
        elif row:
            yield number, _make_record(columns, row, encoding)


def _make_record(columns: Sequence[str], row: Sequence[str], encoding: str) -> Mapping[str, Any] | DataError:
    if len(row) != len(columns):
        return DataError(f"the row has {len(row)} cells, the first line names {len(columns)} columns: quote the cells")
    for cell in row:
        escaped = next((ord(c) - 0xDC00 for c in cell if "\udc80" <= c <= "\udcff"), None)
        if escaped is not None:
            advice = "save the file as UTF-8, or name its encoding with --encoding"
            return DataError(f"byte 0x{escaped:02x} in the row isn't {encoding.upper()}: {advice}")
    return {column: cell for column, cell in zip(columns, row, strict=True) if cell}


def _read_parquet(file: io.BufferedReader, keys: Sequence[str]) -> Iterator[Record]:
    try:
        from pyarrow import parquet
    except ModuleNotFoundError as error:
        raise StanceError("Parquet needs the extra parquet: run pip install 'country-stance[parquet]'") from error
    table = parquet.ParquetFile(file, pre_buffer=False)
    known = table.schema_arrow.names
    columns = [name for name in known if name in keys or any(key.startswith(f"{name}.") for key in keys)]
    number = 0
    for batch in table.iter_batches(batch_size=_PARQUET_ROWS, columns=columns or known):
        for record in batch.to_pylist():
            number += 1
            yield number, record
