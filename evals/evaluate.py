"""`stance evaluate`: label annotated articles and score the rows against the annotation."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, Literal

from evals.baselines.rules import Majority
from evals.datasets import read_texts
from evals.pairs import Pair, pair_all
from evals.predictions import Proposals, label_texts
from models.annotations import AnnotatedText
from models.labeller import Labeller
from models.schema import Stance


def main(data: str | Path, proposals: Proposals | Literal["both"], model: Path | None = None) -> dict[str, Any]:
    """Label the articles of a file and score them.

    Args:
        data: JSON Lines of annotated articles, or the name of a data set (`evals.datasets`).
        proposals: `given`: the annotated descriptions are asked; `found`: the labeller finds the proposals, each counts
            as the gold one whose mentions it overlaps most, and rows on unmatched ones are wrong. `both`: first the one
            and then the other.
        model: Checkpoint folder; the shipped one by default.

    Returns:
        Micro precision, recall and F1 over (country, proposal, stance) triples, flips, the same per stance, and the
        baseline in which every country found supports every proposal. Of `both`, the scores of each under its name.
    """
    texts = read_texts(data, model)
    labeller = Labeller.load(model)
    if proposals == "both":
        scores: dict[str, Any] = {
            "given": _score(labeller, texts, "given"),
            "found": _score(labeller, texts, "found"),
        }
    else:
        scores = _score(labeller, texts, proposals)
    return {
        "data": Path(data).name,
        "articles": len(texts),
        "proposals": proposals,
        "model": {"name": labeller.checkpoint.name, "version": labeller.checkpoint.version},
        **scores,
    }


def _score(labeller: Labeller, texts: Sequence[AnnotatedText], proposals: Proposals) -> dict[str, dict[str, float]]:
    labels = label_texts(labeller, texts, proposals).labels
    pairs = pair_all(texts, labels)
    rows = _count(pairs, tuple(Stance))
    flips = sum(pair.is_flip for pair in pairs)
    majority = pair_all(texts, [Majority().label(item) for item in labels])
    return {
        "all": {**rows, "flips": flips, "flip_rate": _share(flips, rows["predicted"])},
        **{stance.value: _count(pairs, (stance,)) for stance in Stance},
        "majority": _count(majority, tuple(Stance)),
    }


def _count(pairs: Sequence[Pair], stances: Collection[str]) -> dict[str, float]:
    """Rows with one of some stances: how many are right, predicted and annotated, and their shares."""
    correct = sum(pair.is_right and pair.gold in stances for pair in pairs)
    predicted = sum(pair.predicted in stances for pair in pairs)
    gold = sum(pair.gold in stances for pair in pairs)
    return {
        "precision": _share(correct, predicted),
        "recall": _share(correct, gold),
        "f1": _share(2 * correct, predicted + gold),
        "correct": correct,
        "predicted": predicted,
        "gold": gold,
    }


def _share(part: float, whole: float) -> float:
    return round(part / whole, 4) if whole else 0.0
