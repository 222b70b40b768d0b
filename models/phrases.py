"""A table of phrases, matched longest first at word boundaries. Knows nothing of what the phrases mean."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from models.folding import fold

_WORD = re.compile(r"[^\W_]+")
_SHORTEST_CAPITALS = 4
"""Shorter forms are not looked for in capitals ('Lao', 'Éire' apart): 'LAO' and the like mean something else."""


class Entry(NamedTuple):
    """What a phrase stands for.

    `weak` forms count only where the text names the same country by another form; `guarded` ones not beside a
    stranger's name; `prefix` ones only before a hyphen ('Franco-German').
    """

    codes: tuple[str, ...]
    kind: str
    weak: bool = False
    guarded: bool = False
    prefix: bool = False


@dataclass(slots=True)
class Found:
    """A phrase found in a folded text. `code` is settled from `entry.codes` by the rest of the article."""

    start: int
    end: int
    words: str
    entry: Entry
    code: str
    kind: str


class PhraseIndex:
    """Phrases by their first word. A phrase whose entry is None hides shorter phrases inside it."""

    def __init__(self) -> None:
        """Start empty."""
        self._by_word: dict[str, list[tuple[str, str, Entry | None]]] = {}
        self._sorted: set[str] = set()

    def add(self, phrase: str, entry: Entry | None) -> None:
        """Add a phrase; the first entry for the same phrase stays unless the new one is None."""
        plain = phrase if phrase.isascii() else fold(phrase).text
        first = _WORD.search(plain)
        assert first is not None, phrase
        upper = plain.upper() if len(plain) >= _SHORTEST_CAPITALS else plain
        forms = self._by_word.setdefault(first[0].lower(), [])
        forms.append((plain, upper, entry))

    def scan(self, text: str) -> list[Found]:
        """Find the phrases in a folded text, longest first, without overlaps, in order."""
        found: list[Found] = []
        position = 0
        for word in _WORD.finditer(text):
            if word.start() < position:
                continue
            forms = self._by_word.get(word[0].lower())
            if forms is None:
                continue
            if (key := word[0].lower()) not in self._sorted:
                forms.sort(key=lambda form: (-len(form[0]), form[2] is not None))
                self._sorted.add(key)
            match = _match(text, word.start(), forms)
            if match is None:
                continue
            length, entry = match
            position = word.start() + length
            if entry is not None:
                words = text[word.start() : position]
                found.append(Found(word.start(), position, words, entry, entry.codes[0], entry.kind))
        return found


def _match(text: str, start: int, forms: list[tuple[str, str, Entry | None]]) -> tuple[int, Entry | None] | None:
    if start and text[start - 1] in "@_":
        return None
    for plain, upper, entry in forms:
        if not (text.startswith(plain, start) or text.startswith(upper, start)):
            continue
        after = text[start + len(plain) : start + len(plain) + 2]
        if after[:1].isalnum() or after[:1] in ("_", "$"):
            continue
        if entry is not None and entry.prefix and not (after[:1] == "-" and after[1:].isupper()):
            continue
        return len(plain), entry
    return None
