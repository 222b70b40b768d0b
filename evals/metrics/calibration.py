"""Whether a confidence means what it says, and what is left when unsure rows are dropped.

Works on the rows that were answered: N confidences in [0, 1] and whether each row is right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating[Any]]
BoolArray = NDArray[np.bool_]

NUM_BINS = 15


@dataclass(frozen=True)
class Bin:
    """Rows of similar confidence: their mean confidence, the share of them that is right, and how many."""

    confidence: float
    accuracy: float
    count: int


def make_bins(confidence: FloatArray, is_right: BoolArray, num_bins: int = NUM_BINS) -> list[Bin]:
    """Bins of equal mass, from the least to the most confident; sizes differ by one at most, none is empty."""
    order = _sort(confidence, is_right)
    parts = [part for part in np.array_split(order, num_bins) if len(part)]
    return [Bin(float(confidence[part].mean()), float(is_right[part].mean()), len(part)) for part in parts]


def expected_calibration_error(confidence: FloatArray, is_right: BoolArray, num_bins: int = NUM_BINS) -> float:
    """Mean distance of confidence from accuracy over bins of equal mass; 0 without rows."""
    bins = make_bins(confidence, is_right, num_bins)
    total = sum(item.count for item in bins)
    return sum(item.count * abs(item.confidence - item.accuracy) for item in bins) / total if total else 0.0


def calibration_errors(
    confidence: FloatArray, is_right: BoolArray, weights: NDArray[np.integer[Any]], num_bins: int = NUM_BINS
) -> FloatArray:
    """Expected calibration error of many resamples at once.

    Args:
        confidence: (N,).
        is_right: (N,).
        weights: How often each row is drawn, (R, N).
        num_bins: Bins of equal mass, made anew for each resample.

    Returns:
        (R,).
    """
    order = _sort(confidence, is_right)
    gap = (confidence - is_right)[order]
    errors = np.zeros(len(weights))
    for number, row in enumerate(weights):
        drawn = np.repeat(gap, row[order])
        parts = np.array_split(drawn, num_bins)
        errors[number] = sum(abs(part.sum()) for part in parts) / max(len(drawn), 1)
    return errors


def score_confidence(confidence: FloatArray, is_right: BoolArray) -> dict[str, float]:
    """Brier score and mean negative log likelihood of 'this row is right'; 0 without rows."""
    from sklearn.metrics import brier_score_loss, log_loss

    if not len(confidence):
        return {"brier": 0.0, "nll": 0.0}
    clipped = np.clip(confidence, 1e-6, 1 - 1e-6)
    return {
        "brier": float(brier_score_loss(is_right, confidence, labels=[0, 1], pos_label=1)),
        "nll": float(log_loss(is_right, clipped, labels=[0, 1])),
    }


def score_classes(scores: FloatArray, gold: NDArray[np.integer[Any]]) -> dict[str, float]:
    """Brier score (sum over the classes) and negative log likelihood of the four scores.

    Args:
        scores: (N, 4).
        gold: Index of the annotated class, (N,).
    """
    if not len(gold):
        return {"brier": 0.0, "nll": 0.0}
    normal = scores / scores.sum(axis=1, keepdims=True)
    wanted = np.eye(scores.shape[1])[gold]
    chosen = normal[np.arange(len(gold)), gold]
    return {
        "brier": float(((normal - wanted) ** 2).sum(axis=1).mean()),
        "nll": float(-np.log(np.clip(chosen, 1e-6, 1.0)).mean()),
    }


def risk_coverage(confidence: FloatArray, is_right: BoolArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """What keeping the most confident rows costs: thresholds, coverage and risk at each, falling thresholds.

    Rows of the same confidence are kept or dropped together.
    """
    order = np.argsort(-confidence, kind="stable")
    kept = np.arange(1, len(order) + 1)
    risk = np.cumsum(~is_right[order]) / np.maximum(kept, 1)
    sorted_confidence = confidence[order]
    is_last = np.append(np.diff(sorted_confidence) != 0, True)[: len(order)]
    return sorted_confidence[is_last], kept[is_last] / max(len(order), 1), risk[is_last]


def area_under_risk(confidence: FloatArray, is_right: BoolArray) -> float:
    """Mean risk over all coverages, one step per row (AURC); 0 without rows. Of equal rows the wrong come first."""
    order = _sort(-confidence, is_right)
    return float((np.cumsum(~is_right[order]) / np.arange(1, len(order) + 1)).mean()) if len(order) else 0.0


def find_threshold(confidence: FloatArray, is_right: BoolArray, max_risk: float) -> dict[str, float] | None:
    """The lowest confidence whose rows and better ones are wrong at most `max_risk` of the time; None where none is."""
    thresholds, coverage, risk = risk_coverage(confidence, is_right)
    good = np.flatnonzero(risk <= max_risk)
    if not len(good):
        return None
    last = good[-1]
    return {"threshold": float(thresholds[last]), "coverage": float(coverage[last]), "risk": float(risk[last])}


def _sort(key: FloatArray, is_right: BoolArray) -> NDArray[np.intp]:
    """Rows by a key, wrong before right ones where it is equal: the order in which rows come never counts."""
    return np.lexsort((is_right, key))
