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
    ids, country = proposal if proposal is not None else (_EMPTY, _EMPTY)
    ids = np.concatenate([[CLS], ids, [SEP], tokens.ids[window.start : window.end], [SEP]]).astype(np.int32)
    country = np.concatenate([[-1], country, [-1], tokens.country[window.start : window.end], [-1]])
    at = np.flatnonzero(country >= 0)
    if len(at):
        _, first, inverse = np.unique(country[at], return_index=True, return_inverse=True)
        rank = np.argsort(np.argsort(first))[inverse]
        order = np.arange(NUM_ENTITIES) if entity_order is None else entity_order
        ids[at] = FIRST_ENTITY + order[rank % NUM_ENTITIES]
    offset = len(ids) - 1 - (window.end - window.start)
    types = np.zeros_like(ids)
    types[offset:] = 1
    return WindowInput(ids, types, offset)


_EMPTY: IntArray = np.zeros(0, dtype=np.int32)
