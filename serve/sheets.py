"""Review sheets: rows of labels for a person to correct, as CSV for a spreadsheet or JSON for Label Studio."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from models.errors import DataError
from models.schema import SCORES
from serve.readers import read_records
from serve.sources import MissingFileError, find_sources, open_source
from serve.writers import undo_safe, write_csv_rows

FORMATS = (".csv", ".json")


@dataclass(frozen=True, kw_only=True)
class SheetRow:
    """One stance of one article to review. `correct` is support, oppose, abstain or none; empty is not reviewed."""

    id: str
    proposal: str
    country: str
    correct: str = ""
    name: str = ""
    stance: str = ""
    confidence: float | None = None
    proposal_text: str = ""
    evidence: str = ""
    title: str = ""
    date: str = ""


COLUMNS = tuple(field.name for field in fields(SheetRow))


def write_sheet(rows: Iterable[SheetRow], path: Path, model: str) -> str:
    """The text of a sheet in the format of the path's suffix.

    Raises:
        DataError: The suffix is neither .csv nor .json.
    """
    if path.suffix.lower() not in FORMATS:
        raise DataError(f"{str(path)!r} is none of {', '.join(FORMATS)}: rename it")
    if path.suffix.lower() == ".csv":
        return write_csv_rows([list(COLUMNS), *([getattr(row, name) for name in COLUMNS] for row in rows)])
    return json.dumps([_make_task(row, model) for row in rows], ensure_ascii=False, indent=1) + "\n"


def read_sheet(path: Path) -> list[SheetRow]:
    """Read a sheet back: the CSV, or an export of Label Studio in its JSON format.

    Raises:
        MissingFileError: There is no such file.
        DataError: It is no sheet, or `correct` has another word than a stance or none.
    """
    if not path.is_file():
        raise MissingFileError(f"{str(path)!r} is no file: name the sheet that was corrected")
    (source,) = find_sources([path])
    rows = []
    with open_source(source) as file:
        for number, record in read_records(file, source.format, None, COLUMNS):
            if isinstance(record, DataError):
                raise DataError(f"{path} row {number}: {record}")
            cells = dict(_read_task(record)) if source.format == "json" else record
            rows.append(_check_row(cells, f"{path} row {number}"))
    return rows


def _make_task(row: SheetRow, model: str) -> dict[str, Any]:
    """A task of Label Studio with the model's stance as its prediction."""
    data = {name: getattr(row, name) for name in COLUMNS if name != "correct"}
    choice = {"from_name": "correct", "to_name": "evidence", "type": "choices", "value": {"choices": [row.stance]}}
    return {"data": data, "predictions": [{"model_version": model, "score": row.confidence, "result": [choice]}]}


def _read_task(task: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The cells of a task; of several annotations the last that wasn't cancelled counts."""
    yield from (task.get("data") or {}).items()
    for annotation in reversed(task.get("annotations") or []):
        if not annotation.get("was_cancelled"):
            for result in annotation.get("result", []):
                if result.get("from_name") == "correct":
                    yield "correct", "".join(result["value"]["choices"][:1])
            return


def _check_row(cells: Mapping[str, Any], place: str) -> SheetRow:
    for name in ("id", "proposal", "country"):
        if not cells.get(name):
            raise DataError(f"{place}: {name!r} is empty: keep it, and copy it into rows that you add")
    correct = str(cells.get("correct") or "").strip().lower()
    if correct and correct not in SCORES:
        raise DataError(f"{place}: 'correct' is {correct!r}; expected one of {', '.join(SCORES)}, or nothing")
    identity, proposal, country = (undo_safe(str(cells[name])).strip() for name in ("id", "proposal", "country"))
    return SheetRow(id=identity, proposal=proposal, country=country.upper(), correct=correct)
