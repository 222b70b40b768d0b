"""Decoding: mentions to pairs, tagged tokens to spans, spans to proposals."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from models.decoding import (
    EVIDENCE_MARGIN,
    MAX_PROPOSALS_FOUND,
    MAX_SPAN_TOKENS,
    DecodingConfig,
    TaggedSpan,
    evidence_mentions,
    link_spans,
    main_proposal,
    pair_probabilities,
    pool_odds,
    proposal_probability,
    share_mentions,
    spans_like,
    tagged_spans,
)
from models.errors import CheckpointError
from models.schema import Article, Span
from models.tokens import TokenizedText, tokenize_article
from models.windows import Window

mention_logits = arrays.arrays(np.float64, st.tuples(st.integers(1, 6), st.just(4)), elements=st.floats(-20, 20))
OUTSIDE, BEGIN, INSIDE = 0, 1, 2


def test_pooled_odds_are_the_logs_of_the_summed_odds() -> None:
    logits = np.log([[2.0, 4.0, 1.0, 2.0], [1.0, 3.0, 1.0, 1.0]])

    assert pool_odds(logits) == pytest.approx([0.0, math.log(5.0), math.log(1.5), math.log(2.0)])


@given(mention_logits)
def test_pooling_does_not_depend_on_the_order_of_the_mentions(logits) -> None:
    assert pool_odds(logits[::-1]) == pytest.approx(pool_odds(logits))


@given(mention_logits, st.integers(0, 3))
def test_no_mention_lowers_the_odds_of_a_stance(logits, number: int) -> None:
    fewer = logits[: max(1, number)]

    assert (pool_odds(logits) >= pool_odds(fewer) - 1e-9).all()


def test_single_clear_mention_decides() -> None:
    silent, clear = [8.0, 0.0, 0.0, 0.0], [0.0, 1.0, 7.0, 0.0]

    probabilities = pair_probabilities(pool_odds(np.array([silent, silent, clear, silent])), DecodingConfig())

    assert probabilities.argmax() == 2
    assert probabilities[2] > 0.99


def test_calibration_of_nothing_is_the_softmax() -> None:
    assert pair_probabilities(np.log([1.0, 2.0, 3.0, 4.0]), DecodingConfig()) == pytest.approx([0.1, 0.2, 0.3, 0.4])


def test_none_bias_moves_only_none_and_temperature_only_the_sharpness() -> None:
    pooled = np.log([1.0, 2.0, 3.0, 4.0])

    biased = pair_probabilities(pooled, DecodingConfig(none_bias=math.log(11.0)))
    flat = pair_probabilities(pooled, DecodingConfig(temperature=2.0))

    assert biased == pytest.approx([0.55, 0.1, 0.15, 0.2])
    assert flat**2 / flat[0] ** 2 == pytest.approx([1.0, 2.0, 3.0, 4.0])


def test_pairs_are_calibrated_together_as_alone() -> None:
    pooled = np.array([[0.0, 1.0, -2.0, 3.0], [0.0, -1.0, 5.0, 0.5]])
    config = DecodingConfig(temperature=1.7, none_bias=-0.4)

    together = pair_probabilities(pooled, config)

    assert together.tolist() == [pair_probabilities(row, config).tolist() for row in pooled]


def test_evidence_is_the_clearest_first_and_ends_at_the_margin() -> None:
    odds = [0.5, 2.0, 2.0 - EVIDENCE_MARGIN, 2.0 - EVIDENCE_MARGIN - 0.01, 2.0]
    logits = np.array([[1.0, 9.0, 1.0 + value, 0.0] for value in odds])

    assert evidence_mentions(logits, 2) == [1, 4, 2]


@pytest.fixture
def tag(tiny_tokenizer):
    """The words that are found where tokens have the given tags; each tag has probability .9."""

    def tag(text: str, tags: list[int], title: str | None = None, window: Window | None = None) -> list[str]:
        article = Article(text=text, title=title)
        tokens = tokenize_article(tiny_tokenizer, article, [])
        window = window or Window(0, 0, len(tokens.ids), len(tokens.ids))
        assert len(tags) == window.end - window.start
        found = tagged_spans(tokens, window, tag_logits(tags, 0.9), np.eye(len(tags)), 0.5)
        return [f"{s.span.field}:{article.quote(s.span)}" for s in found]

    return tag


def tag_logits(tags: list[int], confidence: float) -> np.ndarray:
    probabilities = np.full((len(tags), 3), (1 - confidence) / 2)
    probabilities[np.arange(len(tags)), tags] = confidence
    return np.log(probabilities)


def test_begin_and_what_is_inside_after_it_are_one_span(tag) -> None:
    tags = [OUTSIDE, BEGIN, INSIDE, INSIDE, OUTSIDE, OUTSIDE, BEGIN, OUTSIDE]

    assert tag("said the seal quota on monday ban it", tags) == ["text:the seal quota", "text:ban"]


def test_begin_after_a_span_starts_another(tag) -> None:
    assert tag("the ban the levy", [BEGIN, INSIDE, BEGIN, INSIDE]) == ["text:the ban", "text:the levy"]


def test_inside_without_begin_starts_a_span(tag) -> None:
    assert tag("said the ban", [OUTSIDE, INSIDE, INSIDE]) == ["text:the ban"]


def test_begin_in_the_middle_of_a_word_does_not_cut_it(tag) -> None:
    assert tag("the zoo plan", [BEGIN, BEGIN, BEGIN, BEGIN, INSIDE]) == ["text:the", "text:zoo plan"]


@pytest.mark.parametrize(
    ("pieces", "found"),
    [
        ([BEGIN, OUTSIDE, INSIDE], ["text:zoo"]),
        ([INSIDE, BEGIN, OUTSIDE], ["text:zoo"]),
        ([OUTSIDE, OUTSIDE, BEGIN], []),
        ([OUTSIDE, INSIDE, INSIDE], []),
        ([BEGIN, OUTSIDE, OUTSIDE], []),
    ],
)
def test_word_is_tagged_as_its_first_piece_or_left_out_whole(tag, pieces: list[int], found: list[str]) -> None:
    assert tag("the zoo plan", [OUTSIDE, *pieces, OUTSIDE]) == found


def test_probability_of_a_span_is_the_mean_of_its_pieces(tiny_tokenizer) -> None:
    tokens = tokenize_article(tiny_tokenizer, Article(text="the ban zoo"), [])
    tags = tag_logits([OUTSIDE, BEGIN, INSIDE, OUTSIDE, INSIDE], 0.8)

    (found,) = tagged_spans(tokens, Window(0, 0, 5, 5), tags, np.eye(5), 0.5)

    assert (found.span, found.probability) == (Span(4, 11), pytest.approx((0.9 + 0.9 + 0.2 + 0.9) / 4))
    assert found.vector == pytest.approx([0.0, 0.5, 0.5, 0.5, 0.5])


def test_full_stop_after_a_span_is_outside_it(tag) -> None:
    assert tag("the ban.", [BEGIN, INSIDE, OUTSIDE]) == ["text:the ban"]


def test_span_ends_with_its_sentence_and_with_its_field(tag) -> None:
    tags = [BEGIN] + [INSIDE] * 5

    assert tag("The ban. The levy.", tags) == ["text:The ban.", "text:The levy."]
    assert tag("The ban. The", tags, title="Seal quota") == ["title:Seal quota", "text:The ban.", "text:The"]


def test_window_gives_only_spans_of_its_core(tag) -> None:
    text = "the ban the levy the pact the fund"
    tags = [INSIDE, BEGIN, INSIDE, BEGIN, INSIDE, BEGIN]

    assert tag(text, tags, window=Window(1, 2, 5, 7)) == ["text:the levy", "text:the"]


def test_span_is_bounded_in_length(tag) -> None:
    text = "ban " * (MAX_SPAN_TOKENS + 2)

    found = tag(text.strip(), [INSIDE] * (MAX_SPAN_TOKENS + 2))

    assert [len(words.split()) for words in found] == [MAX_SPAN_TOKENS, 2]


def test_uncertain_span_is_left_out(tiny_tokenizer) -> None:
    tokens = tokenize_article(tiny_tokenizer, Article(text="the ban"), [])
    logits = np.log([[0.42, 0.48, 0.1], [0.42, 0.1, 0.48]])

    def found(threshold: float) -> list[Span]:
        return [s.span for s in tagged_spans(tokens, Window(0, 0, 2, 2), logits, np.eye(2), threshold)]

    assert found(0.57) == [Span(0, 7)]
    assert found(0.59) == []


@settings(max_examples=80, deadline=None)
@given(tags=st.lists(st.sampled_from([OUTSIDE, BEGIN, INSIDE]), min_size=30, max_size=30))
def test_spans_of_any_tags_are_whole_words_of_one_sentence_of_one_field(tiny_tokenizer, tags: list[int]) -> None:
    article = Article(title="Seal quota. A plan", text="The ban. The zoo levy (it's 3%)\r\n\r\nCafe\u0301 talks")
    tokens = tokenize_article(tiny_tokenizer, article, [])
    total = len(tokens.ids)

    found = tagged_spans(tokens, Window(0, 0, total, total), tag_logits(tags[:total], 0.9), np.eye(total), 0.0)

    for span in (item.span for item in found):
        assert [s for s in tokens.sentences if s.field == span.field and s.start <= span.start and span.end <= s.end]
    words = []
    for at in range(total):
        is_inside_word = at > 0 and tiny_tokenizer.id_to_token(int(tokens.ids[at])).startswith("##")
        words.append(words[-1] if is_inside_word else at)
    assert covered(tokens, found) == [at for at in range(total) if tags[words[at]] != OUTSIDE]


def covered(tokens: TokenizedText, found: list[TaggedSpan]) -> list[int]:
    spans = [item.span for item in found]
    places = [tokens.span(at, at) for at in range(len(tokens.ids))]
    return [
        at
        for at, place in enumerate(places)
        if any(s.field == place.field and s.start <= place.start and place.end <= s.end for s in spans)
    ]


def tagged(start: int, angle: float, probability: float = 0.9) -> TaggedSpan:
    vector = np.array([math.cos(math.radians(angle)), math.sin(math.radians(angle))])
    return TaggedSpan(Span(start, start + 1), probability, vector)


def starts(groups: list[list[TaggedSpan]]) -> list[list[int]]:
    return [[item.span.start for item in group] for group in groups]


def test_near_spans_are_one_proposal_and_proposals_stand_in_order_of_first_mention() -> None:
    spans = [tagged(0, 0), tagged(5, 90), tagged(10, 10), tagged(15, 180), tagged(20, 95), tagged(25, 5)]

    assert starts(link_spans(spans, DecodingConfig())) == [[0, 10, 25], [5, 20], [15]]


def test_groups_merge_by_their_mean_cosine() -> None:
    spans = [tagged(0, 0), tagged(1, 48), tagged(2, 100)]

    assert starts(link_spans(spans, DecodingConfig(link_threshold=0.5))) == [[0, 1], [2]]
    assert starts(link_spans(spans, DecodingConfig(link_threshold=0.2))) == [[0, 1, 2]]


def test_proposal_without_a_sure_mention_is_dropped() -> None:
    spans = [tagged(0, 0, 0.6), tagged(1, 90, 0.8), tagged(2, 92, 0.55), tagged(3, 180, 0.69)]

    assert starts(link_spans(spans, DecodingConfig(proposal_threshold=0.7))) == [[1, 2]]


def test_only_the_strongest_proposals_are_kept_in_their_order() -> None:
    count = MAX_PROPOSALS_FOUND + 2
    spans = [TaggedSpan(Span(n, n + 1), 0.6 if n in (3, 7) else 0.9, vector) for n, vector in enumerate(np.eye(count))]

    groups = link_spans(spans, DecodingConfig())

    assert starts(groups) == [[n] for n in range(count) if n not in (3, 7)]


def test_probability_of_a_proposal_is_that_of_its_best_mention_until_calibrated() -> None:
    group = [tagged(0, 0, 0.6), tagged(1, 0, 0.8)]

    assert proposal_probability(group, DecodingConfig()) == pytest.approx(0.8)
    shifted = proposal_probability(group, DecodingConfig(proposal_bias=-math.log(4), proposal_temperature=2.0))
    assert shifted == pytest.approx(0.5)
    flat = proposal_probability(group, DecodingConfig(proposal_temperature=2.0))
    assert flat == pytest.approx(2 / 3), "the square root of odds of four"
    assert 0.99999 < proposal_probability([tagged(0, 0, 1.0)], DecodingConfig()) < 1


def test_main_proposal_is_the_one_most_spoken_of() -> None:
    groups = [[tagged(0, 0, 0.99)], [tagged(1, 90, 0.6), tagged(2, 90, 0.6)], [tagged(3, 180, 0.9)]]

    assert main_proposal(groups) == 1
    assert main_proposal([]) is None
    assert link_spans([], DecodingConfig()) == []


def test_config_is_read_from_all_its_keys() -> None:
    values = dataclasses.asdict(DecodingConfig(temperature=1.5, none_bias=-0.2))

    assert DecodingConfig.from_dict(values) == DecodingConfig(temperature=1.5, none_bias=-0.2)


def test_config_with_an_unknown_or_missing_key_is_refused() -> None:
    values = dataclasses.asdict(DecodingConfig())

    with pytest.raises(CheckpointError, match=r"'decoding' of config.json has .*'heat'.*; expected .*'temperature'"):
        DecodingConfig.from_dict({**values, "heat": 1.0})
    with pytest.raises(CheckpointError, match=r"expected .*'temperature'"):
        DecodingConfig.from_dict({key: value for key, value in values.items() if key != "temperature"})


def test_mention_goes_to_the_proposal_that_it_shows_most() -> None:
    clear, faint = [0.0, 4.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]

    shared = share_mentions(np.array([[clear], [faint]]))
    alone = share_mentions(np.array([[faint]]))

    assert alone[0, 0] == pytest.approx(faint)
    assert shared[0, 0, 1] > 3.8
    assert shared[1, 0, 1] < -1.5


def test_same_proposal_asked_twice_halves_the_odds_of_each() -> None:
    logits = np.array([[[0.0, 2.0, 1.0, -1.0], [1.0, 0.0, 3.0, 0.0]]])
    odds = logits[:, :, 1:] - logits[:, :, :1]

    assert share_mentions(np.concatenate([logits, logits]))[1, :, 1:] == pytest.approx(odds[0] - math.log(2))


def test_spans_like_a_proposal_are_those_of_at_least_the_cosine() -> None:
    spans = [tagged(0, 10), tagged(1, 59), tagged(2, 61), tagged(3, 180)]

    alike = spans_like(np.array([1.0, 0.0]), spans, DecodingConfig(screen_threshold=0.5))

    assert [item.span.start for item in alike] == [0, 1]
