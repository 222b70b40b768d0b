"""Invented articles of any length, with any number of countries and proposals, to measure speed on."""

from __future__ import annotations

from itertools import cycle

from models.schema import Article

# fmt: off
COUNTRIES = (
    "Norway", "Peru", "Kenya", "Japan", "Chile", "France", "India", "Iceland", "Ghana", "Spain", "Mexico", "Poland",
    "Brazil", "Egypt", "Vietnam", "Canada", "Sweden", "Italy", "Nepal", "Turkey", "Cuba", "Malta", "Qatar", "Ireland",
    "Austria", "Bolivia", "Angola", "Fiji", "Latvia", "Greece", "Uganda", "Oman", "Panama", "Kuwait", "Finland",
    "Hungary", "Morocco", "Belgium", "Thailand", "Portugal",
)
# fmt: on
PROPOSALS = (
    "a ban on bottom trawling in the open sea",
    "a fund that pays the owners of idle boats",
    "a register of all fishing vessels",
    "a levy on the fuel of deep-sea fleets",
    "a treaty against plastic nets",
    "inspectors at every harbour",
)
SENTENCES = (
    "{country} backed {proposal}, and its minister said that the catch had halved within a decade.",
    "The envoy of {country} spoke against {proposal} on Tuesday and asked for another year of talks.",
    "{country} abstained when delegates were asked about {proposal}, as it had in the committee.",
    "Officials in the lobby said the chair would let the matter rest until the reports had been read.",
    'For {country}, {proposal} went too far: "We will not send our crews home," the delegate told reporters.',
)


def make_article(words: int, countries: int, proposals: int, *, given: bool = True) -> Article:
    """An invented article of at least so many words that goes through so many countries and proposals in turn."""
    names, measures, chosen = cycle(COUNTRIES[:countries]), cycle(PROPOSALS[:proposals]), []
    for sentence in cycle(SENTENCES):
        chosen.append(sentence.format(country=next(names), proposal=next(measures)))
        if sum(len(item.split()) for item in chosen) >= words:
            break
    return Article(text=" ".join(chosen), proposals=PROPOSALS[:proposals] if given else None)
