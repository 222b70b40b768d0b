"""The baselines side by side: their scores on the same pairs, what they cost, and how the model differs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from time import perf_counter
from typing import Any, Protocol

from evals.baselines.rules import KeywordRules, Majority
from evals.comparison import adjust_comparisons, compare_runs
from evals.datasets import read_written
from evals.metrics.triples import SCORES_OF_COUNTS, count_by_article
from evals.pairs import Pair, pair_all
from evals.scores import round_floats
from evals.statistics import bootstrap, resample_counts
from models.annotations import AnnotatedText, read_annotated
from models.schema import Labels

NAMES = ("majority", "keywords", "tfidf", "similarity", "per-mention")
_SHOWN = ("micro_f1", "macro_f1", "precision", "recall", "flip_rate")


class Baseline(Protocol):
    """Answers the pairs of an answer anew."""

    name: str

    def label(self, labels: Labels) -> Labels:
        """The same countries and proposals with other stances."""
        ...


def measure_baselines(
    names: Sequence[str],
    texts: Sequence[AnnotatedText],
    labels: Sequence[Labels],
    learn_from: Sequence[str],
    folder: Path,
    tell: Callable[[str], None],
) -> tuple[dict[str, Any], dict[str, float]]:
    """Measure baselines on the countries and proposals of an answer.

    Args:
        names: Of NAMES.
        texts: The data.
        labels: The model's answers, in the same order.
        learn_from: Files of annotated texts, besides the written corpus.
        folder: Where trained weights are kept.
        tell: Is told how a training gets on.

    Returns:
        For each name its scores and the model's comparison with it; and for each the seconds per article.
    """
    articles = [text.id for text in texts]
    model_pairs = pair_all(texts, labels)
    training = _read_training(names, learn_from, texts)
    scores: dict[str, Any] = {}
    seconds: dict[str, float] = {}
    for name in names:
        baseline = _make(name, training, folder, tell)
        start = perf_counter()
        answers = [baseline.label(item) for item in labels]
        seconds[name] = round((perf_counter() - start) / len(texts), 5)
        scores[name] = _score(pair_all(texts, answers), model_pairs, articles)
    adjust_comparisons({name: item["model_against_it"] for name, item in scores.items()})
    return round_floats(scores), seconds


def _read_training(
    names: Sequence[str], learn_from: Sequence[str], texts: Sequence[AnnotatedText]
) -> list[AnnotatedText]:
    """What trained baselines learn from: never a text that is measured on."""
    if not {"tfidf", "per-mention"} & set(names):
        return []
    measured = {text.text for text in texts}
    known = [*read_written(), *(text for path in learn_from for text in read_annotated(Path(path)))]
    return [text for text in known if text.text not in measured]


def _make(name: str, training: Sequence[AnnotatedText], folder: Path, tell: Callable[[str], None]) -> Baseline:
    if name == "majority":
        return Majority()
    if name == "keywords":
        return KeywordRules()
    if name == "tfidf":
        from evals.baselines.tfidf import TfidfRegression

        return TfidfRegression(training)
    if name == "similarity":
        from evals.baselines.similarity import ZeroShotSimilarity

        return ZeroShotSimilarity()
    from evals.baselines.per_mention import PerMentionNetwork

    def report(step: int, steps: int, loss: float) -> None:
        if step % 50 == 0 or step == steps:
            tell(f"per-mention: step {step} of {steps}, loss {loss:.3f}")

    learnt = hashlib.sha256("".join(map(repr, training)).encode()).hexdigest()[:12]
    return PerMentionNetwork(training, folder / f"per-mention-{learnt}.safetensors", tell=report)


def _score(pairs: Sequence[Pair], model_pairs: Sequence[Pair], articles: Sequence[str]) -> Mapping[str, Any]:
    counts = count_by_article(pairs, articles)
    sums = resample_counts(counts)
    return {
        **{name: asdict(bootstrap(counts, SCORES_OF_COUNTS[name], sums)) for name in _SHOWN},
        "flips": int(counts[:, -1].sum()),
        "model_against_it": compare_runs(pairs, model_pairs, articles),
    }
