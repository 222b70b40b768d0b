"""Which annotated proposal a found one stands for: what every score of found proposals rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from models.schema import Span


def match_proposals(found: Mapping[str, Sequence[Span]], gold: Mapping[str, Sequence[Span]]) -> dict[str, str]:
    """The gold proposal whose mentions each found one overlaps most, in characters; one that overlaps none has none.

    Args:
        found: Mentions of each found proposal.
        gold: Mentions of each gold proposal.
    """
    matches = {}
    for name, spans in found.items():
        overlap = {g: sum(_overlap(a, b) for a in spans for b in gold[g]) for g in gold}
        best = max(overlap, key=lambda g: overlap[g], default=None)
        if best is not None and overlap[best] > 0:
            matches[name] = best
    return matches


def _overlap(a: Span, b: Span) -> int:
    return max(0, min(a.end, b.end) - max(a.start, b.start)) if a.field == b.field else 0
