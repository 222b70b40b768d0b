"""Cases about wording: how a stance is said, unsaid, taken back or told of others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evals.behaviour.cases import NONE, Case
from evals.behaviour.words import Draw, Topic
from models.schema import Article


def tell(
    draw: Draw, topic: Topic, sentences: Sequence[str], expected: Mapping[str, str], title: str | None = None
) -> Case:
    """An opening, the sentences and a filler, asked about one proposal."""
    text = " ".join([draw.opening(topic), *sentences, *draw.fillers(1)])
    article = Article(text=text, title=title, proposals=(topic.description,))
    return Case(articles=(article,), expected={(code, 1): stance for code, stance in expected.items()})


def wording(draw: Draw) -> Case:
    """Plain active verbs."""
    country, topic, stance = draw.country(), draw.topic(), draw.pick(("support", "oppose", "abstain"))
    return tell(draw, topic, [f"{country.name} {draw.act(stance, topic.again)}."], {country.code: stance})


def negation(draw: Draw) -> Case:
    """'Did not back', 'refused to oppose', and a negation that holds for one of two countries."""
    (a, b), topic = draw.countries(2), draw.topic()
    p = topic.again
    sentence, expected = draw.pick(
        (
            (f"{a.name} refused to accept {p}.", {a.code: "oppose"}),
            (f"{a.name} said it would never accept {p}.", {a.code: "oppose"}),
            (f"{a.name} could not agree to {p} and voted no.", {a.code: "oppose"}),
            (f"{a.name} no longer opposes {p} and will vote for it.", {a.code: "support"}),
            (f"{a.name} did not hesitate to back {p}.", {a.code: "support"}),
            (f"{a.name} backed {p}; {b.name} did not, and voted no.", {a.code: "support", b.code: "oppose"}),
            (f"Unlike {a.name}, which voted against it, {b.name} backed {p}.", {a.code: "oppose", b.code: "support"}),
            (f"Not {a.name} but {b.name} voted against {p}.", {a.code: NONE, b.code: "oppose"}),
            (f"{a.name} refused to oppose {p}.", {a.code: NONE}),
            (f"{a.name} stopped short of rejecting {p}.", {a.code: NONE}),
            (f"{a.name} did not refuse to back {p}: it was the first to do so.", {a.code: "support"}),
            (f"{a.name} did not say whether it would back {p}.", {a.code: NONE}),
        )
    )
    return tell(draw, topic, [sentence], expected)


def passive(draw: Draw) -> Case:
    """The country after 'by'."""
    country, topic, stance = draw.country(), draw.topic(), draw.stance()
    verbs = {
        "support": ("backed", "endorsed", "welcomed", "co-sponsored", "tabled", "praised and supported"),
        "oppose": ("opposed", "rejected", "vetoed", "blocked", "condemned and voted down", "turned down"),
    }
    start = topic.again[0].upper() + topic.again[1:]
    return tell(draw, topic, [f"{start} was {draw.pick(verbs[stance])} by {country.name}."], {country.code: stance})


def nominal(draw: Draw) -> Case:
    """The stance in a noun."""
    c, topic, stance = draw.country(), draw.topic(), draw.stance()
    p, start = topic.again, topic.again[0].upper() + topic.again[1:]
    sentences = {
        "support": (
            f"{start} has the full support of {c.name}.",
            f"{c.demonym} backing for {p} is firm, its minister said.",
            f"The government in {c.capital} announced its support for {p}.",
            f"{c.name}'s vote in favour of {p} drew applause.",
        ),
        "oppose": (
            f"{start} met with the firm opposition of {c.name}.",
            f"{c.demonym} opposition to {p} is firm, its minister said.",
            f"The government in {c.capital} announced its rejection of {p}.",
            f"{c.name}'s vote against {p} drew boos.",
        ),
    }
    return tell(draw, topic, [draw.pick(sentences[stance])], {c.code: stance})


def diplomatic(draw: Draw) -> Case:
    """The language of envoys."""
    c, topic = draw.country(), draw.topic()
    p = topic.again
    sentence, stance = draw.pick(
        (
            (f"{c.name} said that it could not go along with {p}.", "oppose"),
            (f"{c.name} told the meeting that {p} was unacceptable in any form.", "oppose"),
            (f"{c.name} disassociated itself from {p}, which it called a mistake.", "oppose"),
            (f"{c.name} saw no place for {p} and urged others to vote it down.", "oppose"),
            (f"{c.name} was pleased to join the consensus on {p}.", "support"),
            (f"{c.name} commended {p} to all members and asked for their votes.", "support"),
            (f"{c.name} regretted its weak language but voted for {p}.", "support"),
            (f"{c.name} added its name to the list of sponsors of {p}.", "support"),
            (f"{c.name} took note of {p}.", NONE),
            (f"{c.name} said it would study {p}.", NONE),
        )
    )
    return tell(draw, topic, [sentence], {c.code: stance})


def attribution(draw: Draw) -> Case:
    """Whose stance it is when one country speaks of another, or somebody who is no government."""
    (a, b), topic = draw.countries(2), draw.topic()
    p = topic.again
    sentence, expected = draw.pick(
        (
            (f"{a.name} accused {b.name} of working against {p}.", {b.code: NONE}),
            (f"{a.name} claimed that {b.name} wants to sink {p}; {b.name} denied it.", {b.code: NONE}),
            (f"{a.name} said that {b.name} opposes {p}. {b.name} made no comment.", {b.code: NONE}),
            (f"'{a.name} hates {p},' an analyst at a bank wrote on her blog.", {a.code: NONE}),
            (f"A former minister of {a.name}, long out of office, rejected {p}.", {a.code: NONE}),
            (f"An opposition lawmaker in {a.name} called {p} a disgrace.", {a.code: NONE}),
            (f"Fishermen in {a.name} marched against {p}.", {a.code: NONE}),
            (f"A company from {a.name} said that it welcomed {p}.", {a.code: NONE}),
            (
                f"{a.name} voted for {p} despite student protests in {b.name}.",
                {a.code: "support", b.code: NONE},
            ),
            (f"{a.name}, which opposes {p}, asked {b.name} for talks.", {a.code: "oppose", b.code: NONE}),
            (f"{a.name} urged {b.name} to vote against {p}.", {a.code: "oppose", b.code: NONE}),
        )
    )
    return tell(draw, topic, [sentence], expected)


def reversal(draw: Draw) -> Case:
    """The latest stance counts."""
    c, topic = draw.country(), draw.topic()
    p = topic.again
    sentence, stance = draw.pick(
        (
            (f"{c.name}, which had opposed {p} for years, voted for it.", "support"),
            (f"{c.name} once rejected {p} but now backs it.", "support"),
            (f"After weeks of resistance {c.name} came round and endorsed {p}.", "support"),
            (f"{c.name}, at first in favour, voted against {p} in the end.", "oppose"),
            (f"{c.name} withdrew its support for {p} and voted no.", "oppose"),
            (f"{c.name} had promised to back {p}, then opposed it.", "oppose"),
            (f"{c.name} had threatened to vote against {p} but abstained.", "abstain"),
        )
    )
    return tell(draw, topic, [sentence], {c.code: stance})


def conditional(draw: Draw) -> Case:
    """A condition is no stance."""
    c, topic = draw.country(), draw.topic()
    p = topic.again
    sentence = draw.pick(
        (
            f"{c.name} would back {p} only if the costs were shared.",
            f"{c.name} may yet reconsider its view of {p}, diplomats said.",
            f"{c.name} has not decided whether to vote for {p}.",
            f"{c.name} said it might support {p} if the text were shorter.",
            f"{c.name} is ready to discuss {p} once the figures are known.",
            f"Unless the deadline is moved, {c.name} said, it could not promise to vote for {p}.",
        )
    )
    return tell(draw, topic, [sentence], {c.code: NONE})


def abstention(draw: Draw) -> Case:
    """Abstaining is something that a country does."""
    (a, b), topic = draw.countries(2), draw.topic()
    p = topic.again
    sentence, expected = draw.pick(
        (
            (f"{a.name} abstained from voting on {p}.", {a.code: "abstain"}),
            (f"{a.name} chose to abstain on {p}, while {b.name} voted for it.", {a.code: "abstain", b.code: "support"}),
            (f"{a.name} voted against {p} and {b.name} abstained.", {a.code: "oppose", b.code: "abstain"}),
            (f"{a.name} said that it took no side on {p} and abstained.", {a.code: "abstain"}),
            (f"The only abstention on {p} was that of {a.name}.", {a.code: "abstain"}),
        )
    )
    return tell(draw, topic, [sentence], expected)


def absence(draw: Draw) -> Case:
    """Being away, silent or undecided is no stance."""
    (a, b), topic = draw.countries(2), draw.topic()
    p = topic.again
    sentence, expected = draw.pick(
        (
            (f"{a.name} was absent when {p} was put to the vote.", {a.code: NONE}),
            (f"{a.name} did not take part in the vote on {p}.", {a.code: NONE}),
            (f"The seat of {a.name} was empty; {b.name} voted for {p}.", {a.code: NONE, b.code: "support"}),
            (f"{a.name} did not comment on {p}.", {a.code: NONE}),
            (
                f"The envoy of {a.name} missed her flight; {b.name} opposed {p}.",
                {a.code: NONE, b.code: "oppose"},
            ),
            (f"{a.name} said that it had no view on {p} yet.", {a.code: NONE}),
        )
    )
    return tell(draw, topic, [sentence], expected)


def headline(draw: Draw) -> Case:
    """The stance stands in the headline alone, or the headline names a country without one."""
    (a, b), topic, stance = draw.countries(2), draw.topic(), draw.stance()
    if draw.pick((True, False)):
        verb = {"support": "backs", "oppose": "rejects"}[stance]
        return tell(draw, topic, [], {a.code: stance}, f"{a.name} {verb} {topic.again.removeprefix('the ')}")
    sentence = f"{b.name} {draw.act(stance, topic.again)}."
    return tell(draw, topic, [sentence], {a.code: NONE, b.code: stance}, f"Meeting in {a.name} ends after a long night")
