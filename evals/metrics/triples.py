"""Scores over (country, proposal, stance) triples as functions of counts, so that counts can be resampled.

Shapes: A articles, K = len(COLUMNS) counts. Every score takes counts (..., K) and gives (...).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evals.pairs import NONE, Pair
from models.schema import SCORES, Stance

FloatArray = NDArray[np.floating[Any]]

COLUMNS = (*(f"{stance} {count}" for stance in Stance for count in ("correct", "predicted", "gold")), "flips")
"""The counts of an article."""
_STANCES = tuple(stance.value for stance in Stance)


def count_pair(pair: Pair) -> list[int]:
    """The counts of one pair, (K,)."""
    counts = [
        value
        for stance in _STANCES
        for value in (
            pair.predicted == stance == pair.gold,
            pair.predicted == stance,
            pair.gold == stance,
        )
    ]
    return [*map(int, counts), int(pair.is_flip)]


def count_by_article(pairs: Iterable[Pair], articles: Sequence[str]) -> FloatArray:
    """Counts of each article, (A, K); an article without pairs has zeros."""
    places = {article: number for number, article in enumerate(articles)}
    counts = np.zeros((len(articles), len(COLUMNS)))
    for pair in pairs:
        counts[places[pair.article]] += count_pair(pair)
    return counts


def _sums(counts: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Correct, predicted and gold over all stances."""
    last = 3 * len(_STANCES)
    correct, predicted, gold = (counts[..., start:last:3].sum(axis=-1) for start in range(3))
    return correct, predicted, gold


def ratio(part: FloatArray, whole: FloatArray) -> FloatArray:
    """One count by another, and 0 where there is nothing to divide by."""
    return np.divide(part, whole, out=np.zeros(np.broadcast(part, whole).shape), where=np.asarray(whole) != 0)


def precision(counts: FloatArray) -> FloatArray:
    """Correct among predicted."""
    correct, predicted, _ = _sums(counts)
    return ratio(correct, predicted)


def recall(counts: FloatArray) -> FloatArray:
    """Correct among gold."""
    correct, _, gold = _sums(counts)
    return ratio(correct, gold)


def micro_f1(counts: FloatArray) -> FloatArray:
    """Harmonic mean of precision and recall over all triples."""
    correct, predicted, gold = _sums(counts)
    return ratio(2 * correct, predicted + gold)


def stance_precision(counts: FloatArray, stance: str) -> FloatArray:
    """Correct among predicted, of one stance."""
    correct, predicted, _ = _counts_of(counts, stance)
    return ratio(correct, predicted)


def stance_recall(counts: FloatArray, stance: str) -> FloatArray:
    """Correct among gold, of one stance."""
    correct, _, gold = _counts_of(counts, stance)
    return ratio(correct, gold)


def stance_f1(counts: FloatArray, stance: str) -> FloatArray:
    """F1 over the triples of one stance."""
    correct, predicted, gold = _counts_of(counts, stance)
    return ratio(2 * correct, predicted + gold)


def _counts_of(counts: FloatArray, stance: str) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Correct, predicted and gold of one stance."""
    start = 3 * _STANCES.index(stance)
    correct, predicted, gold = (counts[..., start + offset] for offset in range(3))
    return correct, predicted, gold


def macro_f1(counts: FloatArray) -> FloatArray:
    """Mean of the F1 of support, oppose and abstain, each as heavy as the others."""
    return np.asarray(np.mean([stance_f1(counts, stance) for stance in _STANCES], axis=0))


def flip_rate(counts: FloatArray) -> FloatArray:
    """Rows with the opposite of the annotated stance, among predicted rows."""
    return ratio(counts[..., -1], _sums(counts)[1])


SCORES_OF_COUNTS: Mapping[str, Callable[[FloatArray], FloatArray]] = {
    "micro_f1": micro_f1,
    "macro_f1": macro_f1,
    "precision": precision,
    "recall": recall,
    "flip_rate": flip_rate,
    **{
        f"{stance}_{name}": partial(score, stance=stance)
        for stance in _STANCES
        for name, score in (("precision", stance_precision), ("recall", stance_recall), ("f1", stance_f1))
    },
}
"""The scores that a report gives with an interval."""


def confusion(pairs: Sequence[Pair]) -> NDArray[np.int64]:
    """Pairs by gold (rows) and predicted class (columns), in the order of SCORES, (4, 4)."""
    table = np.zeros((len(SCORES), len(SCORES)), dtype=np.int64)
    for pair in pairs:
        table[SCORES.index(pair.gold), SCORES.index(pair.predicted)] += 1
    return table


def score_classes(pairs: Sequence[Pair]) -> dict[str, float]:
    """Macro F1 and Matthews correlation over all four classes, pairs without any stance counted too."""
    from sklearn.metrics import f1_score, matthews_corrcoef

    gold, predicted = [pair.gold for pair in pairs], [pair.predicted for pair in pairs]
    if not pairs:
        return {"macro_f1_with_none": 0.0, "matthews": 0.0}
    return {
        "macro_f1_with_none": float(f1_score(gold, predicted, labels=SCORES, average="macro", zero_division=0)),
        "matthews": float(matthews_corrcoef(gold, predicted)),
    }


def has_stance(pair: Pair) -> bool:
    """Whether a stance is annotated or predicted."""
    return (pair.gold, pair.predicted) != (NONE, NONE)
