"""One pass of the same encoder for every mention of a country and every proposal: close reading at full price."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from evals.baselines.contexts import COUNTRY, OTHER, Context, PairContexts, answer
from evals.baselines.tfidf import iterate_pairs
from evals.metrics.triples import FloatArray
from evals.pair_network import HOLDER, TARGET, PairInput, PairNetwork, PairTraining
from models.annotations import AnnotatedText
from models.schema import Labels, Span

_NONE_PER_STANCE = 2
"""Contexts without a stance that training sees for each one that shows it."""
_SEED = 17


class PerMentionNetwork:
    """Learns which context shows what; the context surest of a stance speaks for the pair."""

    name = "per-mention"

    def __init__(
        self,
        texts: Sequence[AnnotatedText],
        weights: Path,
        config: PairTraining | None = None,
        tell: Callable[[int, int, float], None] | None = None,
    ) -> None:
        """Load `weights` or, where there are none, learn from annotated texts and keep them there."""
        if weights.exists():
            self._network = PairNetwork.load(weights)
            return
        config = config or PairTraining()
        self._network = PairNetwork.fresh(config.seed)
        self._network.train(make_training_pairs(texts), config, tell)
        self._network.save(weights)

    def label(self, labels: Labels) -> Labels:
        """Answer the pairs of an answer."""
        return answer(labels, self._score, self.name)

    def _score(self, pair: PairContexts) -> tuple[FloatArray, Sequence[Span]]:
        if not pair.contexts:
            return np.array([1.0, 0.0, 0.0, 0.0]), []
        probabilities = self._network.predict([_ask(pair, context) for context in pair.contexts])
        surest = int(probabilities[:, 0].argmin())
        return probabilities[surest], [pair.contexts[surest].span]


def make_training_pairs(texts: Sequence[AnnotatedText]) -> list[PairInput]:
    """A context with evidence shows the stance of its pair, all others show none; of those a part is kept."""
    shown, others = [], []
    for text, pair in iterate_pairs(texts):
        stance = {(s.country, s.proposal): s for s in text.stances}.get((pair.country, pair.proposal.id))
        for context in pair.contexts:
            is_shown = stance is not None and any(
                span.field == context.span.field and context.span.start <= span.start < context.span.end
                for span in stance.evidence
            )
            asked = _ask(pair, context)
            if stance and is_shown:
                shown.append(PairInput(asked.question, asked.text, stance.stance.value))
            else:
                others.append(PairInput(asked.question, asked.text, "none"))
    random = np.random.default_rng(_SEED)
    kept = random.permutation(len(others))[: _NONE_PER_STANCE * len(shown)]
    return [*shown, *(others[int(number)] for number in sorted(kept))]


def _ask(pair: PairContexts, context: Context) -> PairInput:
    text = context.masked.replace(COUNTRY, HOLDER).replace(OTHER, "another country")
    return PairInput(f"{HOLDER} on {TARGET} {pair.proposal.text}", text)
