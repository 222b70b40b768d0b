"""`stance evaluate`: label annotated articles and score the rows against the annotation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from evals.datasets import read_texts
from evals.predictions import Proposals
from models.annotations import AnnotatedText
from models.labeller import Labeller
from models.metrics import Triple, TripleScores, match_proposals, score_triples
from models.schema import Labels, Stance


def main(data: str | Path, proposals: Proposals, model: Path | None = None) -> dict[str, Any]:
    """Label the articles of a file and score them.

    Args:
        data: JSON Lines of annotated articles, or the name of a data set (`evals.datasets`).
        proposals: `given`: the annotated descriptions are asked; `found`: the labeller finds the proposals, each counts
            as the gold one whose mentions it overlaps most, and rows on unmatched ones are wrong.
        model: Checkpoint folder; the shipped one by default.

    Returns:
        Micro precision, recall and F1 over (country, proposal, stance) triples, flips, the same per stance, and the
        baseline in which every country found supports every proposal.
    """
    texts = read_texts(data, model)
    labeller = Labeller.load(model)
    articles = [_triples(text, labeller, proposals) for text in texts]
    pairs = [(predicted, gold) for predicted, gold, _ in articles]
    return {
        "data": Path(data).name,
        "articles": len(texts),
        "proposals": proposals,
        "model": {"name": labeller.checkpoint.name, "version": labeller.checkpoint.version},
        "all": _with_flips(score_triples(pairs)),
        **{stance.value: _counts(score_triples(_only(pairs, stance))) for stance in Stance},
        "majority": _counts(score_triples((majority, gold) for _, gold, majority in articles)),
    }


def _triples(
    text: AnnotatedText, labeller: Labeller, proposals: Proposals
) -> tuple[set[Triple], set[Triple], set[Triple]]:
    """Predicted and gold triples of one article, and those of the baseline: every country found supports everything."""
    gold = {(s.country, s.proposal, s.stance) for s in text.stances}
    if proposals == "given":
        if not text.proposals:
            return set(), gold, set()
        asked = replace(text.article(), proposals=tuple(p.description for p in text.proposals))
        names = {f"p{number}": p.id for number, p in enumerate(text.proposals, 1)}
        labels = labeller.label(asked)
    else:
        labels = labeller.label(text.article())
        found = {p.id: p.mentions for p in labels.proposals}
        names = match_proposals(found, {p.id: p.mentions for p in text.proposals})
    majority = {(c, _name(p.id, names), Stance.SUPPORT) for c in labels.countries for p in labels.proposals}
    return predicted_triples(labels, names), gold, majority


def predicted_triples(labels: Labels, names: dict[str, str]) -> set[Triple]:
    """The rows as triples, proposals called by their gold names; an unmatched one keeps a name of its own."""
    return {(row.country, _name(row.proposal, names), row.stance) for row in labels.stances}


def _name(proposal: str, names: dict[str, str]) -> str:
    return names.get(proposal, f"unmatched {proposal}")


def _only(pairs: Sequence[tuple[set[Triple], set[Triple]]], stance: Stance) -> list[tuple[set[Triple], set[Triple]]]:
    return [({t for t in p if t[2] == stance}, {t for t in g if t[2] == stance}) for p, g in pairs]


def _with_flips(scores: TripleScores) -> dict[str, float | int]:
    return {**_counts(scores), "flips": scores.flips, "flip_rate": round(scores.flip_rate, 4)}


def _counts(scores: TripleScores) -> dict[str, float | int]:
    return {
        "precision": round(scores.precision, 4),
        "recall": round(scores.recall, 4),
        "f1": round(scores.f1, 4),
        "correct": scores.correct,
        "predicted": scores.predicted,
        "gold": scores.gold,
    }
