"""Articles with their gold stances, as training and evaluation both read them (JSON Lines).

The written corpus has its own markup (`models.corpus`) and becomes the same records.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.errors import DataError
from models.schema import Article, Span, Stance


@dataclass(frozen=True, kw_only=True)
class AnnotatedProposal:
    """A proposal of a text, and the words that stand for it."""

    id: str
    description: str
    main: bool
    mentions: tuple[Span, ...]


@dataclass(frozen=True, kw_only=True)
class AnnotatedStance:
    """The gold stance of a country on a proposal.

    `evidence` are the country mentions that show it in the written corpus, the words that show it elsewhere.
    """

    country: str
    proposal: str
    stance: Stance
    evidence: tuple[Span, ...]


@dataclass(frozen=True, kw_only=True)
class AnnotatedText:
    """A text and everything that was annotated in it. `mentions` are `(span, country code)`, by place."""

    id: str
    title: str | None
    date: str | None
    style: str | None
    text: str
    mentions: tuple[tuple[Span, str], ...]
    proposals: tuple[AnnotatedProposal, ...]
    stances: tuple[AnnotatedStance, ...]

    def article(self) -> Article:
        """The text as an article to label."""
        return Article(id=self.id, title=self.title, date=self.date, text=self.text)


def read_annotated(path: Path) -> list[AnnotatedText]:
    """Read annotated articles: JSON Lines with `id`, `title`, `date`, `text`, `proposals` and `stances`.

    Their country mentions are not marked, so `mentions` is empty.

    Raises:
        DataError: The file can't be read or a row is faulty; the message has file and line.
    """
    texts = []
    for number, line in enumerate(read_utf8(path).split("\n"), 1):
        if line.strip():
            try:
                texts.append(read_row(json.loads(line)))
            except (DataError, ValueError) as error:
                raise DataError(f"{path.name} line {number}: {error}") from None
    return texts


def read_row(row: Mapping[str, Any]) -> AnnotatedText:
    """One annotated article.

    Raises:
        DataError: A key is missing, or a span, stance or proposal is faulty.
    """
    try:
        return _from_row(row)
    except KeyError as error:
        raise DataError(f"not an annotated article: {error} is missing") from None
    except (TypeError, AttributeError):
        raise DataError(f"not an annotated article: a value is of another type than expected in {row!r:.200}") from None


def _from_row(row: Mapping[str, Any]) -> AnnotatedText:
    if not isinstance(row["text"], str):
        raise DataError(f"text is {type(row['text']).__name__}; expected a string")
    proposals = tuple(
        AnnotatedProposal(
            id=p["id"],
            description=p["description"],
            main=bool(p.get("main")),
            mentions=tuple(sorted(_span(row, place) for place in p["mentions"])),
        )
        for p in row["proposals"]
    )
    known = [p.id for p in proposals]
    return AnnotatedText(
        id=row["id"],
        title=row.get("title") or None,
        date=row.get("date") or None,
        style=row.get("style") or None,
        text=row["text"],
        mentions=(),
        proposals=proposals,
        stances=tuple(_stance(row, stance, known) for stance in row["stances"]),
    )


def _stance(row: Mapping[str, Any], stance: Mapping[str, Any], known: Sequence[str]) -> AnnotatedStance:
    if stance["stance"] not in tuple(Stance):
        raise DataError(f"unknown stance {stance['stance']!r}; expected one of {', '.join(Stance)}")
    if stance["proposal"] not in known:
        raise DataError(f"stance on unknown proposal {stance['proposal']!r}; expected one of {', '.join(known)}")
    return AnnotatedStance(
        country=stance["country"],
        proposal=stance["proposal"],
        stance=Stance(stance["stance"]),
        evidence=tuple(sorted(_span(row, place) for place in stance["evidence"])),
    )


def _span(row: Mapping[str, Any], place: Mapping[str, Any]) -> Span:
    span = Span(place["start"], place["end"], place.get("field", "text"))
    if span.field not in ("text", "title"):
        raise DataError(f"unknown field {span.field!r} of a span; expected text or title")
    length = len(row[span.field] or "")
    if not 0 <= span.start < span.end <= length:
        raise DataError(f"span {span.start}..{span.end} does not lie in the {span.field} of {length} characters")
    return span


def read_utf8(path: Path) -> str:
    """The words of a file.

    Raises:
        DataError: It can't be read or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"{path.name} is not UTF-8 (byte {error.start}): save it as UTF-8") from None
    except OSError as error:
        raise DataError(f"can't read {path}: {error.strerror}") from None
