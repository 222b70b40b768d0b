"""Intervals cover what they should, tests reject as often as they say, and the arithmetic is scipy's."""

import numpy as np
import pytest
from scipy import stats

from evals.metrics.triples import ratio
from evals.statistics import (
    adjust_holm,
    bootstrap,
    compare,
    draw_weights,
    exact_mcnemar,
    minimum_detectable_effect,
    resample_counts,
    wilson_interval,
)


def accuracy(counts):
    return ratio(counts[..., 0], counts[..., 1])


def simulate(rng, num_articles, mean=0.7, strength=4.0, rows=12):
    """Right and all rows of each article; articles differ in how hard they are (beta), so rows are not independent."""
    share = rng.beta(mean * strength, (1 - mean) * strength, num_articles)
    total = rng.integers(1, rows, num_articles)
    return np.stack([rng.binomial(total, share), total], axis=1).astype(float)


def test_intervals_are_those_of_scipy_on_a_mean():
    rng = np.random.default_rng(1)
    values = rng.gamma(1.5, size=60)
    counts = np.stack([values, np.ones(60)], axis=1)
    ours = bootstrap(counts, accuracy)
    expected = {
        method: stats.bootstrap((values,), np.mean, n_resamples=20_000, method=method, rng=3).confidence_interval
        for method in ("BCa", "percentile")
    }

    assert (ours.low, ours.high) == pytest.approx(tuple(expected["BCa"]), abs=0.02)
    assert (ours.percentile_low, ours.percentile_high) == pytest.approx(tuple(expected["percentile"]), abs=0.02)
    assert ours.value == pytest.approx(values.mean())


def test_resamples_draw_as_many_articles_as_there_are_and_repeat_with_the_seed():
    first = np.concatenate(list(draw_weights(7, 1_200, seed=4)))
    assert first.shape == (1_200, 7)
    assert (first.sum(axis=1) == 7).all()
    assert (first == np.concatenate(list(draw_weights(7, 1_200, seed=4)))).all()


def test_one_article_or_equal_articles_give_the_figure_alone():
    assert bootstrap(np.array([[3.0, 4.0]]), accuracy).low == 0.75
    interval = bootstrap(np.array([[1.0, 1.0]] * 30), accuracy)
    assert (interval.low, interval.value, interval.high) == (1.0, 1.0, 1.0)


def test_sure_gain_is_found_and_equal_runs_are_not_told_apart():
    rng = np.random.default_rng(2)
    first = simulate(rng, 200)
    better = first.copy()
    better[:, 0] = np.minimum(first[:, 0] + 1, first[:, 1])
    found = compare(first, better, accuracy, 2_000)

    assert found.low > 0
    assert found.p_value < 0.001
    same = compare(first, first, accuracy, 2_000)
    assert (same.difference, same.p_value) == (0.0, 1.0)


def test_mcnemar_holm_and_wilson_are_those_of_the_books():
    assert exact_mcnemar(2, 10) == pytest.approx(stats.binomtest(2, 12).pvalue)
    assert exact_mcnemar(0, 0) == 1.0
    assert adjust_holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert adjust_holm([]) == []
    assert wilson_interval(0, 200)[0] == 0.0
    assert wilson_interval(5, 200) == pytest.approx((0.01072, 0.05717), abs=1e-4)
    assert wilson_interval(0, 0) == (0.0, 1.0)
    assert minimum_detectable_effect(0.01) == pytest.approx(0.02802, abs=1e-4)


@pytest.mark.slow
def test_interval_covers_the_truth_and_one_that_forgets_articles_does_not():
    rng = np.random.default_rng(11)
    weights = np.concatenate(list(draw_weights(120, 500, seed=1)))
    covered = {"percentile": 0, "bca": 0, "rows": 0}
    num_runs = 2_000
    for _ in range(num_runs):
        counts = simulate(rng, 120)
        interval = bootstrap(counts, accuracy, sums=weights @ counts)
        covered["percentile"] += interval.percentile_low <= 0.7 <= interval.percentile_high
        covered["bca"] += interval.low <= 0.7 <= interval.high
        right, total = counts.sum(axis=0)
        error = 1.96 * np.sqrt(right / total * (1 - right / total) / total)
        covered["rows"] += abs(right / total - 0.7) <= error

    assert 0.93 <= covered["percentile"] / num_runs <= 0.97
    assert 0.93 <= covered["bca"] / num_runs <= 0.97
    assert covered["rows"] / num_runs < 0.90


@pytest.mark.slow
def test_paired_test_rejects_one_in_twenty_without_and_four_in_five_with_its_smallest_effect():
    rng = np.random.default_rng(12)
    num_runs, num_articles = 2_000, 150

    def run(gain):
        share = rng.beta(2.8, 1.2, num_articles)
        total = rng.integers(1, 12, num_articles)
        pair = [rng.binomial(total, np.clip(share + extra, 0, 1)) for extra in (0.0, gain)]
        return [np.stack([right, total], axis=1).astype(float) for right in pair]

    null = [compare(*run(0.0), accuracy, 500, seed) for seed in range(num_runs)]
    assert 0.04 <= np.mean([result.p_value <= 0.05 for result in null]) <= 0.06

    detectable = float(np.mean([result.minimum_detectable for result in null]))
    # Clipping at 1 takes a part of the gain: plant what is left of it in full.
    shares = rng.beta(2.8, 1.2, 100_000)
    gain = next(g for g in np.arange(0, 0.5, 0.0005) if (np.clip(shares + g, 0, 1) - shares).mean() >= detectable)
    power = np.mean([compare(*run(gain), accuracy, 500, seed).p_value <= 0.05 for seed in range(400)])
    assert power >= 0.78


def test_resampled_counts_keep_their_shape():
    counts = np.arange(24, dtype=float).reshape(4, 2, 3)
    assert resample_counts(counts, 50).shape == (50, 2, 3)
