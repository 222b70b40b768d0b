"""Pairs: gold beside predicted agrees with the score over triples that picks checkpoints."""

import pytest

from evals.metrics import triples
from evals.pairs import make_pairs, name_proposals, pair_all
from models.metrics import score_triples
from models.schema import Stance


@pytest.mark.parametrize("seed", range(40))
def test_scores_of_pairs_are_those_over_triples(make_random, seed):
    texts, answers = make_random(seed)
    expected = score_triples(
        (
            {(r.country, name_proposals(t, a)[r.proposal], r.stance) for r in a.stances},
            {(s.country, s.proposal, s.stance) for s in t.stances},
        )
        for t, a in zip(texts, answers, strict=True)
    )
    counts = triples.count_by_article(pair_all(texts, answers), [text.id for text in texts]).sum(axis=0)

    assert triples.micro_f1(counts) == pytest.approx(expected.f1, abs=1e-12)
    assert triples.precision(counts) == pytest.approx(expected.precision, abs=1e-12)
    assert triples.recall(counts) == pytest.approx(expected.recall, abs=1e-12)
    assert counts[-1] == expected.flips


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
