"""From the network's numbers to rows: stances of pairs, their evidence, and proposals from tagged spans.

Plain numpy; knows nothing of the runtime. Shapes: P proposals, M mentions, S spans, D size of link vectors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import CheckpointError
from models.schema import Span
from models.tokens import TokenizedText
from models.windows import Window

FloatArray = NDArray[np.floating[Any]]

MAX_EVIDENCE = 3
"""Sentences named for one row, at most."""
EVIDENCE_MARGIN = 1.0
"""A mention is evidence if its log odds are within this of the country's best mention."""
UNREAD_LOG_ODDS = -30.0
"""Of each stance at a mention that was not read: none, as good as certain."""
MAX_PROPOSALS_FOUND = 12
MAX_SPAN_TOKENS = 48


@dataclass(frozen=True, kw_only=True)
class DecodingConfig:
    """Numbers fitted after training; kept in the checkpoint's `config.json` under `decoding`."""

    temperature: float = 1.0
    """Divides pair logits (Guo et al. 2017, 'On calibration of modern neural networks')."""
    none_bias: float = 0.0
    """Added to the logit of none before the temperature: training reads fewer windows without a stance."""
    stance_threshold: float = 0.5
    """A pair with a given proposal has a stance if the probabilities of the three stances add up to at least this."""
    found_stance_threshold: float = 0.5
    """The same for found proposals, whose stances count less for each doubt that it is a proposal."""
    span_threshold: float = 0.5
    """A tagged span is a proposal mention if its mean probability is at least this."""
    proposal_threshold: float = 0.65
    """A proposal is kept if its best mention reaches this."""
    proposal_bias: float = 0.0
    """Added to the log odds of a found proposal's best mention."""
    proposal_temperature: float = 1.0
    """Divides those log odds then, for the probability that it is one (Platt 1999)."""
    link_threshold: float = 0.5
    """Two groups of mentions are one proposal if their mean cosine is at least this."""
    screen_threshold: float = 0.5
    """A tagged span may speak of a given proposal if its cosine with the proposal is at least this."""

    @classmethod
    def from_dict(cls, values: dict[str, float]) -> DecodingConfig:
        """Read from a checkpoint.

        Raises:
            CheckpointError: A key is missing or unknown.
        """
        known = {field.name for field in fields(cls)}
        if set(values) != known:
            raise CheckpointError(f"'decoding' of config.json has {sorted(values)}; expected {sorted(known)}")
        return cls(**values)


def pool_odds(logits: FloatArray) -> FloatArray:
    """Pool the mentions of a country: zero for none, log of the summed odds for each stance. (M, 4) -> (4,)."""
    odds = logits[:, 1:] - logits[:, :1]
    return np.concatenate([[0.0], np.logaddexp.reduce(odds, axis=0)])


def share_mentions(logits: FloatArray) -> FloatArray:
    """Let the proposals of an article compete for its mentions.

    What a sentence shows is as a rule about one of them: the odds of a mention's stances are multiplied by the
    proposal's share of the mention's odds over all proposals. With one proposal nothing changes.

    Args:
        logits: Logits of the same mentions for each proposal, (P, M, 4).

    Returns:
        (P, M, 4), none at zero.
    """
    odds = logits[:, :, 1:] - logits[:, :, :1]
    any_stance = np.logaddexp.reduce(odds, axis=2, keepdims=True)
    share = any_stance - np.logaddexp.reduce(any_stance, axis=0, keepdims=True)
    return np.concatenate([np.zeros_like(share), odds + share], axis=2)


def pair_probabilities(pooled: FloatArray, config: DecodingConfig) -> FloatArray:
    """Calibrated probabilities in the order of SCORES. (4,) -> (4,), or (P, 4) -> (P, 4)."""
    return softmax((pooled + np.array([config.none_bias, 0.0, 0.0, 0.0])) / config.temperature)


def softmax(logits: FloatArray) -> FloatArray:
    """Along the last axis, in float64."""
    shifted = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    normalised: FloatArray = shifted / shifted.sum(axis=-1, keepdims=True)
    return normalised


def evidence_mentions(logits: FloatArray, stance: int) -> list[int]:
    """Which mentions show the stance, the clearest first. logits (M, 4)."""
    odds = logits[:, stance] - logits[:, 0]
    order = np.argsort(-odds, kind="stable")
    return [int(m) for m in order if odds[m] >= odds[order[0]] - EVIDENCE_MARGIN]


@dataclass(frozen=True)
class TaggedSpan:
    """Words of an article that the network takes for a proposal mention."""

    span: Span
    probability: float
    vector: FloatArray


def tagged_spans(
    tokens: TokenizedText, window: Window, tags: FloatArray, links: FloatArray, threshold: float
) -> list[TaggedSpan]:
    """Proposal mentions in the core of a window.

    Args:
        tokens: The article.
        window: The window.
        tags: Tag logits of the window's tokens, (T, 3): outside, begin, inside.
        links: Link vectors of the window's tokens, (T, D).
        threshold: The least mean probability of a span.
    """
    probabilities = softmax(tags)
    best = _word_tags(tokens, window, probabilities.argmax(axis=1))
    spans, at = [], window.core_start
    while at < window.core_end:
        if best[at - window.start] == 0:
            at += 1
            continue
        first = at
        at += 1
        while at < window.core_end and _continues(tokens, at, best[at - window.start], at - first):
            at += 1
        inside = slice(first - window.start, at - window.start)
        probability = float(1 - probabilities[inside, 0].mean())
        if probability >= threshold:
            spans.append(TaggedSpan(tokens.span(first, at - 1), probability, link_vector(links[inside])))
    return spans


def link_vector(links: FloatArray) -> FloatArray:
    """What the words of a proposal mention are compared by: the mean of their link vectors, of length one."""
    vector: FloatArray = links.mean(axis=0)
    return vector / np.linalg.norm(vector)


def spans_like(vector: FloatArray, spans: Sequence[TaggedSpan], config: DecodingConfig) -> list[TaggedSpan]:
    """The spans that may speak of a given proposal, by the link vector of its text, (D,)."""
    return [s for s in spans if s.vector @ vector >= config.screen_threshold]


def _word_tags(tokens: TokenizedText, window: Window, tags: NDArray[np.integer[Any]]) -> NDArray[np.integer[Any]]:
    """Let the first piece of a word decide for all of it, so that no word is cut."""
    goes_on = tokens.is_continuation[window.start : window.end].astype(bool)
    first = np.maximum.accumulate(np.where(goes_on, 0, np.arange(len(tags))))
    return np.where(goes_on & (tags[first] > 0), 2, tags[first])


def _continues(tokens: TokenizedText, at: int, tag: int, length: int) -> bool:
    """Whether token `at` belongs to the span before it."""
    same_field = (at < tokens.title_tokens) == (at - 1 < tokens.title_tokens)
    same_sentence = tokens.sentence[at] == tokens.sentence[at - 1]
    fits = length < MAX_SPAN_TOKENS or bool(tokens.is_continuation[at])
    return bool(same_field and same_sentence and fits and tag == 2)


def link_spans(spans: Sequence[TaggedSpan], config: DecodingConfig) -> list[list[TaggedSpan]]:
    """Group mentions of the same proposal (average-link agglomeration on cosine), in order of first mention.

    Groups whose best mention stays under `proposal_threshold` are dropped, then the weakest beyond
    MAX_PROPOSALS_FOUND.
    """
    if not spans:
        return []
    vectors = np.stack([span.vector for span in spans])
    cosine = vectors @ vectors.T
    groups = [[index] for index in range(len(spans))]
    while len(groups) > 1:
        means = [
            (cosine[np.ix_(a, b)].mean(), i, j) for i, a in enumerate(groups) for j, b in enumerate(groups) if i < j
        ]
        best, i, j = max(means, key=lambda item: item[0])
        if best < config.link_threshold:
            break
        groups[i] += groups.pop(j)
    found = [[spans[index] for index in sorted(group)] for group in groups]
    found = [group for group in found if max(span.probability for span in group) >= config.proposal_threshold]
    strongest = sorted(found, key=_weight, reverse=True)[:MAX_PROPOSALS_FOUND]
    return [group for group in found if group in strongest]


def proposal_probability(group: Sequence[TaggedSpan], config: DecodingConfig) -> float:
    """Calibrated probability that mentions speak of what is a proposal."""
    odds = (best_log_odds(group) + config.proposal_bias) / config.proposal_temperature
    return float(1 / (1 + np.exp(-odds)))


def best_log_odds(group: Sequence[TaggedSpan]) -> float:
    """Log odds of the best of some mentions, within those of a single-precision probability."""
    probability = np.clip(max(span.probability for span in group), 1e-6, 1 - 1e-6)
    return float(np.log(probability / (1 - probability)))


def main_proposal(groups: Sequence[Sequence[TaggedSpan]]) -> int | None:
    """Index of the proposal that the article is about: the one with most mention probability."""
    return max(range(len(groups)), key=lambda index: _weight(groups[index])) if groups else None


def _weight(group: Sequence[TaggedSpan]) -> float:
    return sum(span.probability for span in group)
