"""`stance evaluate`: label annotated articles and score the rows against the annotation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from models.annotations import AnnotatedText, read_annotated
from models.labeller import Labeller
from models.metrics import Triple, TripleScores, match_proposals, score_triples
from models.schema import Labels, Stance

Proposals = Literal["given", "found"]


def main(data: Path, proposals: Proposals, model: Path | None = None) -> dict[str, Any]:
    """Label the articles of a file and score them.

    Args:
        data: JSON Lines of annotated articles.
        proposals: `given`: the annotated descriptions are asked; `found`: the labeller finds the proposals, each counts
            as the gold one whose mentions it overlaps most, and rows on unmatched ones are wrong.
        model: Checkpoint folder; the shipped one by default.

    Returns:
        Micro precision, recall and F1 over (country, proposal, stance) triples, flips, and the same per stance.
    """
    texts = read_annotated(data)
    labeller = Labeller.load(model)
    pairs = [_triples(text, labeller, proposals) for text in texts]
    return {
        "data": data.name,
        "articles": len(texts),
        "proposals": proposals,
        "model": {"name": labeller.checkpoint.name, "version": labeller.checkpoint.version},
        "all": _as_dict(score_triples(pairs)),
        **{stance.value: _as_dict(score_triples(_only(pairs, stance))) for stance in Stance},
    }


def _triples(text: AnnotatedText, labeller: Labeller, proposals: Proposals) -> tuple[set[Triple], set[Triple]]:
    """Predicted and gold triples of one article."""
    gold = {(s.country, s.proposal, s.stance) for s in text.stances}
    if proposals == "given":
        if not text.proposals:
            return set(), gold
        asked = replace(text.article(), proposals=tuple(p.description for p in text.proposals))
        names = {f"p{number}": p.id for number, p in enumerate(text.proposals, 1)}
        return predicted_triples(labeller.label(asked), names), gold
    labels = labeller.label(text.article())
    matches = match_proposals({p.id: p.mentions for p in labels.proposals}, {p.id: p.mentions for p in text.proposals})
    return predicted_triples(labels, matches), gold


def predicted_triples(labels: Labels, names: dict[str, str]) -> set[Triple]:
    """The rows as triples, proposals called by their gold names; an unmatched one keeps a name of its own."""
    return {(row.country, names.get(row.proposal, f"unmatched {row.proposal}"), row.stance) for row in labels.stances}


def _only(pairs: Sequence[tuple[set[Triple], set[Triple]]], stance: Stance) -> list[tuple[set[Triple], set[Triple]]]:
    return [({t for t in p if t[2] == stance}, {t for t in g if t[2] == stance}) for p, g in pairs]


def _as_dict(scores: TripleScores) -> dict[str, float | int]:
    return {
        "precision": round(scores.precision, 4),
        "recall": round(scores.recall, 4),
        "f1": round(scores.f1, 4),
        "correct": scores.correct,
        "predicted": scores.predicted,
        "gold": scores.gold,
        "flips": scores.flips,
        "flip_rate": round(scores.flip_rate, 4),
    }
