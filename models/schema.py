"""The question (an article) and the answer (its labels), as plain frozen records.

Offsets are Unicode code points into the article's `text` (or `title`, where `field` says so), end
exclusive. `labels.schema.json` beside this file is the JSON Schema of the answer.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, NamedTuple

from models.errors import DataError

MAX_TEXT_CHARACTERS = 1_000_000
"""Longest text that is labelled; beyond it the caller gets an error, not a silent cut."""
MAX_PROPOSALS = 64
"""Most proposals one article may give."""

Field = Literal["text", "title"]


class Stance(StrEnum):
    """What a country does about a proposal. Pairs without a stance have no row."""

    SUPPORT = "support"
    OPPOSE = "oppose"
    ABSTAIN = "abstain"


SCORES = ("none", "support", "oppose", "abstain")
"""Order of the network's four classes, in logits, scores and training labels."""


class Span(NamedTuple):
    """A piece of an article: characters start..end (end exclusive) of one of its fields."""

    start: int
    end: int
    field: Field = "text"


class Mention(NamedTuple):
    """Words that stand for a country or group.

    `kind` is name, demonym, capital, seat, official or group.
    """

    span: Span
    country: str
    kind: str


@dataclass(frozen=True, kw_only=True)
class Article:
    """One news text to label. `proposals`, where given, are labelled in place of those found in the text."""

    text: str
    id: str | None = None
    title: str | None = None
    date: str | None = None
    proposals: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        """Refuse what can't be labelled, with the reason."""
        if not self.text.strip():
            raise DataError("text is empty: give the words of the article")
        if len(self.text) > MAX_TEXT_CHARACTERS:
            raise DataError(f"text has {len(self.text)} characters, at most {MAX_TEXT_CHARACTERS}: split the article")
        if self.proposals is not None:
            if len(self.proposals) > MAX_PROPOSALS:
                raise DataError(f"{len(self.proposals)} proposals given, at most {MAX_PROPOSALS}: ask in several calls")
            for number, proposal in enumerate(self.proposals, 1):
                if not proposal.strip():
                    raise DataError(f"proposal {number} is empty: give a short sentence")

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Article:
        """Build an article from a decoded JSON object `{id?, title?, date?, text, proposals?}`.

        Raises:
            DataError: A field is missing or has the wrong type; the message names it.
        """
        if not isinstance(record, Mapping):
            raise DataError(f"an article is a JSON object with a 'text', not {type(record).__name__}")
        if "text" not in record:
            seen = ", ".join(map(repr, list(record)[:8])) or "nothing"
            raise DataError(f"no 'text' in the record (it has {seen}): put the article's words under 'text'")
        if not isinstance(record["text"], str):
            raise DataError(f"'text' is {type(record['text']).__name__}, not a string")
        proposals = record.get("proposals")
        if proposals is not None and (
            not isinstance(proposals, list) or not all(isinstance(p, str) for p in proposals)
        ):
            raise DataError(f"'proposals' is {proposals!r:.80}, not a list of strings")
        return cls(
            text=record["text"],
            id=None if record.get("id") is None else str(record["id"]),
            title=_optional_string(record, "title"),
            date=_optional_string(record, "date"),
            proposals=tuple(proposals) if proposals else None,
        )

    @property
    def known_as(self) -> str:
        """Its id, or one made from its title and text where it has none."""
        return self.id or hashlib.sha256(f"{self.title or ''}\n{self.text}".encode()).hexdigest()[:16]

    def quote(self, span: Span) -> str:
        """The words at a span."""
        source = self.text if span.field == "text" else self.title or ""
        return source[span.start : span.end]


def _optional_string(record: Mapping[str, Any], key: str) -> str | None:
    value = record.get(key)
    if value is not None and not isinstance(value, str):
        raise DataError(f"{key!r} is {type(value).__name__}, not a string")
    return value


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """Something put forward for a decision, found in the text or given by the caller."""

    id: str
    text: str
    main: bool = False
    given: bool = False
    mentions: tuple[Span, ...] = ()


@dataclass(frozen=True, kw_only=True)
class StanceRow:
    """The stance of one country on one proposal. `scores` follow `SCORES` and sum to 1."""

    country: str
    name: str
    proposal: str
    stance: Stance
    confidence: float
    scores: tuple[float, float, float, float]
    evidence: tuple[Span, ...]
    group: str | None = None


@dataclass(frozen=True, kw_only=True)
class Labels:
    """The answer for one article."""

    article: Article
    id: str
    proposals: tuple[Proposal, ...]
    stances: tuple[StanceRow, ...]
    countries: Mapping[str, tuple[Mention, ...]] = field(default_factory=dict)
    country_names: Mapping[str, str] = field(default_factory=dict)
    truncated: bool = False
    tokens: int = 0
    model: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The answer as the JSON object of DESIGN's contract (`labels.schema.json`)."""
        return {
            "id": self.id,
            "title": self.article.title,
            "date": self.article.date,
            "proposals": [
                {
                    "id": p.id,
                    "text": p.text,
                    "main": p.main,
                    "given": p.given,
                    "mentions": [self._span(s) for s in p.mentions],
                }
                for p in self.proposals
            ],
            "stances": [
                {
                    "country": row.country,
                    "name": row.name,
                    "proposal": row.proposal,
                    "stance": row.stance.value,
                    "confidence": row.confidence,
                    "scores": dict(zip(SCORES, row.scores, strict=True)),
                    "evidence": [self._span(s) for s in row.evidence],
                    "group": row.group,
                }
                for row in self.stances
            ],
            "countries": [
                {
                    "country": code,
                    "name": self.country_names[code],
                    "mentions": [{**self._span(m.span), "kind": m.kind} for m in mentions],
                }
                for code, mentions in self.countries.items()
            ],
            "truncated": self.truncated,
            "tokens": self.tokens,
            "model": dict(self.model),
        }

    def _span(self, span: Span) -> dict[str, Any]:
        place = {} if span.field == "text" else {"field": span.field}
        return {"start": span.start, "end": span.end, "text": self.article.quote(span), **place}


def read_schema() -> dict[str, Any]:
    """The JSON Schema of the answer."""
    schema: dict[str, Any] = json.loads((Path(__file__).parent / "labels.schema.json").read_text(encoding="utf-8"))
    return schema
