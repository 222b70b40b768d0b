"""Leakage: planted copies and texts of one event are all found, and copies stop a run."""

import random
from dataclasses import replace

import pytest

from evals.leakage import check_leakage, find_near_duplicates, find_same_events
from models.annotations import AnnotatedProposal
from models.errors import DataError

_SYLLABLES = ("ba", "ke", "li", "mo", "nu", "pra", "sto", "tri", "vel", "zan")


def make_words(rng: random.Random, count: int) -> str:
    return " ".join("".join(rng.choices(_SYLLABLES, k=3)) for _ in range(count))


@pytest.fixture
def make_texts(make_text):
    """Texts of random words about random proposals."""

    def make(seed: int, count: int, prefix: str):
        rng = random.Random(seed)
        texts = []
        for number in range(count):
            proposal = AnnotatedProposal(id="g1", description=make_words(rng, 6), main=True, mentions=())
            words = make_words(rng, rng.randrange(60, 300))
            changes = {"id": f"{prefix}-{number:03d}", "text": words, "proposals": (proposal,), "stances": ()}
            texts.append(replace(make_text(number, {}), **changes, mentions=()))
        return texts

    return make


def reword(text, rng: random.Random):
    """The text with every twentieth word another, a sentence before it and its end cut off."""
    words = [make_words(rng, 1) if rng.random() < 0.05 else word for word in text.text.split()]
    return replace(text, id=f"copy-of-{text.id}", text=f"{make_words(rng, 8)} {' '.join(words[:-5])}", proposals=())


def test_twenty_near_duplicates_and_ten_texts_of_one_event_are_all_found_and_nothing_else(make_texts):
    rng = random.Random(3)
    known, fresh = make_texts(1, 300, "known"), make_texts(2, 100, "fresh")
    copies = [reword(text, rng) for text in known[:20]]
    events = [
        replace(text, proposals=(replace(text.proposals[0], description=f"{other.proposals[0].description} vote"),))
        for text, other in zip(fresh[:10], known[20:30], strict=True)
    ]
    measured = [*events, *fresh[10:], *copies]

    assert find_near_duplicates(measured, known) == sorted(
        (copy.id, copy.id.removeprefix("copy-of-")) for copy in copies
    )
    planted = {(text.id, other.id) for text, other in zip(events, known[20:30], strict=True)}
    assert set(find_same_events([*events, *fresh[10:]], known)) == planted
    with pytest.raises(DataError, match=r"20 texts of the data were learnt from.*copy-of-known-000 = known-000"):
        check_leakage(measured, known)
    assert check_leakage([*events, *fresh[10:]], known) == {"learnt_from": 300, "texts_of_learnt_events": 10}


def test_without_texts_that_were_learnt_from_nothing_is_found(make_texts):
    assert check_leakage(make_texts(1, 2, "own"), []) == {"learnt_from": 0, "texts_of_learnt_events": 0}
