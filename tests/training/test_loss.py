"""The loss: its parts have the values that are worked out by hand, and training lowers it."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from models import decoding
from training.collate import IGNORED, Collator
from training.config import TrainConfig
from training.loss import LINK_MARGIN, LINK_SCALE, TrainingNetwork, pool_odds, share_mentions


class FixedNetwork(nn.Module):
    """Says the same whatever it reads."""

    def __init__(self, stance: torch.Tensor, tag: torch.Tensor, link: torch.Tensor) -> None:
        super().__init__()
        self.outputs = (stance[None], tag[None], link[None])

    def forward(self, *_: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return self.outputs


def measure(
    config: TrainConfig,
    *,
    stance: list[list[float]] | None = None,
    mentions: list[tuple[int, int]] = (),
    numbers: list[int] | None = None,
    classes: list[int] = (),
    tag: list[list[float]] | None = None,
    tags: list[int] | None = None,
    link: list[list[float]] | None = None,
    spans: list[list[int]] = (),
) -> float:
    """The loss of one window. `mentions` are (pair, is evidence), one at each token from the first.

    `numbers` are the same for tokens that stand for one mention, read with several proposals.
    """
    length = len(stance or tag or link or ())
    zeros = [[0.0] * 4] * length
    network = FixedNetwork(
        torch.tensor(stance or zeros), torch.tensor(tag or [[0.0] * 3] * length), torch.tensor(link or zeros)
    )
    ids = torch.ones(1, length, dtype=torch.long)
    chunk = {
        "input_ids": ids,
        "attention_mask": ids,
        "token_type_ids": ids,
        "tags": torch.tensor([tags or [IGNORED] * length]),
        "mentions": torch.tensor(
            [(0, at, *m, numbers[at] if numbers else at) for at, m in enumerate(mentions)], dtype=torch.long
        ).reshape(-1, 5),
        "spans": torch.tensor(spans, dtype=torch.long).reshape(-1, 5),
    }
    return float(TrainingNetwork(network, config)([chunk], torch.tensor(classes, dtype=torch.long))["loss"])


def test_pooled_odds_are_those_of_decoding() -> None:
    random = np.random.default_rng(5)
    logits = random.normal(0, 6, (40, 4)).astype(np.float32)
    pairs = np.concatenate([np.arange(9), random.integers(0, 9, 31)])

    pooled = pool_odds(torch.from_numpy(logits), torch.from_numpy(pairs), 9)

    for pair in range(9):
        assert pooled[pair].numpy() == pytest.approx(decoding.pool_odds(logits[pairs == pair]), abs=1e-4)


def test_pair_without_mentions_has_no_odds_and_a_very_clear_one_does_not_overflow() -> None:
    pooled = pool_odds(torch.tensor([[0.0, 300.0, -300.0, 0.0]]), torch.tensor([1]), 2)

    assert pooled.softmax(dim=1).tolist() == [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]]


def test_odds_are_pooled_on_the_device_of_the_logits() -> None:
    logits, pairs = torch.zeros(3, 4, device="meta"), torch.zeros(3, dtype=torch.long, device="meta")

    assert pool_odds(logits, pairs, 2).device.type == "meta"


def test_shares_of_proposals_are_those_of_decoding() -> None:
    logits = np.random.default_rng(5).normal(0, 9, (3, 6, 4)).astype(np.float32)
    numbers = np.tile([41, 3, 17, 2, 90, 5], (3, 1))

    shared = share_mentions(torch.from_numpy(logits.reshape(18, 4)), torch.from_numpy(numbers.reshape(18)))

    assert shared.numpy().reshape(3, 6, 4) == pytest.approx(decoding.share_mentions(logits), abs=1e-4)


def test_proposals_compete_for_a_mention_in_the_loss() -> None:
    config = TrainConfig(label_smoothing=0.0, evidence_loss_weight=0.0)
    stance = [[0.0, math.log(3.0), -99.0, -99.0], [0.0, math.log(1.0), -99.0, -99.0]]

    apart = measure(config, stance=stance, mentions=[(0, 0), (1, 0)], classes=[1, 0])
    rivals = measure(config, stance=stance, mentions=[(0, 0), (1, 0)], numbers=[0, 0], classes=[1, 0])

    assert apart == pytest.approx((-math.log(3 / 4) - math.log(1 / 2)) / 2, abs=1e-5)
    # The first proposal has 3 of the 4 odds, the second 1: odds 9/4 and 1/4.
    assert rivals == pytest.approx((-math.log(9 / 13) - math.log(4 / 5)) / 2, abs=1e-5)


def test_stance_loss_is_the_cross_entropy_of_the_pooled_pairs() -> None:
    config = TrainConfig(label_smoothing=0.0, evidence_loss_weight=0.0)
    stance = [[0.0, math.log(3.0), 0.0, 0.0], [0.0, math.log(5.0), 0.0, 0.0], [0.0, 0.0, math.log(2.0), 0.0]]

    loss = measure(config, stance=stance, mentions=[(0, 0), (0, 0), (1, 0)], classes=[1, 0])

    # Pair 0: odds 8, 2 and 2 against 1; pair 1: odds 1, 2 and 1 against 1.
    assert loss == pytest.approx((-math.log(8 / 13) - math.log(1 / 5)) / 2, abs=1e-5)


def test_evidence_costs_nothing_where_all_odds_lie_on_it() -> None:
    given = {"stance": [[0.0, 2.0, 1.0, 0.0], [0.0, 1.0, 0.0, 0.0]], "mentions": [(0, 1), (0, 1)], "classes": [1]}

    with_evidence = measure(TrainConfig(evidence_loss_weight=1.0), **given)

    assert with_evidence == pytest.approx(measure(TrainConfig(evidence_loss_weight=0.0), **given), abs=1e-6)


def test_evidence_costs_the_log_of_its_share_of_the_odds() -> None:
    odds = [[0.0, math.log(1.0), 0.0, 0.0], [0.0, math.log(3.0), 0.0, 0.0]]
    given = {"stance": odds, "mentions": [(0, 1), (0, 0)], "classes": [1]}

    cost = measure(TrainConfig(evidence_loss_weight=0.5), **given) - measure(
        TrainConfig(evidence_loss_weight=0.0), **given
    )

    assert cost == pytest.approx(0.5 * math.log(4.0), abs=1e-5)


def test_pair_without_a_stance_has_no_evidence_to_show() -> None:
    given = {"stance": [[0.0, 1.0, 0.0, 0.0]] * 2, "mentions": [(0, 1), (0, 0)], "classes": [0]}

    assert measure(TrainConfig(evidence_loss_weight=1.0), **given) == measure(
        TrainConfig(evidence_loss_weight=0.0), **given
    )


def test_tags_of_proposals_weigh_more_and_ignored_ones_nothing() -> None:
    config = TrainConfig(proposal_tag_weight=3.0, tag_loss_weight=0.5)

    loss = measure(config, tag=[[0.0, 0.0, 0.0]] * 4, tags=[0, 1, 2, IGNORED])

    assert loss == pytest.approx(0.5 * math.log(3.0) * (1 + 3 + 3) / 3, abs=1e-5)


@pytest.mark.parametrize(
    ("second", "same", "logit"),
    [
        ([2.0, 0.0], True, LINK_SCALE * (1 - LINK_MARGIN)),
        ([2.0, 0.0], False, -LINK_SCALE * (1 - LINK_MARGIN)),
        ([0.0, 3.0], False, LINK_SCALE * LINK_MARGIN),
        ([0.0, 3.0], True, -LINK_SCALE * LINK_MARGIN),
    ],
    ids=["near and one", "near but two", "far and two", "far but one"],
)
def test_spans_of_one_proposal_are_drawn_together_and_of_two_apart(
    second: list[float], same: bool, logit: float
) -> None:
    spans = [[0, 0, 0, 7, 0], [0, 1, 2, 7, 0 if same else 1]]

    loss = measure(TrainConfig(link_loss_weight=0.5), link=[[1.0, 0.0], second, second], spans=spans)

    assert loss == pytest.approx(0.5 * math.log1p(math.exp(-logit)), abs=1e-5)


def test_spans_of_different_texts_are_not_compared() -> None:
    assert measure(TrainConfig(), link=[[1.0, 0.0], [0.0, 1.0]], spans=[[0, 0, 0, 3, 0], [0, 1, 1, 4, 0]]) == 0.0


def test_loss_falls_on_eight_examples(eight_examples, make_tiny_network) -> None:
    config = TrainConfig(dropout=0.0)
    rows = [{"text": n, "find": find} for n in range(8) for find in (True, False)]
    batch = Collator(eight_examples, config)(rows)
    training = TrainingNetwork(make_tiny_network(11), config)
    optimizer = torch.optim.AdamW(training.parameters(), lr=1e-2)

    losses = []
    for _ in range(12):
        loss = training(**batch)["loss"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())

    assert len(batch["pair_classes"]) == 14
    assert losses[-1] < losses[0] / 2
    assert math.isfinite(losses[-1])
    assert all(parameter.grad is not None for parameter in training.network.stance.parameters())
