"""Gold beside predicted: one record for every (country, proposal) pair of an article, from the public answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from models.annotations import AnnotatedStance, AnnotatedText
from models.metrics import match_proposals
from models.schema import Labels, Span, Stance, StanceRow

NONE = "none"
_OPPOSITE = {Stance.SUPPORT: Stance.OPPOSE, Stance.OPPOSE: Stance.SUPPORT}


@dataclass(frozen=True, kw_only=True)
class Pair:
    """What was annotated and what was answered for one country and proposal.

    Attributes:
        article: Id of the article.
        country: Country or group code.
        proposal: The gold proposal's id, or `unmatched p2` for one that was found and is not annotated.
        gold: `none`, `support`, `oppose` or `abstain`.
        predicted: The same.
        is_flip: The predicted stance is the opposite of an annotated one.
        confidence: Of the predicted stance; None without one.
        scores: Of the answer, in the order of SCORES; None without a predicted stance.
        evidence: Predicted.
        gold_evidence: Annotated.
        group: The group that the predicted row comes from.
    """

    article: str
    country: str
    proposal: str
    gold: str
    predicted: str
    is_flip: bool = False
    confidence: float | None = None
    scores: tuple[float, float, float, float] | None = None
    evidence: tuple[Span, ...] = ()
    gold_evidence: tuple[Span, ...] = ()
    group: str | None = None

    @property
    def is_right(self) -> bool:
        """Whether the prediction is what was annotated."""
        return self.gold == self.predicted


def name_proposals(text: AnnotatedText, labels: Labels) -> dict[str, str]:
    """The gold proposal that each proposal of the answer stands for; one that stands for none keeps a name of its own.

    Given ones go by their order, found ones by the mentions they overlap.
    """
    if labels.article.proposals is not None:
        return {f"p{number}": proposal.id for number, proposal in enumerate(text.proposals, 1)}
    found = {proposal.id: proposal.mentions for proposal in labels.proposals}
    matches = match_proposals(found, {proposal.id: proposal.mentions for proposal in text.proposals})
    return {name: matches.get(name, f"unmatched {name}") for name in found}


def make_pairs(text: AnnotatedText, labels: Labels) -> list[Pair]:
    """All pairs of an article: those with a stance, and those of a found country with a proposal that have none.

    Where two found proposals stand for one gold proposal, a pair may have several rows: equal stances are put
    together first, then what is left; equal rows count once.
    """
    names = name_proposals(text, labels)
    gold: dict[tuple[str, str], dict[str, AnnotatedStance]] = defaultdict(dict)
    for stance in text.stances:
        gold[stance.country, stance.proposal][stance.stance] = stance
    rows: dict[tuple[str, str], dict[str, StanceRow]] = defaultdict(dict)
    for row in sorted(labels.stances, key=lambda row: row.confidence):
        rows[row.country, names[row.proposal]][row.stance] = row
    proposals = dict.fromkeys([*(proposal.id for proposal in text.proposals), *names.values()])
    keys = dict.fromkeys([*gold, *rows, *((country, p) for p in proposals for country in labels.countries)])
    return [pair for key in keys for pair in _pair_up(text.id, key, gold.get(key, {}), rows.get(key, {}))]


def _pair_up(
    article: str, key: tuple[str, str], gold: dict[str, AnnotatedStance], rows: dict[str, StanceRow]
) -> Iterable[Pair]:
    same = [(stance, stance) for stance in gold if stance in rows]
    rest = zip_longest((s for s in gold if s not in rows), (s for s in rows if s not in gold), fillvalue=NONE)
    for expected, predicted in [*same, *rest] or [(NONE, NONE)]:
        row = rows.get(predicted)
        annotated = gold.get(expected)
        yield Pair(
            article=article,
            country=key[0],
            proposal=key[1],
            gold=str(expected),
            predicted=str(predicted),
            is_flip=row is not None and predicted not in gold and _OPPOSITE.get(row.stance) in gold,
            confidence=row.confidence if row else None,
            scores=row.scores if row else None,
            evidence=row.evidence if row else (),
            gold_evidence=annotated.evidence if annotated else (),
            group=row.group if row else None,
        )


def pair_all(texts: Sequence[AnnotatedText], labels: Sequence[Labels]) -> list[Pair]:
    """The pairs of all articles, in order."""
    return [pair for text, answer in zip(texts, labels, strict=True) for pair in make_pairs(text, answer)]
