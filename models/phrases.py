"""A table of phrases, matched longest first at word boundaries. Knows nothing of what the phrases mean."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from models.folding import fold

_WORD = re.compile(r"[A-Z0-9](?<![\w@].)[^\W_]*+(?![_$])")
"""A word with a capital or a digit first. The search skips to such a letter before it looks at what stands before."""
_SHORTEST_CAPITALS = 4
"""Shorter forms are not looked for in capitals ('Lao', 'Éire' apart): 'LAO' and the like mean something else."""
_LONGEST_WORD = 30
"""Of a longer word before a name only the end is looked at, so that the time stays linear in the text."""
_JOINED_BEFORE = ("_", "@")
_JOINED_AFTER = ("_", "$")


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


def find_name_before(pattern: re.Pattern[str], text: str, end: int) -> re.Match[str] | None:
    """Search the last word before a place, space after it included, for a pattern that has a capital in it."""
    start = end - _LONGEST_WORD if end > _LONGEST_WORD else 0
    space = text.rfind(" ", start, end - 1) if end else 0
    word = text[max(space, start) : end]
    return None if word.islower() else pattern.search(word)


class PhraseIndex:
    """Phrases by their first capitalised word, or by their longest word where none has a capital.

    A phrase whose entry is None hides shorter phrases inside it.
    """

    def __init__(self) -> None:
        """Start empty."""
        self._by_word: dict[str, list[_Form]] = {}
        self._lower_words: set[str] = set()
        self._alone: dict[str, Entry | None] = {}
        self._sorted: dict[str, dict[str, list[_Form]]] = {}

    def add(self, phrase: str, entry: Entry | None) -> None:
        """Add a phrase; the first entry for the same phrase stays unless the new one is None."""
        plain = phrase if phrase.isascii() else fold(phrase).text
        self._add_form(plain, entry)
        if plain[0].islower():
            self._add_form(plain[0].upper() + plain[1:], entry)
        if len(plain) >= _SHORTEST_CAPITALS and not plain.isupper():
            self._add_form(plain.upper(), entry)

    def _add_form(self, form: str, entry: Entry | None) -> None:
        match = _WORD.search(form)
        word = match[0] if match else max(form.split(), key=len)
        offset = match.start() if match else form.index(word)
        if match is None:
            self._lower_words.add(word)
        self._by_word.setdefault(word, []).append((form, offset, entry))

    def scan(self, text: str, words: Sequence[Word]) -> list[Found]:
        """Find the phrases in a folded text, longest first, without overlaps, in order."""
        by_word, alone, forms_of = self._by_word, self._alone, self._sorted
        candidates = [(start, word) for start, word in words if word in by_word]
        if lower := list(self._find_lower(text)):
            candidates = sorted(candidates + lower)
        found: list[Found] = []
        position = 0
        for start, word in candidates:
            if start < position:
                continue
            end = start + len(word)
            if word in alone:
                begin, position, entry = start, end, alone[word]
            else:
                by_next = forms_of.get(word) or self._sort(word)
                forms = by_next.get(text[end : end + 2]) or by_next[""]
                match = _match(text, start, word, position, forms) if forms else None
                if match is None:
                    continue
                begin, position, entry = match
            if entry is not None:
                found.append(Found(begin, position, text[begin:position], entry, entry.codes[0], entry.kind))
        return found

    def _find_lower(self, text: str) -> Iterator[Word]:
        """Places of the longest words of the few phrases without a capitalised word."""
        for word in self._lower_words:
            start = text.find(word)
            while start >= 0:
                if _is_apart(text, start, start + len(word)):
                    yield start, word
                start = text.find(word, start + len(word))

    def _sort(self, word: str) -> dict[str, list[_Form]]:
        """The forms kept under a word by the two characters that follow it in the form, each list longest first.

        A form without two such characters stands in every list, and alone under ''. A word that is its only form needs
        no lists at all from then on.
        """
        forms = sorted(dict.fromkeys(self._by_word[word]), key=lambda form: (-len(form[0]), form[2] is not None))
        if [form for form, _, _ in forms] == [word] and not (forms[0][2] and forms[0][2].prefix):
            self._alone[word] = forms[0][2]
        nexts = [form[offset + len(word) :][:2] for form, offset, _ in forms]
        keys = {"", *(following for following in nexts if len(following) == 2)}
        self._sorted[word] = {
            key: [form for form, following in zip(forms, nexts, strict=True) if following == key or len(following) < 2]
            for key in keys
        }
        return self._sorted[word]


def _match(text: str, start: int, word: str, position: int, forms: list[_Form]) -> tuple[int, int, Entry | None] | None:
    """Start, end and meaning of the longest form at a word, none of it before `position`."""
    for form, offset, entry in forms:
        begin = start - offset
        end = begin + len(form)
        if form != word and (begin < position or not text.startswith(form, begin) or not _is_apart(text, begin, end)):
            continue
        if entry is not None and entry.prefix and not (text.startswith("-", end) and text[end + 1 : end + 2].isupper()):
            continue
        return begin, end, entry
    return None


def _is_apart(text: str, start: int, end: int) -> bool:
    """Whether no letter, digit or joining sign beside a piece of text makes it part of a longer word."""
    after = text[end : end + 1]
    if after.isalnum() or after in _JOINED_AFTER:
        return False
    before = text[start - 1 : start] if start else ""
    return not (before.isalnum() or before in _JOINED_BEFORE)
