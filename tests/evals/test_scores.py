"""The record of a run: rows are compared by what they are about, however often a run answers them."""

from evals.pairs import Pair
from evals.scores import compare_runs


def make_pair(country: str, predicted: str, gold: str = "support") -> Pair:
    return Pair(article="a", country=country, proposal="p1", gold=gold, predicted=predicted)


def test_row_answered_twice_is_right_if_both_answers_are() -> None:
    first = [make_pair("PER", "support"), make_pair("NOR", "support")]
    second = [
        *(make_pair("PER", "oppose"), make_pair("PER", "support")),
        *(make_pair("NOR", "support"), make_pair("NOR", "support")),
    ]

    compared = compare_runs(first, second, ["a"])

    assert (compared["rows"], compared["only_first_right"], compared["only_second_right"]) == (2, 1, 0)
