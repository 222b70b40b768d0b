"""Two runs: rows are compared by what they are about, however often a run answers them, and listed where they part."""

from evals.comparison import MAX_LISTED, compare_runs, list_differences
from evals.pairs import Pair


def make_pair(country: str, predicted: str, gold: str = "support", confidence: float = 0.5) -> Pair:
    return Pair(
        article="a",
        country=country,
        proposal="p1",
        gold=gold,
        predicted=predicted,
        confidence=None if predicted == "none" else confidence,
    )


def test_row_answered_twice_is_right_if_both_answers_are() -> None:
    first = [make_pair("PER", "support"), make_pair("NOR", "support")]
    second = [
        *(make_pair("PER", "oppose"), make_pair("PER", "support")),
        *(make_pair("NOR", "support"), make_pair("NOR", "support")),
    ]

    compared = compare_runs(first, second, ["a"])

    assert (compared["rows"], compared["only_first_right"], compared["only_second_right"]) == (2, 1, 0)


def test_rows_that_one_run_alone_has_right_are_listed_with_both_answers_the_surest_first() -> None:
    first = [
        make_pair("PER", "none"),
        make_pair("NOR", "oppose", confidence=0.9),
        make_pair("FJI", "support", confidence=0.7),
        make_pair("LAO", "support"),
    ]
    second = [
        make_pair("PER", "support", confidence=0.6),
        make_pair("NOR", "support", confidence=0.4),
        make_pair("FJI", "abstain", confidence=0.2),
        make_pair("LAO", "support"),
        make_pair("TCD", "oppose", gold="none", confidence=0.8),
    ]

    listed = list_differences(first, second)

    def short(rows):
        return [(row["country"], row["gold"], row["first"], row["second"]) for row in rows]

    assert short(listed["only_second_right_rows"]) == [
        ("NOR", ["support"], [{"stance": "oppose", "confidence": 0.9}], [{"stance": "support", "confidence": 0.4}]),
        ("PER", ["support"], [], [{"stance": "support", "confidence": 0.6}]),
    ]
    assert short(listed["only_first_right_rows"]) == [
        ("TCD", [], [], [{"stance": "oppose", "confidence": 0.8}]),
        ("FJI", ["support"], [{"stance": "support", "confidence": 0.7}], [{"stance": "abstain", "confidence": 0.2}]),
    ]
    assert {(row["article"], row["proposal"]) for row in listed["only_first_right_rows"]} == {("a", "p1")}


def test_no_more_than_the_surest_rows_are_listed() -> None:
    second = [make_pair(f"C{n}", "support", confidence=n / 100) for n in range(MAX_LISTED + 5)]

    rows = list_differences([make_pair(pair.country, "none") for pair in second], second)["only_second_right_rows"]

    assert len(rows) == MAX_LISTED
    assert (rows[0]["country"], rows[-1]["country"]) == (f"C{MAX_LISTED + 4}", "C5")
