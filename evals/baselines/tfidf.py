"""Logistic regression on the words around a country and the words it shares with the proposal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from evals.baselines.contexts import PairContexts, answer, as_labels, find_contexts
from models.annotations import AnnotatedText
from models.countries import CountryFinder
from models.schema import SCORES, Labels, Mention, Span

_SEED = 17
_SHARED_STEPS = 5


class TfidfRegression:
    """One-vs-rest words and word pairs of all contexts of a pair, weighed by TF-IDF."""

    name = "tfidf"

    def __init__(self, texts: Sequence[AnnotatedText]) -> None:
        """Learn from annotated texts."""
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline

        documents, classes = [], []
        for text, pair in iterate_pairs(texts):
            gold = {(s.country, s.proposal): s.stance.value for s in text.stances}
            documents.append(_write(pair))
            classes.append(gold.get((pair.country, pair.proposal.id), "none"))
        self._model: Any = make_pipeline(
            TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True, token_pattern=r"\S+"),
            LogisticRegression(C=5.0, max_iter=500, random_state=_SEED),
        )
        self._model.fit(documents, classes)
        self._columns = [list(self._model.classes_).index(name) if name in classes else None for name in SCORES]

    def label(self, labels: Labels) -> Labels:
        """Answer the pairs of an answer."""
        return answer(labels, self._score, self.name)

    def _score(self, pair: PairContexts) -> tuple[np.ndarray, Sequence[Span]]:
        (probabilities,) = self._model.predict_proba([_write(pair)])
        scores = np.array([0.0 if column is None else probabilities[column] for column in self._columns])
        return scores, [context.span for context in _about(pair)[:1]]


def iterate_pairs(texts: Sequence[AnnotatedText]) -> list[tuple[AnnotatedText, PairContexts]]:
    """Every pair of the annotated texts, countries as the finder finds them."""
    finder = CountryFinder.load()
    pairs = []
    for text in texts:
        countries: dict[str, tuple[Mention, ...]] = {}
        for mention in finder.find_mentions(text.text, text.title, text.date):
            countries[mention.country] = (*countries.get(mention.country, ()), mention)
        pairs += [(text, pair) for pair in find_contexts(as_labels(text, countries))]
    return pairs


def _about(pair: PairContexts) -> list[Any]:
    """The contexts, those that share most with the proposal first."""
    return sorted(pair.contexts, key=lambda context: -context.shared)


def _write(pair: PairContexts) -> str:
    """The pair as one document: words of the closest two contexts, and how much they share with the proposal."""
    closest = _about(pair)[:2]
    shared = int(_SHARED_STEPS * max((context.shared for context in closest), default=0.0))
    marks = " ".join(f"shared={step}" for step in range(shared + 1))
    return f"{' '.join(context.masked.lower() for context in closest)} {marks}"
