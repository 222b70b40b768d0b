"""Every code of the tables in all the ways in which news texts write it, in sentences without other names."""

import tomllib
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.countries import CountryFinder

TABLES = Path(__file__).parents[2] / "models"
COUNTRIES = tomllib.loads((TABLES / "countries.toml").read_text(encoding="utf-8"))
GROUPS = tomllib.loads((TABLES / "groups.toml").read_text(encoding="utf-8"))
SHARED = COUNTRIES.pop("shared")
RECORDS = COUNTRIES | GROUPS
AS_NAME = (
    "It is known that {} rejected the plan.",
    "The envoys wait for {}'s foreign minister to come.",
    "The envoys wait for {}’s vote.",
    "It was a text by the {} government.",
    "A {}-backed text was on the table.",
    "They all (even {}) agreed to it.",
    "{}: no change of mind is expected.",
)
AS_DEMONYM = (
    "It is known that the {} government rejected the plan.",
    "A {}-backed text was on the table.",
    "The envoys wait for the {} foreign minister’s vote.",
)
AS_CAPITAL = (
    "It is known that {} rejected the plan.",
    "The envoys wait for {}'s answer, which may be no.",
    "They voted against it, joining {}.",
    "It is up to the government in {} to decide.",
)
FEWEST_SENTENCES = 12
SHORTEST_CAPITALS = 4


def list_words(record: dict, key: str) -> list[str]:
    words = record.get(key, [])
    return [words] if isinstance(words, str) else list(words)


def make_sentences(code: str) -> Iterator[tuple[str, str, str]]:
    """Sentence, the words of the code in it, and the words before them."""
    record = RECORDS[code]
    kinds = [("name", AS_NAME), ("official", AS_NAME), ("names", AS_NAME), ("demonyms", AS_DEMONYM)]
    for key, patterns in [*kinds, ("capitals", AS_CAPITAL), ("seats", AS_CAPITAL[:3])]:
        for form in list_words(record, key):
            if form in SHARED:
                continue
            named = f"{record['name']} listens. " if form in record.get("weak", ()) else ""
            for pattern in patterns:
                yield named + pattern.format(form), form, named + pattern.split("{")[0]
            for variant in list_variants(form):
                yield named + patterns[0].format(variant), variant, named + patterns[0].split("{")[0]


def list_variants(form: str) -> Iterator[str]:
    """Other ways to write a form: in capitals, accents joined, apart or gone, apostrophes of all kinds, odd spaces."""
    plain = "".join(c for c in unicodedata.normalize("NFD", form) if not unicodedata.combining(c))
    if len(form) >= SHORTEST_CAPITALS:
        yield form.upper()
        yield plain.upper()
    yield plain
    yield unicodedata.normalize("NFD", form)
    yield from (form.replace("'", sign) for sign in "’ʻ`" if "'" in form)
    if " " in form:
        yield form.replace(" ", "\u00a0")
        yield form.replace(" ", "\n")


@pytest.mark.parametrize("code", sorted(RECORDS))
def test_every_form_of_a_code_is_found_in_a_neutral_sentence(code):
    finder = CountryFinder.load()
    sentences = set(make_sentences(code))

    missed = []
    for sentence, words, before in sorted(sentences):
        span = (len(before), len(before) + len(words))
        mentions = [m for m in finder.find_mentions(sentence) if m.span.start < span[1] and span[0] < m.span.end]
        if [m.country for m in mentions] != [code]:
            missed.append((sentence, words, [m.country for m in mentions]))

    assert missed == [], missed
    assert len({sentence for sentence, _, _ in sentences}) >= FEWEST_SENTENCES


@pytest.mark.parametrize("form", sorted(SHARED))
def test_a_shared_form_is_found_and_is_one_of_its_codes(form):
    mentions = CountryFinder.load().find_mentions(f"It is known that the {form} government rejected the plan.")

    assert len(mentions) == 1
    assert mentions[0].country in SHARED[form]
