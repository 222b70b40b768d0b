"""Sentences that mislead (country_traps.toml): all but one in a hundred must be read right."""

import tomllib
from pathlib import Path

from models.countries import CountryFinder
from models.markup import take_apart

TRAPS = tomllib.loads((Path(__file__).parent / "country_traps.toml").read_text(encoding="utf-8"))
FEWEST_SENTENCES = 400
LEAST_SHARE = 0.99


def read_trap(marked: str) -> tuple[str, list[tuple[str, str]]]:
    """The plain sentence, and its countries with their words, articles apart."""
    block = take_apart(marked)
    marks = sorted(block.marks, key=lambda mark: mark.span)
    return block.text, [(mark.head[0], drop_article(block.text[mark.span.start : mark.span.end])) for mark in marks]


def drop_article(words: str) -> str:
    return words.removeprefix("The ").removeprefix("the ")


def find_wrong() -> list[str]:
    finder = CountryFinder.load()
    wrong = []
    for trap, table in TRAPS.items():
        for marked in table["sentences"]:
            text, expected = read_trap(marked)
            found = [(m.country, drop_article(text[m.span.start : m.span.end])) for m in finder.find_mentions(text)]
            if found != expected:
                wrong.append(f"{trap}: {marked}\n    found {found}")
    return wrong


def test_sentences_that_mislead_are_read_right():
    num_sentences = sum(len(table["sentences"]) for table in TRAPS.values())

    wrong = find_wrong()

    assert num_sentences >= FEWEST_SENTENCES
    assert len(wrong) <= (1 - LEAST_SHARE) * num_sentences, "\n".join(wrong)


def test_no_sentence_stands_twice():
    sentences = [sentence for table in TRAPS.values() for sentence in table["sentences"]]

    assert len(sentences) == len(set(sentences))
