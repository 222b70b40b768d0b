"""The country finder: where a text names countries and groups, and through which words.

Tables (`countries.toml`, `groups.toml`, `not_countries.toml`, `titles.toml`) and rules over the words beside a name;
no network. Knows nothing of proposals or stances.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from models.context import Context
from models.folding import Folded, fold
from models.officials import OfficialFinder
from models.phrases import Entry, PhraseIndex, list_words
from models.schema import Field, Mention, Span

_DATA = Path(__file__).parent
_MEMBER = re.compile(r"(?m)^ +\{iso3 = .*\n")
_KINDS = {
    "name": "name",
    "official": "name",
    "names": "name",
    "demonyms": "demonym",
    "capitals": "capital",
    "seats": "seat",
}


def _read(name: str) -> dict[str, Any]:
    """Decode a table. The finder has no use for membership lines, a fifth of the time that reading would take."""
    return tomllib.loads(_MEMBER.sub("", (_DATA / name).read_text(encoding="utf-8")))


def _list_forms(code: str, record: dict[str, Any], is_group: bool) -> list[tuple[str, Entry]]:
    weak, guarded = set(record.get("weak", ())), set(record.get("guarded", ()))
    forms = []
    for key, kind in _KINDS.items():
        words = record.get(key, ())
        for form in [words] if isinstance(words, str) else words:
            entry = Entry((code,), "group" if is_group else kind, weak=form in weak, guarded=form in guarded)
            forms.append((form, entry))
    forms += [(form, Entry((code,), "demonym", prefix=True)) for form in record.get("prefixes", ())]
    return forms


class CountryFinder:
    """Finds the mentions of countries and groups in a text."""

    def __init__(
        self, countries: dict[str, Any], groups: dict[str, Any], others: dict[str, Any], titles: dict[str, Any]
    ) -> None:
        """Build the phrase index from the decoded data files."""
        shared: dict[str, list[str]] = countries.pop("shared")
        self._names = {code: str(record["name"]) for code, record in (countries | groups).items()}
        self.codes = frozenset(self._names)
        self._index = PhraseIndex()
        for code, record in groups.items():
            for form, entry in _list_forms(code, record, is_group=True):
                self._index.add(form, entry)
        for code, record in countries.items():
            for form, entry in _list_forms(code, record, is_group=False):
                self._index.add(form, entry)
        for form, codes in shared.items():
            kind = "capital" if form == "Brussels" else "demonym" if form.rstrip("s").endswith(("n", "ese")) else "name"
            self._index.add(form, Entry(tuple(codes), kind))
        for phrase in others.pop("phrases"):
            self._index.add(phrase, None)
        self._context = Context({key: frozenset(words) for key, words in others.items()})
        self._officials = OfficialFinder(titles)

    @classmethod
    def load(cls) -> CountryFinder:
        """The finder of the shipped table, read once per process."""
        return _load()

    @classmethod
    def read(cls) -> CountryFinder:
        """A new finder of the shipped table."""
        return cls(*map(_read, ("countries.toml", "groups.toml", "not_countries.toml", "titles.toml")))

    def name(self, code: str) -> str:
        """Display name of a country or group code."""
        return self._names[code]

    def find_mentions(self, text: str, title: str | None = None, date: str | None = None) -> list[Mention]:
        """Find every mention of a country or group.

        Args:
            text: Words of the article.
            title: Its headline, read together with the text.
            date: Day of the article (ISO 8601); reserved for names that changed hands.

        Returns:
            Mentions that do not overlap, those of the title first, each by start. Offsets index the words as given.
        """
        fields: dict[Field, Folded] = {"title": fold(title)} if title else {}
        fields["text"] = fold(text)
        texts = {key: folded.text for key, folded in fields.items()}
        words = {key: list_words(plain) for key, plain in texts.items()}
        found = {key: self._index.scan(plain, words[key]) for key, plain in texts.items()}
        places = self._context.settle(texts, found)
        self._officials.add_officials(texts, words, found, places)
        return [
            Mention(Span(*folded.locate(item.start, item.end), key), item.code, item.kind)
            for key, folded in fields.items()
            for item in found[key]
        ]


@cache
def _load() -> CountryFinder:
    return CountryFinder.read()
