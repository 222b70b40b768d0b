"""Plain letters with a way back: what the country finder reads in place of the text as given.

Accents, typographic apostrophes and dashes, odd spaces and invisible marks vanish, so that one spelling in
the table finds every way to write it. Knows nothing of countries.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial

_REPLACED = (
    {
        "\r": "\n",
        "\v": "\n",
        "\f": "\n",
        "\x85": "\n",
        "\u2028": "\n",
        "\u2029": "\n",
        "\t": " ",
        "ø": "o",
        "Ø": "O",
        "ł": "l",
        "Ł": "L",
        "đ": "d",
        "Đ": "D",
        "ı": "i",
    }
    | dict.fromkeys("‘’‛ʼʻ`´＇", "'")
    | dict.fromkeys("“”„«»", '"')
    | dict.fromkeys("‐‑‒–−", "-")
)
_REPLACED_ASCII = "".join(filter(str.isascii, _REPLACED))
"""A plain text without one of these needs no replacing."""
_SIGNS = re.compile("[\u0300-\u036f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff]")
"""Marks on letters and invisible signs."""
_DROPPED = re.compile(rf"{_SIGNS.pattern}+|(?<=[ \n]) +")
_WRAPPED = re.compile(
    "\n(?:(?<=[\\w,&+)]\n)|(?<=\\b[A-Z]\\.\n)|(?<=[A-Z]\\.[A-Z]\\.\n)|(?<=\\bSt\\.\n))(?=\u200b?[\\w(&+])"
)


@dataclass(frozen=True)
class Folded:
    """A folded text and, for each of its characters, where it stood in the text as given.

    `offsets` is None where each stands where it stood.
    """

    text: str
    source: str
    offsets: Sequence[int] | None

    def locate(self, start: int, end: int) -> tuple[int, int]:
        """Turn a span of the folded text into the span of the text as given, marks on its last letter included."""
        if self.offsets is not None:
            start, end = self.offsets[start], self.offsets[end - 1] + 1
        if not self.source.isascii():
            while end < len(self.source) and unicodedata.combining(self.source[end]):
                end += 1
        return start, end


@cache
def _make_replacer() -> Callable[[str], str]:
    """What replaces each odd character by a plain one; faster than `str.translate`, which asks about every one."""
    table = dict(_REPLACED) | {"\u3000": " "}
    for character in map(chr, (*range(0xA0, 0x250), *range(0x1E00, 0x1F00), *range(0x2000, 0x2070))):
        letter = unicodedata.normalize("NFKD", character)
        if unicodedata.category(character) == "Zs":
            table[character] = " "
        elif len(letter) > 1 and unicodedata.combining(letter[1]) and letter[0].isalpha():
            table[character] = letter[0]
    pattern = re.compile(f"[{''.join(table)}]")  # none of them means something inside the brackets
    return partial(pattern.sub, lambda match: table[match[0]])


def fold(text: str) -> Folded:
    """Fold accents, quotes, dashes, spaces and line ends; breaks inside a wrapped sentence become spaces."""
    plain = text.replace("\r\n", "\n\u200b") if "\r" in text else text
    if not plain.isascii() or any(character in plain for character in _REPLACED_ASCII):
        plain = _make_replacer()(plain)
    plain = _WRAPPED.sub(" ", plain) if "\n" in plain else plain
    if "  " not in plain and "\n " not in plain and (plain.isascii() or not _SIGNS.search(plain)):
        return Folded(plain, text, None)
    pieces: list[str] = []
    offsets: list[int] = []
    position = 0
    for match in _DROPPED.finditer(plain):
        pieces.append(plain[position : match.start()])
        offsets.extend(range(position, match.start()))
        position = match.end()
    pieces.append(plain[position:])
    offsets.extend(range(position, len(plain)))
    return Folded("".join(pieces), text, offsets)
