"""A table of phrases, matched longest first at word boundaries. Knows nothing of what the phrases mean."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from models.folding import fold

_WORD = re.compile(r"[A-Z0-9](?<![^\W_].)[^\W_]*")
"""A word with a capital or a digit first. The search skips to such a letter before it looks at what stands before."""
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


Word = tuple[int, str]
"""Where a capitalised word or a number starts in a folded text, and its letters."""
_Form = tuple[str, int, Entry | None]
"""Letters, how many of them stand before the word that the form is kept under, and the meaning."""


def list_words(text: str) -> list[Word]:
    """The capitalised words and numbers of a folded text, in order."""
    return [(match.start(), match[0]) for match in _WORD.finditer(text)]


class PhraseIndex:
    """Phrases by their first capitalised word. A phrase whose entry is None hides shorter phrases inside it."""

    def __init__(self) -> None:
        """Start empty."""
        self._by_word: dict[str, list[_Form]] = {}
        self._lower: dict[str, list[_Form]] = {}
        self._sorted: set[str] = set()

    def add(self, phrase: str, entry: Entry | None) -> None:
        """Add a phrase; the first entry for the same phrase stays unless the new one is None."""
        plain = phrase if phrase.isascii() else fold(phrase).text
        self._add_form(plain, entry)
        if plain[0].islower():
            self._add_form(plain[0].upper() + plain[1:], entry)
        if len(plain) >= _SHORTEST_CAPITALS and not plain.isupper():
            self._add_form(plain.upper(), entry)

    def _add_form(self, form: str, entry: Entry | None) -> None:
        word = _WORD.search(form)
        if word is None:
            self._lower.setdefault(form, []).append((form, 0, entry))
        else:
            self._by_word.setdefault(word[0], []).append((form, word.start(), entry))

    def scan(self, text: str, words: Sequence[Word]) -> list[Found]:
        """Find the phrases in a folded text, longest first, without overlaps, in order."""
        by_word = self._by_word
        candidates = [(start, word) for start, word in words if word in by_word]
        if lower := sorted(self._find_lower(text)):
            candidates = sorted(candidates + lower)
        found: list[Found] = []
        position = 0
        for start, word in candidates:
            if start < position:
                continue
            match = _match(text, start, position, self._forms(word))
            if match is None:
                continue
            begin, position, entry = match
            if entry is not None:
                found.append(Found(begin, position, text[begin:position], entry, entry.codes[0], entry.kind))
        return found

    def _find_lower(self, text: str) -> Iterator[tuple[int, str]]:
        """Places of the few phrases without a capitalised word."""
        for form in self._lower:
            start = text.find(form)
            while start >= 0:
                yield start, form
                start = text.find(form, start + len(form))

    def _forms(self, word: str) -> list[_Form]:
        forms = self._by_word.get(word) or self._lower[word]
        if word not in self._sorted:
            forms.sort(key=lambda form: (-len(form[0]), form[2] is not None))
            self._sorted.add(word)
        return forms


def _match(text: str, start: int, position: int, forms: list[_Form]) -> tuple[int, int, Entry | None] | None:
    """Start, end and meaning of the longest form at a word, none of it before `position`."""
    for form, offset, entry in forms:
        begin = start - offset
        if begin < position or not text.startswith(form, begin):
            continue
        end = begin + len(form)
        after = text[end : end + 2]
        if after and (after[0].isalnum() or after[0] in "_$"):
            continue
        if begin and ((before := text[begin - 1]).isalnum() or before in "@_"):
            continue
        if entry is not None and entry.prefix and not (after[:1] == "-" and after[1:].isupper()):
            continue
        return begin, end, entry
    return None
