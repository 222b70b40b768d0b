"""`stance evaluate --countries`: how well, and how fast, the country finder finds the countries of a text.

Reads the written corpus (every mention is marked) or annotated articles (the countries with a stance are known).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

from evals.datasets import CORPUS, NAMES
from models.annotations import AnnotatedText, read_annotated
from models.corpus import read_corpus
from models.countries import CountryFinder
from models.errors import DataError
from models.schema import Mention, Span

_WORDS_TIMED = 800
_TIMED_TEXTS = 25
_REPEATS = 7
_SHORT_CHARACTERS, _LONG_CHARACTERS = 200_000, 2_000_000
_HOSTILE = {
    "capitals": "AB CDE FGHI ",
    "titles": "Prime Minister Foreign Secretary President ",
    "dots": ". ",
    "dots alone": ".",
    "the the": "the ",
    "of the": "French of the ",
    "one country": "France ",
    "a capital's name": "Paris and ",
    "brackets": "Anna Morel (France) ((",
    "genitives": "France's ",
    "line ends": "U.S.\n",
    "spaces": "  \u200b\n",
}
"""Odd texts, by what is repeated in them."""
_WORD = re.compile(r"[\w'’-]+")
_DETERMINER = re.compile(
    "(?:the|its|their|our|his|her|my|your|this|that|these|those|both|an?|one|two|three|such|all|most|some)",
    re.IGNORECASE,
)
_OFFICE = re.compile(
    "Administration|Affairs|Agriculture|Ambassador|Assembly|Attorney|Board|Cabinet|Chancellor|Commission(?:er)?|Committee"
    "|Community|Council|Delegation|Department|Deputy|Development|Embassy|Environment|Finance|Fisheries|Foreign"
    "|Government|Governor|Health|High|House|Industry|Integration|Interior|Justice|King|Majesty's|Ministers?|Ministry"
    "|Mission|National|Office|Parliament|President|Prime|Queen|Reconciliation|Regional|Republic|Secretary|Senate"
    "|States?|Taoiseach|Technology|Trade|Treasury|Union"
)
"""Capitalised words that make no name of their own."""


def main(data: str | Path) -> dict[str, Any]:
    """Score the country finder.

    Args:
        data: A file or folder of the written corpus, JSON Lines of annotated articles, or the name of a data set; of
            the written corpus all texts count, as the finder learns from none.

    Returns:
        `texts`; of the corpus `precision`, `recall` (over marks that name a country or a person), `pronoun_like` marks
        (left out of recall), right and wrong mentions of each `kinds`; the `stance_countries` and the share found;
        `speed`: CPU milliseconds to load the table and to read 800 words; `growth`: see `measure_growth`.
    """
    finder = CountryFinder.load()
    path = CORPUS if str(data) in NAMES else Path(data)
    is_annotated = path.is_file() and path.suffix != ".txt"
    texts = read_annotated(path) if is_annotated else read_corpus(path, finder.codes)
    if not texts:
        raise DataError(f"{str(data)!r} has no text to measure on: name a file of annotated articles or of the corpus")
    found = [finder.find_mentions(text.text, text.title, text.date) for text in texts]
    marks = {} if is_annotated else _score_marks(finder, texts, found)
    return {
        "data": path.name,
        "texts": len(texts),
        **marks,
        **_score_stances(texts, found),
        "speed": measure_speed([text.text for text in texts]),
        "growth": measure_growth([text.text for text in texts]),
    }


def is_pronoun_like(words: str, code: str, finder: CountryFinder) -> bool:
    """Whether a marked phrase points back ('the host', 'its envoy', 'the Minister') and holds no name to be found."""
    first, *rest = _WORD.findall(words) or [words]
    if not first.islower() and not _DETERMINER.fullmatch(first):
        return False
    if any(not word.islower() and not _OFFICE.fullmatch(word.replace("’", "'")) for word in rest):
        return False
    return all(mention.country != code for mention in finder.find_mentions(words))


def measure_speed(texts: Sequence[str]) -> dict[str, float]:
    """CPU time of loading the table and of reading 800 words: the best of several runs, there the median over texts."""
    finder = CountryFinder.read()
    load_ms = 1e3 * min(_time(CountryFinder.read) for _ in range(_REPEATS))
    words = re.findall(r"\S+\s*", "\n\n".join(texts))[: _WORDS_TIMED * _TIMED_TEXTS]
    pieces = ["".join(words[place : place + _WORDS_TIMED]) for place in range(0, len(words), _WORDS_TIMED)]
    times = [min(_time(finder.find_mentions, piece) for _ in range(_REPEATS)) for piece in pieces]
    return {"load_ms": round(load_ms, 1), "ms_per_800_words": round(1e3 * median(times), 2) if times else 0.0}


def measure_growth(texts: Sequence[str]) -> dict[str, float]:
    """CPU time for each character of 2 MB of text against 200 kB of it, 1 being linear: of `texts`, then of odd ones.

    The best of several runs for 200 kB and of two for 2 MB.
    """
    finder = CountryFinder.load()
    growth = {}
    for name, words in {"ordinary text": "\n\n".join(texts), **_HOSTILE}.items():
        short = (words * (_SHORT_CHARACTERS // len(words) + 1))[:_SHORT_CHARACTERS]
        long = short * (_LONG_CHARACTERS // len(short))
        short_time = min(_time(finder.find_mentions, short) for _ in range(_REPEATS))
        long_time = min(_time(finder.find_mentions, long) for _ in range(2))
        growth[name] = round(long_time / len(long) / (short_time / len(short)), 2)
    return growth


def _time(function: Callable[..., object], *values: str) -> float:
    start = process_time()
    function(*values)
    return process_time() - start


def _score_marks(
    finder: CountryFinder, texts: Sequence[AnnotatedText], found: Sequence[Sequence[Mention]]
) -> dict[str, Any]:
    """Marks and mentions match where the code is the same and the words overlap."""
    right: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    num_marks = num_found = num_pronoun_like = 0
    for text, mentions in zip(texts, found, strict=True):
        mentions = [mention for mention in mentions if mention.span.field == "text"]
        spans = [(mention.span, mention.country) for mention in mentions]
        for span, code in text.mentions:
            if is_pronoun_like(text.text[span.start : span.end], code, finder):
                num_pronoun_like += 1
            else:
                num_marks += 1
                num_found += _overlaps(span, code, spans)
        for mention in mentions:
            (right if _overlaps(mention.span, mention.country, text.mentions) else wrong)[mention.kind] += 1
    return {
        "marks": num_marks,
        "recall": _share(num_found, num_marks),
        "precision": _share(right.total(), right.total() + wrong.total()),
        "pronoun_like": num_pronoun_like,
        "kinds": {
            kind: {"right": right[kind], "wrong": wrong[kind], "precision": _share(right[kind], total)}
            for kind, total in (right + wrong).most_common()
        },
    }


def _overlaps(span: Span, code: str, others: Sequence[tuple[Span, str]]) -> bool:
    return any(code == other and span.start < place.end and place.start < span.end for place, other in others)


def _score_stances(texts: Sequence[AnnotatedText], found: Sequence[Sequence[Mention]]) -> dict[str, Any]:
    """How many (country, proposal) stances there are, and the share whose country is found anywhere in the text."""
    is_found = [
        stance.country in {mention.country for mention in mentions}
        for text, mentions in zip(texts, found, strict=True)
        for stance in text.stances
    ]
    return {"stance_countries": len(is_found), "stance_countries_found": _share(sum(is_found), len(is_found))}


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0
