"""Who belongs to a group on a day, and the stances that its members have through it.

Reads `groups.toml`. Knows nothing of how the rows that it adds to were found.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from models.countries import CountryFinder
from models.errors import DataError
from models.schema import Field, Labels, Mention, Span, StanceRow
from models.sentences import split_sentences

_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ].*)?)?)?", re.DOTALL)
_SINGLE = "(?:sole |lone |only |single |notable |possible |partial )?"
_EXCEPT = re.compile(
    rf"\b(?:with the {_SINGLE}exceptions? of|except(?:ing)?(?: for)?|apart from|aside from|other than|excluding"
    r"|not (?:including|counting)|save for|minus|without"
    r"|(?:all|every|everyone|everybody|each|any|none|nobody|no one)\b[^.,;:!?]{0,60}?\b(?:but|save|bar))\b",
    re.IGNORECASE,
)
"""What leaves members out. 'But', 'save' and 'bar' do only after 'all' and the like."""
_TO_FIRST = re.compile(r"(?: for)?(?: (?!and\b|but\b|while\b|who\b)[^\s,.;:()]+){0,4} ?", re.IGNORECASE)
_TO_NEXT = re.compile(
    r"(?:['’]s?)?(?: [^\s,.;:()]+){0,2}?(?:,? and|,? or|,? as well as|,|/)(?: for| of| also| perhaps| both| the){0,2} ",
    re.IGNORECASE,
)
"""What may stand between 'except' and the first name, and between two names that it leaves out."""
_UNNAMED = re.compile(
    r" (?:the |a )?(?:one|two|three|four|five|six|seven|few|handful|some|several|couple|\d+)\b", re.IGNORECASE
)
_AFTER_NAME = re.compile(
    rf",? (?:(?:excepted|excluded|apart|aside)(?! from)|(?:(?:was|were|is|are|being|as|remains?|remained) )?"
    rf"the {_SINGLE}(?:exceptions?|hold-?outs?))\b",
    re.IGNORECASE,
)


_NEGATED = re.compile(r"\b(?:no|none|nobody|no one|not (?:one|a single|any)|never|nothing|few|hardly)\b", re.IGNORECASE)
_ALL = re.compile(r"\b(?:all|every|everyone|everybody|each|the (?:others?|rest))\b", re.IGNORECASE)
_WHICH = re.compile(r"(?:['’]s?)?,? (?:which|who|whose)\b", re.IGNORECASE)

_PARTLY = re.compile(
    r"\b(?:(?:most|many|some|several|few|half|majority|minority|number|handful|couple)(?: of)?"
    r"|(?:one|two|three|four|five|six|seven|eight|nine|ten|dozens|twenty-\w+|\d+) of)(?: the| its)?(?: other)?(?: \d+)?"
    r"(?: (?:members?|member states|states|countries|nations|governments|capitals) of(?: the)?)? $",
    re.IGNORECASE,
)
"""What before a group's name says that only a part of it acts ('most EU members', '26 of the 27 members of the EU')."""
_LOOK_BACK_CHARACTERS = 60


@dataclass(frozen=True, slots=True)
class Membership:
    """One stay of a country in a group, from `first` day to `last` day, both included.

    `words`, where given: it belongs only where the text calls the group by one of them (Russia and 'G8').
    """

    country: str
    first: date
    last: date | None = None
    words: tuple[str, ...] = ()

    def covers(self, day: date | None) -> bool:
        """Whether the country is a member on the day; without a day, whether it still is."""
        if day is None:
            return self.last is None
        return self.first <= day and (self.last is None or day <= self.last)

    def belongs_as(self, names: Iterable[str]) -> bool:
        """Whether the country is a member of the group under one of these names of it ('G8', not 'G7')."""
        return not self.words or any(word.casefold() in name.casefold() for word in self.words for name in names)


@dataclass(frozen=True, slots=True)
class Group:
    """A group of countries with the stays of its members."""

    code: str
    name: str
    source: str
    memberships: tuple[Membership, ...]


@cache
def read_groups() -> Mapping[str, Group]:
    """The groups of `groups.toml`, by code."""
    with (Path(__file__).parent / "groups.toml").open("rb") as file:
        table = tomllib.load(file)
    return {
        code: Group(
            code,
            record["name"],
            record["source"],
            tuple(
                Membership(stay["iso3"], stay["from"], stay.get("to"), tuple(stay.get("words", ())))
                for stay in record["members"]
            ),
        )
        for code, record in table.items()
    }


def parse_day(words: str) -> date:
    """Read an ISO 8601 date. A month or year alone counts as its middle, where an unknown day is missed by least.

    Raises:
        DataError: It is no such date.
    """
    match = _DATE.fullmatch(words.strip())
    try:
        if match is None:
            raise ValueError
        year, month, day = match.groups()
        return date(int(year), int(month or 7), int(day or (15 if month else 1)))
    except ValueError as error:
        raise DataError(f"{words!r:.40} is no date: write it as 2019-05-01, 2019-05 or 2019") from error


def find_group(code: str) -> Group:
    """The group of a code, in capitals or not.

    Raises:
        DataError: No group has this code; the message names the nearest.
    """
    groups = read_groups()
    group = groups.get(code.upper())
    if group is None:
        near = get_close_matches(code.upper(), groups, n=3) or sorted(groups)
        raise DataError(f"unknown group {code!r}: expected one of {', '.join(near)}")
    return group


def stays_on(group: str, date: str | None) -> tuple[Membership, ...]:
    """The stays that hold on a day, by country code; the latest known ones without a day.

    Raises:
        DataError: The group or the date is unknown, or the table has no members of the group.
    """
    found = find_group(group)
    if not found.memberships:
        raise DataError(f"members of {found.code} are not in models/groups.toml: add them from {found.source}")
    day = parse_day(date) if date else None
    return tuple(sorted((stay for stay in found.memberships if stay.covers(day)), key=lambda stay: stay.country))


def members_on(group: str, date: str | None) -> tuple[str, ...]:
    """Country codes of a group's members on a day (`2019-05-01`, `2019-05` or `2019`); the latest known for None.

    Raises:
        DataError: The group or the date is unknown, or the table has no members of the group.
    """
    return tuple(stay.country for stay in stays_on(group, date))


def expand_groups(labels: Labels) -> Labels:
    """Give every member the stance of its group on the article's day, behind the group's row.

    A member with a row of its own on the proposal keeps that alone; one that the text excepts ('the EU except
    Hungary') gets none, nor does one whose groups disagree. Where the text doesn't say which members act ('all but
    two', 'most EU members'), nobody gets a row through that group.

    Raises:
        DataError: The article's date can't be read.
    """
    rows = [row for row in labels.stances if row.group is None and row.country in read_groups()]
    if not rows:
        return labels
    names, sentences = CountryFinder.load(), _Sentences(labels)
    own = {(row.country, row.proposal) for row in labels.stances}
    derived: dict[tuple[str, str], list[StanceRow]] = {}
    for row in rows:
        for country in _find_followers(labels, row, sentences):
            if (country, row.proposal) not in own:
                member = replace(row, country=country, name=names.name(country), group=row.country)
                derived.setdefault((country, row.proposal), []).append(member)
    chosen: dict[tuple[str | None, str], list[StanceRow]] = {}
    for offers in derived.values():
        if len({row.stance for row in offers}) == 1:
            best = max(offers, key=lambda row: row.confidence)
            chosen.setdefault((best.group, best.proposal), []).append(best)
    stances: list[StanceRow] = []
    for row in labels.stances:
        stances += [row, *chosen.get((row.country, row.proposal), ())]
    return replace(labels, stances=tuple(stances))


class _Sentences:
    """The sentences of an article, and the mentions in each."""

    def __init__(self, labels: Labels) -> None:
        texts: dict[Field, str] = {"text": labels.article.text, "title": labels.article.title or ""}
        self._spans = {field: split_sentences(text) for field, text in texts.items()}
        self._mentions: dict[Span, list[Mention]] = {}
        mentions = (mention for found in labels.countries.values() for mention in found)
        for mention in sorted(mentions, key=lambda mention: mention.span.start):
            self._mentions.setdefault(self.around(mention.span), []).append(mention)

    def around(self, span: Span) -> Span:
        """The sentence in which a span starts."""
        spans = self._spans[span.field]
        index = bisect_right(spans, span.start, key=lambda sentence: sentence[0]) - 1
        return Span(*spans[max(0, index)], span.field)

    def mentions(self, sentence: Span) -> list[Mention]:
        """The mentions in a sentence, by start."""
        return self._mentions.get(sentence, [])


def _find_followers(labels: Labels, row: StanceRow, sentences: _Sentences) -> list[str]:
    """The members that a group's row speaks for."""
    places = [mention.span for mention in labels.countries.get(row.country, ())]
    called = {labels.article.quote(place) for place in places}
    members = {stay.country for stay in stays_on(row.country, labels.article.date) if stay.belongs_as(called)}
    shown = {sentences.around(span) for span in row.evidence}
    for sentence in dict.fromkeys(sentences.around(span) for span in (*row.evidence, *places)):
        words, mentions = labels.article.quote(sentence), sentences.mentions(sentence)
        excepted = find_exceptions(words, sentence.start, mentions, members)
        starts = [m.span.start - sentence.start for m in mentions if m.country == row.country]
        if excepted is None or (sentence in shown and any(_acts_in_part(words, start) for start in starts)):
            return []
        members -= excepted
    return sorted(members)


def _acts_in_part(words: str, start: int) -> bool:
    """Whether the words before a group's name say that not all of it acts."""
    return bool(_PARTLY.search(re.sub(r"\s", " ", words[max(0, start - _LOOK_BACK_CHARACTERS) : start])))


def find_exceptions(words: str, offset: int, mentions: Sequence[Mention], members: Set[str]) -> Set[str] | None:
    """The members of a group that a sentence leaves out ('all members but Hungary and Malta').

    Args:
        words: The sentence.
        offset: Where it starts in its field.
        mentions: Those in it, by start.
        members: Codes of the group's members.

    Returns:
        Codes of the members left out; None where it leaves out some without saying which.
    """
    sentence = re.sub(r"\s", " ", words)
    excepted: set[str] = set()
    for cue in _EXCEPT.finditer(sentence):
        named = _read_names(sentence, offset, cue.end(), mentions) & members
        if not named and _UNNAMED.match(sentence, cue.end()):
            named = {m.country for m in mentions if m.span.start - offset >= cue.end()} & members
            if not named:
                return None
        excepted |= named
    excepted |= {m.country for m in mentions if _AFTER_NAME.match(sentence, m.span.end - offset)}
    return excepted & members


def find_left_out(words: str, offset: int, mentions: Sequence[Mention]) -> list[Mention]:
    """Mentions that a sentence leaves out of what others do, and says no more of ('the EU except Hungary rejected it').

    What the country itself did is not said: not by 'all but Hungary', though it is by 'none but Hungary' and by
    'except Hungary, which abstained'.

    Args:
        words: The sentence.
        offset: Where it starts in its field.
        mentions: Those in it, by start.
    """
    cue = _EXCEPT.search(words)
    if cue is None or _NEGATED.search(words, 0, cue.end()) or not (_ALL.search(words) or _has_group(mentions)):
        return []
    excepted = find_exceptions(words, offset, mentions, {m.country for m in mentions if m.kind != "group"}) or set()
    return [m for m in mentions if m.country in excepted and not _WHICH.match(words, m.span.end - offset)]


def _has_group(mentions: Sequence[Mention]) -> bool:
    return any(mention.kind == "group" for mention in mentions)


def _read_names(sentence: str, offset: int, place: int, mentions: Sequence[Mention]) -> Set[str]:
    """Countries named right after a place, and those joined to them by commas and 'and'."""
    named: set[str] = set()
    gap = _TO_FIRST
    for mention in mentions:
        start = mention.span.start - offset
        if start < place:
            continue
        if not gap.fullmatch(sentence, place, start):
            break
        named.add(mention.country)
        place, gap = mention.span.end - offset, _TO_NEXT
    return named
