"""Cases about who and what: tallies, groups, several proposals, homographs, countries without a stance."""

from __future__ import annotations

from evals.behaviour.cases import NONE, Case
from evals.behaviour.telling import tell, tell_one_of
from evals.behaviour.words import Draw
from models.schema import Article

co_occurrence = tell_one_of(
    ("The talks on {p} were held in {a}.", {"a": NONE}),
    ("{a} has the longest coast of the countries to which {p} applies.", {"a": NONE}),
    ("A study of {p} by a university in {a} ran to 300 pages.", {"a": NONE}),
    ("The envoy who chairs the talks on {p} was born in {a}.", {"a": NONE}),
    ("{a} would be among the countries that {p} affects most.", {"a": NONE}),
    ("Copies of {p} were sent to {a} and twenty other countries.", {"a": NONE}),
    ("While {p} was read out, a storm reached {a}.", {"a": NONE}),
    ("{a} was named in a footnote to {p}.", {"a": NONE}),
)
"""A country and the proposal in one sentence, and no stance."""


def tally(draw: Draw) -> Case:
    """Votes in figures and lists."""
    (a, b, c), topic = draw.countries(3), draw.topic()
    p = topic.again
    yes, no = draw.pick(range(40, 140)), draw.pick(range(2, 30))
    start = p[0].upper() + p[1:]
    sentence, expected = draw.pick(
        (
            (
                f"{start} was adopted with {yes} in favour, {a.name} against and {b.name} and {c.name} abstaining.",
                {a.code: "oppose", b.code: "abstain", c.code: "abstain"},
            ),
            (
                f"{start} failed by {no} to {yes}; {a.name} and {b.name} had voted for it, {c.name} against.",
                {a.code: "support", b.code: "support", c.code: "oppose"},
            ),
            (
                f"The vote on {p} was {yes} in favour to 2 against ({a.name}, {b.name}), with 1 abstention ({c.name}).",
                {a.code: "oppose", b.code: "oppose", c.code: "abstain"},
            ),
            (
                f"In favour of {p}: {a.name}, {b.name}. Against: {c.name}.",
                {a.code: "support", b.code: "support", c.code: "oppose"},
            ),
            (
                f"Only {a.name} voted against {p}; {b.name} and {c.name} were among the {yes} that voted for it.",
                {a.code: "oppose", b.code: "support", c.code: "support"},
            ),
        )
    )
    return tell(draw, topic, [sentence], expected)


def groups(draw: Draw) -> Case:
    """Blocs that act as one, and members that don't."""
    topic, stance = draw.topic(), draw.stance()
    code, name = draw.pick(
        (
            ("EU", "The European Union"),
            ("NATO", "NATO"),
            ("ASEAN", "ASEAN"),
            ("AU", "The African Union"),
            ("G7", "The G7"),
        )
    )
    other = draw.country()
    act = draw.act(stance, topic.again)
    against = {"support": "voted against it", "oppose": "voted for it"}[stance]
    opposite = {"support": "oppose", "oppose": "support"}[stance]
    sentence, expected = draw.pick(
        (
            (f"{name} {act}.", {code: stance}),
            (f"{name} {act}, but {other.name} {against}.", {code: stance, other.code: opposite}),
            (f"{name} {act}. {other.name} was not asked.", {code: stance, other.code: NONE}),
            (f"All members of the bloc except {other.name} {act}; {other.name} {against}.", {other.code: opposite}),
        )
    )
    return tell(draw, topic, [sentence], expected)


def two_proposals(draw: Draw) -> Case:
    """One country on two proposals, or two countries on one each."""
    (a, b), topics, stance = draw.countries(2), draw.some(_UNLIKE, 2), draw.stance()
    (first, again), (second, again_second) = topics
    opposite = {"support": "oppose", "oppose": "support"}[stance]
    opening = f"Two texts were before the meeting: {first} and {second}."
    sentence, expected = draw.pick(
        (
            (
                f"{a.name} {draw.act(stance, again)} and {draw.act(opposite, again_second)}.",
                {(a.code, 1): stance, (a.code, 2): opposite},
            ),
            (
                f"{a.name} {draw.act(stance, again)}. {b.name} {draw.act(opposite, again_second)}.",
                {(a.code, 1): stance, (a.code, 2): NONE, (b.code, 1): NONE, (b.code, 2): opposite},
            ),
            (
                f"{a.name} {draw.act(stance, again)}. It did not speak about {again_second}.",
                {(a.code, 1): stance, (a.code, 2): NONE},
            ),
            (
                f"{a.name} said of {again}: 'We {stance} it.' Of {again_second} it said the opposite.",
                {(a.code, 1): stance, (a.code, 2): opposite},
            ),
        )
    )
    text = " ".join([opening, sentence, *draw.fillers(1)])
    return Case(articles=(Article(text=text, proposals=(first, second)),), expected=expected)


_UNLIKE = (
    ("a ban on deep-sea mining", "the mining ban"),
    ("a fund for flooded harbours", "the harbour fund"),
    ("a cap on night flights", "the flight cap"),
    ("a tariff on imported bicycles", "the bicycle tariff"),
    ("a pact on wheat reserves", "the wheat pact"),
    ("a register of underwater cables", "the cable register"),
    ("a charter for mountain railways", "the railway charter"),
    ("an embargo on looted antiquities", "the embargo on antiquities"),
)


def proposal_polarity(draw: Draw) -> Case:
    """Opposing the end of a thing supports keeping it."""
    c = draw.country()
    thing = draw.pick(
        (
            "the herring quota",
            "the bicycle tariff",
            "the arms embargo",
            "the fuel levy",
            "the night flight ban",
            "the visa rule",
            "the whaling ban",
            "the grain tax",
        )
    )
    end = draw.pick(("lifting", "scrapping", "ending"))
    asked, sentence, stance = draw.pick(
        (
            (f"{end} {thing}", f"{c.name} opposed {end} {thing}.", "oppose"),
            (f"{end} {thing}", f"{c.name} voted for {end} {thing}.", "support"),
            (f"keeping {thing}", f"{c.name} opposed {end} {thing} and wants it kept.", "support"),
            (f"keeping {thing}", f"{c.name} wants to be rid of {thing} and voted for {end} it.", "oppose"),
            (f"a delay of {thing}", f"{c.name} rejected any delay of {thing}.", "oppose"),
            (f"a delay of {thing}", f"{c.name} asked for a delay of {thing}.", "support"),
        )
    )
    text = " ".join(
        [f"The council spoke about {thing} on {draw.pick(('Monday', 'Friday'))}.", sentence, *draw.fillers(1)]
    )
    return Case(articles=(Article(text=text, proposals=(asked,)),), expected={(c.code, 1): stance})


def homographs(draw: Draw) -> Case:
    """Names of countries that mean something else here, beside a country that has a stance."""
    c, topic, stance = draw.country(), draw.topic(), draw.stance()
    p = topic.again
    words, code = draw.pick(
        (
            (f"Michael Jordan joked about {p} on television.", "JOR"),
            (f"Voters in Atlanta, Georgia, had not heard of {p}.", "GEO"),
            (f"Chad Miller, a plumber, was against {p}.", "TCD"),
            (f"Over roast turkey the guests made fun of {p}.", "TUR"),
            (f"Guinea pigs are not covered by {p}.", "GIN"),
            (f"The china in the cabinet rattled when {p} was read.", "CHN"),
            (f"A jersey with the words 'no to {p}' was sold outside.", "JEY"),
            (f"Students in New Mexico opposed {p}.", "MEX"),
            (f"Paris Hilton praised {p}.", "FRA"),
        )
    )
    if c.code == code:
        return homographs(draw)
    return tell(draw, topic, [words, f"{c.name} {draw.act(stance, p)}."], {code: NONE, c.code: stance})
