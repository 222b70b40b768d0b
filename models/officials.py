"""Officials: persons whom the article introduces by title and country, and their names later on.

Reads titles (`titles.toml`), names and the countries found beside them. Holds no list of persons.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import attrgetter

from models.people import People, place_officials
from models.phrases import Entry, Found, Word, find_name_before
from models.schema import Field

_PART = r"(?:[A-Z](?:[\w-]|'(?!s\b))*\w(?!\w|\.\w)|[A-Z]\.|(?:al|el)-[A-Z]\w+(?!\w))"
_PARTICLE = r"(?:(?:al|bin|ibn|de|del|da|dos|van|von|der|den|el|la|bint) )"
_POSTING = (
    r" (?:to|at|on|for|of) (?:the )?"
    r"(?:United (?:Nations|States)|(?:South |North |New |Saudi )?[A-Z][\w.'-]*|[a-z][\w'-]*(?: [\w'-]+){0,3}?)"
    r"(?<! in)(?<! of)(?<! on)(?<! with)(?<! about)"
)
_LINKS = ("(", " of ", " from ", " for ", " of the ", " from the ", " for the ")
_APPOSED = (", ", ", the ", ", The ", ", who is ", ", who is the ")
_TOKEN = re.compile(r" ([\w.&'/-]+)")
_MOST_TITLE_WORDS = 9
_TITLE_START = 4
"""Characters of a title, space before it included, that tell most other words apart."""
_LONGEST_ACRONYM = 5
_LONGEST_ABBREVIATION = 3
"""Letters of a shortened first name or title ('Geo.'); the full stop after a longer word ends a sentence."""
_ADMINISTRATION = re.compile(r"\b([A-Z][a-z]\w+)(?:'s)? ([Aa]dministration|White House)$")
_LONGEST_ADMINISTRATION = 60
_NOT_IN_OFFICE = re.compile(r"\b(?:[Ff]ormer|[Ee]x-?|[Oo]pposition|[Rr]etired|late)(?: \w+)? ?$")
_CAPITALISED = re.compile(r"[A-Z][\w'-]*\w")
_WORD_BREAK = re.compile(r"[\W_]")
_INSIDE_NAME = re.compile(r"\w['-]\Z")
_WORD_BEFORE = re.compile(r"(?:^|[^\w.'-])([A-Z][\w'-]*\.?) $")
_OFFICIAL = Entry((), "official")
_Introduced = tuple[str, int, int]
"""A person's name, and the start and end of the phrase that introduces it."""


class OfficialFinder:
    """Finds officials by the words of `titles.toml`."""

    def __init__(self, words: Mapping[str, Iterable[str]]) -> None:
        """Build the patterns."""
        self._cores, self._modifiers = frozenset(words["cores"]), frozenset(words["modifiers"])
        self._title_starts = {f" {word} "[:_TITLE_START] for word in (self._cores | self._modifiers) - {"and", "&"}}
        self._honorifics, self._no_names = frozenset(words["honorifics"]), frozenset(words["no_names"])
        title_words = " ".join([*words["portfolios"], *words["offices"]]).split()
        self._title_words = self._honorifics.union(title_words) - {"of"}
        name = rf"(?:(?:{'|'.join(words['honorifics'])})\.? )?{_PART}(?: {_PARTICLE}?{_PART}){{0,3}}"
        portfolios, offices = "|".join(words["portfolios"]), "|".join(words["offices"])
        self._bare = re.compile(rf"((?:(?:{portfolios})[ -])*(?:{offices})) ({name})")
        self._first_words = {form.split()[0] for form in [*words["portfolios"], *words["offices"]]}
        self._after_core = re.compile(rf"(?:{_POSTING})?(,? )({name})")
        self._after_country = re.compile(rf",? ({name})")
        self._name_before = re.compile(rf"({name}), (?:who is )?(?:[Tt]he )?$")
        title = rf"(?:(?:{portfolios})[ -])*(?:{offices}|(?i:{'|'.join(self._cores - {'general'})}))"
        self._titled_before = re.compile(rf"\b{title} ({name}) (?:of|from|for) (?:the )?$")
        self._core_before = re.compile(r"\b(\w+) (?:of|for) (?:the )?$")
        self._bracketed = re.compile(rf"({name}) \($")

    def add_officials(
        self,
        texts: Mapping[Field, str],
        words: Mapping[Field, Sequence[Word]],
        found: dict[Field, list[Found]],
        places: Mapping[Field, list[Found]],
    ) -> None:
        """Add the officials to the mentions found, in place; a mention inside an official's phrase goes.

        Args:
            texts: Folded title and text.
            words: Their capitalised words.
            found: Countries and groups found in them.
            places: Capitals that are mere places; a dateline tells whose minister needs no country.
        """
        people = People(self._honorifics, self._no_names)
        text = texts["text"]
        phrases = [phrase for item in found["text"] if (phrase := self._introduce(text, item, people))]
        phrases += self._find_administrations(text, found["text"], people)
        bare = self._find_bare(text, words["text"])
        if bare:
            placed = place_officials(text, bare, found["text"], places["text"], people)
            phrases += [_make(text, match.start(), match.end(), code) for match, code in placed]
        for key in texts:
            names = self._find_names(texts[key], words[key], people) if people.countries else []
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
            if token is None:
                break
            word = token[1].lower()
            if word in self._cores:
                end = token.end()
            elif word not in self._modifiers:
                break
            position = token.end()
        return end

    def _introduce(self, text: str, item: Found, people: People) -> Found | None:
        """The official whom a country's name or adjective introduces, if it does."""
        after = text[item.end : item.end + _TITLE_START]
        title = None
        if after.lower() in self._title_starts or after.startswith("'"):
            title = self._find_title_end(text, item.end)
        if title is None and not text.endswith(_LINKS, 0, item.start):
            return None
        offset = max(0, item.start - 80)
        before = text[offset : item.start]
        introduced = self._introduce_by_title(text, item, title, before) if title else None
        introduced = introduced or self._introduce_by_country_last(text, item, before)
        if introduced is None:
            return None
        name, start, end = introduced
        if any(_NOT_IN_OFFICE.search(text[max(0, place - 80) : place]) for place in (start, item.start)):
            return None
        people.add(name, item.code)
        return _make(text, start, end, item.code)

    def _introduce_by_title(self, text: str, item: Found, title: int, before: str) -> _Introduced | None:
        """'French Minister Anna Morel', 'Anna Morel, the French minister'; `title` is where the title ends."""
        match = self._after_core.match(text, title)
        if match and self._is_name(match[2]):
            return match[2], item.start, match.end()
        match = self._name_before.search(before) if before.endswith(_APPOSED) else None
        if match and self._is_name(match[1]):
            offset = item.start - len(before)
            return match[1], offset + match.start(1), offset + match.end(1)
        return None

    def _introduce_by_country_last(self, text: str, item: Found, before: str) -> _Introduced | None:
        """'Anna Morel (France)', 'President Anna Morel of France', 'President of France Anna Morel'."""
        offset = item.start - len(before)
        match = self._bracketed.search(before) if text.startswith(")", item.end) else None
        if match and self._is_name(match[1]) and " " in match[1]:
            return match[1], offset + match.start(1), item.end + 1
        match = self._titled_before.search(before) if not _is_lower_link(before) else None
        if match and self._is_name(match[1]):
            return match[1], offset + match.start(), item.end
        after = self._after_country.match(text, item.end)
        match = self._core_before.search(before) if after else None
        if match and after and match[1].lower() in self._cores and self._is_name(after[1]):
            return after[1], offset + match.start(1), after.end()
        return None

    def _find_administrations(self, text: str, found: list[Found], people: People) -> list[Found]:
        """'The Morel administration': of the country of Morel, of the USA where nobody introduces Morel."""
        ends = sorted([*_find_ends(text, "dministration"), *_find_ends(text, "White House")])
        taken = {item.end for item in found} if ends else set()
        items = []
        for end in ends:
            offset = max(0, end - _LONGEST_ADMINISTRATION)
            match = _ADMINISTRATION.search(text[offset:end])
            if match is None or offset + match.end(1) in taken or text[end : end + 1].isalnum():
                continue
            name = match[1]
            if name in self._no_names or name in self._title_words:
                continue
            if match[2] == "Administration" and name not in people.countries:
                continue
            people.add(name, "USA")
            items.append(_make(text, offset + match.start(), end, people.countries[name]))
        return items

    def _find_bare(self, text: str, words: Sequence[Word]) -> list[re.Match[str]]:
        """Officials named by title and name."""
        matches: list[re.Match[str]] = []
        for start, word in words:
            if word not in self._first_words or (matches and start < matches[-1].end()):
                continue
            match = self._bare.match(text, start)
            if match and self._is_name(match[2]) and not _NOT_IN_OFFICE.search(text[max(0, start - 24) : start]):
                matches.append(match)
        return matches

    def _find_names(self, text: str, words: Sequence[Word], people: People) -> list[Found]:
        """Later namings of the people introduced, with the titles and first names before them."""
        items: list[Found] = []
        first_parts = {_WORD_BREAK.split(family, maxsplit=1)[0] for family in people.countries}
        for place, word in words:
            if word not in first_parts or (match := _CAPITALISED.match(text, place)) is None:
                continue
            article = 3 if text.startswith(("al-", "el-"), max(0, place - 3)) else 0
            if _INSIDE_NAME.match(text, max(0, place - article - 2), place - article):
                continue
            family = match[0].removesuffix("'s")
            code = people.countries.get(family)
            if code is None:
                continue
            start = self._extend_left(text, place - article, people.first_names[family])
            if start is not None:
                items.append(_make(text, start, place + len(family), code))
        return items

    def _extend_left(self, text: str, start: int, first_names: set[str]) -> int | None:
        """Start of the whole phrase of a name, or None where another first name stands before it."""
        while before := find_name_before(_WORD_BEFORE, text, start):
            word = before[1].rstrip(".")
            if word not in first_names and word not in self._title_words:
                is_sentence_end = before[1] != word and len(word) > _LONGEST_ABBREVIATION
                return start if is_sentence_end or word in self._no_names else None
            start -= len(before[1]) + 1
        return start


def _is_lower_link(before: str) -> bool:
    """Whether no name stands before the 'of', 'from' or 'for' that ends a text."""
    words = before.removesuffix("the ").rsplit(" ", 3)
    return len(words) < 4 or words[1].islower()


def _find_ends(text: str, words: str) -> Iterator[int]:
    place = text.find(words)
    while place >= 0:
        yield place + len(words)
        place = text.find(words, place + len(words))


def _make(text: str, start: int, end: int, code: str) -> Found:
    return Found(start, end, text[start:end], _OFFICIAL, code, "official")


def _merge(found: list[Found], officials: list[Found]) -> list[Found]:
    """Both lists in order; of two that overlap the longer stays."""
    if not officials:
        return found
    merged: list[Found] = []
    for item in sorted([*found, *officials], key=attrgetter("start")):
        if merged and item.start < merged[-1].end:
            if item.end - item.start > merged[-1].end - merged[-1].start:
                merged[-1] = item
            continue
        merged.append(item)
    return merged
