"""Which words found really speak of a country: place or government, person or country, this Congo or that.

Reads only the words beside a name and the other names in the article.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from models.phrases import Found, find_name_before
from models.schema import Field

_DATELINE = re.compile(
    r"(?:[/,] ?(?=[A-Z0-9])[^\n/(]{1,40}?)? ?(?:(?:\([^()\n]{2,40}\)|/[^/\n]{2,30}/) ?)?(?:--| -(?= )|[—―])"
    r"|, (?:\d|(?:Jan|Feb|March|April|May|June|July|Aug|Sept|Oct|Nov|Dec)[a-z]*[ .]+\d"
    r"|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b)"
)
_LINE_START = re.compile(r"(?:\A|\n)(?:[A-Z][A-Z ]+/)?$")
_WORD_BEFORE = re.compile(r"(?:^|[^\w.'-])(?:(M[rs]|Mrs|Dr|[A-Z])\.?|([A-Z](?:[\w-]|'(?!s))+)) $")
_NAME_AFTER = re.compile(r" ([A-Z][a-z]+)")
_AFTER = re.compile(r"[ -]?([\w'-]+)")
_JOINED = re.compile(r",? (?:and|or) (?:the )?|, (?:the )?|/")
_NEXT_STOP = re.compile(rf"{_JOINED.pattern}| to ")
_SUFFIXES = ("-based", "-area", "-born")
_WINDOW = 200
"""Characters on either side in which a line is looked at, so that the time stays linear in the text."""
_IN_LISTS = {"Congo": "COG"}
"""What a shared name means in the lists of international bodies, which call the other country by its long name."""
_LONG_LIST = 5
_CITY_STATES = frozenset({"LUX", "SGP", "MCO", "DJI", "KWT", "PAN", "GTM", "HKG", "SMR", "VAT", "MAC", "GIB"})


class Context:
    """Rules over the neighbours of a name. The word lists come from `not_countries.toml`."""

    def __init__(self, lists: Mapping[str, frozenset[str]]) -> None:
        """Keep the word lists."""
        self._lists = lists

    def settle(self, texts: Mapping[Field, str], found: dict[Field, list[Found]]) -> dict[Field, list[Found]]:
        """Drop what is no mention and choose the country of names that several share, in place.

        Returns:
            The capitals that were dropped as mere places; they still tell where the article is.
        """
        places: dict[Field, list[Found]] = {}
        if any("GEO" in [item.code for item in items] for items in found.values()) and self._is_us_state(texts):
            found.update({key: [item for item in items if item.code != "GEO"] for key, items in found.items()})
        for key, items in found.items():
            places[key] = self._drop_strays_and_places(texts[key], items)
        if any([item.entry.weak or len(item.entry.codes) > 1 for items in found.values() for item in items]):
            self._settle_doubtful(texts, found, places)
        return places

    def _settle_doubtful(
        self, texts: Mapping[Field, str], found: dict[Field, list[Found]], places: dict[Field, list[Found]]
    ) -> None:
        """Keep weak names, and choose among several countries, by what the article names without doubt."""
        known = [item for items in (*found.values(), *places.values()) for item in items]
        sure = Counter([item.code for item in known if not item.entry.weak and len(item.entry.codes) == 1])
        for key, items in found.items():
            text = texts[key]
            items[:] = [item for item in items if not item.entry.weak or sure[item.code] or self._is_acting(text, item)]
            for index in [index for index, item in enumerate(items) if len(item.entry.codes) > 1]:
                item = items[index]
                is_listed = item.words.title() in _IN_LISTS and _is_listed(text, items, index)
                item.code = _IN_LISTS[item.words.title()] if is_listed else _choose(item.entry.codes, sure)
                item.kind = "group" if item.code == "EU" else item.kind

    def _is_acting(self, text: str, item: Found) -> bool:
        """Whether an ambiguous capital does what only governments do ('Georgetown abstained')."""
        word = _AFTER.match(text, item.end) if item.kind == "capital" and text.startswith(" ", item.end) else None
        return word is not None and word[1] in self._lists["acts"]

    def _is_us_state(self, texts: Mapping[Field, str]) -> bool:
        """Whether the article is about the American Georgia, not the Caucasian one."""
        if any(word in text for word in ("Tbilisi", "Georgian") for text in texts.values()):
            return False
        return any(state in text for text in texts.values() for state in self._lists["us_states"])

    def _drop_strays_and_places(self, text: str, items: list[Found]) -> list[Found]:
        kept: list[Found] = []
        places: list[Found] = []
        for item in items:
            if item.words == "US":
                is_stray = self._is_pronoun(text, item)
            else:
                is_stray = item.entry.guarded and self._is_person(text, item)
            if is_stray:
                continue
            is_city_state = item.start < 2 and item.code in _CITY_STATES and item.words.isupper()
            is_place = item.kind == "capital" and self._is_place(text, item, places)
            if is_place or (is_city_state and _is_dateline(text, item)):
                places.append(item)
            else:
                kept.append(item)
        items[:] = kept
        return places

    def _is_place(self, text: str, item: Found, places: list[Found]) -> bool:
        if places and item.start - places[-1].end < 8 and _NEXT_STOP.fullmatch(text, places[-1].end, item.start):
            return True
        if _is_dateline(text, item) or self._is_person(text, item) or text.startswith(_SUFFIXES, item.end):
            return True
        before = ["", "", *text[max(0, item.start - 60) : item.start].rsplit(None, 2)]
        last, second = before[-1], before[-2].strip(".,\"'")
        if last in self._lists["before_capital"]:
            return not (last == "in" and second in self._lists["rulers"])
        if last == "of" and not self._lists["of_place"].isdisjoint((second, second.lower())):
            return True
        if last in ("to", "from", "for") and second in self._lists["travel"]:
            return True
        if text.startswith("'s ", item.end):
            word = _AFTER.match(text, item.end + 2)
            return word is not None and word[1] in self._lists["after_possessive"]
        word = _AFTER.match(text, item.end)
        return word is not None and word[1] in self._lists["after_capital"]

    def _is_pronoun(self, text: str, item: Found) -> bool:
        before = text[max(0, item.start - 24) : item.start].split()
        return bool(before) and before[-1] in self._lists["pronoun_before"] and text[item.end : item.end + 1] != "-"

    def _is_person(self, text: str, item: Found) -> bool:
        """Whether a capitalised stranger stands before or after the word, as in 'Chad Miller'; not in headlines."""
        if item.words.isupper() or item.kind not in ("name", "capital"):
            return False
        after = _NAME_AFTER.match(text, item.end)
        is_office = text.endswith(" of ", 0, item.start)  # 'President of Chad Anna Morel'
        follows = after is not None and not is_office and after[1] not in self._lists["no_family_names"]
        return (follows or self._is_family_name(text, item)) and not _is_headline(text, item)

    def _is_family_name(self, text: str, item: Found) -> bool:
        before = find_name_before(_WORD_BEFORE, text, item.start)
        if before is None or before[1]:
            return before is not None and before[1] not in ("A", "I")
        if before[2].isupper() or any(before[2] in self._lists[key] for key in ("no_first_names", "no_family_names")):
            return False
        start = item.start - 1 - len(before[2])
        return start > 1 and text[start - 1] == " " and text[start - 2] not in '.!?:"-' and text[start - 2] != " "


def _is_listed(text: str, items: Sequence[Found], index: int) -> bool:
    """Whether an item stands in an enumeration as long as those of official records."""
    first = last = index
    while first and index - first < _LONG_LIST and _JOINED.fullmatch(text, items[first - 1].end, items[first].start):
        first -= 1
    while (
        last + 1 < len(items)
        and last - index < _LONG_LIST
        and _JOINED.fullmatch(text, items[last].end, items[last + 1].start)
    ):
        last += 1
    return last - first + 1 >= _LONG_LIST


def _is_dateline(text: str, item: Found) -> bool:
    if item.start and text[item.start - 1] not in "\n/":
        return False
    if item.start and not _LINE_START.search(text[max(0, item.start - 30) : item.start]):
        return False
    return bool(_DATELINE.match(text, item.end))


def _is_headline(text: str, item: Found) -> bool:
    """Whether most longer words of the line have capitals and no full stop ends it, so that capitals tell nothing."""
    start = text.rfind("\n", max(0, item.start - _WINDOW), item.start) + 1 or max(0, item.start - _WINDOW)
    end = text.find("\n", item.end, item.end + _WINDOW)
    line = text[start : end if end > 0 else item.end + _WINDOW].rstrip()
    words = [word for word in line.split() if len(word) > 3]
    return (
        not line.endswith((".", '."'))
        and len(words) < 30
        and sum(word[0].isupper() for word in words) > 0.75 * len(words)
    )


def _choose(codes: Sequence[str], sure: Mapping[str, int]) -> str:
    named = [code for code in codes if sure.get(code)]
    return max(named, key=lambda code: sure[code]) if named and codes[0] != "EU" else (named or codes)[0]
