"""Whether the right words are named: countries, proposals and the sentences that show a stance."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence

import numpy as np

from evals.pairs import NONE, Pair
from models.annotations import AnnotatedText
from models.schema import Labels, Span
from models.sentences import split_sentences

MIN_SPAN_OVERLAP = 0.5
"""A found span is the annotated one if their common characters are at least this share of both together."""


class Counts:
    """Correct, predicted and gold, with precision, recall and F1. Correct may be a sum of similarities."""

    def __init__(self) -> None:
        self.correct, self.predicted, self.gold = 0.0, 0, 0

    def add(self, correct: float, predicted: int, gold: int) -> None:
        """Count what one article has."""
        self.correct += correct
        self.predicted += predicted
        self.gold += gold

    def to_dict(self) -> dict[str, float]:
        """Precision, recall, F1 and the counts."""
        return {
            "precision": self.correct / self.predicted if self.predicted else 0.0,
            "recall": self.correct / self.gold if self.gold else 0.0,
            "f1": 2 * self.correct / (self.predicted + self.gold) if self.predicted + self.gold else 0.0,
            "correct": self.correct,
            "predicted": self.predicted,
            "gold": self.gold,
        }


def score_countries(texts: Sequence[AnnotatedText], labels: Sequence[Labels]) -> dict[str, Mapping[str, float]]:
    """Country linking: countries with a stance that were found and, where every mention is marked, the mentions.

    A mention is right if it has the code of a marked one that it overlaps.
    """
    stances, mentions = Counts(), Counts()
    for text, answer in zip(texts, labels, strict=True):
        gold = {stance.country for stance in text.stances}
        stances.add(len(gold & answer.countries.keys()), 0, len(gold))
        if text.mentions:
            found = [
                (m.span, m.country) for items in answer.countries.values() for m in items if m.span.field == "text"
            ]
            table = [
                [float(code == country and overlap(span, place) > 0) for place, country in text.mentions]
                for span, code in found
            ]
            mentions.add(_assign(table), len(found), len(text.mentions))
    recall = {key: value for key, value in stances.to_dict().items() if key in ("recall", "correct", "gold")}
    return {"stance_countries": recall, **({"mentions": mentions.to_dict()} if mentions.gold else {})}


def score_proposals(texts: Sequence[AnnotatedText], labels: Sequence[Labels]) -> dict[str, Mapping[str, float]]:
    """Proposal discovery, one found thing for one annotated thing (the best assignment).

    `spans`: mentions by MIN_SPAN_OVERLAP. `proposals`: proposals of which mentions share a character. `clusters`: the
    same weighed by how well their mentions agree (the entity-based CEAF of Luo 2005, 'On coreference resolution
    performance metrics').
    """
    spans, proposals, clusters = Counts(), Counts(), Counts()
    for text, answer in zip(texts, labels, strict=True):
        found, gold = [p.mentions for p in answer.proposals], [p.mentions for p in text.proposals]
        found_spans, gold_spans = _flatten(found), _flatten(gold)
        spans.add(_count_same(found_spans, gold_spans), len(found_spans), len(gold_spans))
        touching = _assign([[float(_share_characters(f, g)) for g in gold] for f in found])
        proposals.add(touching, len(found), len(gold))
        clusters.add(_assign([[_agreement(f, g) for g in gold] for f in found]), len(found), len(gold))
    return {"spans": spans.to_dict(), "proposals": proposals.to_dict(), "clusters": clusters.to_dict()}


def score_evidence(pairs: Sequence[Pair], texts: Mapping[str, AnnotatedText]) -> dict[str, float]:
    """Sentences named as evidence against those annotated, over the rows that are right and have annotated evidence."""
    counts = Counts()
    bounds = {}
    for pair in pairs:
        if pair.is_right and pair.gold != NONE and pair.gold_evidence:
            if pair.article not in bounds:
                bounds[pair.article] = SentenceIndex(texts[pair.article].text)
            found = bounds[pair.article].sentences(pair.evidence)
            gold = bounds[pair.article].sentences(pair.gold_evidence)
            counts.add(len(found & gold), len(found), len(gold))
    return counts.to_dict()


class SentenceIndex:
    """Finds the sentences of spans. The title is sentence -1."""

    def __init__(self, text: str) -> None:
        self.spans = split_sentences(text)
        self._starts = [start for start, _ in self.spans]

    def sentences(self, spans: Sequence[Span]) -> set[int]:
        """Numbers of the sentences that spans touch."""
        found: set[int] = set()
        for span in spans:
            if span.field == "title":
                found.add(-1)
            else:
                first = max(bisect_right(self._starts, span.start) - 1, 0)
                last = max(bisect_right(self._starts, span.end - 1) - 1, 0)
                found.update(range(first, last + 1))
        return found


def overlap(a: Span, b: Span) -> int:
    """Characters that two spans share."""
    return max(0, min(a.end, b.end) - max(a.start, b.start)) if a.field == b.field else 0


def same_span(a: Span, b: Span) -> bool:
    """Whether two spans share at least MIN_SPAN_OVERLAP of what they cover together."""
    shared = overlap(a, b)
    return shared >= MIN_SPAN_OVERLAP * (a.end - a.start + b.end - b.start - shared)


def _flatten(groups: Sequence[Sequence[Span]]) -> list[Span]:
    return [span for group in groups for span in group]


def _share_characters(a: Sequence[Span], b: Sequence[Span]) -> bool:
    return any(overlap(first, second) for first in a for second in b)


def _agreement(a: Sequence[Span], b: Sequence[Span]) -> float:
    """Dice of two clusters of mentions."""
    return 2 * _count_same(a, b) / (len(a) + len(b)) if a or b else 0.0


def _count_same(found: Sequence[Span], gold: Sequence[Span]) -> float:
    return _assign([[float(same_span(f, g)) for g in gold] for f in found])


def _assign(similarity: Sequence[Sequence[float]]) -> float:
    """Summed similarity of the best one-to-one assignment of rows to columns."""
    from scipy.optimize import linear_sum_assignment

    if not similarity or not similarity[0]:
        return 0.0
    table = np.array(similarity)
    rows, columns = linear_sum_assignment(table, maximize=True)
    return float(table[rows, columns].sum())
