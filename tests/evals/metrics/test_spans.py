"""Spans: countries, proposals and evidence against what was annotated."""

from dataclasses import replace

import pytest

from evals.metrics.spans import SentenceIndex, same_span, score_countries, score_evidence, score_proposals
from evals.pairs import make_pairs
from models.schema import Span


def test_perfect_answer_finds_everything(make_text, make_answer):
    text = make_text(1, {("NOR", "g1"): "support"})
    labels = make_answer(text, {("NOR", "g1"): ("support", 0.9)}, is_given=False)

    assert {name: counts["f1"] for name, counts in score_proposals([text], [labels]).items()} == {
        "spans": 1.0,
        "proposals": 1.0,
        "clusters": 1.0,
    }
    assert score_countries([text], [labels])["mentions"]["f1"] == 1.0
    assert score_countries([text], [labels])["stance_countries"] == {"recall": 1.0, "correct": 1.0, "gold": 1}
    assert score_evidence(make_pairs(text, labels), {text.id: text})["f1"] == 1.0


def test_found_cluster_that_joins_two_proposals_counts_for_one(make_text, make_answer):
    text = make_text(1, {})
    labels = make_answer(text, {}, is_given=False)
    joined = replace(labels.proposals[0], mentions=labels.proposals[0].mentions + labels.proposals[1].mentions)
    scores = score_proposals([text], [replace(labels, proposals=(joined,))])

    assert (scores["proposals"]["correct"], scores["proposals"]["predicted"], scores["proposals"]["gold"]) == (1, 1, 2)
    assert scores["spans"]["f1"] == 1.0
    assert scores["clusters"]["correct"] == pytest.approx(2 * 1 / (2 + 1))


def test_one_found_span_is_right_for_one_annotated_span_only():
    assert same_span(Span(0, 10), Span(0, 5))
    assert not same_span(Span(0, 10), Span(0, 4))
    assert not same_span(Span(0, 10), Span(0, 10, "title"))


def test_country_that_was_not_found_is_missed(make_text, make_answer):
    text = make_text(1, {("NOR", "g1"): "support"})
    labels = make_answer(text, {})
    without = replace(labels, countries={c: m for c, m in labels.countries.items() if c != "NOR"})

    assert score_countries([text], [without])["stance_countries"]["recall"] == 0.0
    assert score_countries([text], [without])["mentions"]["recall"] == 4 / 5


def test_evidence_is_compared_by_sentences_on_right_rows_alone(make_text, make_answer):
    text = make_text(1, {("NOR", "g1"): "support", ("PER", "g1"): "oppose"})
    labels = make_answer(text, {("NOR", "g1"): ("support", 0.9), ("PER", "g1"): ("support", 0.9)})
    wide = replace(labels, stances=tuple(replace(row, evidence=(Span(0, len(text.text)),)) for row in labels.stances))

    assert score_evidence(make_pairs(text, wide), {text.id: text}) == {
        "precision": 1 / 5,
        "recall": 1.0,
        "f1": pytest.approx(1 / 3),
        "correct": 1,
        "predicted": 5,
        "gold": 1,
    }


def test_sentences_of_a_span_are_all_it_touches():
    index = SentenceIndex("One went. Two came. Three slept.")
    assert index.sentences([Span(4, 12)]) == {0, 1}
    assert index.sentences([Span(0, 3, "title"), Span(20, 25)]) == {-1, 2}
