"""Tells whether a text is in English, the only language that the model reads."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

MIN_CHARACTERS = 60
"""Shorter texts are taken for English: a classifier errs on every other one."""
MAX_CHARACTERS = 4_000
"""Start of a text that is looked at."""
MIN_CONFIDENCE = 0.8
"""Least confidence for another language. At it, none of 1,232 published English articles is taken for another."""

_WORD = re.compile(r"[a-z']+")
_COMMON = frozenset(
    (
        "the",
        "of",
        "to",
        "and",
        "that",
        "for",
        "with",
        "was",
        "said",
        "by",
        "from",
        "has",
        "have",
        "are",
        "were",
        "which",
    )
)
_COMMON_SHARE = 0.12
"""Share of very common English words above which nothing else needs to be asked."""
_ENGLISH = ("en", "pcm", "sco")
"""Codes that news in English gets: English itself, Nigerian Pidgin, Scots."""


def find_other_language(text: str) -> str | None:
    """ISO 639 code of the language that a text is in, or None where it is English or too short to tell."""
    start = text[:MAX_CHARACTERS]
    words = _WORD.findall(start.lower())
    if len(start.strip()) < MIN_CHARACTERS and not _is_foreign_script(start):
        return None
    if words and sum(word in _COMMON for word in words) > _COMMON_SHARE * len(words):
        return None
    language, confidence = _load_classifier().classify(start)
    is_other = language not in _ENGLISH and (confidence >= MIN_CONFIDENCE or _is_foreign_script(start))
    return str(language) if is_other else None


def _is_foreign_script(text: str) -> bool:
    """Whether most letters are beyond the Latin script."""
    letters = [character for character in text if character.isalpha()]
    return sum(ord(letter) > 0x24F for letter in letters) * 2 > len(letters) > 0


@cache
def _load_classifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
