"""Training examples: corpus texts as the encoder will read them, with what it should say.

Countries are found by the same finder that labelling uses, so the network trains on the mentions it will meet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from tokenizers import Tokenizer

from models.annotations import AnnotatedProposal, AnnotatedText
from models.countries import CountryFinder
from models.schema import SCORES, Article, Span
from models.tokens import IntArray, TokenizedText, tokenize_article, tokenize_proposal
from models.windows import Window, make_windows
from training.wordings import Wordings

BEGIN, INSIDE = 1, 2
"""Tags of proposal tokens; 0 is outside."""
MAX_EVIDENCE_DISTANCE = 2
"""Sentences to look back for the mention that a pronoun in the evidence stands for."""


TokenizedWording = tuple[IntArray, IntArray]


@dataclass(frozen=True)
class ProposalExample:
    """One proposal of a text.

    Attributes:
        descriptions: Tokenized (`tokenize_proposal`); its description first, then other wordings of it.
        quotes: The mentions in the text, tokenized.
        opposites: Descriptions of its opposite, tokenized; one or none.
        classes: Index into SCORES for each country of the text, (C,).
        is_evidence: True at mentions (entity tokens, in token order) that show their country's stance, (M,).
    """

    descriptions: tuple[TokenizedWording, ...]
    quotes: tuple[TokenizedWording, ...]
    opposites: tuple[TokenizedWording, ...]
    classes: IntArray
    is_evidence: np.ndarray


@dataclass(frozen=True)
class TextExample:
    """One text with everything to learn from it.

    Attributes:
        id: The corpus text's id.
        tokens: The tokenized text, N tokens.
        windows: Its windows.
        mentions: Token position of each mention, in order, (M,).
        proposals: Its proposals.
        tags: 0 outside, 1 begin, 2 inside a proposal mention, (N,).
        spans: First and last token of each proposal mention and the index of its proposal.
        missed: Countries with a stance that the finder did not find.
    """

    id: str
    tokens: TokenizedText
    windows: tuple[Window, ...]
    mentions: IntArray
    proposals: tuple[ProposalExample, ...]
    tags: IntArray
    spans: tuple[tuple[int, int, int], ...]
    missed: int


def make_examples(
    texts: Iterable[AnnotatedText],
    tokenizer: Tokenizer,
    finder: CountryFinder,
    wordings: Mapping[str, Wordings] | None = None,
) -> Iterator[TextExample]:
    """Turn corpus texts into examples, in order; `wordings` by description are read beside the texts' own."""
    for text in texts:
        yield _make_example(text, tokenizer, finder, wordings or {})


def _make_example(
    text: AnnotatedText, tokenizer: Tokenizer, finder: CountryFinder, wordings: Mapping[str, Wordings]
) -> TextExample:
    article = Article(text=text.text, title=text.title, date=text.date)
    mentions = finder.find_mentions(text.text, title=text.title, date=text.date)
    tokens = tokenize_article(tokenizer, article, mentions)
    positions = np.flatnonzero(tokens.entity >= 0).astype(np.int32)
    found = set(tokens.countries)
    tags, spans = _tag_proposals(tokens, text.proposals)
    return TextExample(
        id=text.id,
        tokens=tokens,
        windows=tuple(make_windows(tokens)),
        mentions=positions,
        proposals=tuple(
            _proposal_example(
                text, p, article, tokens, positions, tokenizer, finder, wordings.get(p.description, Wordings())
            )
            for p in text.proposals
        ),
        tags=tags,
        spans=spans,
        missed=sum(s.country not in found for s in text.stances),
    )


def _proposal_example(
    text: AnnotatedText,
    proposal: AnnotatedProposal,
    article: Article,
    tokens: TokenizedText,
    positions: IntArray,
    tokenizer: Tokenizer,
    finder: CountryFinder,
    wordings: Wordings,
) -> ProposalExample:
    classes = np.zeros(len(tokens.countries), dtype=np.int32)
    is_evidence = np.zeros(len(positions), dtype=bool)
    for stance in text.stances:
        if stance.proposal == proposal.id and stance.country in tokens.countries:
            country = tokens.countries.index(stance.country)
            classes[country] = SCORES.index(stance.stance.value)
            own = positions[tokens.country[positions] == country]
            is_evidence |= np.isin(positions, _evidence_mentions(tokens, own, stance.evidence))

    def tokenize(words: Iterable[str]) -> tuple[TokenizedWording, ...]:
        return tuple(
            tokenize_proposal(tokenizer, wording, finder.find_mentions(wording), tokens.countries)
            for wording in dict.fromkeys(words)
        )

    return ProposalExample(
        descriptions=tokenize([proposal.description, *wordings.same]),
        quotes=tokenize(article.quote(span) for span in proposal.mentions),
        opposites=tokenize([wordings.opposite] if wordings.opposite else []),
        classes=classes,
        is_evidence=is_evidence,
    )


def _evidence_mentions(tokens: TokenizedText, own: IntArray, evidence: Sequence[Span]) -> list[int]:
    """Positions of the country's mentions that carry the evidence: in it, else in its sentence, else just before."""
    chosen: list[int] = []
    for span in evidence:
        covered = tokens.covered(span)
        if not len(covered):
            continue
        first, last = tokens.sentence[covered[0]], tokens.sentence[covered[-1]]
        inside = [int(p) for p in own if covered[0] <= p <= covered[-1]]
        near = [int(p) for p in own if first <= tokens.sentence[p] <= last]
        before = [int(p) for p in own if first - MAX_EVIDENCE_DISTANCE <= tokens.sentence[p] < first][-1:]
        chosen += inside or near or before
    return chosen


def _tag_proposals(
    tokens: TokenizedText, proposals: Sequence[AnnotatedProposal]
) -> tuple[IntArray, tuple[tuple[int, int, int], ...]]:
    """Tags and spans of proposal mentions; where two overlap, the longer is kept."""
    tags = np.zeros(len(tokens.ids), dtype=np.int32)
    marked = [(tokens.covered(span), index) for index, p in enumerate(proposals) for span in p.mentions]
    spans = []
    for covered, index in sorted(marked, key=lambda item: -len(item[0])):
        if len(covered) and not tags[covered].any():
            tags[covered] = INSIDE
            tags[covered[0]] = BEGIN
            spans.append((int(covered[0]), int(covered[-1]), index))
    return tags, tuple(sorted(spans))
