"""Annotated texts and answers made by hand or at random, without a model."""

import random
from collections.abc import Callable

import pytest

from models.annotations import AnnotatedProposal, AnnotatedStance, AnnotatedText
from models.schema import Labels, Mention, Proposal, Span, Stance, StanceRow

COUNTRIES = ("NOR", "PER", "FJI", "TCD", "LAO")


def make_text(number: int, stances: dict[tuple[str, str], str], source: str = "own") -> AnnotatedText:
    """A text of numbered sentences: country i stands in sentence i, proposal p1 in the first and p2 in the second."""
    sentences = [f"{country} spoke of plan{place % 2 + 1}." for place, country in enumerate(COUNTRIES)]
    text = " ".join(sentences)
    places = [text.index("plan1"), text.index("plan2")]
    return AnnotatedText(
        id=f"{source}-{number:04d}",
        title=None,
        date=f"{2000 + number % 3}-05-01",
        style=None,
        text=text,
        mentions=tuple((Span(text.index(c), text.index(c) + 3), c) for c in COUNTRIES),
        proposals=tuple(
            AnnotatedProposal(id=f"g{n}", description=f"plan {n}", main=n == 1, mentions=(Span(place, place + 5),))
            for n, place in enumerate(places, 1)
        ),
        stances=tuple(
            AnnotatedStance(
                country=country,
                proposal=proposal,
                stance=Stance(stance),
                evidence=(Span(text.index(country), text.index(country) + 3),),
            )
            for (country, proposal), stance in stances.items()
        ),
    )


def make_answer(text: AnnotatedText, rows: dict[tuple[str, str], tuple[str, float]], is_given: bool = True) -> Labels:
    """Rows by country and gold proposal: stance and confidence. The evidence is the country's own sentence."""
    from evals.predictions import ask

    names = {p.id: f"p{n}" for n, p in enumerate(text.proposals, 1)}
    start = {c: text.text.index(c) for c in COUNTRIES}
    return Labels(
        article=ask(text, "given" if is_given else "found"),
        id=text.id,
        proposals=tuple(
            Proposal(id=names[p.id], text=p.description, given=is_given, mentions=() if is_given else p.mentions)
            for p in text.proposals
        ),
        stances=tuple(
            StanceRow(
                country=country,
                name=country,
                proposal=names[proposal],
                stance=Stance(stance),
                confidence=confidence,
                scores=tuple(
                    confidence if name == stance else (1 - confidence) / 3
                    for name in ("none", "support", "oppose", "abstain")
                ),
                evidence=(Span(start[country], start[country] + 3),),
            )
            for (country, proposal), (stance, confidence) in rows.items()
        ),
        countries={c: (Mention(Span(start[c], start[c] + 3), c, "name"),) for c in COUNTRIES},
        country_names={c: c for c in COUNTRIES},
        tokens=40,
        model={"name": "stub", "version": "1"},
    )


def make_random(seed: int, num_articles: int = 12) -> tuple[list[AnnotatedText], list[Labels]]:
    """Texts and answers that are right about half of the time."""
    rng = random.Random(seed)
    texts, answers = [], []
    for number in range(num_articles):
        keys = [(c, p) for c in COUNTRIES for p in ("g1", "g2")]
        gold = {key: rng.choice(list(Stance)).value for key in keys if rng.random() < 0.4}
        rows = {
            key: (gold.get(key) if key in gold and rng.random() < 0.6 else rng.choice(list(Stance)).value, rng.random())
            for key in keys
            if rng.random() < (0.7 if key in gold else 0.1)
        }
        texts.append(make_text(number, gold, rng.choice(["own", "wire"])))
        answers.append(make_answer(texts[-1], rows))
    return texts, answers


@pytest.fixture(name="make_text")
def _make_text() -> Callable[..., AnnotatedText]:
    return make_text


@pytest.fixture(name="make_answer")
def _make_answer() -> Callable[..., Labels]:
    return make_answer


@pytest.fixture(name="make_random")
def _make_random() -> Callable[..., tuple[list[AnnotatedText], list[Labels]]]:
    return make_random
