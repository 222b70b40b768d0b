"""A case: one text of which it is known what must come out, or several that must give the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from models.schema import Article, Labels, StanceRow

NONE = "none"
Key = tuple[str, int]
"""Country code and the number of the given proposal, from 1."""


@dataclass(frozen=True)
class Failure:
    """What was wrong with the answer to a case; the surer the answer was, the worse."""

    message: str
    confidence: float


@dataclass(frozen=True, kw_only=True)
class Case:
    """One test.

    Attributes:
        articles: What is labelled. With several, all must give what the first gives.
        expected: The stance, or `none`, of pairs in the first article; pairs that are not named may be anything.
        renamed: By what code a country of the first article goes in the others.
        evidence: Words that must be in the evidence of every expected row.
    """

    articles: tuple[Article, ...]
    expected: Mapping[Key, str] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    evidence: str | None = None

    def check(self, answers: Sequence[Labels]) -> Failure | None:
        """What is wrong with the answers; None if nothing is."""
        first = rows_by_key(answers[0])
        for key, wanted in self.expected.items():
            found = first.get(key)
            if (found.stance.value if found else NONE) != wanted:
                return Failure(f"{key[0]}: {wanted} expected, {_say(found)} answered", _sureness(found))
            if found and self.evidence and not self._is_shown(answers[0], found):
                return Failure(f"{key[0]}: the evidence is elsewhere", found.confidence)
        for answer in answers[1:]:
            failure = self._compare(first, rows_by_key(answer))
            if failure:
                return failure
        return None

    def _compare(self, first: Mapping[Key, StanceRow], other: Mapping[Key, StanceRow]) -> Failure | None:
        renamed = {(self.renamed.get(code, code), number): row for (code, number), row in first.items()}
        for key in sorted({*renamed, *other}):
            before, after = renamed.get(key), other.get(key)
            if (before and before.stance) != (after and after.stance):
                return Failure(f"{key[0]}: {_say(before)} became {_say(after)}", max(map(_sureness, (before, after))))
        return None

    def _is_shown(self, answer: Labels, row: StanceRow) -> bool:
        start = answer.article.text.index(self.evidence or "")
        end = start + len(self.evidence or "")
        return any(span.field == "text" and span.start < end and start < span.end for span in row.evidence)


def rows_by_key(labels: Labels) -> dict[Key, StanceRow]:
    """The rows of an answer to given proposals."""
    numbers = {proposal.id: number for number, proposal in enumerate(labels.proposals, 1)}
    return {(row.country, numbers[row.proposal]): row for row in labels.stances}


def _say(row: StanceRow | None) -> str:
    return f"{row.stance} ({row.confidence:.2f})" if row else NONE


def _sureness(row: StanceRow | None) -> float:
    return row.confidence if row else 0.5
