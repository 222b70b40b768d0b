"""Windows: whole sentences with neighbours, and what the encoder sees of them."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.countries import CountryFinder
from models.schema import Article, Span
from models.tokens import CLS, FIRST_ENTITY, NUM_ENTITIES, SEP, TokenizedText, tokenize_article, tokenize_proposal
from models.windows import MAX_CONTEXT_TOKENS, MAX_CORE_TOKENS, Window, make_windows, window_input

lengths_of_sentences = st.lists(st.integers(1, 330), min_size=1, max_size=30)


def make_tokens(lengths: list[int], country: dict[int, int] | None = None) -> TokenizedText:
    """Sentences of so many tokens; token n has id 1000 + n, and `country` says where the entity tokens are."""
    total = sum(lengths)
    countries = np.full(total, -1, dtype=np.int32)
    for position, number in (country or {}).items():
        countries[position] = number
    at = np.arange(total, dtype=np.int32)
    ends = np.cumsum(lengths)
    return TokenizedText(
        ids=np.where(countries < 0, 1000 + at, -1).astype(np.int32),
        entity=countries,
        country=countries,
        starts=at * 2,
        ends=at * 2 + 1,
        title_tokens=0,
        sentence=np.repeat(np.arange(len(lengths), dtype=np.int32), lengths),
        is_continuation=np.zeros(total, dtype=np.int32),
        sentences=tuple(Span(2 * int(end - length), 2 * int(end)) for length, end in zip(lengths, ends, strict=True)),
        countries=tuple(f"C{number}" for number in range(max(countries, default=-1) + 1)),
        truncated=False,
    )


def test_article_of_several_windows_is_cut_between_sentences_into_similar_parts() -> None:
    windows = make_windows(make_tokens([30] * 10))

    assert windows == [Window(0, 0, 120, 160), Window(80, 120, 240, 280), Window(200, 240, 300, 300)]


def test_short_article_is_one_window_and_an_empty_one_none() -> None:
    assert make_windows(make_tokens([5, 7])) == [Window(0, 0, 12, 12)]
    assert make_windows(make_tokens([])) == []


@given(lengths_of_sentences)
def test_every_token_is_in_exactly_one_core(lengths: list[int]) -> None:
    windows = make_windows(make_tokens(lengths))

    assert windows[0].core_start == 0
    assert windows[-1].core_end == sum(lengths)
    assert all(left.core_end == right.core_start for left, right in pairwise(windows))
    assert all(0 < window.core_end - window.core_start <= MAX_CORE_TOKENS for window in windows)


@given(lengths_of_sentences)
def test_only_a_sentence_that_is_too_long_is_cut(lengths: list[int]) -> None:
    tokens = make_tokens(lengths)

    for window in make_windows(tokens)[:-1]:
        sentence = tokens.sentence[window.core_end]
        is_cut = tokens.sentence[window.core_end - 1] == sentence
        assert not is_cut or lengths[sentence] > MAX_CORE_TOKENS


@given(lengths_of_sentences)
def test_context_reaches_as_far_as_it_may_and_no_further(lengths: list[int]) -> None:
    for window in make_windows(make_tokens(lengths)):
        assert window.core_start - window.start == min(MAX_CONTEXT_TOKENS, window.core_start)
        assert window.end - window.core_end == min(MAX_CONTEXT_TOKENS, sum(lengths) - window.core_end)


def test_input_is_the_proposal_then_the_window_each_closed_by_sep() -> None:
    tokens = make_tokens([10])
    proposal = (np.array([500, 501], dtype=np.int32), np.array([-1, -1], dtype=np.int32))

    entered = window_input(tokens, Window(3, 4, 5, 6), proposal)

    assert entered.ids.tolist() == [CLS, 500, 501, SEP, 1003, 1004, 1005, SEP]
    assert entered.types.tolist() == [0, 0, 0, 0, 1, 1, 1, 1]
    assert entered.offset == 4


def test_input_without_a_proposal_has_none_between_its_marks() -> None:
    entered = window_input(make_tokens([3]), Window(0, 0, 3, 3))

    assert entered.ids.tolist() == [CLS, SEP, 1000, 1001, 1002, SEP]
    assert (entered.types.tolist(), entered.offset) == ([0, 0, 1, 1, 1, 1], 2)


def test_entity_tokens_are_numbered_by_first_appearance_proposal_first() -> None:
    tokens = make_tokens([6], country={0: 5, 2: 2, 3: 7, 5: 5})
    proposal = (np.array([-1, 500, -1], dtype=np.int32), np.array([2, -1, 9], dtype=np.int32))

    entered = window_input(tokens, Window(0, 0, 6, 6), proposal)

    first, second, third, fourth = range(FIRST_ENTITY, FIRST_ENTITY + 4)
    assert entered.ids.tolist() == [CLS, first, 500, second, SEP, third, 1001, first, fourth, 1004, third, SEP]


def test_entity_order_replaces_the_numbers() -> None:
    tokens = make_tokens([3], country={0: 1, 1: 0, 2: 1})

    entered = window_input(tokens, Window(0, 0, 3, 3), entity_order=np.array([9, 4, *range(46)]))

    assert entered.ids.tolist() == [CLS, SEP, FIRST_ENTITY + 9, FIRST_ENTITY + 4, FIRST_ENTITY + 9, SEP]


def test_window_of_more_countries_than_entity_tokens_reuses_the_first() -> None:
    count = NUM_ENTITIES + 2
    tokens = make_tokens([count], country={number: number for number in range(count)})

    ids = window_input(tokens, Window(0, 0, count, count)).ids.tolist()[2:-1]

    assert ids == [*range(FIRST_ENTITY, FIRST_ENTITY + NUM_ENTITIES), FIRST_ENTITY, FIRST_ENTITY + 1]


@pytest.mark.parametrize("start", [0, 4])
def test_swapping_two_countries_gives_the_same_input(tiny_tokenizer, start: int) -> None:

    finder = CountryFinder.load()

    def enter(first: str, second: str) -> list[int]:
        text = f"{first} opposed the ban. But {second} backed it, and {first}'s envoy voted. Chile abstained."
        wording = f"the ban of {second}"
        tokens = tokenize_article(tiny_tokenizer, Article(text=text), finder.find_mentions(text))
        proposal = tokenize_proposal(tiny_tokenizer, wording, finder.find_mentions(wording), tokens.countries)
        return window_input(tokens, Window(start, start, len(tokens.ids), len(tokens.ids)), proposal).ids.tolist()

    assert enter("Norway", "Peru") == enter("Peru", "Norway") == enter("New Zealand", "Mali")
    assert enter("Norway", "Peru") != enter("Norway", "Norway")
