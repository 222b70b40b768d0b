"""Whether a reader has learnt from what it is measured on: near-duplicates, and texts about the same events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evals.datasets import pair_events
from models.annotations import AnnotatedText
from models.errors import DataError

_SHINGLE_WORDS = 5
_MIN_SHARED = 0.5
"""Two texts are near-duplicates if this share of the shorter one's runs of five words is in the other."""
_NUM_FEATURES = 2**22
_NUM_NAMED = 3

Pairs = list[tuple[str, str]]


def check_leakage(texts: Sequence[AnnotatedText], known: Sequence[AnnotatedText]) -> dict[str, Any]:
    """Refuse near-duplicates of texts that were learnt from, and count the texts about events that were.

    Args:
        texts: What is measured on.
        known: What was learnt from.

    Raises:
        DataError: There are near-duplicates; the message names some.
    """
    copies = find_near_duplicates(texts, known)
    if copies:
        named = ", ".join(f"{measured} = {learnt}" for measured, learnt in copies[:_NUM_NAMED])
        count = len({measured for measured, _ in copies})
        raise DataError(f"{count} texts of the data were learnt from, nearly word for word ({named}): leave them out")
    events = {measured for measured, _ in find_same_events(texts, known)}
    return {"learnt_from": len(known), "texts_of_learnt_events": len(events)}


def find_near_duplicates(texts: Sequence[AnnotatedText], known: Sequence[AnnotatedText]) -> Pairs:
    """Ids of a measured and a known text that share most of the shorter one's runs of words."""
    import numpy as np
    from sklearn.feature_extraction.text import HashingVectorizer

    if not texts or not known:
        return []
    size = (_SHINGLE_WORDS, _SHINGLE_WORDS)
    vectorizer = HashingVectorizer(
        ngram_range=size, n_features=_NUM_FEATURES, binary=True, norm=None, alternate_sign=False
    )
    measured, learnt = (vectorizer.transform([t.text for t in side]) for side in (texts, known))
    shared = (measured @ learnt.T).tocoo()
    sizes = [np.maximum(np.asarray(side.sum(axis=1)).ravel(), 1) for side in (measured, learnt)]
    share = shared.data / np.minimum(sizes[0][shared.row], sizes[1][shared.col])
    found = np.flatnonzero(share >= _MIN_SHARED)
    return sorted((texts[int(shared.row[n])].id, known[int(shared.col[n])].id) for n in found)


def find_same_events(texts: Sequence[AnnotatedText], known: Sequence[AnnotatedText]) -> Pairs:
    """Ids of a measured and a known text about one event."""
    together = [*texts, *known]
    return [(together[a].id, together[b].id) for a, b in pair_events(together) if a < len(texts) <= b]
