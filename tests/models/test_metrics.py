"""Found proposals stand for the annotated ones that they overlap."""

from models.metrics import match_proposals
from models.schema import Span


def test_found_proposal_counts_as_the_gold_one_that_it_overlaps_most() -> None:
    found = {"p1": [Span(0, 10), Span(30, 40)], "p2": [Span(50, 60)], "p3": [Span(90, 95)]}
    gold = {"a": [Span(0, 6)], "b": [Span(28, 33), Span(36, 44)], "c": [Span(59, 70)]}

    assert match_proposals(found, gold) == {"p1": "b", "p2": "c"}


def test_two_found_proposals_may_count_as_one() -> None:
    assert match_proposals({"p1": [Span(0, 4)], "p2": [Span(6, 9)]}, {"a": [Span(0, 9)]}) == {"p1": "a", "p2": "a"}


def test_words_of_the_title_do_not_overlap_words_of_the_text() -> None:
    found = {"p1": [Span(0, 10)], "p2": [Span(0, 10, "title")]}

    assert match_proposals(found, {"a": [Span(0, 10, "title")]}) == {"p2": "a"}


def test_touching_spans_do_not_overlap_and_nothing_matches_nothing() -> None:
    assert match_proposals({"p1": [Span(0, 5)]}, {"a": [Span(5, 9)]}) == {}
    assert match_proposals({"p1": [Span(0, 5)]}, {}) == {}
    assert match_proposals({}, {"a": [Span(0, 5)]}) == {}
