"""Pairs: gold beside predicted agrees with plain sets of (country, proposal, stance) triples."""

import pytest

from evals.metrics import triples
from evals.pairs import make_pairs, name_proposals, pair_all
from models.schema import Stance


@pytest.mark.parametrize("seed", range(40))
def test_counts_of_pairs_are_those_of_triples(make_random, seed):
    texts, answers = make_random(seed)
    gold = {(t.id, s.country, s.proposal, s.stance) for t in texts for s in t.stances}
    predicted = {
        (t.id, r.country, name_proposals(t, a)[r.proposal], r.stance)
        for t, a in zip(texts, answers, strict=True)
        for r in a.stances
    }
    opposite = {"support": "oppose", "oppose": "support", "abstain": "none"}
    counts = triples.count_by_article(pair_all(texts, answers), [text.id for text in texts]).sum(axis=0)

    assert [counts[:-1][start::3].sum() for start in range(3)] == [len(gold & predicted), len(predicted), len(gold)]
    assert counts[-1] == sum((*key, opposite[stance]) in gold for *key, stance in predicted - gold)


@pytest.mark.parametrize(
    ("predicted", "gold", "is_flip"),
    [
        ("support", "oppose", True),
        ("oppose", "support", True),
        ("support", "abstain", False),
        ("abstain", "support", False),
        ("support", "support", False),
    ],
)
def test_flip_is_the_opposite_of_the_annotated_stance(make_text, make_answer, predicted, gold, is_flip):
    text = make_text(1, {("NOR", "g1"): gold})

    pairs = make_pairs(text, make_answer(text, {("NOR", "g1"): (predicted, 0.9)}))

    assert [pair.is_flip for pair in pairs if pair.predicted != "none"] == [is_flip]


def test_opposite_stance_on_another_proposal_is_no_flip(make_text, make_answer):
    text = make_text(1, {("NOR", "g1"): "oppose"})

    assert not any(p.is_flip for p in make_pairs(text, make_answer(text, {("NOR", "g2"): ("support", 0.9)})))


def test_every_found_country_has_a_pair_with_every_proposal(make_text, make_answer):
    text = make_text(1, {("NOR", "g1"): "support"})
    pairs = make_pairs(text, make_answer(text, {}))

    assert len(pairs) == 5 * 2
    assert [(p.country, p.proposal) for p in pairs if p.gold != "none"] == [("NOR", "g1")]
    assert {p.predicted for p in pairs} == {"none"}


def test_two_found_proposals_of_one_gold_proposal_count_once_where_they_agree(make_text, make_answer):
    text = make_text(1, {("NOR", "g1"): "support"})
    labels = make_answer(text, {("NOR", "g1"): ("support", 0.9), ("NOR", "g2"): ("oppose", 0.8)}, is_given=False)
    both = (labels.proposals[0].mentions, labels.proposals[0].mentions)
    from dataclasses import replace

    merged = replace(
        labels, proposals=tuple(replace(p, mentions=m) for p, m in zip(labels.proposals, both, strict=True))
    )
    pairs = [p for p in make_pairs(text, merged) if p.country == "NOR" and p.proposal == "g1"]

    assert [(p.gold, p.predicted, p.is_flip) for p in pairs] == [
        ("support", "support", False),
        ("none", "oppose", True),
    ]
    assert Stance(pairs[0].gold) is Stance.SUPPORT
