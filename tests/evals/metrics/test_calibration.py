"""Calibration: a true confidence has no error, a planted one is found, and rows are never lost."""

import numpy as np
import pytest
from sklearn.metrics import log_loss

from evals.metrics.calibration import (
    area_under_risk,
    calibration_errors,
    expected_calibration_error,
    find_threshold,
    make_bins,
    risk_coverage,
    score_classes,
    score_confidence,
)


def draw(num_rows, excess=0.0, seed=5):
    rng = np.random.default_rng(seed)
    truth = rng.uniform(0.3, 0.84, num_rows)
    return truth + excess, rng.random(num_rows) < truth


def test_calibrated_rows_have_no_error():
    rng = np.random.default_rng(5)
    truth = rng.beta(6, 1, 20_000)
    assert expected_calibration_error(truth, rng.random(20_000) < truth) <= 0.01


def test_planted_overconfidence_is_found_in_its_size():
    assert expected_calibration_error(*draw(20_000, excess=0.15)) == pytest.approx(0.15, abs=0.01)


@pytest.mark.parametrize("num_rows", [0, 1, 14, 15, 16, 1000])
def test_bins_hold_every_row_once_and_none_is_empty(num_rows):
    bins = make_bins(*draw(num_rows))
    assert sum(item.count for item in bins) == num_rows
    assert all(item.count >= 1 for item in bins)
    assert max((b.count for b in bins), default=0) - min((b.count for b in bins), default=0) <= 1


def test_resampled_errors_are_those_of_the_drawn_rows():
    confidence, is_right = draw(200)
    rng = np.random.default_rng(0)
    weights = rng.multinomial(200, [1 / 200] * 200, size=20)
    expected = [expected_calibration_error(np.repeat(confidence, row), np.repeat(is_right, row)) for row in weights]
    assert calibration_errors(confidence, is_right, weights) == pytest.approx(expected, abs=1e-12)


def test_brier_and_likelihood_equal_their_definitions():
    confidence, is_right = draw(300)
    scores = score_confidence(confidence, is_right)
    assert scores["brier"] == pytest.approx(((confidence - is_right) ** 2).mean())
    chosen = np.where(is_right, confidence, 1 - confidence)
    assert scores["nll"] == pytest.approx(-np.log(chosen).mean())


@pytest.mark.parametrize("seed", range(20))
def test_scores_of_four_classes_equal_scikit_learn(seed):
    rng = np.random.default_rng(seed)
    scores, gold = rng.dirichlet([1] * 4, 50), rng.integers(4, size=50)
    measured = score_classes(scores, gold)
    assert measured["nll"] == pytest.approx(log_loss(gold, scores, labels=range(4)), abs=1e-12)
    assert measured["brier"] == pytest.approx(((scores - np.eye(4)[gold]) ** 2).sum(axis=1).mean(), abs=1e-12)


def test_risk_falls_with_coverage_where_confidence_orders_the_rows():
    confidence = np.array([0.9, 0.8, 0.8, 0.4])
    is_right = np.array([True, True, False, False])
    thresholds, coverage, risk = risk_coverage(confidence, is_right)

    assert thresholds.tolist() == [0.9, 0.8, 0.4]
    assert coverage.tolist() == [0.25, 0.75, 1.0]
    assert risk.tolist() == pytest.approx([0, 1 / 3, 0.5])
    assert area_under_risk(confidence, is_right) == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 2) / 4)
    assert find_threshold(confidence, is_right, 0.34) == {
        "threshold": 0.8,
        "coverage": 0.75,
        "risk": pytest.approx(1 / 3),
    }
    assert find_threshold(np.array([0.5]), np.array([False]), 0.1) is None


def test_no_rows_have_no_error():
    empty = np.array([])
    assert expected_calibration_error(empty, empty.astype(bool)) == 0
    assert area_under_risk(empty, empty.astype(bool)) == 0
    assert score_confidence(empty, empty.astype(bool)) == {"brier": 0.0, "nll": 0.0}


def area_by_hand(rows):
    """Mean over every number of kept rows of the share of wrong ones among them."""
    ordered = sorted(rows, key=lambda row: (-row[0], row[1]))
    return sum(sum(not r for _, r in ordered[:n]) / n for n in range(1, len(ordered) + 1)) / len(ordered)


def error_by_hand(rows):
    """Distance of confidence from accuracy, bins of equal mass filled one row after another."""
    ordered, total = sorted(rows), len(rows)
    sizes = [total // 15 + (n < total % 15) for n in range(15)]
    starts = [sum(sizes[:n]) for n in range(15)]
    parts = [ordered[start : start + size] for start, size in zip(starts, sizes, strict=True)]
    return sum(abs(sum(c for c, _ in part) - sum(r for _, r in part)) for part in parts) / total


def test_error_and_area_equal_a_plain_reference_in_any_order_of_rows():
    rng = np.random.default_rng(9)
    for _ in range(500):
        size = int(rng.choice([1, 2, 14, 40]))
        confidence = rng.integers(0, 6, size) / 5  # many ties
        is_right = rng.random(size) < rng.choice([0.0, 0.5, 1.0])
        rows = [(float(c), bool(r)) for c, r in zip(confidence, is_right, strict=True)]
        mixed = rng.permutation(size)
        for order in (np.arange(size), mixed):
            assert area_under_risk(confidence[order], is_right[order]) == pytest.approx(area_by_hand(rows), abs=1e-12)
            error = expected_calibration_error(confidence[order], is_right[order])
            assert error == pytest.approx(error_by_hand(rows), abs=1e-12)
