"""`stance evaluate dse FOLDER`: fine-tune the same network on a public data set and score it as its papers do.

The encoder and the stance head are those of the labeller, read at the marker of who takes the stance
(`evals.pair_network`); support stands for positive, oppose for negative, none for neutral. A pair is read once: what
the first entity thinks of the second at its marker, and the reverse at the other.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from evals.benchmarks.loaders import LABELS, PUBLISHED, EntityPair, drop_seen, mark, read_pairs
from evals.pair_network import HOLDER, TARGET, PairInput, PairNetwork, PairTraining, Reading

NAMES = tuple(LABELS)
_CONFIGS = Path(__file__).parent
READINGS: Mapping[str, Mapping[str, Reading]] = {
    "dse": {
        "neutral": ("none", "none"),
        "pos_p2q": ("support", "none"),
        "neg_p2q": ("oppose", "none"),
        "pos_q2p": ("none", "support"),
        "neg_q2p": ("none", "oppose"),
    },
    "seesaw": {"positive": ("support", None), "negative": ("oppose", None)},
    "newsmtsc": {"negative": ("oppose", None), "neutral": ("none", None), "positive": ("support", None)},
}
"""What each label says: the stance of the first entity toward the second and, in DSE, the reverse."""


def measure(name: str, folder: Path, output: Path, tell: Callable[[str], None]) -> dict[str, Any]:
    """Fine-tune on `train.jsonl`, unless `output` has weights, and score on `test.jsonl`; a stopped training goes on.

    Args:
        name: One of NAMES.
        folder: The data set.
        output: Where `weights.safetensors` and `scores.json` go.
        tell: Is told how the training gets on.

    Returns:
        Micro and macro F1 on the whole test part and, where sentences of it are in the training part, on the rest;
        published figures beside.
    """
    training, test = read_pairs(name, folder, "train"), read_pairs(name, folder, "test")
    config = PairTraining(**tomllib.loads((_CONFIGS / f"{name}.toml").read_text(encoding="utf-8")))
    network = _load_or_train(name, output, [ask(pair) for pair in training], config, tell)
    predicted = dict(zip((pair.id for pair in test), predict(network, test), strict=True))
    clean = drop_seen(test, training)
    scores = {
        "benchmark": name,
        "parameters_million": round(sum(p.numel() for p in network.network.parameters()) / 1e6, 1),
        "training": asdict(config),
        "test": score(name, test, [predicted[pair.id] for pair in test]),
        "test_of_unseen_sentences": score(name, clean, [predicted[pair.id] for pair in clean]),
        "published": [asdict(figure) for figure in PUBLISHED[name]],
    }
    (output / "scores.json").write_text(json.dumps(scores, indent=1) + "\n", encoding="utf-8")
    return scores


def ask(pair: EntityPair) -> PairInput:
    """The input of a pair."""
    question = f"{HOLDER} {pair.holder or 'the author'} on {TARGET} {pair.target}"
    return PairInput(question, mark(pair, HOLDER, TARGET), pair.label)


def predict(network: PairNetwork, pairs: Sequence[EntityPair]) -> list[str]:
    """The likeliest labels of pairs."""
    probabilities = network.predict([ask(pair) for pair in pairs])
    return [network.labels[int(number)] for number in probabilities.argmax(axis=1)]


def score(name: str, pairs: Sequence[EntityPair], predicted: Sequence[str]) -> dict[str, float]:
    """Micro and macro F1 over the data set's labels."""
    from sklearn.metrics import f1_score

    gold = [pair.label for pair in pairs]
    how = {"labels": LABELS[name], "zero_division": 0}
    return {
        "pairs": len(pairs),
        "micro_f1": round(float(f1_score(gold, predicted, average="micro", **how)), 4),
        "macro_f1": round(float(f1_score(gold, predicted, average="macro", **how)), 4),
    }


def _load_or_train(
    name: str, folder: Path, inputs: Sequence[PairInput], config: PairTraining, tell: Callable[[str], None]
) -> PairNetwork:
    """The network that was trained in this folder; a training that was stopped goes on."""
    weights, state = folder / "weights.safetensors", folder / "training.pt"
    if weights.exists():
        return PairNetwork.load(weights, READINGS[name])
    network = PairNetwork.fresh(config.seed, READINGS[name])

    def report(step: int, steps: int, loss: float) -> None:
        if step % 50 == 0 or step == steps:
            tell(f"step {step} of {steps}, loss {loss:.3f}")

    network.train(inputs, config, report, state)
    network.save(weights)
    state.unlink(missing_ok=True)
    return network
