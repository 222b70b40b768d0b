"""Officials: persons whom the article introduces by title and country, and their names later on.

Reads titles (`titles.toml`), names and the countries found beside them. Holds no list of persons.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from models.phrases import Entry, Found
from models.schema import Field

_PART = r"(?:[A-Z](?:[\w-]|'(?!s\b))*\w(?!\.\w)|[A-Z]\.|(?:al|el)-[A-Z]\w+)"
_PARTICLE = r"(?:(?:al|bin|ibn|de|del|da|dos|van|von|der|den|el|la|bint) )"
_POSTING = (
    r" (?:to|at|on|for|of) (?:the )?"
    r"(?:United (?:Nations|States)|(?:South |North |New |Saudi )?[A-Z][\w.'-]*|[a-z][\w'-]*(?: [\w'-]+){0,3}?)"
)
_LINKS = ("of ", "from ", "for ", " the ")
_TOKEN = re.compile(r" ([\w.&'/-]+)")
_MOST_TITLE_WORDS = 9
_LONGEST_ACRONYM = 5
_AMERICAN = re.compile(
    r"^(?:Secretary of State|Attorney General|(?:Treasury|Press|Defense) Secretary|National Security .*)$"
)
_BRITISH = frozenset({"Foreign Secretary", "Home Secretary", "Defence Secretary"})
_EXECUTIVE = re.compile(r"^(?:(?:Vice )?President|(?:(?:Commerce|Energy|Labor|Interior|Agriculture) )?Secretary)$")
_WHITE_HOUSE = re.compile(
    r"White House|Oval Office|Pentagon|State Department|Republican|Democrats?\b|U\.S\. Senate|Capitol Hill"
    r"| administration "
)
_ADMINISTRATION = re.compile(r"\b([A-Z][a-z]\w+)(?:'s)? ([Aa]dministration|White House)\b")
_FAMILY_FIRST = frozenset({"CHN", "KOR", "PRK", "TWN", "VNM", "KHM", "HKG"})
_NOT_IN_OFFICE = re.compile(r"\b(?:[Ff]ormer|[Ee]x-?|[Oo]pposition|[Rr]etired|late)(?: \w+)? ?$")
_CAPITALISED = re.compile(r"[A-Z][\w'-]*\w")
_WORD_BEFORE = re.compile(r"(?:^|[^\w.'-])([A-Z][\w'-]*\.?) $")
_OWNED = re.compile(r"'s ([A-Z][\w-]+(?: [A-Z][\w-]+)?)")
_MOST_CHARACTERS_BACK = 2000
"""How far before an official named without a country one is looked for, at most and in the same paragraph."""
_OFFICIAL = Entry((), "official")


@dataclass
class _People:
    """Country of each family name, and the first names that go with it."""

    honorifics: frozenset[str]
    no_names: frozenset[str]
    countries: dict[str, str] = field(default_factory=dict)
    first_names: dict[str, set[str]] = field(default_factory=dict)

    def add(self, name: str, code: str) -> None:
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
        parts = [part for part in name.split() if part[0].isupper()]
        return parts[1:] if parts and parts[0].rstrip(".") in self.honorifics else parts


class OfficialFinder:
    """Finds officials by the words of `titles.toml`."""

    def __init__(self, words: Mapping[str, Iterable[str]]) -> None:
        """Build the patterns."""
        self._cores, self._modifiers = frozenset(words["cores"]), frozenset(words["modifiers"])
        self._honorifics, self._no_names = frozenset(words["honorifics"]), frozenset(words["no_names"])
        title_words = " ".join([*words["portfolios"], *words["offices"]]).split()
        self._title_words = self._honorifics.union(title_words) - {"of"}
        name = rf"(?:(?:{'|'.join(words['honorifics'])})\.? )?{_PART}(?: {_PARTICLE}?{_PART}){{0,3}}"
        portfolios, offices = "|".join(words["portfolios"]), "|".join(words["offices"])
        self._bare = re.compile(rf"\b(?=[A-Z])((?:(?:{portfolios}) )*(?:{offices})) ({name})")
        self._after_core = re.compile(rf"(?:{_POSTING})?(,? )({name})")
        self._after_country = re.compile(rf",? ({name})")
        self._name_before = re.compile(rf"({name}), (?:who is )?(?:[Tt]he )?$")
        self._titled_before = re.compile(rf"\b(\w+) ({name}) (?:of|from|for) (?:the )?$")
        self._core_before = re.compile(r"\b(\w+) (?:of|for) (?:the )?$")
        self._bracketed = re.compile(rf"({name}) \($")

    def add_officials(
        self, texts: Mapping[Field, str], found: dict[Field, list[Found]], places: Mapping[Field, list[Found]]
    ) -> None:
        """Add the officials to the mentions found, in place; a mention inside an official's phrase goes.

        Args:
            texts: Folded title and text.
            found: Countries and groups found in them.
            places: Capitals that are mere places; a dateline tells whose minister needs no country.
        """
        people = _People(self._honorifics, self._no_names)
        text = texts["text"]
        phrases = [phrase for item in found["text"] if (phrase := self._introduce(text, item, people))]
        phrases += self._find_administrations(text, found["text"], people)
        phrases += self._resolve_bare(text, found["text"], places["text"], people)
        for key in texts:
            names = self._find_names(texts[key], people) if people.countries else []
            found[key] = _merge(found[key], [*phrases, *names] if key == "text" else names)

    def _is_name(self, name: str) -> bool:
        parts = [part for part in name.split() if part.rstrip(".") not in self._honorifics]
        is_acronym = len(parts) == 1 and parts[0].isupper() and len(name) <= _LONGEST_ACRONYM
        return bool(parts) and not is_acronym and self._no_names.isdisjoint(parts)

    def _find_title_end(self, text: str, position: int) -> int | None:
        """End of the title that follows a country at `position`, or None."""
        if text.startswith("'", position):
            position += 2 if text.startswith("'s", position) else 1
        end = None
        for _ in range(_MOST_TITLE_WORDS):
            token = _TOKEN.match(text, position)
            word = token[1].lower() if token else ""
            if token is None or (word not in self._modifiers and word not in self._cores):
                break
            position = token.end()
            end = position if word in self._cores else end
        return end

    def _introduce(self, text: str, item: Found, people: _People) -> Found | None:
        """The official whom a country's name or adjective introduces, if it does."""
        offset = max(0, item.start - 80)
        before = text[offset : item.start]
        if _NOT_IN_OFFICE.search(before):
            return None
        title = self._find_title_end(text, item.end)
        if title is not None:
            match = self._after_core.match(text, title)
            if match and self._is_name(match[2]):
                people.add(match[2], item.code)
                return _make(text, item.start, match.end(), item.code)
            match = self._name_before.search(before)
            if match and self._is_name(match[1]):
                people.add(match[1], item.code)
                return _make(text, offset + match.start(1), offset + match.end(1), item.code)
        return self._introduce_by_country_last(text, item, offset, people)

    def _introduce_by_country_last(self, text: str, item: Found, offset: int, people: _People) -> Found | None:
        """'Anna Morel (France)', 'President Anna Morel of France', 'President of France Anna Morel'."""
        before = text[offset : item.start]
        match = self._bracketed.search(before) if text.startswith(")", item.end) else None
        if match and self._is_name(match[1]) and " " in match[1]:
            people.add(match[1], item.code)
            return _make(text, offset + match.start(1), item.end + 1, item.code)
        if not before.endswith(_LINKS):
            return None
        match = self._titled_before.search(before)
        if match and match[1].lower() in self._cores and self._is_name(match[2]):
            people.add(match[2], item.code)
            return _make(text, offset + match.start(1), item.end, item.code)
        match, after = self._core_before.search(before), self._after_country.match(text, item.end)
        if match and after and match[1].lower() in self._cores and self._is_name(after[1]):
            people.add(after[1], item.code)
            return _make(text, offset + match.start(1), after.end(), item.code)
        return None

    def _find_administrations(self, text: str, found: list[Found], people: _People) -> list[Found]:
        """'The Morel administration': of the country of Morel, of the USA where nobody introduces Morel."""
        taken = {item.end for item in found}
        items = []
        for match in _ADMINISTRATION.finditer(text):
            name = match[1]
            if match.end(1) in taken or name in self._no_names or name in self._title_words:
                continue
            if match[2] == "Administration" and name not in people.countries:
                continue
            people.add(name, "USA")
            items.append(_make(text, match.start(), match.end(), people.countries[name]))
        return items

    def _resolve_bare(self, text: str, found: list[Found], places: list[Found], people: _People) -> list[Found]:
        items = []
        owners = _find_owners(text, found)
        in_washington = _WHITE_HOUSE.search(text) is not None
        counts = Counter(item.code for item in found if item.kind != "group")
        anchors = sorted([*found, *places], key=lambda item: item.start)
        fallback = (
            places[0].code
            if places and places[0].start < 3
            else max(counts, key=lambda code: counts[code], default=None)
        )
        for match in self._bare.finditer(text):
            if not self._is_name(match[2]) or _NOT_IN_OFFICE.search(text[max(0, match.start() - 24) : match.start()]):
                continue
            code = (
                people.find(match[2])
                or owners.get(match[2].split()[-1])
                or _guess_by_title(match, counts, in_washington)
            )
            if code is None:
                nearest = _find_nearest(text, match.start(), anchors)
                code = fallback if nearest is None else nearest
            if code:
                people.add(match[2], code)
                items.append(_make(text, match.start(), match.end(), code))
        return items

    def _find_names(self, text: str, people: _People) -> list[Found]:
        """Later namings of the people introduced, with the titles and first names before them."""
        items: list[Found] = []
        for word in _CAPITALISED.finditer(text):
            family = word[0].removesuffix("'s")
            code = people.countries.get(family)
            if code is None:
                continue
            start = self._extend_left(text, word.start(), people.first_names[family])
            if start is not None:
                items.append(_make(text, start, word.start() + len(family), code))
        return items

    def _extend_left(self, text: str, start: int, first_names: set[str]) -> int | None:
        """Start of the whole phrase of a name, or None where another first name stands before it."""
        while before := _WORD_BEFORE.search(text[max(0, start - 30) : start]):
            word = before[1].rstrip(".")
            if word not in first_names and word not in self._title_words:
                return start if word in self._no_names else None
            start -= len(before[1]) + 1
        return start


def _make(text: str, start: int, end: int, code: str) -> Found:
    return Found(start, end, text[start:end], _OFFICIAL, code, "official")


def _guess_by_title(match: re.Match[str], counts: Mapping[str, int], in_washington: bool) -> str | None:
    """Country of an official named without one, by titles that are American or British in the news.

    A president who needs no first name is the American one wherever the USA is named at all.
    """
    title = match[1]
    if title in _BRITISH and counts.get("GBR"):
        return "GBR"
    if _AMERICAN.search(title):
        return "USA"
    if not _EXECUTIVE.search(title):
        return None
    least = max(counts.values(), default=0) / 2 if " " in match[2] else 1
    return "USA" if counts.get("USA", 0) >= max(least, 1) or in_washington else None


def _find_owners(text: str, found: list[Found]) -> dict[str, str]:
    """Countries whose genitive stands before a name, as in 'France's Morel', by that name."""
    owners: dict[str, str] = {}
    for item in found:
        if match := _OWNED.match(text, item.end):
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


def _merge(found: list[Found], officials: list[Found]) -> list[Found]:
    """Both lists in order; of two that overlap the longer stays."""
    merged: list[Found] = []
    for item in sorted([*found, *officials], key=lambda item: (item.start, -item.end)):
        if merged and item.start < merged[-1].end:
            if item.end - item.start > merged[-1].end - merged[-1].start:
                merged[-1] = item
            continue
        merged.append(item)
    return merged
