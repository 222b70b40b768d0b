"""Batches: rows (text, proposal) become encoder inputs with targets.

A row either reads some proposals of a text, each in the same windows, or looks for proposals.
Windows of all rows of a batch are sorted by length and cut into chunks of bounded size, so that padding is
small while the loss still sees every window of a (country, proposal) pair together, and all proposals of a mention.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from models.schema import SCORES
from models.tokens import MAX_ARTICLE_TOKENS, NUM_ENTITIES, PAD, IntArray
from models.windows import Window, WindowInput, proposal_input, window_input
from training.config import TrainConfig
from training.examples import ProposalExample, TextExample, TokenizedWording

IGNORED = -100
TURNED = np.array([SCORES.index(name) for name in ("none", "oppose", "support", "abstain")], dtype=np.int32)
"""For each class, in the order of SCORES, the class of who says the same of the opposite proposal."""


@dataclass
class _Piece:
    """One window of a row with its targets; positions count in `window.ids`."""

    window: WindowInput
    mentions: list[tuple[int, int, bool, int]]  # position, pair, is evidence, mention
    tags: np.ndarray | None
    spans: list[tuple[int, int, int, int]]  # first, last, text, proposal


class Collator:
    """Builds batches; draws wordings, windows and entity numbers afresh each time."""

    def __init__(self, examples: Sequence[TextExample], config: TrainConfig) -> None:
        """Keep the examples that rows refer to by index."""
        self.examples = examples
        self.config = config
        self.random = np.random.default_rng(config.seed)

    def __call__(self, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """Build a batch.

        Returns:
            `chunks`: encoder inputs with their targets; `pair_classes`: index into SCORES per pair, (P,).
        """
        pieces: list[_Piece] = []
        pair_classes: list[int] = []
        for number, row in enumerate(rows):
            example = self.examples[row["text"]]
            if row["find"]:
                pieces += self._find_pieces(example, number)
            else:
                pieces += self._read_pieces(example, number, pair_classes)
        pieces.sort(key=lambda piece: len(piece.window.ids))
        return {
            "chunks": [self._chunk(group) for group in _groups(pieces, self.config.max_chunk_tokens)],
            "pair_classes": torch.tensor(pair_classes, dtype=torch.long),
        }

    def _read_pieces(self, example: TextExample, number: int, pair_classes: list[int]) -> list[_Piece]:
        """Inputs of a row that reads; mentions of different rows of a batch get different numbers."""
        proposals = self._choose_proposals(example)
        windows = self._choose_windows(example, proposals)
        pieces = []
        for proposal in proposals:
            wording, classes = self._choose_wording(proposal)
            pairs: dict[int, int] = {}
            for window in windows:
                entered = window_input(example.tokens, window, wording, self._shuffled_entities())
                mentions = []
                for order, position in enumerate(example.mentions):
                    if window.core_start <= position < window.core_end:
                        country = int(example.tokens.country[position])
                        if country not in pairs:
                            pairs[country] = len(pair_classes)
                            pair_classes.append(int(classes[country]))
                        at = entered.offset + int(position) - window.start
                        is_evidence = bool(proposal.is_evidence[order])
                        mentions.append((at, pairs[country], is_evidence, number * MAX_ARTICLE_TOKENS + order))
                pieces.append(_Piece(entered, mentions, None, []))
        return pieces

    def _choose_proposals(self, example: TextExample) -> list[ProposalExample]:
        """Some proposals of a text, now and then one alone: it may be all that is asked."""
        is_alone = self.random.random() < self.config.lone_proposal_fraction
        limit = 1 if is_alone else self.config.max_rivals
        return [example.proposals[n] for n in self.random.permutation(len(example.proposals))[:limit]]

    def _choose_wording(self, proposal: ProposalExample) -> tuple[TokenizedWording, IntArray]:
        """Some wording of a proposal with the countries' classes, or its opposite with the classes turned round."""
        if proposal.opposites and self.random.random() < self.config.opposite_fraction:
            return self._any(proposal.opposites), TURNED[proposal.classes]
        if proposal.quotes and self.random.random() < self.config.mention_wording_fraction:
            return self._any(proposal.quotes), proposal.classes
        return self._any(proposal.descriptions), proposal.classes

    def _any(self, wordings: Sequence[TokenizedWording]) -> TokenizedWording:
        return wordings[int(self.random.integers(len(wordings)))]

    def _choose_windows(self, example: TextExample, proposals: Sequence[ProposalExample]) -> list[Window]:
        """All windows with evidence on the proposals and, as many as the configuration allows, others with mentions.

        Of the others the first is one with evidence on another proposal, if there is one: those are mixed up most.
        """
        is_evidence = np.any([proposal.is_evidence for proposal in proposals], axis=0)
        is_elsewhere = np.any([proposal.is_evidence for proposal in example.proposals], axis=0) & ~is_evidence
        with_evidence, rivals, others = [], [], []
        for window in example.windows:
            inside = (example.mentions >= window.core_start) & (example.mentions < window.core_end)
            if (inside & is_evidence).any():
                with_evidence.append(window)
            elif (inside & is_elsewhere).any():
                rivals.append(window)
            elif inside.any():
                others.append(window)
        self.random.shuffle(rivals)
        others += rivals[1:]
        self.random.shuffle(others)
        return with_evidence + [*rivals[:1], *others][: self.config.max_other_windows]

    def _find_pieces(self, example: TextExample, number: int) -> list[_Piece]:
        with_tags = [w for w in example.windows if example.tags[w.core_start : w.core_end].any()]
        others = [w for w in example.windows if w not in with_tags]
        self.random.shuffle(with_tags)
        self.random.shuffle(others)
        limit = self.config.max_find_windows
        chosen = with_tags[:limit] + others[: max(1, limit - len(with_tags))]
        pieces = []
        for window in chosen:
            entered = window_input(example.tokens, window, None, self._shuffled_entities())
            shift = entered.offset - window.start
            tags = np.full(len(entered.ids), IGNORED)
            tags[window.core_start + shift : window.core_end + shift] = example.tags[
                window.core_start : window.core_end
            ]
            spans = [
                (first + shift, last + shift, number, proposal)
                for first, last, proposal in example.spans
                if window.core_start <= first and last < window.core_end
            ]
            pieces.append(_Piece(entered, [], tags, spans))
        return pieces + [
            self._description_piece(self._any(proposal.descriptions), number, index)
            for index, proposal in enumerate(example.proposals)
        ]

    def _description_piece(self, description: TokenizedWording, number: int, index: int) -> _Piece:
        """A proposal's description as one more mention of it, so that given proposals can be found in a text."""
        entered = proposal_input(description, self._shuffled_entities())
        last = entered.offset + len(description[0]) - 1
        return _Piece(entered, [], None, [(entered.offset, last, number, index)])

    def _shuffled_entities(self) -> np.ndarray:
        return self.random.permutation(NUM_ENTITIES)

    def _chunk(self, pieces: Sequence[_Piece]) -> dict[str, torch.Tensor]:
        """Pad windows to the longest; positions become (row, position)."""
        width = max(len(piece.window.ids) for piece in pieces)
        ids = np.full((len(pieces), width), PAD)
        types = np.zeros((len(pieces), width), dtype=np.int64)
        mask = np.zeros((len(pieces), width), dtype=np.int64)
        tags = np.full((len(pieces), width), IGNORED)
        mentions, spans = [], []
        for row, piece in enumerate(pieces):
            length = len(piece.window.ids)
            ids[row, :length], types[row, :length], mask[row, :length] = piece.window.ids, piece.window.types, 1
            if piece.tags is not None:
                tags[row, :length] = piece.tags
            mentions += [(row, *mention) for mention in piece.mentions]
            spans += [(row, *span) for span in piece.spans]
        return {
            "input_ids": torch.from_numpy(ids).long(),
            "attention_mask": torch.from_numpy(mask),
            "token_type_ids": torch.from_numpy(types),
            "tags": torch.from_numpy(tags).long(),
            "mentions": torch.tensor(mentions, dtype=torch.long).reshape(-1, 5),
            "spans": torch.tensor(spans, dtype=torch.long).reshape(-1, 5),
        }


def _groups(pieces: Sequence[_Piece], max_tokens: int) -> list[list[_Piece]]:
    """Consecutive pieces whose padded size stays within `max_tokens`; pieces come sorted by length."""
    groups: list[list[_Piece]] = []
    for piece in pieces:
        if groups and (len(groups[-1]) + 1) * len(piece.window.ids) <= max_tokens:
            groups[-1].append(piece)
        else:
            groups.append([piece])
    return groups
