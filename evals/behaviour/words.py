"""What the cases are made of: countries, proposals and ways to say where a country stands, all our own."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Country:
    """A country whose names mean nothing else."""

    code: str
    name: str
    demonym: str
    capital: str


COUNTRIES = tuple(
    Country(*row.split("|"))
    for row in (
        "NOR|Norway|Norwegian|Oslo",
        "PER|Peru|Peruvian|Lima",
        "KEN|Kenya|Kenyan|Nairobi",
        "JPN|Japan|Japanese|Tokyo",
        "POL|Poland|Polish|Warsaw",
        "CHL|Chile|Chilean|Santiago",
        "EGY|Egypt|Egyptian|Cairo",
        "VNM|Vietnam|Vietnamese|Hanoi",
        "CAN|Canada|Canadian|Ottawa",
        "PRT|Portugal|Portuguese|Lisbon",
        "GHA|Ghana|Ghanaian|Accra",
        "FIN|Finland|Finnish|Helsinki",
        "SEN|Senegal|Senegalese|Dakar",
        "CUB|Cuba|Cuban|Havana",
        "ISL|Iceland|Icelandic|Reykjavik",
        "HUN|Hungary|Hungarian|Budapest",
        "THA|Thailand|Thai|Bangkok",
        "URY|Uruguay|Uruguayan|Montevideo",
        "MAR|Morocco|Moroccan|Rabat",
        "BGR|Bulgaria|Bulgarian|Sofia",
        "SWE|Sweden|Swedish|Stockholm",
        "DNK|Denmark|Danish|Copenhagen",
        "ARG|Argentina|Argentine|Buenos Aires",
        "MYS|Malaysia|Malaysian|Kuala Lumpur",
        "ZMB|Zambia|Zambian|Lusaka",
        "EST|Estonia|Estonian|Tallinn",
        "PAK|Pakistan|Pakistani|Islamabad",
        "TUR|Turkey|Turkish|Ankara",
        "ROU|Romania|Romanian|Bucharest",
        "TUN|Tunisia|Tunisian|Tunis",
    )
)


@dataclass(frozen=True)
class Topic:
    """A proposal: what the caller asks about, and how the text calls it again."""

    description: str
    again: str


TOPICS = tuple(
    Topic(*row.split("|"))
    for row in (
        "a ban on deep-sea mining|the mining ban",
        "a quota on herring catches|the herring quota",
        "a treaty on lost fishing nets|the net treaty",
        "a levy on shipping fuel|the fuel levy",
        "a moratorium on cloud seeding|the moratorium",
        "a fund for flooded harbours|the harbour fund",
        "a resolution on river dams|the resolution",
        "a convention on satellite debris|the debris convention",
        "a tariff on imported bicycles|the bicycle tariff",
        "a plan to share desert solar power|the power plan",
        "a mission to watch the border truce|the border mission",
        "an inquiry into the ferry disaster|the inquiry",
        "a draft declaration on migratory birds|the declaration",
        "an embargo on looted antiquities|the embargo",
        "a charter for mountain railways|the railway charter",
        "a cap on night flights|the flight cap",
        "a code of conduct for lunar bases|the lunar code",
        "a motion to move the secretariat|the motion",
        "a budget for the coral reef agency|the reef budget",
        "a protocol on artificial islands|the island protocol",
        "a ceasefire plan for the delta|the ceasefire plan",
        "a pact on wheat reserves|the wheat pact",
        "a register of underwater cables|the cable register",
        "a deal on glacier water|the water deal",
    )
)

ACTIVE = {
    "support": (
        "voted for {}",
        "backed {}",
        "endorsed {}",
        "came out in favour of {}",
        "said it would vote for {}",
        "co-sponsored {}",
        "spoke up for {}",
    ),
    "oppose": (
        "voted against {}",
        "opposed {}",
        "rejected {}",
        "came out against {}",
        "said it would vote against {}",
        "vetoed {}",
        "refused to accept {}",
    ),
    "abstain": (
        "abstained on {}",
        "abstained in the vote on {}",
        "said it would abstain on {}",
        "cast a blank ballot on {}, saying that it took no side",
    ),
}
"""What a country plainly does about a proposal."""

OPENINGS = (
    "Delegates met on {day} to decide on {proposal}.",
    "The assembly took up {proposal} on {day}.",
    "Talks on {proposal} ended on {day}.",
    "A vote on {proposal} was due on {day}.",
    "Governments argued about {proposal} until late on {day}.",
)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
FILLERS = (
    "The session lasted four hours.",
    "Interpreters worked in shifts.",
    "The chair thanked the staff for their patience.",
    "Rain kept the square outside empty.",
    "The next meeting will be held in the spring.",
    "The hall had been painted over the summer.",
    "Coffee ran out before noon.",
    "Reporters waited in the corridor.",
)


class Draw:
    """Random choices for one case."""

    def __init__(self, seed: str) -> None:
        """Start from a seed; the same seed gives the same choices."""
        self._random = random.Random(seed)

    def pick(self, items: Sequence[T]) -> T:
        """One of several."""
        return self._random.choice(items)

    def some(self, items: Sequence[T], count: int) -> list[T]:
        """Several different ones, in random order."""
        return self._random.sample(list(items), count)

    def countries(self, count: int) -> list[Country]:
        """Several different countries."""
        return self.some(COUNTRIES, count)

    def country(self) -> Country:
        """One country."""
        return self.pick(COUNTRIES)

    def topic(self) -> Topic:
        """One proposal."""
        return self.pick(TOPICS)

    def stance(self) -> str:
        """Support or oppose."""
        return self.pick(("support", "oppose"))

    def opening(self, topic: Topic) -> str:
        """A first sentence that names the proposal and nobody's stance."""
        return self.pick(OPENINGS).format(day=self.pick(DAYS), proposal=topic.description)

    def fillers(self, count: int) -> list[str]:
        """Sentences that say nothing about anyone's stance."""
        return self.some(FILLERS, count)

    def act(self, stance: str, proposal: str) -> str:
        """What a country does, without its name: 'voted for the mining ban'."""
        return self.pick(ACTIVE[stance]).format(proposal)
