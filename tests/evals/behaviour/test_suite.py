"""The behaviour suite: its cases are what they say, and readers with planted faults are caught."""

from dataclasses import replace

import pytest

from evals import gates
from evals.behaviour.cases import Case
from evals.behaviour.suite import CAPABILITIES, make_cases, run_suite
from models.countries import CountryFinder
from models.schema import Article, Labels, Proposal, Span, Stance, StanceRow

NAMES = list(CAPABILITIES)


def answer(article: Article, rows: dict[str, tuple[str, float]], evidence=()) -> Labels:
    proposals = tuple(Proposal(id=f"p{n}", text=text, given=True) for n, text in enumerate(article.proposals, 1))
    stances = tuple(
        StanceRow(
            country=country,
            name=country,
            proposal="p1",
            stance=Stance(stance),
            confidence=confidence,
            scores=(0.1, 0.3, 0.3, 0.3),
            evidence=evidence,
        )
        for country, (stance, confidence) in rows.items()
    )
    return Labels(article=article, id="x", proposals=proposals, stances=stances)


class Words:
    """Reads 'for' and 'against' in the sentence of a country; where told to, it looks at one country's name instead."""

    def __init__(self, peek: str | None = None) -> None:
        self.finder = CountryFinder.load()
        self.peek = peek

    def label(self, article: Article) -> Labels:
        rows = {}
        for sentence in article.text.split(". "):
            for mention in self.finder.find_mentions(sentence):
                is_against = any(word in sentence for word in ("against", "oppos", "reject", "veto", "refused"))
                stance = "oppose" if is_against or mention.country == self.peek else "support"
                rows[mention.country] = (stance, 0.8)
        return answer(article, rows)


def test_there_are_enough_capabilities_and_each_has_a_gate_of_its_own():
    assert len(CAPABILITIES) >= 20
    assert set(gates.read_gates()["behaviour"]) == set(CAPABILITIES)


@pytest.mark.parametrize("name", NAMES)
def test_capability_has_two_hundred_different_cases_and_every_expected_country_is_in_its_text(name):
    finder = CountryFinder.load()
    cases = list(make_cases(name))

    assert len({case.articles for case in cases}) == 200
    assert cases[:5] == list(make_cases(name, 5))
    assert all(case.expected or len(case.articles) > 1 for case in cases)
    for case in cases[:30]:
        found = {m.country for m in finder.find_mentions(case.articles[0].text, case.articles[0].title)}
        wanted = {code for (code, _), stance in case.expected.items() if stance != "none"}
        assert wanted <= found, case.articles[0].text
        assert all(article.proposals for article in case.articles)


@pytest.mark.parametrize("name", [n for n in NAMES if n not in ("homographs", "headline", "length", "noise")])
def test_every_country_of_a_case_is_one_the_finder_knows(name):
    codes = CountryFinder.load().codes
    assert all(code in codes for case in make_cases(name, 30) for code, _ in case.expected)


def test_reader_that_looks_at_the_name_of_one_country_is_caught_by_the_swap():
    cases = list(make_cases("country-swap"))

    def failures(reader):
        return sum(case.check([reader.label(article) for article in case.articles]) is not None for case in cases)

    assert failures(Words()) == 0
    assert failures(Words(peek="NOR")) >= 3


def test_expected_stance_is_checked_and_the_surest_mistake_is_told():
    article = Article(text="Norway backed it. Peru slept.", proposals=("a ban",))
    case = Case(articles=(article,), expected={("NOR", 1): "support", ("PER", 1): "none"})

    assert case.check([answer(article, {"NOR": ("support", 0.9)})]) is None
    missed = case.check([answer(article, {})])
    assert missed.message == "NOR: support expected, none answered"
    invented = case.check([answer(article, {"NOR": ("support", 0.9), "PER": ("oppose", 0.7)})])
    assert (invented.message, invented.confidence) == ("PER: none expected, oppose (0.70) answered", 0.7)


def test_changed_text_must_give_the_same_under_the_renaming():
    article = Article(text="Norway backed it.", proposals=("a ban",))
    changed = replace(article, text="Peru backed it.")
    case = Case(articles=(article, changed), renamed={"NOR": "PER", "PER": "NOR"})
    first = answer(article, {"NOR": ("support", 0.9)})

    assert case.check([first, answer(changed, {"PER": ("support", 0.6)})]) is None
    assert case.check([first, answer(changed, {"NOR": ("support", 0.6)})]).message.startswith(
        "NOR: none became support"
    )


def test_evidence_must_be_where_the_stance_is_shown():
    article = Article(text="It rained. Norway backed it.", proposals=("a ban",))
    case = Case(articles=(article,), expected={("NOR", 1): "support"}, evidence="Norway backed it.")

    assert case.check([answer(article, {"NOR": ("support", 0.9)}, (Span(11, 28),))]) is None
    elsewhere = case.check([answer(article, {"NOR": ("support", 0.9)}, (Span(0, 10),))])
    assert elsewhere.message == "NOR: the evidence is elsewhere"


def test_suite_gives_fail_rates_with_intervals_and_three_worst_cases():
    class Silent:
        def label(self, article):
            return answer(article, {})

    told = []
    results = {item["capability"]: item for item in run_suite(Silent(), told.append, count=10)}

    assert set(results) == set(CAPABILITIES)
    assert len(told) == len(CAPABILITIES)
    assert (results["wording"]["failed"], results["wording"]["fail_rate"]) == (10, 1.0)
    assert results["wording"]["low"] < 1.0 == results["wording"]["high"]
    assert len(results["wording"]["worst"]) == 3
    assert (results["co-occurrence"]["failed"], results["co-occurrence"]["worst"]) == (0, [])
