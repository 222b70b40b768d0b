"""Reads labels back, as `stance label` wrote them: whole answers, or flat rows whatever the format."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from models.errors import DataError
from serve.readers import read_records
from serve.sources import MissingFileError, find_sources, open_source
from serve.writers import COLUMNS, flatten, undo_safe

_READ: dict[str, Callable[[Any], Any]] = {
    "string": str,
    "int64": int,
    "float64": float,
    "bool": lambda cell: str(cell).lower() == "true",
}


def read_answers(path: Path) -> Iterator[Mapping[str, Any]]:
    """Read whole answers and error rows from JSON Lines.

    Raises:
        DataError: A line is no answer; the message has its number.
    """
    (source,) = find_sources([path])
    if source.format != "lines":
        raise DataError(f"{str(path)!r} has flat rows: give the JSON Lines that 'stance label' wrote")
    with open_source(source) as file:
        for number, record in read_records(file, source.format, None, ()):
            if isinstance(record, DataError):
                raise DataError(f"{path} line {number}: {record}")
            if "error" not in record and not {"id", "proposals", "stances", "model"} <= set(record):
                raise DataError(f"{path} line {number}: no answer of 'stance label' (it has {', '.join(record)[:80]})")
            yield record


def read_flat_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Read labels of any format as rows with the columns of `COLUMNS`; empty cells are None.

    Raises:
        MissingFileError: There is no such file.
        DataError: It has no labels.
    """
    if not path.is_file():
        raise MissingFileError(f"{str(path)!r} is no file: name the labels that 'stance label' wrote")
    (source,) = find_sources([path])
    if source.format == "lines":
        for answer in read_answers(path):
            yield from flatten(answer)
        return
    if source.format not in ("csv", "parquet"):
        raise DataError(f"{str(path)!r} is no .jsonl, .csv or .parquet: give what 'stance label' wrote")
    with open_source(source) as file:
        for number, record in read_records(file, source.format, None, list(COLUMNS)):
            if isinstance(record, DataError):
                raise DataError(f"{path} row {number}: {record}")
            if "id" not in record:
                raise DataError(f"{path} row {number}: no label (it has {', '.join(record)[:80]})")
            yield {name: _read_cell(record.get(name), kind) for name, kind in COLUMNS.items()}


def _read_cell(cell: Any, kind: str) -> Any:
    if isinstance(cell, str) and kind == "string":
        return undo_safe(cell)
    return None if cell is None else _READ[kind](cell)
