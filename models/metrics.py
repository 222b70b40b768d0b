"""Scores of predicted labels against gold ones; the same functions pick a checkpoint and fill a report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from models.schema import Span, Stance

Triple = tuple[str, str, Stance]
"""Country, proposal, stance."""


@dataclass(frozen=True)
class TripleScores:
    """Counts over (country, proposal, stance) triples, micro-averaged over articles.

    `flips` are predicted rows whose gold row has the opposite stance (support against oppose).
    """

    correct: int
    predicted: int
    gold: int
    flips: int

    @property
    def precision(self) -> float:
        """Correct among predicted; 0 without predictions."""
        return self.correct / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        """Correct among gold; 0 without gold."""
        return self.correct / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        total = self.predicted + self.gold
        return 2 * self.correct / total if total else 0.0

    @property
    def flip_rate(self) -> float:
        """Flips among predicted rows."""
        return self.flips / self.predicted if self.predicted else 0.0


def score_triples(articles: Iterable[tuple[set[Triple], set[Triple]]]) -> TripleScores:
    """Score predicted against gold triples, article by article.

    Args:
        articles: (predicted, gold) of each article.
    """
    correct = predicted_count = gold_count = flips = 0
    opposite = {Stance.SUPPORT: Stance.OPPOSE, Stance.OPPOSE: Stance.SUPPORT}
    for predicted, gold in articles:
        correct += len(predicted & gold)
        predicted_count += len(predicted)
        gold_count += len(gold)
        flips += sum((c, p, opposite[s]) in gold and (c, p, s) not in gold for c, p, s in predicted if s in opposite)
    return TripleScores(correct, predicted_count, gold_count, flips)


def match_proposals(found: Mapping[str, Sequence[Span]], gold: Mapping[str, Sequence[Span]]) -> dict[str, str]:
    """The gold proposal whose mentions each found one overlaps most, in characters; one that overlaps none has none.

    Args:
        found: Mentions of each found proposal.
        gold: Mentions of each gold proposal.
    """
    matches = {}
    for name, spans in found.items():
        overlap = {g: sum(_overlap(a, b) for a in spans for b in gold[g]) for g in gold}
        best = max(overlap, key=lambda g: overlap[g], default=None)
        if best is not None and overlap[best] > 0:
            matches[name] = best
    return matches


def _overlap(a: Span, b: Span) -> int:
    return max(0, min(a.end, b.end) - max(a.start, b.start)) if a.field == b.field else 0
