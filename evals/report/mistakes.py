"""The mistakes that a report shows in their articles: a sample, and those that the model was surest of."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from evals.metrics.triples import has_stance
from evals.pairs import NONE, Pair, pair_all
from evals.slices import name_source
from evals.statistics import SEED
from models.annotations import AnnotatedText
from models.schema import Labels, Span

NUM_SAMPLED, NUM_SUREST = 200, 50
MAX_SHOWN_CHARACTERS = 30_000
"""A longer text is shown up to here; a page stays under 15 MB."""
_DOUBTFUL = 0.9


def collect_mistakes(texts: Sequence[AnnotatedText], labels: Sequence[Labels]) -> dict[str, Any]:
    """Mistakes with all that is needed to show them.

    Returns:
        `articles` by id, and `rows`: what was annotated and answered, evidence and mentions as spans. A mistake with
        confidence of 0.9 and more `is_doubtful`: a reader should look whether the annotation is right.
    """
    wrong = [pair for pair in pair_all(texts, labels) if has_stance(pair) and not pair.is_right]
    surest = sorted(wrong, key=lambda pair: -(pair.confidence or 0.0))[:NUM_SUREST]
    sampled = random.Random(SEED).sample(wrong, min(NUM_SAMPLED, len(wrong)))
    shown = {(p.article, p.country, p.proposal, p.gold, p.predicted): p for p in [*surest, *sampled]}
    texts_by_id = {text.id: text for text in texts}
    answers = {text.id: answer for text, answer in zip(texts, labels, strict=True)}
    ids = dict.fromkeys(pair.article for pair in shown.values())
    return {
        "total": len(wrong),
        "articles": {name: _describe_article(texts_by_id[name]) for name in ids},
        "rows": [_describe(pair, texts_by_id[pair.article], answers[pair.article]) for pair in shown.values()],
    }


def _describe_article(text: AnnotatedText) -> dict[str, Any]:
    return {"title": text.title or "", "date": text.date or "", "text": text.text[:MAX_SHOWN_CHARACTERS]}


def _describe(pair: Pair, text: AnnotatedText, labels: Labels) -> dict[str, Any]:
    proposal = next((p for p in text.proposals if p.id == pair.proposal), None)
    mentions = [mention.span for mention in labels.countries.get(pair.country, ())]
    words = proposal.description if proposal else _found_words(pair, labels)
    return {
        "article": pair.article,
        "source": name_source(pair.article),
        "country": pair.country,
        "name": labels.country_names.get(pair.country, pair.country),
        "proposal": words,
        "gold": pair.gold,
        "predicted": pair.predicted,
        "kind": _kind(pair),
        "confidence": pair.confidence,
        "is_doubtful": (pair.confidence or 0.0) >= _DOUBTFUL,
        "spans": {
            "gold": _spans(pair.gold_evidence),
            "predicted": _spans(pair.evidence),
            "country": _spans(mentions),
            "proposal": _spans(proposal.mentions if proposal else ()),
        },
    }


def _found_words(pair: Pair, labels: Labels) -> str:
    name = pair.proposal.removeprefix("unmatched ")
    return next((p.text for p in labels.proposals if p.id == name), name)


def _kind(pair: Pair) -> str:
    if pair.is_flip:
        return "flip"
    if pair.predicted == NONE:
        return "missed"
    return "invented" if pair.gold == NONE else "other stance"


def _spans(spans: Sequence[Span]) -> list[list[Any]]:
    return [[span.start, span.end, span.field] for span in spans]
