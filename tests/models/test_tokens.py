"""Tokens: one for each country mention, word pieces with the offsets of the text as given."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.countries import CountryFinder
from models.schema import Article, Mention, Span
from models.tokens import (
    MAX_ARTICLE_TOKENS,
    MAX_PROPOSAL_TOKENS,
    TokenizedText,
    tokenize_article,
    tokenize_proposal,
)


def mention(source: str, words: str, country: str, field: str = "text") -> Mention:
    start = source.index(words)
    return Mention(Span(start, start + len(words), field), country, "name")


def quotes(article: Article, tokens: TokenizedText) -> list[str]:
    return [article.quote(tokens.span(at, at)) for at in range(len(tokens.ids))]


@pytest.fixture
def tokenize(tiny_tokenizer):
    """Tokenize with the mentions that the country finder finds."""

    def tokenize(text: str, title: str | None = None) -> tuple[Article, TokenizedText]:
        article = Article(text=text, title=title)
        return article, tokenize_article(tiny_tokenizer, article, CountryFinder.load().find_mentions(text, title))

    return tokenize


def test_mention_of_several_words_becomes_one_entity_token_with_its_span(tiny_tokenizer) -> None:
    article = Article(text="The envoy of New Zealand, Bo Tui, voted.")
    found = [mention(article.text, "envoy of New Zealand, Bo Tui", "NZL")]

    tokens = tokenize_article(tiny_tokenizer, article, found)

    assert quotes(article, tokens) == ["The", "envoy of New Zealand, Bo Tui", ",", "voted", "."]
    assert tokens.ids.tolist()[1] == -1
    assert tokens.entity.tolist() == [-1, 0, -1, -1, -1]
    assert tokens.country.tolist() == [-1, 0, -1, -1, -1]
    assert tokens.span(1, 1) == found[0].span


def test_mentions_share_the_country_and_keep_their_own_number(tiny_tokenizer) -> None:
    text = "Peru and Mali and Lima"
    found = [mention(text, "Peru", "PER"), mention(text, "Mali", "MLI"), mention(text, "Lima", "PER")]

    tokens = tokenize_article(tiny_tokenizer, Article(text=text), found)

    assert tokens.countries == ("PER", "MLI")
    assert tokens.entity.tolist() == [0, -1, 1, -1, 2]
    assert tokens.country.tolist() == [0, -1, 1, -1, 0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Norway's envoy voted", ["Norway", "'", "s", "envoy", "voted"]),
        ("A US-backed plan", ["A", "US", "-", "backed", "plan"]),
        ("(Peru)", ["(", "Peru", ")"]),
        ("Norway/Peru talks", ["Norway", "/", "Peru", "talks"]),
    ],
)
def test_signs_beside_a_mention_stay_outside_it(tokenize, text: str, expected: list[str]) -> None:
    article, tokens = tokenize(text)

    assert quotes(article, tokens) == expected
    assert [quote for quote, entity in zip(expected, tokens.entity, strict=True) if entity >= 0] == [
        word for word in expected if word in ("Norway", "US", "Peru")
    ]


@pytest.mark.parametrize(
    ("before", "pieces"),
    [
        ("🎉👩\u200d🚀 ", ["🎉👩\u200d🚀"]),
        ("The cafe\u0301: ", ["The", "c", "a", "f", "e\u0301", ":"]),
        ("The ban.\r\n\r\n", ["The", "ban", "."]),
        ("سلام عليكم ", ["سلام", "عليكم"]),
        ("\u200f\u202bשלום\u202c ", ["שלום"]),
        ("日本 ", ["日", "本"]),
        ("\ufeff\t the ", ["the"]),
    ],
    ids=["emoji", "combining mark", "CRLF", "Arabic", "Hebrew with marks", "Chinese", "byte order mark"],
)
def test_offsets_hold_after_characters_that_are_not_plain(tokenize, before: str, pieces: list[str]) -> None:
    article, tokens = tokenize(f"{before}Norway backed it.")

    assert quotes(article, tokens) == [*pieces, "Norway", "backed", "it", "."]
    assert tokens.entity.tolist() == [-1] * len(pieces) + [0, -1, -1, -1]


@settings(max_examples=60, deadline=None)
@given(text=st.text(alphabet="ab Zé\u0301.,'-\r\n\t🎉ש日", min_size=1, max_size=60).filter(str.strip))
def test_every_known_piece_is_the_word_at_its_offsets(tiny_tokenizer, text: str) -> None:
    article = Article(text=text)

    tokens = tokenize_article(tiny_tokenizer, article, [])

    for id_, quote in zip(tokens.ids.tolist(), quotes(article, tokens), strict=True):
        piece = tiny_tokenizer.id_to_token(id_).removeprefix("##")
        assert piece in ("[UNK]", quote.lower().replace("é", "e").replace("\u0301", ""))
    assert (tokens.starts[1:] >= tokens.ends[:-1]).all()
    assert (tokens.starts < tokens.ends).all()


def test_title_comes_first_as_one_sentence_of_its_own_field(tokenize) -> None:
    article, tokens = tokenize("It said no. Norway voted.", title="Peru. Back the plan")

    assert tokens.title_tokens == 5
    assert quotes(article, tokens)[:6] == ["Peru", ".", "Back", "the", "plan", "It"]
    assert tokens.span(0, 0) == Span(0, 4, "title")
    assert tokens.span(5, 5) == Span(0, 2, "text")
    assert tokens.sentences == (Span(0, 19, "title"), Span(0, 11), Span(12, 25))
    assert tokens.sentence.tolist() == [0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2]
    assert tokens.countries == ("PER", "NOR")


@pytest.mark.parametrize("title", [None, "", "  "])
def test_article_without_a_title_starts_with_its_text(tokenize, title: str | None) -> None:
    _, tokens = tokenize("The ban.", title=title)

    assert (tokens.title_tokens, tokens.sentences, len(tokens.ids)) == (0, (Span(0, 8),), 3)


def test_article_is_read_up_to_the_limit_and_says_so(tiny_tokenizer) -> None:
    whole = tokenize_article(tiny_tokenizer, Article(text="ban " * MAX_ARTICLE_TOKENS), [])
    cut = tokenize_article(tiny_tokenizer, Article(text="ban " * (MAX_ARTICLE_TOKENS + 1)), [])

    assert (len(whole.ids), whole.truncated) == (MAX_ARTICLE_TOKENS, False)
    assert (len(cut.ids), cut.truncated) == (MAX_ARTICLE_TOKENS, True)


def test_proposal_numbers_countries_as_the_article_does_and_its_own_beyond_them(tiny_tokenizer) -> None:
    wording = "the plan of Mali and Peru"
    found = [mention(wording, "Mali", "MLI"), mention(wording, "Peru", "PER")]

    ids, country = tokenize_proposal(tiny_tokenizer, wording, found, ["NOR", "PER"])

    assert ids.tolist() == [
        *map(tiny_tokenizer.token_to_id, ("the", "plan", "of")),
        -1,
        tiny_tokenizer.token_to_id("and"),
        -1,
    ]
    assert country.tolist() == [-1, -1, -1, 2, -1, 1]


def test_long_proposal_is_cut(tiny_tokenizer) -> None:
    ids, country = tokenize_proposal(tiny_tokenizer, "plan " * 100, [], [])

    assert (len(ids), len(country)) == (MAX_PROPOSAL_TOKENS, MAX_PROPOSAL_TOKENS)


def test_token_keeps_the_combining_mark_at_its_end(tiny_tokenizer) -> None:
    article = Article(text="The cafe\u0301 plan")
    tokens = tokenize_article(tiny_tokenizer, article, [])

    ends = {article.text[start:end] for start, end in zip(tokens.starts.tolist(), tokens.ends.tolist(), strict=True)}
    assert any(piece.endswith("e\u0301") for piece in ends)
