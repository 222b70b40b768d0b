"""Everything that is measured of one run on annotated articles, as one plain record.

The record is a function of data and answers alone (no times, no paths), so it is the same to the byte when a run
is repeated.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from evals import country_gaps
from evals.metrics import calibration
from evals.metrics.spans import score_countries, score_evidence, score_proposals
from evals.metrics.triples import (
    SCORES_OF_COUNTS,
    FloatArray,
    confusion,
    count_by_article,
    micro_f1,
    score_classes,
)
from evals.pairs import Pair, pair_all
from evals.slices import score_slices
from evals.statistics import (
    SEED,
    bootstrap,
    draw_weights,
    minimum_detectable_effect,
    resample_counts,
)
from models.annotations import AnnotatedText
from models.schema import SCORES, Labels

_NUM_CALIBRATION_RESAMPLES = 1_000
_MAX_RISKS = (0.01, 0.05, 0.10)
_MAX_CURVE_POINTS = 60
_DECIMALS = 6


def score_run(texts: Sequence[AnnotatedText], labels: Sequence[Labels]) -> dict[str, Any]:
    """Score the answers to a data set; `labels` in the order of `texts`."""
    pairs = pair_all(texts, labels)
    counts = count_by_article(pairs, [text.id for text in texts])
    countries = country_gaps.score_countries(pairs)
    record: dict[str, Any] = round_floats(
        {
            "data": describe(texts),
            "headline": _score_headline(counts, pairs),
            "stages": _score_stages(texts, labels, pairs),
            "confusion": {"classes": list(SCORES), "pairs": confusion(pairs).tolist()},
            "calibration": _score_calibration(pairs, texts),
            "slices": score_slices(pairs, texts, labels),
            "countries": {
                "gap": country_gaps.find_gap(countries),
                "scores": country_gaps.to_dicts(countries),
            },
        }
    )
    return record


def score_end_to_end(texts: Sequence[AnnotatedText], labels: Sequence[Labels]) -> dict[str, Any]:
    """Headline and stages of answers on found proposals, to stand beside the record of given ones."""
    pairs = pair_all(texts, labels)
    counts = count_by_article(pairs, [text.id for text in texts])
    scores = {"headline": _score_headline(counts, pairs), "stages": _score_stages(texts, labels, pairs)}
    return dict(round_floats(scores))


def describe(texts: Sequence[AnnotatedText]) -> dict[str, Any]:
    """What a data set holds."""
    stances = [stance for text in texts for stance in text.stances]
    years = sorted({text.date[:4] for text in texts if text.date})
    return {
        "articles": len(texts),
        "words": sum(len(text.text.split()) for text in texts),
        "proposals": sum(len(text.proposals) for text in texts),
        "stances": len(stances),
        "countries": len({stance.country for stance in stances}),
        "labels": dict(sorted(Counter(str(stance.stance) for stance in stances).items())),
        "years": [years[0], years[-1]] if years else [],
    }


def round_floats(value: Any) -> Any:
    """The same record with every number at six decimals, so that it reads well and repeats."""
    if isinstance(value, Mapping):
        return {key: round_floats(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [round_floats(item) for item in value]
    return round(float(value), _DECIMALS) if isinstance(value, float | np.floating) else value


def _score_stages(
    texts: Sequence[AnnotatedText], labels: Sequence[Labels], pairs: Sequence[Pair]
) -> dict[str, Mapping[str, Any] | None]:
    return {
        "countries": score_countries(texts, labels),
        "proposals": score_proposals(texts, labels) if any(_is_found(item) for item in labels) else None,
        "evidence": score_evidence(pairs, {text.id: text for text in texts}),
    }


def _is_found(labels: Labels) -> bool:
    return labels.article.proposals is None


def _score_headline(counts: FloatArray, pairs: Sequence[Pair]) -> dict[str, Any]:
    sums = resample_counts(counts)
    total = {name: int(value) for name, value in zip(("correct", "predicted", "gold"), _totals(counts), strict=True)}
    spread = float(np.asarray(micro_f1(sums)).std())
    return {
        **{name: asdict(bootstrap(counts, score, sums)) for name, score in SCORES_OF_COUNTS.items()},
        **score_classes(pairs),
        **total,
        "flips": int(counts[:, -1].sum()),
        "minimum_detectable_micro_f1": minimum_detectable_effect(spread * 2**0.5),
    }


def _totals(counts: FloatArray) -> list[float]:
    total = counts.sum(axis=0)
    return [float(total[start:-1:3].sum()) for start in range(3)]


def _score_calibration(pairs: Sequence[Pair], texts: Sequence[AnnotatedText]) -> dict[str, Any]:
    """Of the rows with a predicted stance."""
    rows = [pair for pair in pairs if pair.confidence is not None and pair.scores is not None]
    confidence = np.array([pair.confidence for pair in rows], dtype=np.float64)
    is_right = np.array([pair.is_right for pair in rows], dtype=bool)
    scores = np.array([pair.scores for pair in rows], dtype=np.float64).reshape(-1, len(SCORES))
    gold = np.array([SCORES.index(pair.gold) for pair in rows], dtype=np.int64)
    numbers = {text.id: number for number, text in enumerate(texts)}
    article = np.array([numbers[pair.article] for pair in rows], dtype=np.int64)
    thresholds, coverage, risk = calibration.risk_coverage(confidence, is_right)
    shown = np.unique(np.linspace(0, len(risk) - 1, min(_MAX_CURVE_POINTS, len(risk))).astype(int))
    return {
        "rows": len(rows),
        "ece": calibration.expected_calibration_error(confidence, is_right),
        "ece_interval": _ece_interval(confidence, is_right, article, len(texts)),
        **calibration.score_confidence(confidence, is_right),
        "four_classes": calibration.score_classes(scores, gold),
        "bins": [asdict(item) for item in calibration.make_bins(confidence, is_right)],
        "ece_by_stance": _ece_by_stance(rows, confidence, is_right),
        "risk_coverage": [[thresholds[n], coverage[n], risk[n]] for n in shown],
        "area_under_risk": calibration.area_under_risk(confidence, is_right),
        "thresholds": {
            f"{max_risk:.0%}": calibration.find_threshold(confidence, is_right, max_risk) for max_risk in _MAX_RISKS
        },
    }


def _ece_interval(
    confidence: FloatArray, is_right: np.ndarray[Any, Any], article: np.ndarray[Any, Any], num_articles: int
) -> list[float]:
    """95 % interval of the calibration error, articles drawn with replacement."""
    if not len(confidence):
        return [0.0, 0.0]
    errors = np.concatenate(
        [
            calibration.calibration_errors(confidence, is_right, weights[:, article].astype(np.int64))
            for weights in draw_weights(num_articles, _NUM_CALIBRATION_RESAMPLES, SEED)
        ]
    )
    return [float(value) for value in np.quantile(errors, [0.025, 0.975])]


def _ece_by_stance(
    rows: Sequence[Pair], confidence: FloatArray, is_right: np.ndarray[Any, Any]
) -> dict[str, dict[str, float]]:
    measured = {}
    for stance in SCORES[1:]:
        of_stance = np.array([pair.predicted == stance for pair in rows], dtype=bool)
        error = calibration.expected_calibration_error(confidence[of_stance], is_right[of_stance])
        measured[stance] = {"rows": int(of_stance.sum()), "ece": error}
    return measured
