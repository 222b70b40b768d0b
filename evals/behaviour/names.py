"""Cases about countries whose names are alike, or part of one another."""

from __future__ import annotations

from evals.behaviour.cases import Case
from evals.behaviour.telling import tell
from evals.behaviour.words import Draw

_ALIKE = (
    (("PRK", "North Korea"), ("KOR", "South Korea")),
    (("NER", "Niger"), ("NGA", "Nigeria")),
    (("GIN", "Guinea"), ("GNQ", "Equatorial Guinea")),
    (("GNB", "Guinea-Bissau"), ("PNG", "Papua New Guinea")),
    (("DMA", "Dominica"), ("DOM", "The Dominican Republic")),
    (("SDN", "Sudan"), ("SSD", "South Sudan")),
    (("COG", "The Republic of the Congo"), ("COD", "The Democratic Republic of the Congo")),
    (("IRN", "Iran"), ("IRQ", "Iraq")),
    (("AUS", "Australia"), ("AUT", "Austria")),
    (("SVK", "Slovakia"), ("SVN", "Slovenia")),
    (("MLI", "Mali"), ("MWI", "Malawi")),
    (("LVA", "Latvia"), ("LTU", "Lithuania")),
)


def near_names(draw: Draw) -> Case:
    """Two countries of like names on different sides."""
    topic, pair = draw.topic(), draw.some(draw.pick(_ALIKE), 2)
    stances = draw.some(("support", "oppose", "abstain"), 2)
    told = [f"{name} {draw.act(stance, topic.again)}." for (_, name), stance in zip(pair, stances, strict=True)]
    return tell(draw, topic, told, {code: stance for (code, _), stance in zip(pair, stances, strict=True)})
