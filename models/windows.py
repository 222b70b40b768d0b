"""Windows: runs of sentences short enough to read closely, each with its neighbours as context.

A window reads its core; the sentences before and after it are seen but not read. Every token of the
article is in the core of exactly one window.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.tokens import CLS, FIRST_ENTITY, NUM_ENTITIES, SEP, IntArray, TokenizedText

MAX_CORE_TOKENS = 144
MAX_CONTEXT_TOKENS = 40
"""Tokens of the neighbouring text on each side of the core."""


@dataclass(frozen=True)
class Window:
    """Token range `start..end` that the encoder sees, and `core_start..core_end` that it is read for."""

    start: int
    core_start: int
    core_end: int
    end: int


@dataclass(frozen=True)
class WindowInput:
    """One encoder input of T tokens.

    Attributes:
        ids: Vocabulary ids, (T,).
        types: 0 for the proposal, 1 for the text, (T,).
        offset: Position in `ids` of the article's token `window.start`.
    """

    ids: IntArray
    types: IntArray
    offset: int


def make_windows(tokens: TokenizedText) -> list[Window]:
    """Cut an article into windows of whole sentences, about equally long.

    A sentence longer than MAX_CORE_TOKENS is cut; then its neighbours are the rest of it.
    """
    total = len(tokens.ids)
    bounds = [0, *(np.flatnonzero(np.diff(tokens.sentence)) + 1).tolist(), total]
    target = total / max(1, -(-total // MAX_CORE_TOKENS))
    windows, core_start = [], 0
    for begin, end in pairwise(bounds):
        if begin > core_start and (end - core_start > MAX_CORE_TOKENS or begin - core_start >= target):
            windows.append(_with_context(core_start, begin, total))
            core_start = begin
        while end - core_start > MAX_CORE_TOKENS:
            windows.append(_with_context(core_start, core_start + MAX_CORE_TOKENS, total))
            core_start += MAX_CORE_TOKENS
    if core_start < total:
        windows.append(_with_context(core_start, total, total))
    return windows


def _with_context(core_start: int, core_end: int, total: int) -> Window:
    return Window(
        max(0, core_start - MAX_CONTEXT_TOKENS), core_start, core_end, min(total, core_end + MAX_CONTEXT_TOKENS)
    )


def window_input(
    tokens: TokenizedText,
    window: Window,
    proposal: tuple[IntArray, IntArray] | None = None,
    entity_order: NDArray[np.integer[Any]] | None = None,
) -> WindowInput:
    """Lay out [CLS] proposal [SEP] window [SEP].

    Args:
        tokens: The article.
        window: Which part of it.
        proposal: ids and countries of the proposal (`tokenize_proposal`); None to look for proposals.
        entity_order: Which entity token the first, second ... country of this input gets; by default
            0, 1, 2 ... Training shuffles them.
    """
    seen = slice(window.start, window.end)
    return _lay_out(proposal or (_EMPTY, _EMPTY), (tokens.ids[seen], tokens.country[seen]), entity_order)


def proposal_input(
    proposal: tuple[IntArray, IntArray], entity_order: NDArray[np.integer[Any]] | None = None
) -> WindowInput:
    """Lay out [CLS] [SEP] proposal [SEP]: the proposal as if it were the text, to compare it with mentions there."""
    return _lay_out((_EMPTY, _EMPTY), proposal, entity_order)


def _lay_out(
    front: tuple[IntArray, IntArray], text: tuple[IntArray, IntArray], entity_order: NDArray[np.integer[Any]] | None
) -> WindowInput:
    """[CLS] front [SEP] text [SEP], each given as ids and countries."""
    ids = np.concatenate([[CLS], front[0], [SEP], text[0], [SEP]]).astype(np.int32)
    country = np.concatenate([[-1], front[1], [-1], text[1], [-1]])
    at = np.flatnonzero(country >= 0)
    if len(at):
        _, first, inverse = np.unique(country[at], return_index=True, return_inverse=True)
        rank = np.argsort(np.argsort(first))[inverse]
        order = np.arange(NUM_ENTITIES) if entity_order is None else entity_order
        ids[at] = FIRST_ENTITY + order[rank % NUM_ENTITIES]
    offset = len(front[0]) + 2
    types = np.zeros_like(ids)
    types[offset:] = 1
    return WindowInput(ids, types, offset)


_EMPTY: IntArray = np.zeros(0, dtype=np.int32)
