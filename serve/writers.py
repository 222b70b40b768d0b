"""How answers are written: JSON Lines with all there is, or flat rows as CSV and Parquet.

Formats are pure functions of one row, so worker processes can do the writing and any run gives the same bytes.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from models.errors import DataError, StanceError
from models.schema import SCORES, Labels
from serve.articles import Failure
from serve.rows import format_row

COLUMNS = {
    "id": "string",
    "title": "string",
    "date": "string",
    "line": "int64",
    "proposal": "string",
    "proposal_text": "string",
    "proposal_main": "bool",
    "proposal_given": "bool",
    "country": "string",
    "name": "string",
    "group": "string",
    "stance": "string",
    "confidence": "float64",
    **{f"score_{score}": "float64" for score in SCORES},
    "evidence": "string",
    "evidence_start": "int64",
    "evidence_end": "int64",
    "evidence_field": "string",
    "truncated": "bool",
    "tokens": "int64",
    "model": "string",
    "model_version": "string",
    "error_type": "string",
    "error": "string",
}
"""Columns of CSV and Parquet and their types; docs/batch.md says what each holds."""
EVIDENCE_JOINT = " … "
"""Between the sentences of evidence in one cell; start, end and field are those of the first."""
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
"""What a cell may not start with, or a spreadsheet runs it."""
_TABLE_WIDTH = 100
_ROWS_PER_GROUP = 16_384
"""Rows of one row group of a Parquet file."""


@dataclass(frozen=True)
class Writer:
    """One format of output files.

    Attributes:
        suffix: Of its files.
        header: What stands before the first row.
        write_row: The text of one article's rows.
        finish: Makes the final file of the collected text, where that isn't it already.
    """

    suffix: str
    header: str
    write_row: Callable[[Labels | Failure], str]
    finish: Callable[[Path, Path], None] | None = None


def flatten(answer: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The flat rows of one answer (a decoded line of JSON Lines), at least one: by stance, or the article alone."""
    if "error" in answer:
        error = answer["error"]
        yield _make_cells(id=answer["id"], line=answer["line"], error_type=error["type"], error=error["message"])
        return
    article = {key: answer.get(key) for key in ("id", "title", "date", "truncated", "tokens")}
    article |= {"model": answer["model"].get("name"), "model_version": answer["model"].get("version")}
    proposals = {proposal["id"]: proposal for proposal in answer["proposals"]}
    for stance in answer["stances"]:
        yield _make_cells(**article, **_flatten_stance(proposals[stance["proposal"]], stance))
    if not answer["stances"]:
        yield _make_cells(**article)


def make_safe(cell: Any) -> Any:
    """A cell that no spreadsheet takes for a formula: a text that looks like one gets an apostrophe in front."""
    return f"'{cell}" if isinstance(cell, str) and cell.lstrip(" ").startswith(_FORMULA) else cell


def undo_safe(cell: str) -> str:
    """The text that `make_safe` made a cell of."""
    bare = cell.removeprefix("'")
    return bare if make_safe(bare) == cell else cell


def write_csv_rows(rows: list[list[Any]]) -> str:
    """Rows as lines of CSV, safe to open in a spreadsheet."""
    text = io.StringIO()
    csv.writer(text).writerows([make_safe(cell) for cell in row] for row in rows)
    return text.getvalue()


def find_writer(path: Path, name: str | None) -> Writer:
    """The writer of a format's name, else of a path's suffix.

    Raises:
        DataError: No format has this suffix.
        StanceError: Parquet needs a package that isn't there.
    """
    suffixes = {writer.suffix: key for key, writer in WRITERS.items()}
    name = name or suffixes.get(path.suffix.lower())
    if name is None:
        known = ", ".join(suffixes)
        raise DataError(f"the suffix of {str(path)!r} is none of {known}: rename it, or say which with --format")
    if name == "parquet":
        _import_parquet()
    return WRITERS[name]


def _flatten_stance(proposal: Mapping[str, Any], stance: Mapping[str, Any]) -> dict[str, Any]:
    first = stance["evidence"][0] if stance["evidence"] else {}
    return {
        **{key: stance[key] for key in ("country", "name", "group", "proposal", "stance", "confidence")},
        **{f"proposal_{key}": proposal[key] for key in ("text", "main", "given")},
        **{f"score_{name}": score for name, score in stance["scores"].items()},
        "evidence": EVIDENCE_JOINT.join(span["text"] for span in stance["evidence"]),
        "evidence_start": first.get("start"),
        "evidence_end": first.get("end"),
        "evidence_field": first.get("field", "text") if first else None,
    }


def _make_cells(**cells: Any) -> dict[str, Any]:
    return {column: cells.get(column) for column in COLUMNS}


def _write_csv(row: Labels | Failure) -> str:
    return write_csv_rows([list(cells.values()) for cells in flatten(row.to_dict())])


def _write_flat_json(row: Labels | Failure) -> str:
    """The flat rows as JSON Lines, from which the Parquet file is made in the end: it can't be continued itself."""
    return "".join(json.dumps(list(cells.values()), ensure_ascii=False) + "\n" for cells in flatten(row.to_dict()))


def _finish_parquet(collected: Path, final: Path) -> None:
    """Make a Parquet file of collected flat rows, a row group at a time."""
    pyarrow, parquet = _import_parquet()
    schema = pyarrow.schema([(name, pyarrow.type_for_alias(kind)) for name, kind in COLUMNS.items()])
    with collected.open(encoding="utf-8", newline="\n") as lines, parquet.ParquetWriter(final, schema) as writer:
        while rows := [json.loads(line) for line in islice(lines, _ROWS_PER_GROUP)]:
            columns = [list(column) for column in zip(*rows, strict=True)]
            arrays = [pyarrow.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
            writer.write_table(pyarrow.Table.from_arrays(arrays, schema=schema))


def _write_table(row: Labels | Failure) -> str:
    """A table of a fixed width, as a person would see it."""
    from rich.console import Console

    from serve.table import print_row

    text = io.StringIO()
    print_row(Console(file=text, width=_TABLE_WIDTH, highlight=False, emoji=False, markup=False), row)
    return text.getvalue()


def _import_parquet() -> tuple[Any, Any]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ModuleNotFoundError as error:
        raise StanceError("Parquet needs the extra parquet: run pip install 'country-stance[parquet]'") from error
    return pyarrow, parquet


WRITERS = {
    "jsonl": Writer(".jsonl", "", format_row),
    "csv": Writer(".csv", write_csv_rows([list(COLUMNS)]), _write_csv),
    "parquet": Writer(".parquet", "", _write_flat_json, _finish_parquet),
    "table": Writer(".txt", "", _write_table),
}
"""The formats of files by their name."""
