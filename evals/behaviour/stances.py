"""Cases about wording: how a stance is said, unsaid, taken back or told of others."""

from __future__ import annotations

from evals.behaviour.cases import NONE, Case
from evals.behaviour.telling import tell, tell_one_of
from evals.behaviour.words import Draw


def wording(draw: Draw) -> Case:
    """Plain active verbs."""
    country, topic, stance = draw.country(), draw.topic(), draw.pick(("support", "oppose", "abstain"))
    return tell(draw, topic, [f"{country.name} {draw.act(stance, topic.again)}."], {country.code: stance})


negation = tell_one_of(
    ("{a} refused to accept {p}.", {"a": "oppose"}),
    ("{a} said it would never accept {p}.", {"a": "oppose"}),
    ("{a} could not agree to {p} and voted no.", {"a": "oppose"}),
    ("{a} no longer opposes {p} and will vote for it.", {"a": "support"}),
    ("{a} did not hesitate to back {p}.", {"a": "support"}),
    ("{a} backed {p}; {b} did not, and voted no.", {"a": "support", "b": "oppose"}),
    ("Unlike {a}, which voted against it, {b} backed {p}.", {"a": "oppose", "b": "support"}),
    ("Not {a} but {b} voted against {p}.", {"a": NONE, "b": "oppose"}),
    ("{a} refused to oppose {p}.", {"a": NONE}),
    ("{a} stopped short of rejecting {p}.", {"a": NONE}),
    ("{a} did not refuse to back {p}: it was the first to do so.", {"a": "support"}),
    ("{a} did not say whether it would back {p}.", {"a": NONE}),
)
"""'Did not back', 'refused to oppose', and a negation that holds for one of two countries."""


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


diplomatic = tell_one_of(
    ("{a} said that it could not go along with {p}.", {"a": "oppose"}),
    ("{a} told the meeting that {p} was unacceptable in any form.", {"a": "oppose"}),
    ("{a} disassociated itself from {p}, which it called a mistake.", {"a": "oppose"}),
    ("{a} saw no place for {p} and urged others to vote it down.", {"a": "oppose"}),
    ("{a} was pleased to join the consensus on {p}.", {"a": "support"}),
    ("{a} commended {p} to all members and asked for their votes.", {"a": "support"}),
    ("{a} regretted its weak language but voted for {p}.", {"a": "support"}),
    ("{a} added its name to the list of sponsors of {p}.", {"a": "support"}),
    ("{a} took note of {p}.", {"a": NONE}),
    ("{a} said it would study {p}.", {"a": NONE}),
)
"""The language of envoys."""


attribution = tell_one_of(
    ("{a} accused {b} of working against {p}.", {"b": NONE}),
    ("{a} claimed that {b} wants to sink {p}; {b} denied it.", {"b": NONE}),
    ("{a} said that {b} opposes {p}. {b} made no comment.", {"b": NONE}),
    ("'{a} hates {p},' an analyst at a bank wrote on her blog.", {"a": NONE}),
    ("A former minister of {a}, long out of office, rejected {p}.", {"a": NONE}),
    ("An opposition lawmaker in {a} called {p} a disgrace.", {"a": NONE}),
    ("Fishermen in {a} marched against {p}.", {"a": NONE}),
    ("A company from {a} said that it welcomed {p}.", {"a": NONE}),
    ("{a} voted for {p} despite student protests in {b}.", {"a": "support", "b": NONE}),
    ("{a}, which opposes {p}, asked {b} for talks.", {"a": "oppose", "b": NONE}),
    ("{a} urged {b} to vote against {p}.", {"a": "oppose", "b": NONE}),
)
"""Whose stance it is when one country speaks of another, or somebody who is no government."""


reversal = tell_one_of(
    ("{a}, which had opposed {p} for years, voted for it.", {"a": "support"}),
    ("{a} once rejected {p} but now backs it.", {"a": "support"}),
    ("After weeks of resistance {a} came round and endorsed {p}.", {"a": "support"}),
    ("{a}, at first in favour, voted against {p} in the end.", {"a": "oppose"}),
    ("{a} withdrew its support for {p} and voted no.", {"a": "oppose"}),
    ("{a} had promised to back {p}, then opposed it.", {"a": "oppose"}),
    ("{a} had threatened to vote against {p} but abstained.", {"a": "abstain"}),
)
"""The latest stance counts."""


conditional = tell_one_of(
    ("{a} would back {p} only if the costs were shared.", {"a": NONE}),
    ("{a} may yet reconsider its view of {p}, diplomats said.", {"a": NONE}),
    ("{a} has not decided whether to vote for {p}.", {"a": NONE}),
    ("{a} said it might support {p} if the text were shorter.", {"a": NONE}),
    ("{a} is ready to discuss {p} once the figures are known.", {"a": NONE}),
    ("Unless the deadline is moved, {a} said, it could not promise to vote for {p}.", {"a": NONE}),
)
"""A condition is no stance."""


abstention = tell_one_of(
    ("{a} abstained from voting on {p}.", {"a": "abstain"}),
    ("{a} chose to abstain on {p}, while {b} voted for it.", {"a": "abstain", "b": "support"}),
    ("{a} voted against {p} and {b} abstained.", {"a": "oppose", "b": "abstain"}),
    ("{a} said that it took no side on {p} and abstained.", {"a": "abstain"}),
    ("The only abstention on {p} was that of {a}.", {"a": "abstain"}),
)
"""Abstaining is something that a country does."""


absence = tell_one_of(
    ("{a} was absent when {p} was put to the vote.", {"a": NONE}),
    ("{a} did not take part in the vote on {p}.", {"a": NONE}),
    ("The seat of {a} was empty; {b} voted for {p}.", {"a": NONE, "b": "support"}),
    ("{a} did not comment on {p}.", {"a": NONE}),
    ("The envoy of {a} missed her flight; {b} opposed {p}.", {"a": NONE, "b": "oppose"}),
    ("{a} said that it had no view on {p} yet.", {"a": NONE}),
)
"""Being away, silent or undecided is no stance."""


def headline(draw: Draw) -> Case:
    """The stance stands in the headline alone, or the headline names a country without one."""
    (a, b), topic, stance = draw.countries(2), draw.topic(), draw.stance()
    if draw.pick((True, False)):
        verb = {"support": "backs", "oppose": "rejects"}[stance]
        return tell(draw, topic, [], {a.code: stance}, f"{a.name} {verb} {topic.again.removeprefix('the ')}")
    sentence = f"{b.name} {draw.act(stance, topic.again)}."
    return tell(draw, topic, [sentence], {a.code: NONE, b.code: stance}, f"Meeting in {a.name} ends after a long night")
