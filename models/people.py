"""The people of an article: of which country each is, and how one who is named by title alone is placed.

Reads the words and countries around the titles. Holds no list of persons.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from operator import attrgetter

from models.phrases import Found

_AMERICAN = re.compile(
    r"^(?:Secretary of State|Attorney General|(?:Treasury|Press|Defense) Secretary|National Security .*)$"
)
_BRITISH = frozenset({"Foreign Secretary", "Home Secretary", "Defence Secretary"})
_EXECUTIVE = re.compile(r"^(?:(?:Vice )?President|(?:(?:Commerce|Energy|Labor|Interior|Agriculture) )?Secretary)$")
_WHITE_HOUSE = re.compile(
    r"White House|Oval Office|Pentagon|State Department|Republican|Democrats?\b|U\.S\. Senate|Capitol Hill"
    r"| administration "
)
_ARTICLE = re.compile("(?:al|el)-(?=[A-Z])")
_FAMILY_FIRST = frozenset({"CHN", "KOR", "PRK", "TWN", "VNM", "KHM", "HKG"})
_OWNED = re.compile(r"'s ([A-Z][\w-]+(?: [A-Z][\w-]+)?)")
_MOST_CHARACTERS_BACK = 2000
"""How far before an official named without a country one is looked for, at most and in the same paragraph."""


@dataclass
class People:
    """Country of each family name, and the first names that go with it."""

    honorifics: frozenset[str]
    no_names: frozenset[str]
    countries: dict[str, str] = field(default_factory=dict)
    first_names: dict[str, set[str]] = field(default_factory=dict)

    def add(self, name: str, code: str) -> None:
        """Remember a person; who is known keeps the first country."""
        parts = self._split(name)
        if not parts:
            return
        for family in {parts[-1], parts[0] if code in _FAMILY_FIRST else parts[-1]}:
            if len(family) > 1 and family not in self.no_names:
                self.countries.setdefault(family, code)
                self.first_names.setdefault(family, set()).update(part for part in parts if part != family)

    def find(self, name: str) -> str | None:
        """Country of the person of that name, unless the first names known so far are others."""
        *first, family = self._split(name) or [name]
        known = self.first_names.get(family, set())
        return None if known and first and not known & set(first) else self.countries.get(family)

    def _split(self, name: str) -> list[str]:
        parts = [_ARTICLE.sub("", part) for part in name.split() if part[0].isupper() or _ARTICLE.match(part)]
        return parts[1:] if parts and parts[0].rstrip(".") in self.honorifics else parts


def place_officials(
    text: str, matches: Sequence[re.Match[str]], found: list[Found], places: list[Found], people: People
) -> list[tuple[re.Match[str], str]]:
    """Give a country to officials named by title and name alone; those of no clear country are left out.

    Args:
        text: Folded words of the article.
        matches: Titles (group 1) with the names after them (group 2), in order.
        found: Countries and groups found in the text.
        places: Capitals that are mere places.
        people: Those introduced so far; the ones placed here are added.
    """
    placed = []
    owners = _find_owners(text, found)
    in_washington = cache(lambda: _WHITE_HOUSE.search(text) is not None)
    counts = Counter(item.code for item in found if item.kind != "group" and item.code != "EU")
    anchors = sorted([*found, *places], key=attrgetter("start"))
    is_dated = bool(places) and places[0].start < 3
    fallback = places[0].code if is_dated else max(counts, key=lambda code: counts[code], default=None)
    for match in matches:
        code = people.find(match[2]) or owners.get(match[2].split()[-1])
        if code is None:
            nearest = _find_nearest(text, match.start(), anchors)
            code = _guess_by_title(match, nearest, counts, in_washington) or (fallback if nearest is None else nearest)
        if code:
            people.add(match[2], code)
            placed.append((match, code))
    return placed


def _guess_by_title(
    match: re.Match[str], nearest: str | None, counts: Mapping[str, int], in_washington: Callable[[], bool]
) -> str | None:
    """Country of an official named without one, by titles that are American or British in the news.

    A president who needs no first name is the American one wherever the USA is named at all.
    """
    title = match[1]
    if title in _BRITISH and counts.get("GBR") and not nearest:
        return "GBR"
    if _AMERICAN.search(title):
        return "USA"
    if not _EXECUTIVE.search(title):
        return None
    least = max(counts.values(), default=0) / 2 if " " in match[2] else 1
    return "USA" if counts.get("USA", 0) >= max(least, 1) or in_washington() else None


def _find_owners(text: str, found: list[Found]) -> dict[str, str]:
    """Countries whose genitive stands before a name, as in 'France's Morel', by that name."""
    owners: dict[str, str] = {}
    for item in found:
        if text.startswith("'s ", item.end) and (match := _OWNED.match(text, item.end)):
            for name in match[1].split():
                owners.setdefault(name, item.code)
    return owners


def _find_nearest(text: str, position: int, items: list[Found]) -> str | None:
    """Country last named before a position in its paragraph, quotations apart: '' if that sentence names several."""
    start = max(0, position - _MOST_CHARACTERS_BACK)
    start = max(start, text.rfind("\n", start, position) + 1)
    first, last = (bisect_left(items, place, key=lambda item: item.start) for place in (start, position))
    before = [
        item
        for item in items[first:last]
        if item.kind != "group" and item.code != "EU" and text.count('"', start, item.start) % 2 == 0
    ]
    if not before:
        return None
    sentence = max(text.rfind(". ", start, before[-1].start), start)
    codes = {item.code for item in before if item.start >= sentence}
    return before[-1].code if len(codes) == 1 else ""
