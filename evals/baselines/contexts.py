"""What a baseline sees of a (country, proposal) pair: the sentences that name the country, and the proposal's words.

Countries and proposals are those of the answer that is being measured: a baseline differs from it in the stances alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from evals.metrics.triples import FloatArray
from models.annotations import AnnotatedText
from models.schema import SCORES, Field, Labels, Mention, Proposal, Span, Stance, StanceRow
from models.sentences import split_sentences

COUNTRY, OTHER = "COUNTRY", "OTHER"
"""What stands for the country that is asked about, and for every other one."""
_WORD = re.compile(r"[^\W\d_]{4,}")
_STEM_CHARACTERS = 5


@dataclass(frozen=True)
class Context:
    """A sentence that names the country; its words with countries masked, and where it stands."""

    masked: str
    span: Span
    shared: float
    """Share of the proposal's word stems that the sentence and its neighbours have."""


@dataclass(frozen=True)
class PairContexts:
    """All contexts of a country with a proposal."""

    country: str
    proposal: Proposal
    contexts: tuple[Context, ...]


def find_contexts(labels: Labels) -> Iterator[PairContexts]:
    """The contexts of every country with every proposal of an answer."""
    sentences = list(_sentences(labels))
    mentions = [mention for items in labels.countries.values() for mention in items]
    stems = [find_stems(labels.article.quote(span)) for span in sentences]
    nearby = [set().union(*stems[max(n - 1, 0) : n + 2]) for n in range(len(stems))]
    for proposal in labels.proposals:
        wanted = find_stems(proposal.text)
        for country, own in labels.countries.items():
            numbers = [n for n, span in enumerate(sentences) if any(_inside(m.span, span) for m in own)]
            contexts = tuple(
                Context(
                    mask(labels, sentences[n], mentions, country),
                    sentences[n],
                    len(wanted & nearby[n]) / len(wanted) if wanted else 0.0,
                )
                for n in numbers
            )
            yield PairContexts(country, proposal, contexts)


def answer(labels: Labels, score: Callable[[PairContexts], tuple[FloatArray, Sequence[Span]]], name: str) -> Labels:
    """The same answer with other stances.

    Args:
        labels: What countries and proposals there are.
        score: Probabilities of a pair in the order of SCORES, (4,), and its evidence. A stance is answered where it
            is more probable than none.
        name: Of the baseline.
    """
    rows = []
    for pair in find_contexts(labels):
        scores, evidence = score(pair)
        best = int(np.argmax(scores))
        if best:
            rows.append(
                StanceRow(
                    country=pair.country,
                    name=labels.country_names.get(pair.country, pair.country),
                    proposal=pair.proposal.id,
                    stance=Stance(SCORES[best]),
                    confidence=float(scores[best]),
                    scores=(float(scores[0]), float(scores[1]), float(scores[2]), float(scores[3])),
                    evidence=tuple(evidence),
                )
            )
    return replace(labels, stances=tuple(rows), model={"name": name, "version": "1"})


def as_labels(text: AnnotatedText, countries: Mapping[str, tuple[Mention, ...]]) -> Labels:
    """An annotated text as an answer without stances, to learn from: its proposals and the countries found in it."""
    proposals = tuple(Proposal(id=p.id, text=p.description, mentions=p.mentions, given=True) for p in text.proposals)
    article = replace(text.article(), proposals=tuple(p.text for p in proposals))
    return Labels(article=article, id=text.id, proposals=proposals, stances=(), countries=countries)


def find_stems(words: str) -> set[str]:
    """The beginnings of the longer words of a text, in lower case."""
    return {word.lower()[:_STEM_CHARACTERS] for word in _WORD.findall(words)}


def mask(labels: Labels, span: Span, mentions: Sequence[Mention], country: str) -> str:
    """The words at a span, with every mention of a country replaced."""
    words, at = [], span.start
    for mention in sorted(mentions, key=lambda m: m.span):
        if _inside(mention.span, span) and mention.span.start >= at:
            words += [
                labels.article.quote(Span(at, mention.span.start, span.field)),
                COUNTRY if mention.country == country else OTHER,
            ]
            at = mention.span.end
    return "".join([*words, labels.article.quote(Span(at, span.end, span.field))])


def _sentences(labels: Labels) -> Iterator[Span]:
    if labels.article.title:
        yield Span(0, len(labels.article.title), "title")
    field: Field = "text"
    yield from (Span(start, end, field) for start, end in split_sentences(labels.article.text))


def _inside(part: Span, whole: Span) -> bool:
    return part.field == whole.field and whole.start <= part.start < whole.end
