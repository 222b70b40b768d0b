"""Calibration: fit what turns pair logits into honest probabilities, on texts that were not trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from models.annotations import AnnotatedText
from models.decoding import UNREAD_LOG_ODDS, DecodingConfig, FloatArray, pair_probabilities
from models.errors import DataError
from models.labeller import Labeller
from models.schema import SCORES

_THRESHOLDS = np.arange(0.2, 0.71, 0.02)


def fit_decoding(labeller: Labeller, texts: Sequence[AnnotatedText]) -> DecodingConfig:
    """Fit temperature, bias and stance threshold on held-out texts; the other numbers stay as they are.

    Temperature and bias minimise the negative log likelihood of the pairs that were read: what the screen passed over
    says nothing of how sure the reader is. The threshold then maximises micro F1 over all pairs.

    Raises:
        DataError: The texts have no pair of a country and a proposal.
    """
    logits, classes = collect_pairs(labeller, texts)
    if not len(classes):
        raise DataError("no held-out text names a country and a proposal: raise held_out_fraction")

    read = np.flatnonzero(logits[:, 1:].max(axis=1) - logits[:, 0] > UNREAD_LOG_ODDS / 2)

    def loss(values: FloatArray) -> float:
        config = DecodingConfig(temperature=float(np.exp(values[0])), none_bias=float(values[1]))
        chosen = pair_probabilities(logits[read], config)[np.arange(len(read)), classes[read]]
        return float(-np.log(chosen.clip(1e-9)).mean())

    fitted = minimize(loss, np.zeros(2), method="Nelder-Mead").x
    config = replace(
        labeller.decoding, temperature=round(float(np.exp(fitted[0])), 4), none_bias=round(float(fitted[1]), 4)
    )
    scores = [_micro_f1(pair_probabilities(logits, config), classes, threshold) for threshold in _THRESHOLDS]
    return replace(config, stance_threshold=round(float(_THRESHOLDS[int(np.argmax(scores))]), 2))


def collect_pairs(labeller: Labeller, texts: Sequence[AnnotatedText]) -> tuple[FloatArray, NDArray[np.int64]]:
    """Uncalibrated logits (P, 4) and gold classes (P,) of every found country with every annotated proposal."""
    logits, classes = [], []
    for text in texts:
        gold = {(s.country, s.proposal): SCORES.index(s.stance.value) for s in text.stances}
        tables = labeller.pooled_logits(text.article(), [proposal.description for proposal in text.proposals])
        for proposal, table in zip(text.proposals, tables, strict=True):
            for country, pooled in table.items():
                logits.append(pooled)
                classes.append(gold.get((country, proposal.id), 0))
    return np.array(logits).reshape(-1, len(SCORES)), np.array(classes, dtype=np.int64)


def _micro_f1(probabilities: FloatArray, classes: NDArray[np.int64], threshold: float) -> float:
    predicted = np.where(probabilities[:, 1:].sum(axis=1) >= threshold, 1 + probabilities[:, 1:].argmax(axis=1), 0)
    correct = int(((predicted == classes) & (predicted > 0)).sum())
    total = int((predicted > 0).sum() + (classes > 0).sum())
    return 2 * correct / total if total else 0.0
