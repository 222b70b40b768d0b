"""An article as the encoder reads it: word pieces with offsets, every country mention one entity token.

The words of a mention ('French President Anna Morel', 'Paris') are replaced by one token that says only
'this country again', numbered in order of appearance in each window. So the network never sees which
country it reads about, and swapping two countries in a text swaps their labels exactly. (Entity masking
as in Zhang et al. 2017, 'Position-aware attention and supervised data improve slot filling', without types.)
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from models.schema import Article, Field, Mention, Span
from models.sentences import split_sentences

CLS, SEP, PAD = 101, 102, 0
"""Word-piece ids of the BERT vocabulary that frame an input."""
FIRST_ENTITY, NUM_ENTITIES = 1, 48
"""Entity tokens are the vocabulary's [unused0] .. [unused47]. A window that names more countries reuses them."""
MAX_ARTICLE_TOKENS = 16_384
"""Tokens of an article that are read; a longer one is labelled on its beginning and says `truncated`."""
MAX_PROPOSAL_TOKENS = 48

IntArray = NDArray[np.int32]


@dataclass(frozen=True)
class TokenizedText:
    """Tokens of a title and text, in order; N tokens.

    Attributes:
        ids: Vocabulary ids, (N,); at entity tokens -1.
        entity: At entity tokens the index of the mention, elsewhere -1, (N,).
        country: At entity tokens the index into `countries`, elsewhere -1, (N,).
        starts: First character of each token in its field, (N,).
        ends: End of each token, exclusive, (N,).
        title_tokens: How many of the tokens, from the first, belong to the title.
        sentence: Index into `sentences`, (N,).
        is_continuation: 1 on pieces that go on with the word of the token before, (N,).
        sentences: Character spans of the sentences; the title is one.
        countries: Codes in order of first appearance.
        truncated: Whether tokens beyond MAX_ARTICLE_TOKENS were left out.
    """

    ids: IntArray
    entity: IntArray
    country: IntArray
    starts: IntArray
    ends: IntArray
    title_tokens: int
    sentence: IntArray
    is_continuation: IntArray
    sentences: tuple[Span, ...]
    countries: tuple[str, ...]
    truncated: bool

    @cached_property
    def entity_positions(self) -> IntArray:
        """Positions of the entity tokens, in order, (M,)."""
        return np.flatnonzero(self.entity >= 0).astype(np.int32)

    def covered(self, span: Span) -> IntArray:
        """Positions of the tokens that overlap a span, in order."""
        in_field = np.arange(len(self.ids)) < self.title_tokens
        if span.field == "text":
            in_field = ~in_field
        return np.flatnonzero(in_field & (self.ends > span.start) & (self.starts < span.end)).astype(np.int32)

    def span(self, first: int, last: int) -> Span:
        """Characters from token `first` to token `last`, inclusive; both of one field."""
        field: Field = "title" if first < self.title_tokens else "text"
        return Span(int(self.starts[first]), int(self.ends[last]), field)


def tokenize_article(tokenizer: Tokenizer, article: Article, mentions: Sequence[Mention]) -> TokenizedText:
    """Tokenize title and text, put one entity token for each mention, and number the sentences."""
    countries = tuple(dict.fromkeys(m.country for m in mentions))
    sentences: list[Span] = []
    columns: list[IntArray] = []
    title_tokens = 0
    if article.title and article.title.strip():
        sentences.append(Span(0, len(article.title), "title"))
        columns.append(_field_tokens(tokenizer, article.title, "title", mentions, countries, sentences))
        title_tokens = columns[0].shape[1]
    text_sentences = [Span(start, end) for start, end in split_sentences(article.text)]
    body = _field_tokens(tokenizer, article.text, "text", mentions, countries, text_sentences)
    body[5] += len(sentences)
    columns.append(body)
    table = np.concatenate(columns, axis=1)
    ids, entity, country, starts, ends, sentence, is_continuation = table[:, :MAX_ARTICLE_TOKENS]
    return TokenizedText(
        ids,
        entity,
        country,
        starts,
        ends,
        title_tokens,
        sentence,
        is_continuation,
        (*sentences, *text_sentences),
        countries,
        truncated=table.shape[1] > MAX_ARTICLE_TOKENS,
    )


def _field_tokens(
    tokenizer: Tokenizer,
    words: str,
    field: Field,
    mentions: Sequence[Mention],
    countries: Sequence[str],
    sentences: Sequence[Span],
) -> IntArray:
    """Rows ids, entity, country, starts, ends, sentence, is_continuation of one field, (7, N)."""
    encoding = tokenizer.encode(words, add_special_tokens=False)
    ids = np.array(encoding.ids, dtype=np.int32)
    offsets = np.array(encoding.offsets, dtype=np.int32).reshape(-1, 2)
    starts, ends = offsets[:, 0].copy(), offsets[:, 1].copy()
    if not words.isascii():
        ends = np.array([_with_marks(words, end) for end in ends.tolist()], dtype=np.int32)
    entity, country = np.full_like(ids, -1), np.full_like(ids, -1)
    words_of = np.array(encoding.word_ids, dtype=np.int32)
    is_continuation = (np.diff(words_of, prepend=-1) == 0).astype(np.int32)
    keep = np.ones(len(ids), dtype=bool)
    for index, mention in enumerate(mentions):
        if mention.span.field != field:
            continue
        first = int(np.searchsorted(ends, mention.span.start, side="right"))
        last = int(np.searchsorted(starts, mention.span.end, side="left"))
        if first >= last or not keep[first]:
            continue
        keep[first + 1 : last] = False
        ids[first] = -1
        is_continuation[first] = 0
        entity[first], country[first] = index, countries.index(mention.country)
        starts[first], ends[first] = mention.span.start, mention.span.end
    begins = np.array([s.start for s in sentences], dtype=np.int32)
    sentence = np.maximum(np.searchsorted(begins, starts, side="right") - 1, 0).astype(np.int32)
    return np.stack([ids, entity, country, starts, ends, sentence, is_continuation])[:, keep]


def _with_marks(words: str, end: int) -> int:
    """The end of a token with the combining marks after it, which the tokenizer leaves out."""
    while end < len(words) and unicodedata.combining(words[end]):
        end += 1
    return end


def tokenize_proposal(
    tokenizer: Tokenizer, proposal: str, mentions: Sequence[Mention], article_countries: Sequence[str]
) -> tuple[IntArray, IntArray]:
    """Tokenize a proposal's text the same way.

    Returns:
        ids (P,), -1 at entity tokens, and country (P,): indices into `article_countries`, or beyond them
        for countries that only the proposal names. P is at most MAX_PROPOSAL_TOKENS.
    """
    countries = list(dict.fromkeys([*article_countries, *(m.country for m in mentions)]))
    table = _field_tokens(tokenizer, proposal, "text", mentions, countries, [Span(0, len(proposal))])
    return table[0, :MAX_PROPOSAL_TOKENS], table[2, :MAX_PROPOSAL_TOKENS]
