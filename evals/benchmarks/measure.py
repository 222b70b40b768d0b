"""`stance evaluate dse FOLDER`: fine-tune the same network on a public data set and score it as its papers do.

The encoder and the stance head are those of the labeller, read at the marker of who takes the stance
(`evals.pair_network`); support stands for positive, oppose for negative, none for neutral.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from evals.benchmarks.loaders import DSE_LABELS, LABELS, PUBLISHED, EntityPair, drop_seen, mark, read_pairs
from evals.metrics.triples import FloatArray
from evals.pair_network import HOLDER, TARGET, PairInput, PairNetwork, PairTraining
from models.schema import SCORES

NAMES = tuple(LABELS)
_CONFIGS = Path(__file__).parent
_STANCES = {"positive": "support", "negative": "oppose", "neutral": "none"}
_NONE, _SUPPORT, _OPPOSE = (SCORES.index(name) for name in ("none", "support", "oppose"))


def measure(name: str, folder: Path, output: Path, tell: Callable[[str], None]) -> dict[str, Any]:
    """Fine-tune on `train.jsonl`, unless `output` has weights, and score on `test.jsonl`.

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
    network = _load_or_train(output / "weights.safetensors", make_inputs(name, training), config, tell)
    predicted = dict(zip((pair.id for pair in test), predict(name, network, test), strict=True))
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


def make_inputs(name: str, pairs: Sequence[EntityPair]) -> list[PairInput]:
    """Training inputs. A DSE pair gives one for each direction."""
    if name != "dse":
        return [ask(pair, _STANCES[pair.label]) for pair in pairs]
    inputs = []
    for pair in pairs:
        stance = {"pos": "support", "neg": "oppose", "neu": "none"}[pair.label[:3]]
        is_forward, is_backward = pair.label.endswith("p2q"), pair.label.endswith("q2p")
        inputs.append(ask(pair, stance if is_forward else "none"))
        inputs.append(ask(pair, stance if is_backward else "none", is_reversed=True))
    return inputs


def ask(pair: EntityPair, stance: str | None = None, *, is_reversed: bool = False) -> PairInput:
    """The input of a pair; reversed, the target is asked for its stance toward the holder."""
    names = (pair.holder or "the author", pair.target)
    holder, target = names[::-1] if is_reversed else names
    text = mark(pair, HOLDER, TARGET, is_reversed=is_reversed)
    return PairInput(f"{HOLDER} {holder} on {TARGET} {target}", text, stance)


def predict(name: str, network: PairNetwork, pairs: Sequence[EntityPair]) -> list[str]:
    """The labels of pairs, in the data set's own words."""
    forward = network.predict([ask(pair) for pair in pairs])
    if name == "dse":
        backward = network.predict([ask(pair, is_reversed=True) for pair in pairs])
        return join_directions(forward, backward)
    if name == "seesaw":
        return ["positive" if row[_SUPPORT] >= row[_OPPOSE] else "negative" for row in forward]
    columns = {"negative": _OPPOSE, "neutral": _NONE, "positive": _SUPPORT}
    return [max(columns, key=lambda label: float(row[columns[label]])) for row in forward]


def join_directions(forward: FloatArray, backward: FloatArray) -> list[str]:
    """The likeliest of DSE's five labels, of which at most one direction has a stance. (N, 4) each."""
    likelihood = np.stack(
        [
            forward[:, _NONE] * backward[:, _NONE],
            forward[:, _SUPPORT] * backward[:, _NONE],
            forward[:, _OPPOSE] * backward[:, _NONE],
            forward[:, _NONE] * backward[:, _SUPPORT],
            forward[:, _NONE] * backward[:, _OPPOSE],
        ],
        axis=1,
    )
    return [DSE_LABELS[int(number)] for number in likelihood.argmax(axis=1)]


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
    weights: Path, inputs: Sequence[PairInput], config: PairTraining, tell: Callable[[str], None]
) -> PairNetwork:
    if weights.exists():
        return PairNetwork.load(weights)
    network = PairNetwork.fresh(config.seed)

    def report(step: int, steps: int, loss: float) -> None:
        if step % 50 == 0 or step == steps:
            tell(f"step {step} of {steps}, loss {loss:.3f}")

    network.train(inputs, config, report)
    network.save(weights)
    return network
