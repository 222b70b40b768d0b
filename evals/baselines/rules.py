"""Baselines that learn nothing: every country supports everything, and lists of words."""

from __future__ import annotations

import re

import numpy as np

from evals.baselines.contexts import COUNTRY, PairContexts, answer
from models.schema import SCORES, Labels

_MIN_SHARED = 0.25
"""A sentence is about a proposal if it or its neighbours have this share of its words."""
_WORDS = {
    "support": (
        r"support\w*|back(?:s|ed|ing)?|endors\w+|welcom\w+|favou?r\w*|approv\w+|sponsor\w*|co-?sponsor\w*|propos(?:es|ed|ing)"
        r"|tabled|accept\w*|sign(?:s|ed|ing)|ratif\w+|urg(?:es|ed|ing)|adopt\w*|prais\w+|champion\w*"
    ),
    "oppose": (
        r"oppos\w+|against|reject\w*|veto\w*|block\w*|condemn\w*|denounc\w+|refus\w+|resist\w*|object\w*|critici[sz]\w+"
        r"|withdr[ae]w\w*|dismiss\w*|rebuff\w*|threaten\w*"
    ),
    "abstain": r"abstain\w*|abstention\w*|neutral|takes? no side|blank ballot",
}
_PATTERNS = {stance: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for stance, words in _WORDS.items()}
_NEGATED = re.compile(r"\b(?:not|n't|never|no longer|refus\w+ to|declin\w+ to|fail\w* to|without)\W+(?:\w+\W+){0,2}$")
_NEAR_CHARACTERS = 80


class Majority:
    """Every country that is found supports every proposal."""

    name = "majority"

    def label(self, labels: Labels) -> Labels:
        """Answer the pairs of an answer."""
        scores = np.array([0.0, 1.0, 0.0, 0.0])
        return answer(labels, lambda pair: (scores, [context.span for context in pair.contexts[:1]]), self.name)


class KeywordRules:
    """The stance word nearest to the country, turned round where it is negated, in sentences about the proposal."""

    name = "keywords"

    def label(self, labels: Labels) -> Labels:
        """Answer the pairs of an answer."""
        return answer(labels, self._score, self.name)

    def _score(self, pair: PairContexts) -> tuple[np.ndarray, list]:
        votes, evidence = np.zeros(len(SCORES)), []
        for context in pair.contexts:
            stance = find_stance_word(context.masked) if context.shared >= _MIN_SHARED else None
            if stance:
                votes[SCORES.index(stance)] += 1
                evidence.append(context.span)
        if not votes.any():
            return np.array([1.0, 0.0, 0.0, 0.0]), []
        return votes / votes.sum(), evidence


def find_stance_word(masked: str) -> str | None:
    """The stance of the word nearest to the country in a masked sentence, within 80 characters; None without one."""
    places = [match.start() for match in re.finditer(COUNTRY, masked)]
    nearest: tuple[int, str] | None = None
    for stance, pattern in _PATTERNS.items():
        for match in pattern.finditer(masked):
            distance = min((abs(match.start() - place) for place in places), default=_NEAR_CHARACTERS + 1)
            if distance <= _NEAR_CHARACTERS and (nearest is None or distance < nearest[0]):
                nearest = (distance, _negate(stance) if _NEGATED.search(masked[: match.start()]) else stance)
    return nearest[1] if nearest else None


def _negate(stance: str) -> str:
    return {"support": "oppose", "oppose": "support"}.get(stance, stance)
