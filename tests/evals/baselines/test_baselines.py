"""Baselines: what they see, what they answer, and that they never learn from what they are measured on."""

from dataclasses import replace

import pytest

from evals.baselines import table
from evals.baselines.contexts import COUNTRY, OTHER, find_contexts
from evals.baselines.rules import KeywordRules, Majority, find_stance_word
from evals.baselines.tfidf import TfidfRegression
from models.annotations import AnnotatedProposal, AnnotatedStance, AnnotatedText
from models.countries import CountryFinder
from models.schema import Article, Labels, Mention, Proposal, Span, Stance


def ask(text: str, *proposals: str) -> Labels:
    """An answer without rows: countries as found, proposals as given."""
    countries: dict[str, tuple[Mention, ...]] = {}
    for mention in CountryFinder.load().find_mentions(text):
        countries[mention.country] = (*countries.get(mention.country, ()), mention)
    return Labels(
        article=Article(text=text, proposals=proposals),
        id="x",
        proposals=tuple(Proposal(id=f"p{n}", text=words, given=True) for n, words in enumerate(proposals, 1)),
        stances=(),
        countries=countries,
        country_names={code: code for code in countries},
    )


def test_country_is_masked_in_its_sentences_and_others_are_told_apart():
    labels = ask("Norway and Peru met. Norway backed the seal quota.", "a quota on seals")
    contexts = {pair.country: pair.contexts for pair in find_contexts(labels)}

    assert [context.masked for context in contexts["NOR"]] == [
        f"{COUNTRY} and {OTHER} met.",
        f"{COUNTRY} backed the seal quota.",
    ]
    assert [context.masked for context in contexts["PER"]] == [f"{OTHER} and {COUNTRY} met."]
    assert contexts["NOR"][1].shared == 0.5


@pytest.mark.parametrize(
    ("masked", "stance"),
    [
        ("COUNTRY backed the quota.", "support"),
        ("COUNTRY voted against the quota.", "oppose"),
        ("COUNTRY did not back the quota.", "oppose"),
        ("COUNTRY abstained.", "abstain"),
        ("COUNTRY sent an envoy.", None),
        ("OTHER opposed it, and after a very long and winding debate about rules COUNTRY backed it.", "support"),
    ],
)
def test_nearest_stance_word_decides(masked, stance):
    assert find_stance_word(masked) == stance


def test_majority_supports_everything_and_keywords_ask_for_the_proposal():
    labels = ask("Norway rejected the seal quota. It rained. It snowed. Peru rejected an invitation.", "the seal quota")

    assert {(row.country, row.stance) for row in Majority().label(labels).stances} == {
        ("NOR", Stance.SUPPORT),
        ("PER", Stance.SUPPORT),
    }
    (row,) = KeywordRules().label(labels).stances
    assert (row.country, row.stance, row.evidence) == ("NOR", Stance.OPPOSE, (Span(0, 31),))


def make_annotated(number: int, country: str, verb: str, stance: Stance) -> AnnotatedText:
    text = f"{country} {verb} the seal quota."
    (mention,) = CountryFinder.load().find_mentions(text)
    return AnnotatedText(
        id=f"t{number}",
        title=None,
        date=None,
        style=None,
        text=text,
        mentions=(),
        proposals=(AnnotatedProposal(id="q", description="the seal quota", main=True, mentions=()),),
        stances=(AnnotatedStance(country=mention.country, proposal="q", stance=stance, evidence=(mention.span,)),),
    )


def test_regression_learns_verbs_and_not_countries():
    texts = [
        make_annotated(n, country, verb, stance)
        for n, country in enumerate(("Norway", "Chile", "Kenya", "Japan"))
        for verb, stance in (("cheered", Stance.SUPPORT), ("cursed", Stance.OPPOSE))
    ]
    baseline = TfidfRegression(texts)

    for verb, stance in (("cheered", Stance.SUPPORT), ("cursed", Stance.OPPOSE)):
        (row,) = baseline.label(ask(f"Peru {verb} the seal quota.", "the seal quota")).stances
        assert (row.country, row.stance) == ("PER", stance)
        assert sum(row.scores) == pytest.approx(1)


def test_nothing_is_learnt_from_a_text_that_is_measured_on(monkeypatch):
    texts = [make_annotated(n, name, "cheered", Stance.SUPPORT) for n, name in enumerate(("Norway", "Peru"))]
    monkeypatch.setattr(table, "read_written", lambda: texts)

    assert table._read_training(("tfidf",), (), [replace(texts[0], id="other")]) == [texts[1]]
    assert table._read_training(("majority",), (), texts) == []
