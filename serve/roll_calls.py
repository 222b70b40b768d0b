"""Compares labels with recorded votes of the UN General Assembly.

The table is the user's own download of the General Assembly voting data of the UN Digital Library: CSV with a row per
country and resolution. These of its columns are read: `ms_code` (ISO 3166-1 alpha-3), `ms_vote` (Y, N, A, or X for
no vote), `date`, `resolution` (A/RES/77/1) and `title`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from models.errors import DataError
from models.schema import Stance
from serve.figures import Row, Table, list_content_words
from serve.readers import read_records
from serve.sources import MissingFileError, find_sources, open_source

VOTES = {"Y": Stance.SUPPORT, "N": Stance.OPPOSE, "A": Stance.ABSTAIN}
COLUMNS = ("ms_code", "ms_vote", "date", "resolution", "title")
MAX_DAYS = 45
"""Days between an article and the vote that it may be about."""
MIN_WORDS = 3
"""Content words that a proposal needs to be found by its words."""
MIN_CONTAINED = 0.75
"""Share of a proposal's content words that the title must have."""
_NUMBER = re.compile(r"\b(?:A/RES/|resolution\s+)((?:ES-)?\d{1,2}/\d{1,3}[A-Z]?)\b", re.IGNORECASE)


@dataclass
class RollCall:
    """One recorded vote: country -> stance."""

    resolution: str
    title: str
    day: str
    votes: dict[str, Stance] = field(default_factory=dict)


def read_roll_calls(path: Path) -> list[RollCall]:
    """Read the table of recorded votes.

    Raises:
        MissingFileError: There is no such file.
        DataError: It lacks a column; the message names those that are needed.
    """
    if not path.is_file():
        raise MissingFileError(f"{str(path)!r} is no file: name your download of the voting data")
    (source,) = find_sources([path])
    calls: dict[str, RollCall] = {}
    with open_source(source) as file:
        for number, record in read_records(file, source.format, None, COLUMNS):
            if isinstance(record, DataError):
                raise DataError(f"{path} row {number}: {record}")
            if "resolution" not in record or "ms_code" not in record:
                raise DataError(f"{path} row {number}: expected the columns {', '.join(COLUMNS)}")
            key = str(record["resolution"])
            call = calls.setdefault(key, RollCall(key, str(record.get("title", "")), str(record.get("date", ""))[:10]))
            if (vote := str(record.get("ms_vote", "")).strip().upper()[:1]) in VOTES:
                call.votes[str(record["ms_code"])] = VOTES[vote]
    return list(calls.values())


def compare_votes(rows: Sequence[Row], calls: Sequence[RollCall]) -> Table:
    """Every label on a proposal that matches a recorded vote, beside that vote.

    A proposal matches a resolution that it or the title of its article names by number; else the only one whose
    title has its words and whose day is near the article's.
    """
    by_number = {call.resolution.upper().removeprefix("A/RES/"): call for call in calls}
    by_word: dict[str, set[int]] = defaultdict(set)
    for index, call in enumerate(calls):
        for word in list_content_words(call.title):
            by_word[word].add(index)
    found: dict[tuple[str, str], RollCall | None] = {}
    table = []
    for row in rows:
        key = (row.article, row.proposal)
        if key not in found:
            found[key] = _match_number(row, by_number) or _match_words(row, calls, by_word)
        match = found[key]
        if match is not None and row.country in match.votes:
            vote = match.votes[row.country]
            table.append(
                [
                    *(match.resolution, match.title, row.article, row.proposal_text, row.country),
                    *(row.stance, vote.value, row.confidence, row.stance == vote),
                ]
            )
    columns = ("resolution", "title", "article", "proposal", "country", "label", "vote", "confidence", "agrees")
    return Table(columns, table)


def _match_number(row: Row, by_number: Mapping[str, RollCall]) -> RollCall | None:
    numbers = {number.upper() for number in _NUMBER.findall(f"{row.proposal_text}\n{row.title}")}
    calls = [by_number[number] for number in numbers if number in by_number]
    return calls[0] if len(calls) == 1 else None


def _match_words(row: Row, calls: Sequence[RollCall], by_word: Mapping[str, set[int]]) -> RollCall | None:
    words = set(list_content_words(row.proposal_text)) - {"resolution", "draft", "general", "assembly"}
    if len(words) < MIN_WORDS or not row.date:
        return None
    counts: dict[int, int] = defaultdict(int)
    for word in words:
        for index in by_word.get(word, ()):
            counts[index] += 1
    near = [
        calls[index]
        for index, count in counts.items()
        if count >= MIN_CONTAINED * len(words) and _count_days(row.date, calls[index].day) <= MAX_DAYS
    ]
    return near[0] if len(near) == 1 else None


def _count_days(one: str, other: str) -> int:
    """Days between two dates; many where one can't be read."""
    try:
        return abs((date.fromisoformat(one[:10]) - date.fromisoformat(other)).days)
    except ValueError:
        return MAX_DAYS + 1
