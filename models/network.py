"""The stance network: one encoder, three small heads. Training only; the CPU runtime runs its export.

Shapes: B windows, T tokens, H hidden size, D size of link vectors.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from models.schema import SCORES

NUM_TAGS = 3
"""Proposal tags: outside, begin, inside."""
LINK_SIZE = 64


class StanceNetwork(nn.Module):
    """Reads windows and says, for each token, what it shows if it is a country or part of a proposal."""

    def __init__(self, encoder: BertModel, dropout: float = 0.1) -> None:
        """Put fresh heads on an encoder."""
        super().__init__()
        hidden = encoder.config.hidden_size
        self.encoder = encoder
        self.stance = nn.Sequential(
            nn.Linear(2 * hidden, hidden), nn.GELU(), nn.Dropout(dropout), nn.Linear(hidden, len(SCORES))
        )
        self.tag = nn.Linear(hidden, NUM_TAGS)
        self.link = nn.Linear(hidden, LINK_SIZE)

    @classmethod
    def from_config(cls, config: dict[str, object]) -> StanceNetwork:
        """An untrained network of the given encoder configuration (`config.json` of a checkpoint)."""
        return cls(BertModel(BertConfig(**config), add_pooling_layer=False))

    def prepare_for_training(self) -> None:
        """Choose the attention that trains fastest: torch 2.13 has a fused one that is slow on processors."""
        if not torch.cuda.is_available():
            self.encoder.set_attn_implementation("eager")

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Run the encoder and the heads on every token.

        Args:
            input_ids: (B, T) int64.
            attention_mask: (B, T), 1 on tokens and 0 on padding.
            token_type_ids: (B, T), 0 for the proposal and 1 for the text.

        Returns:
            stance logits (B, T, 4) in the order of SCORES, tag logits (B, T, 3), link vectors (B, T, D).
        """
        hidden = self.encoder(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        ).last_hidden_state
        first = hidden[:, :1].expand_as(hidden)
        return self.stance(torch.cat([hidden, first], dim=-1)), self.tag(hidden), self.link(hidden)


def computes_in_bfloat16() -> bool:
    """Whether bf16 is faster than fp32 here: on GPUs of Ampere or later, on processors with AVX512-BF16 or AMX."""
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported())
    flags = Path("/proc/cpuinfo")
    return flags.exists() and any(word in flags.read_text() for word in ("avx512_bf16", "amx_bf16"))
