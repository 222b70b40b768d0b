"""Scores of triples equal scikit-learn's on random cases, and can't be cheated by silence."""

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, f1_score, precision_score, recall_score

from evals.metrics.triples import SCORES_OF_COUNTS, confusion, count_by_article, score_classes
from evals.pairs import Pair
from models.schema import SCORES

STANCES = list(SCORES[1:])


def make_pairs(gold, predicted):
    return [
        Pair(article=f"a{n % 7}", country="NOR", proposal=str(n), gold=g, predicted=p)
        for n, (g, p) in enumerate(zip(gold, predicted, strict=True))
    ]


def random_classes(rng):
    """Classes of a case: sometimes one class alone, sometimes one row, sometimes a class missing."""
    size = int(rng.choice([1, 2, 5, 60]))
    return [list(rng.choice(SCORES, size, p=rng.dirichlet([0.3] * 4))) for _ in range(2)]


@pytest.mark.parametrize("first", range(0, 500, 50))
def test_scores_equal_those_of_scikit_learn(first):
    for seed in range(first, first + 50):
        check_against_scikit_learn(*random_classes(np.random.default_rng(seed)))


def check_against_scikit_learn(gold, predicted):
    pairs = make_pairs(gold, predicted)
    counts = count_by_article(pairs, [f"a{n}" for n in range(7)]).sum(axis=0)
    how = {"labels": STANCES, "zero_division": 0}

    expected = {
        "micro_f1": f1_score(gold, predicted, average="micro", **how),
        "macro_f1": f1_score(gold, predicted, average="macro", **how),
        "precision": precision_score(gold, predicted, average="micro", **how),
        "recall": recall_score(gold, predicted, average="micro", **how),
        **{
            f"{stance}_{name}": score(gold, predicted, labels=[stance], average="macro", zero_division=0)
            for stance in STANCES
            for name, score in (("precision", precision_score), ("recall", recall_score), ("f1", f1_score))
        },
    }
    assert {name: float(SCORES_OF_COUNTS[name](counts)) for name in expected} == pytest.approx(expected, abs=1e-12)
    assert confusion(pairs).tolist() == confusion_matrix(gold, predicted, labels=list(SCORES)).tolist()


def test_silence_about_everything_scores_nothing():
    gold = ["none"] * 900 + ["support"] * 60 + ["oppose"] * 40
    pairs = make_pairs(gold, ["none"] * 1000)
    counts = count_by_article(pairs, [f"a{n}" for n in range(7)]).sum(axis=0)

    assert (SCORES_OF_COUNTS["micro_f1"](counts), SCORES_OF_COUNTS["macro_f1"](counts)) == (0, 0)
    assert score_classes(pairs)["macro_f1_with_none"] <= 0.25
    assert score_classes(pairs)["matthews"] == 0


def test_counts_of_resamples_are_scored_at_once():
    counts = count_by_article(make_pairs(["support", "oppose"], ["support", "support"]), ["a0", "a1"])
    stacked = np.stack([counts.sum(axis=0), counts[0], counts[1]])

    assert SCORES_OF_COUNTS["micro_f1"](stacked).tolist() == [0.5, 1.0, 0.0]
