"""How sure a figure is, and whether one run is better than another.

Articles are drawn, never rows: rows of one article are not independent. Shapes: A articles, K counts,
R resamples. A score takes counts (..., K) and gives (...), so that all resamples are scored at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating[Any]]
Score = Callable[[FloatArray], FloatArray]

NUM_RESAMPLES = 10_000
CONFIDENCE = 0.95
SEED = 17
_CHUNK = 500
_POWER = 0.8


@dataclass(frozen=True)
class Interval:
    """A figure and where it would fall in 95 % of samples: by percentiles, and bias-corrected and accelerated (BCa).

    BCa is Efron 1987, 'Better bootstrap confidence intervals'.
    """

    value: float
    low: float
    high: float
    percentile_low: float
    percentile_high: float


@dataclass(frozen=True)
class Comparison:
    """Run B minus run A in one score: the difference, its interval, p of no difference and the smallest seen effect."""

    difference: float
    low: float
    high: float
    p_value: float
    minimum_detectable: float


def draw_weights(num_articles: int, num_resamples: int, seed: int) -> Iterator[FloatArray]:
    """How often each article is drawn in each resample, in chunks (r, A)."""
    random = np.random.default_rng(seed)
    for start in range(0, num_resamples, _CHUNK):
        size = min(_CHUNK, num_resamples - start)
        drawn = random.integers(num_articles, size=(size, num_articles))
        flat = (drawn + num_articles * np.arange(size)[:, None]).ravel()
        yield np.bincount(flat, minlength=size * num_articles).reshape(size, num_articles).astype(np.float64)


def resample_counts(counts: FloatArray, num_resamples: int = NUM_RESAMPLES, seed: int = SEED) -> FloatArray:
    """Summed counts of resampled sets of articles. (A, K) or (A, ..., K) -> (R, ..., K)."""
    flat = counts.reshape(len(counts), -1)
    sums = np.concatenate([weights @ flat for weights in draw_weights(len(counts), num_resamples, seed)])
    return sums.reshape(num_resamples, *counts.shape[1:])


def bootstrap(
    counts: FloatArray, score: Score, sums: FloatArray | None = None, confidence: float = CONFIDENCE
) -> Interval:
    """A score with its intervals, articles drawn with replacement.

    Args:
        counts: Counts of each article, (A, K).
        score: From counts to a figure.
        sums: `resample_counts(counts)`, where several scores share it.
        confidence: Share of samples that the interval should cover.
    """
    value = float(score(counts.sum(axis=0)))
    if len(counts) < 2:
        return Interval(value, value, value, value, value)
    drawn = np.asarray(score(resample_counts(counts) if sums is None else sums))
    tails = np.array([(1 - confidence) / 2, (1 + confidence) / 2])
    percentile = np.quantile(drawn, tails)
    leave_one_out = np.asarray(score(counts.sum(axis=0) - counts))
    low, high = np.quantile(drawn, _corrected_tails(drawn, value, leave_one_out, tails))
    return Interval(value, float(low), float(high), float(percentile[0]), float(percentile[1]))


def _corrected_tails(drawn: FloatArray, value: float, leave_one_out: FloatArray, tails: FloatArray) -> FloatArray:
    """Tail probabilities corrected for bias and skewness; unchanged where the resamples don't differ."""
    from scipy.stats import norm

    below = (drawn < value).mean() + 0.5 * (drawn == value).mean()
    spread = leave_one_out.mean() - leave_one_out
    scale = (spread**2).sum() ** 1.5
    if not 0 < below < 1 or scale == 0:
        return tails
    acceleration = (spread**3).sum() / (6 * scale)
    bias = norm.ppf(below)
    shifted = bias + norm.ppf(tails)
    corrected: FloatArray = norm.cdf(bias + shifted / (1 - acceleration * shifted))
    return corrected


def compare(
    first: FloatArray, second: FloatArray, score: Score, num_resamples: int = NUM_RESAMPLES, seed: int = SEED
) -> Comparison:
    """Paired bootstrap: the same articles are drawn for both runs. Counts (A, K) each, articles in the same order."""
    paired = np.stack([first, second], axis=1)

    def difference(counts: FloatArray) -> FloatArray:
        return np.asarray(score(counts[..., 1, :]) - score(counts[..., 0, :]))

    sums = resample_counts(paired, num_resamples, seed)
    drawn = difference(sums)
    value = float(difference(paired.sum(axis=0)))
    low, high = np.quantile(drawn, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    # Under no difference the resamples would lie about zero as they now lie about the value.
    extreme = np.count_nonzero(np.abs(drawn - value) >= abs(value) - 1e-12)
    p_value = (1 + extreme) / (1 + num_resamples)
    return Comparison(value, float(low), float(high), float(p_value), minimum_detectable_effect(float(drawn.std())))


def minimum_detectable_effect(standard_error: float) -> float:
    """The smallest true difference that a test at 5 % finds in 80 % of samples, from the error of the difference."""
    from scipy.stats import norm

    return float((norm.ppf((1 + CONFIDENCE) / 2) + norm.ppf(_POWER)) * standard_error)


def exact_mcnemar(only_first: int, only_second: int) -> float:
    """Probability of so uneven a split without a difference, from rows that one run alone has right (two-sided)."""
    from scipy.stats import binomtest

    differing = only_first + only_second
    return float(binomtest(only_first, differing, 0.5).pvalue) if differing else 1.0


def adjust_holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p values for how many there are (Holm 1979), in the order given."""
    order = sorted(range(len(p_values)), key=lambda number: p_values[number])
    adjusted, largest = [0.0] * len(p_values), 0.0
    for rank, number in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[number]))
        adjusted[number] = largest
    return adjusted


def wilson_interval(count: int, total: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927); (0, 1) without cases."""
    from scipy.stats import binomtest

    if not total:
        return 0.0, 1.0
    interval = binomtest(count, total).proportion_ci(CONFIDENCE, method="wilson")
    return float(interval.low), float(interval.high)
