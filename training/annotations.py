"""Annotations of published texts, kept without their words.

The texts belong to their publishers; what we say of them is ours. A row has the text's id, source, date and sha256, and
our proposals and stances with character offsets. `join_texts` puts rows and words together again, with texts from a
folder of the user's own, found by their hash.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

from models.annotations import AnnotatedText, read_row, read_utf8
from models.errors import DataError

ANNOTATIONS = Path(__file__).parent / "annotations"

Row = dict[str, Any]

_BLANKS = " " * 1_000_000
"""In place of words that are not there; no text is longer."""
_HASH = re.compile("[0-9a-f]{64}")


def hash_text(text: str) -> str:
    """sha256 of a text's words in UTF-8, as hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def strip_words(row: Mapping[str, Any]) -> Row:
    """What is ours of an annotated article: everything but its title and text. `readings` says how many read it."""
    kept = {key: row.get(key) for key in ("id", "source", "date")}
    ours = {"proposals": row["proposals"], "stances": row["stances"], "readings": row.get("readings", 1)}
    return {**kept, "sha256": hash_text(row["text"]), **ours}


def source_of(row: Row) -> str:
    """Where a row's text is from: its id up to the first hyphen."""
    return str(row["id"]).partition("-")[0]


def read_rows(path: Path) -> list[Row]:
    """Rows of a JSON Lines file of annotations.

    Raises:
        DataError: A line is not JSON, or lacks a key; the message has file and line.
    """
    rows = []
    for _, row in parse_lines(path):
        if isinstance(row, DataError):
            raise row
        rows.append(row)
    return rows


def read_without_words(row: Row) -> AnnotatedText:
    """A row as an annotated text whose words are blanks, for what asks for no words.

    Raises:
        DataError: A key is missing, or a span, stance or proposal is faulty.
    """
    return read_row({**row, "title": _BLANKS, "text": _BLANKS})


def check_rows(
    paths: Iterable[Path],
    known_codes: AbstractSet[str] | None = None,
    texts: Mapping[str, Mapping[str, Any]] | None = None,
) -> list[str]:
    """All faults of files of annotations, one line each with its place; empty where there are none.

    Args:
        paths: JSON Lines of annotations without words.
        known_codes: The country and group codes that may have a stance; None takes any.
        texts: Records by hash (`read_texts`). Where a row's text is among them its offsets are checked against it.
    """
    faults: list[str] = []
    seen: dict[str, str] = {}
    for path in paths:
        for place, row in parse_lines(path):
            if isinstance(row, DataError):
                faults.append(str(row))
                continue
            record = (texts or {}).get(str(row["sha256"]), {"title": _BLANKS, "text": _BLANKS})
            found = list(_find_faults({**row, "title": record.get("title"), "text": record["text"]}, known_codes))
            if not _HASH.fullmatch(str(row["sha256"])):
                found.append(f"{row['id']}: sha256 {row['sha256']!r} is not 64 hexadecimal digits")
            for key in (f"id {row['id']!r}", f"sha256 {row['sha256']!r}"):
                if seen.setdefault(key, place) != place:
                    found.append(f"{row['id']}: the {key} is that of {seen[key]} too; expected one row for a text")
            faults += [f"{place}: {fault}" for fault in found]
    return faults


def parse_lines(path: Path) -> Iterator[tuple[str, Row | DataError]]:
    """Place, and row or what is wrong with it, of every line of annotations that is not empty."""
    for number, line in enumerate(read_utf8(path).split("\n"), 1):
        if line.strip():
            place = f"{path.name} line {number}"
            yield place, _parse_line(line, place)


def _parse_line(line: str, place: str) -> Row | DataError:
    try:
        row = json.loads(line)
    except ValueError as error:
        return DataError(f"{place} is not JSON: {error}")
    if not isinstance(row, dict):
        return DataError(f"{place} is no JSON object; an annotation is one")
    missing = [key for key in ("id", "source", "sha256", "proposals", "stances") if key not in row]
    if missing:
        return DataError(f"{place}: {', '.join(missing)} missing; an annotation has them all")
    return row


def read_texts(folder: Path) -> dict[str, Mapping[str, Any]]:
    """Records `{title, text}` of all JSON Lines files under a folder, by the hash of their text.

    Raises:
        DataError: No such folder, no `*.jsonl` in it, or a line without a text.
    """
    paths = sorted(folder.rglob("*.jsonl"))
    if not paths:
        raise DataError(f"no .jsonl file under {folder}: name a folder with the articles, one JSON object a line")
    texts = {}
    for path in paths:
        for number, line in enumerate(read_utf8(path).split("\n"), 1):
            if line.strip():
                try:
                    record = json.loads(line)
                    texts[hash_text(record["text"])] = record
                except (ValueError, KeyError, TypeError, AttributeError) as error:
                    raise DataError(f"{path} line {number}: no record with a text: {error!r}") from None
    return texts


def join_texts(
    rows: Iterable[Row], texts: Mapping[str, Mapping[str, Any]], known_codes: AbstractSet[str] | None = None
) -> tuple[list[Row], list[Row], list[str]]:
    """Put the words back.

    Args:
        rows: Annotations without words.
        texts: Records by hash (`read_texts`).
        known_codes: The country and group codes that may have a stance; None takes any.

    Returns:
        Annotated articles; the rows whose text is not there; and the faults of the others, a line each.
    """
    joined, missing, faults = [], [], []
    for row in rows:
        record = texts.get(row["sha256"])
        if record is None:
            missing.append(row)
            continue
        whole = {**row, "title": record.get("title"), "text": record["text"]}
        del whole["sha256"]
        found = list(_find_faults(whole, known_codes))
        faults += found
        if not found:
            joined.append(whole)
    return joined, missing, faults


def _find_faults(row: Row, known_codes: AbstractSet[str] | None) -> Iterable[str]:
    try:
        text = read_row(row)
    except DataError as error:
        yield f"{row['id']}: {error}"
        return
    for proposal in text.proposals:
        if not proposal.mentions:
            yield f"{text.id}: proposal {proposal.id} has no mention"
    for (country, asked), count in Counter((s.country, s.proposal) for s in text.stances).items():
        if count > 1:
            yield f"{text.id}: {count} stances of {country} on {asked}; expected one"
        if known_codes is not None and country not in known_codes:
            yield f"{text.id}: unknown country {country!r}"
    for stance in text.stances:
        if not stance.evidence:
            yield f"{text.id}: the stance of {stance.country} on {stance.proposal} has no evidence"


def count_texts(texts: Sequence[AnnotatedText]) -> dict[str, int]:
    """How many texts, proposals, countries with a stance, and stances of each kind."""
    stances = Counter(stance.stance.value for text in texts for stance in text.stances)
    return {
        "texts": len(texts),
        "without a stance": sum(not text.stances for text in texts),
        "proposals": sum(len(text.proposals) for text in texts),
        "countries": len({stance.country for text in texts for stance in text.stances}),
        "stances": sum(stances.values()),
        **{name: stances[name] for name in ("support", "oppose", "abstain")},
    }
