"""Calibration: fit what turns pair logits into honest probabilities, on texts that were not trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from models.annotations import AnnotatedText
from models.decoding import UNREAD_LOG_ODDS, DecodingConfig, FloatArray, pair_probabilities
from models.errors import DataError
from models.labeller import Labeller
from models.metrics import match_proposals
from models.schema import SCORES, Labels

_THRESHOLDS = np.arange(0.2, 0.71, 0.02)


def fit_decoding(labeller: Labeller, texts: Sequence[AnnotatedText]) -> DecodingConfig:
    """Fit the numbers of decoding on held-out texts and set them in the labeller; thresholds of finding stay.

    Temperature and bias minimise the negative log likelihood of the pairs that were read: what the screen passed over
    says nothing of how sure the reader is. The same is done for what is found as a proposal. Each threshold of stances
    then maximises micro F1 over all pairs, with given and with found proposals.

    Raises:
        DataError: The texts have no pair of a country and a proposal.
    """
    labeller.decoding = _fit_given(labeller, texts)
    labeller.decoding = _fit_proposals(labeller, texts)
    labeller.decoding = _fit_found(labeller, texts)
    return labeller.decoding


def _fit_given(labeller: Labeller, texts: Sequence[AnnotatedText]) -> DecodingConfig:
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
    return replace(config, stance_threshold=_best_threshold(pair_probabilities(logits, config), classes))


def _fit_proposals(labeller: Labeller, texts: Sequence[AnnotatedText]) -> DecodingConfig:
    """Temperature and bias of found proposals; unchanged where all or none of what is found is annotated."""
    odds, is_annotated = [], []
    for text in texts:
        found = labeller.found_proposals(text.article())
        matches = match_proposals({p.id: p.mentions for p, _ in found}, {p.id: p.mentions for p in text.proposals})
        odds += [[value] for _, value in found]
        is_annotated += [proposal.id in matches for proposal, _ in found]
    if len(set(is_annotated)) < 2:
        return labeller.decoding
    fitted = LogisticRegression(C=np.inf).fit(odds, is_annotated)
    slope, intercept = float(fitted.coef_[0, 0]), float(fitted.intercept_[0])
    if slope <= 0:
        return labeller.decoding
    return replace(
        labeller.decoding, proposal_temperature=round(1 / slope, 4), proposal_bias=round(intercept / slope, 4)
    )


def _fit_found(labeller: Labeller, texts: Sequence[AnnotatedText]) -> DecodingConfig:
    """The threshold of stances on found proposals: rows on what is not annotated are wrong."""
    probabilities, classes, unmatched = [], [], 0
    fitted, labeller.decoding = labeller.decoding, replace(labeller.decoding, found_stance_threshold=0.0)
    for text in texts:
        labels = labeller.label(text.article())
        scores = _score_found(text, labels)
        gold = {(s.country, s.proposal): SCORES.index(s.stance.value) for s in text.stances}
        unmatched += len(gold.keys() - scores.keys())
        probabilities += list(scores.values())
        classes += [gold.get(pair, 0) for pair in scores]
    labeller.decoding = fitted
    table = np.array(probabilities).reshape(-1, len(SCORES))
    return replace(fitted, found_stance_threshold=_best_threshold(table, np.array(classes, dtype=np.int64), unmatched))


def _score_found(text: AnnotatedText, labels: Labels) -> dict[tuple[str, str], tuple[float, ...]]:
    """Scores by country and gold proposal that the found one stands for; the surest where several do."""
    found = {proposal.id: proposal.mentions for proposal in labels.proposals}
    names = match_proposals(found, {proposal.id: proposal.mentions for proposal in text.proposals})
    rows = sorted(labels.stances, key=lambda row: -row.scores[0])
    return {(row.country, names.get(row.proposal, f"unmatched {row.proposal}")): row.scores for row in rows}


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


def _best_threshold(probabilities: FloatArray, classes: NDArray[np.int64], unread: int = 0) -> float:
    """Where micro F1 is best, for pairs (P, 4) with gold classes (P,); `unread` more with a stance have no scores."""
    chosen, scores = 1 + probabilities[:, 1:].argmax(axis=1), []
    for threshold in _THRESHOLDS:
        predicted = np.where(probabilities[:, 1:].sum(axis=1) >= threshold, chosen, 0)
        correct = int(((predicted == classes) & (predicted > 0)).sum())
        scores.append(2 * correct / max(1, int((predicted > 0).sum() + (classes > 0).sum()) + unread))
    return round(float(_THRESHOLDS[int(np.argmax(scores))]), 2)
