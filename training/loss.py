"""The loss: stances of pairs, the mentions that show them, proposal tags and which of them are one proposal.

Pooling: a pair's odds of a stance against none are the sum of its mentions' odds (`pool_odds`), a noisy-or in
log space (multiple-instance learning, Dietterich et al. 1997), so that one mention that shows the stance is enough
and the other mentions of the country are not taught that they show nothing. The proposals of a row compete for
its mentions as they do when articles are labelled (`share_mentions`).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.network import NUM_TAGS, StanceNetwork
from training.collate import IGNORED
from training.config import TrainConfig

LINK_SCALE, LINK_MARGIN = 10.0, 0.5
"""Two proposal mentions are one proposal with logit LINK_SCALE * (cosine - LINK_MARGIN)."""


def pool_odds(logits: Tensor, pairs: Tensor, num_pairs: int) -> Tensor:
    """Pool mention logits to pair logits.

    Args:
        logits: (M, 4), class 0 is none.
        pairs: The pair of each mention, (M,).
        num_pairs: P.

    Returns:
        (P, 4): zero for none, log of the summed odds for each stance; -inf-like for a pair without mentions.
    """
    odds = logits[:, 1:] - logits[:, :1]  # (M, 3), log odds against none
    index = pairs[:, None].expand_as(odds)
    top = odds.new_full((num_pairs, 3), -1e4).scatter_reduce(0, index, odds.detach(), "amax")
    total = odds.new_zeros(num_pairs, 3).index_add(0, pairs, (odds - top[pairs]).exp())
    return torch.cat([odds.new_zeros(num_pairs, 1), top + total.clamp_min(1e-9).log()], dim=1)


def share_mentions(logits: Tensor, mentions: Tensor) -> Tensor:
    """Let the proposals that read one mention compete for it, as `models.decoding.share_mentions` does.

    Args:
        logits: (M, 4), one row for each mention and proposal, class 0 is none.
        mentions: Number of the mention, the same for all proposals that read it, (M,).

    Returns:
        (M, 4), none at zero.
    """
    odds = logits[:, 1:] - logits[:, :1]
    any_stance = odds.logsumexp(dim=1)
    _, mentions = mentions.unique(return_inverse=True)
    top = any_stance.new_full((len(logits),), -1e4).scatter_reduce(0, mentions, any_stance.detach(), "amax")
    total = any_stance.new_zeros(len(logits)).index_add(0, mentions, (any_stance - top[mentions]).exp())
    share = any_stance - top[mentions] - total[mentions].log()
    return torch.cat([torch.zeros_like(share)[:, None], odds + share[:, None]], dim=1)


class TrainingNetwork(nn.Module):
    """The network with its loss, as the Trainer wants it."""

    def __init__(self, network: StanceNetwork, config: TrainConfig) -> None:
        """Keep the network and the weights of the losses."""
        super().__init__()
        self.network = network
        self.settings = config

    def forward(self, chunks: list[dict[str, Tensor]], pair_classes: Tensor, **_: Any) -> dict[str, Tensor]:
        """Run every chunk of a batch and add up the losses.

        Args:
            chunks: As `training.collate.Collator` builds them.
            pair_classes: Index into SCORES per pair, (P,).

        Returns:
            `loss`, a scalar.
        """
        mention_logits, mention_rows, tag_losses, links, link_rows = [], [], [], [], []
        for chunk in chunks:
            stance, tag, link = self.network(chunk["input_ids"], chunk["attention_mask"], chunk["token_type_ids"])
            mentions = chunk["mentions"]
            mention_logits.append(stance[mentions[:, 0], mentions[:, 1]].float())
            mention_rows.append(mentions[:, 2:])
            tag_losses.append(self._tag_loss(tag.float(), chunk["tags"]))
            for row, first, last, text, proposal in chunk["spans"].tolist():
                links.append(link[row, first : last + 1].float().mean(dim=0))
                link_rows.append((text, proposal))
        loss = self._stance_loss(torch.cat(mention_logits), torch.cat(mention_rows), pair_classes)
        tag_sum = torch.stack([total for total, _ in tag_losses]).sum()
        tag_count = torch.stack([count for _, count in tag_losses]).sum().clamp_min(1)
        loss = loss + self.settings.tag_loss_weight * tag_sum / tag_count
        if len(links) > 1:
            loss = loss + self.settings.link_loss_weight * _link_loss(
                torch.stack(links), torch.tensor(link_rows, device=links[0].device)
            )
        return {"loss": loss}

    def _stance_loss(self, logits: Tensor, rows: Tensor, classes: Tensor) -> Tensor:
        """Pair cross-entropy, plus how much of a pair's odds lies on the mentions that show its stance."""
        if not len(classes):
            return logits.sum() * 0.0
        pairs, is_evidence = rows[:, 0], rows[:, 1].bool()
        logits = share_mentions(logits, rows[:, 2])
        pooled = pool_odds(logits, pairs, len(classes))
        loss = functional.cross_entropy(pooled, classes, label_smoothing=self.settings.label_smoothing)
        shown = torch.zeros_like(classes, dtype=torch.bool).index_fill(0, pairs[is_evidence], True) & (classes > 0)
        if not shown.any():
            return loss
        on_evidence = pool_odds(logits[is_evidence], pairs[is_evidence], len(classes))
        at = shown.nonzero()[:, 0]
        share = (pooled[at, classes[at]] - on_evidence[at, classes[at]]).mean()
        return loss + self.settings.evidence_loss_weight * share

    def _tag_loss(self, logits: Tensor, tags: Tensor) -> tuple[Tensor, Tensor]:
        """Summed cross-entropy and number of tagged tokens; begin and inside weigh more, being rare."""
        weight = logits.new_tensor([1.0] + [self.settings.proposal_tag_weight] * (NUM_TAGS - 1))
        total = functional.cross_entropy(
            logits.reshape(-1, NUM_TAGS), tags.reshape(-1), weight, ignore_index=IGNORED, reduction="sum"
        )
        return total, (tags != IGNORED).sum()


def _link_loss(vectors: Tensor, rows: Tensor) -> Tensor:
    """Binary cross-entropy over pairs of spans of one text: same proposal or not. vectors (S, D), rows (S, 2)."""
    unit = functional.normalize(vectors, dim=-1)
    logits = LINK_SCALE * (unit @ unit.T - LINK_MARGIN)
    same_text = torch.triu(rows[:, None, 0] == rows[None, :, 0], diagonal=1)
    if not same_text.any():
        return logits.sum() * 0.0
    same_proposal = (rows[:, None, 1] == rows[None, :, 1]).float()
    return functional.binary_cross_entropy_with_logits(logits[same_text], same_proposal[same_text])
