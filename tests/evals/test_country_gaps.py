"""Gaps between countries: a planted one is found, chance is not taken for one."""

import random

from evals.country_gaps import find_gap, score_countries
from evals.pairs import Pair

CODES = [f"C{number:02d}" for number in range(40)]


def make_pairs(seed: int, error: float = 0.05, harmed: str | None = None, extra: float = 0.05) -> list[Pair]:
    """1,000 rows of each country; of the harmed one some labels more are turned round."""
    rng = random.Random(seed)
    pairs = []
    for code in CODES:
        for number in range(1000):
            gold = rng.choice(["support", "oppose"])
            is_wrong = rng.random() < error + (extra if code == harmed else 0)
            predicted = {"support": "oppose", "oppose": "support"}[gold] if is_wrong else gold
            pairs.append(Pair(article=f"a{number}", country=code, proposal="p", gold=gold, predicted=predicted))
    return pairs


def test_country_with_a_twentieth_of_its_labels_turned_round_is_ranked_worst():
    scores = score_countries(make_pairs(1, harmed="C07"))
    gap = find_gap(scores)

    assert scores[0].country == "C07"
    assert gap["worst"] == "C07"
    assert gap["p_value"] < 0.01


def test_countries_that_differ_by_chance_are_not_told_apart():
    p_values = [find_gap(score_countries(make_pairs(seed, error=0.2)), 500)["p_value"] for seed in range(4)]
    assert sum(p < 0.01 for p in p_values) == 0


def test_country_with_few_rows_is_drawn_to_the_mean():
    rows = [Pair(article="a", country="C00", proposal=str(n), gold="support", predicted="support") for n in range(99)]
    few = [Pair(article="a", country="FEW", proposal=str(n), gold="support", predicted="oppose") for n in range(2)]
    scores = {score.country: score for score in score_countries([*rows, *few])}

    assert scores["FEW"].error == 1.0
    assert scores["FEW"].shrunk_error < 0.9
    assert scores["FEW"].low < scores["FEW"].shrunk_error < scores["FEW"].high
    assert scores["FEW"].support_bias == -1.0


def test_nothing_to_compare_gives_no_gap():
    assert score_countries([]) == []
    assert find_gap([])["p_value"] == 1.0
