"""Scores: exact counts on small cases, and scikit-learn's numbers on random ones."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score, precision_score, recall_score

from models.metrics import TripleScores, match_proposals, score_triples
from models.schema import SCORES, Span, Stance

SUPPORT, OPPOSE, ABSTAIN = Stance.SUPPORT, Stance.OPPOSE, Stance.ABSTAIN


def test_counts_add_up_over_articles() -> None:
    first = {("NOR", "p1", SUPPORT), ("PER", "p1", OPPOSE)}, {("NOR", "p1", SUPPORT), ("MLI", "p1", ABSTAIN)}
    second = {("NOR", "p1", ABSTAIN)}, {("NOR", "p1", ABSTAIN), ("NOR", "p2", SUPPORT), ("PER", "p2", SUPPORT)}

    scores = score_triples([first, second])

    assert scores == TripleScores(correct=2, predicted=3, gold=5, flips=0)
    assert (scores.precision, scores.recall, scores.f1) == (2 / 3, 0.4, 0.5)


def test_same_triple_in_another_article_is_not_correct() -> None:
    triple = ("NOR", "p1", SUPPORT)

    assert score_triples([({triple}, set()), (set(), {triple})]) == TripleScores(0, 1, 1, 0)


@pytest.mark.parametrize(
    ("predicted", "gold", "flips"),
    [
        ([SUPPORT], [OPPOSE], 1),
        ([OPPOSE], [SUPPORT], 1),
        ([SUPPORT], [ABSTAIN], 0),
        ([ABSTAIN], [SUPPORT], 0),
        ([SUPPORT], [SUPPORT], 0),
        ([SUPPORT], [SUPPORT, OPPOSE], 0),
        ([SUPPORT], [], 0),
    ],
)
def test_flip_is_the_opposite_of_the_gold_stance(predicted: list[Stance], gold: list[Stance], flips: int) -> None:
    scores = score_triples([({("NOR", "p1", s) for s in predicted}, {("NOR", "p1", s) for s in gold})])

    assert scores.flips == flips
    assert scores.flip_rate == flips / len(predicted)


def test_opposite_stance_on_another_proposal_is_no_flip() -> None:
    assert score_triples([({("NOR", "p1", SUPPORT)}, {("NOR", "p2", OPPOSE)})]).flips == 0


@pytest.mark.parametrize("articles", [[], [(set(), set())]])
def test_nothing_predicted_and_nothing_gold_scores_zero(articles) -> None:
    scores = score_triples(articles)

    assert scores == TripleScores(0, 0, 0, 0)
    assert (scores.precision, scores.recall, scores.f1, scores.flip_rate) == (0.0, 0.0, 0.0, 0.0)


pairs = list(product(("NOR", "PER", "MLI"), ("p1", "p2")))
classes = st.lists(st.integers(0, 3), min_size=len(pairs), max_size=len(pairs))


def triples(values: list[int]) -> set[tuple[str, str, Stance]]:
    return {(*pair, Stance(SCORES[value])) for pair, value in zip(pairs, values, strict=True) if value}


@given(st.lists(st.tuples(classes, classes), min_size=1, max_size=4))
def test_scores_are_those_of_scikit_learn_without_the_class_none(articles: list[tuple[list[int], list[int]]]) -> None:
    y_pred = [value for predicted, _ in articles for value in predicted]
    y_true = [value for _, gold in articles for value in gold]
    options = {"labels": [1, 2, 3], "average": "micro", "zero_division": 0.0}

    scores = score_triples((triples(predicted), triples(gold)) for predicted, gold in articles)

    assert scores.precision == pytest.approx(precision_score(y_true, y_pred, **options))
    assert scores.recall == pytest.approx(recall_score(y_true, y_pred, **options))
    assert scores.f1 == pytest.approx(f1_score(y_true, y_pred, **options))


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
