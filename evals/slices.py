"""Slices: the same scores on parts of the data, so that a mean hides nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from evals.metrics.calibration import expected_calibration_error
from evals.metrics.spans import SentenceIndex
from evals.metrics.triples import count_by_article, flip_rate, has_stance, micro_f1
from evals.pairs import NONE, Pair
from evals.statistics import bootstrap
from models.annotations import AnnotatedText
from models.schema import Labels

MIN_TRUSTED_ROWS = 30
"""Slices with fewer rows are shown grey."""
_ORDER = ("name", "demonym", "official", "capital", "seat", "group")
"""Of the kinds by which a country is named, the one that comes first here names the slice."""


@dataclass(frozen=True)
class _Place:
    """Where a pair stands: its text, the answer, and the sentences of the text."""

    text: AnnotatedText
    labels: Labels
    sentences: SentenceIndex


def _stance(pair: Pair, place: _Place) -> str | None:
    return pair.gold if pair.gold != NONE else None


def name_source(article: str) -> str:
    """The source of an article: its id without the number at the end."""
    return article.rstrip("0123456789").rstrip("-_") or "-"


def _source(pair: Pair, place: _Place) -> str:
    return name_source(pair.article)


def _year(pair: Pair, place: _Place) -> str:
    return place.text.date[:4] if place.text.date else "undated"


def _mention_kind(pair: Pair, place: _Place) -> str:
    kinds = {mention.kind for mention in place.labels.countries.get(pair.country, ())}
    return next((kind for kind in _ORDER if kind in kinds), "not found")


def _num_mentions(pair: Pair, place: _Place) -> str:
    return _bucket(len(place.labels.countries.get(pair.country, ())), (1, 2, 5))


def _num_countries(pair: Pair, place: _Place) -> str:
    return _bucket(len(place.labels.countries), (2, 5, 10, 20))


def _num_proposals(pair: Pair, place: _Place) -> str:
    return _bucket(len(place.text.proposals), (1, 2, 4))


def _length(pair: Pair, place: _Place) -> str:
    return _bucket(len(place.text.text.split()), (100, 300, 600, 1200)) + " words"


def _distance(pair: Pair, place: _Place) -> str:
    """Sentences between the country and the annotated proposal, at their closest."""
    mentions = [m.span for m in place.labels.countries.get(pair.country, ())]
    wanted = [span for p in place.text.proposals if p.id == pair.proposal for span in p.mentions]
    here, there = place.sentences.sentences(mentions), place.sentences.sentences(wanted)
    if not here or not there:
        return "country or proposal not in the text"
    return _bucket(min(abs(a - b) for a in here for b in there), (0, 1, 3, 8)) + " sentences"


def _main(pair: Pair, place: _Place) -> str:
    known = {p.id: p.main for p in place.text.proposals}
    return "not annotated" if pair.proposal not in known else "main" if known[pair.proposal] else "other"


def _truncated(pair: Pair, place: _Place) -> str:
    return "read in part" if place.labels.truncated else "read in full"


AXES: Mapping[str, Callable[[Pair, _Place], str | None]] = {
    "annotated stance": _stance,
    "source": _source,
    "country to proposal": _distance,
    "kind of mention": _mention_kind,
    "mentions of the country": _num_mentions,
    "proposal": _main,
    "countries in the article": _num_countries,
    "proposals in the article": _num_proposals,
    "length of the article": _length,
    "how much was read": _truncated,
    "year": _year,
}
"""The slice of a pair on each axis; None where it is in none."""


def score_slices(
    pairs: Sequence[Pair], texts: Sequence[AnnotatedText], labels: Sequence[Labels]
) -> list[dict[str, Any]]:
    """Micro F1 with its interval, flip rate and calibration error of each slice of each axis, largest slices first."""
    places = {
        text.id: _Place(text, answer, SentenceIndex(text.text)) for text, answer in zip(texts, labels, strict=True)
    }
    members: dict[tuple[str, str], list[Pair]] = {}
    for pair in filter(has_stance, pairs):
        for axis, name in AXES.items():
            part = name(pair, places[pair.article])
            if part is not None:
                members.setdefault((axis, part), []).append(pair)
    slices = [_score_slice(key, same) for key, same in members.items()]
    axes = list(AXES)
    return sorted(slices, key=lambda item: (axes.index(item["axis"]), -item["rows"], item["slice"]))


def _score_slice(key: tuple[str, str], pairs: Sequence[Pair]) -> dict[str, Any]:
    """The articles of the slice are resampled alone: in a draw without any of them it would have no score."""
    counts = count_by_article(pairs, list(dict.fromkeys(pair.article for pair in pairs)))
    interval = bootstrap(counts, micro_f1)
    total = counts.sum(axis=0)
    predicted, gold = int(total[1:-1:3].sum()), int(total[2:-1:3].sum())
    return {
        "axis": key[0],
        "slice": key[1],
        "articles": len(counts),
        "rows": max(predicted, gold),
        "predicted": predicted,
        "gold": gold,
        "micro_f1": interval.value,
        "low": interval.low,
        "high": interval.high,
        "flip_rate": float(flip_rate(total)),
        "ece": _calibration_error(pairs),
        "is_trusted": max(predicted, gold) >= MIN_TRUSTED_ROWS,
    }


def _calibration_error(pairs: Sequence[Pair]) -> float | None:
    """Of the rows with a predicted stance; None for too few to trust it."""
    rows = [(pair.confidence, pair.is_right) for pair in pairs if pair.confidence is not None]
    if len(rows) < MIN_TRUSTED_ROWS:
        return None
    confidence, is_right = zip(*rows, strict=True)
    return expected_calibration_error(np.array(confidence), np.array(is_right))


def _bucket(number: int, tops: Sequence[int]) -> str:
    """The range that a number falls in; ranges end at `tops`."""
    bottom = 0
    for top in tops:
        if number <= top:
            return str(top) if bottom == top else f"{bottom}–{top}"
        bottom = top + 1
    return f"over {tops[-1]}"
