"""An article with what was found in it before any network ran: its country mentions, tokens and windows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from models.groups import find_left_out
from models.schema import Article, Mention, Span
from models.tokens import TokenizedText
from models.windows import Window


@dataclass(frozen=True)
class Reading:
    """What labelling reads. Mentions are numbered as `tokens.entity_positions` has them, in the order of the text."""

    article: Article
    mentions: Sequence[Mention]
    tokens: TokenizedText
    windows: Sequence[Window]

    def group_by_country(self) -> dict[str, list[int]]:
        """Which of the read mentions are of each country; countries in order of first mention."""
        grouped: dict[str, list[int]] = {}
        for number, position in enumerate(self.tokens.entity_positions):
            grouped.setdefault(self.tokens.countries[self.tokens.country[position]], []).append(number)
        return grouped

    def find_left_out(self) -> list[int]:
        """Which of the read mentions only name who is left out of what others do ('the EU except Hungary')."""
        tokens = self.tokens
        by_sentence: dict[int, list[int]] = {}
        for number, position in enumerate(tokens.entity_positions):
            by_sentence.setdefault(int(tokens.sentence[position]), []).append(number)
        chosen = []
        for sentence, numbers in by_sentence.items():
            span = tokens.sentences[sentence]
            mentions = [self.mentions[tokens.entity[tokens.entity_positions[n]]] for n in numbers]
            silent = find_left_out(self.article.quote(span), span.start, mentions)
            chosen += [n for n, mention in zip(numbers, mentions, strict=True) if mention in silent]
        return chosen

    def windows_with(self, spans: Iterable[Span]) -> list[Window]:
        """The windows that have part of a span in their core."""
        covered = [self.tokens.covered(span) for span in spans]
        positions = np.concatenate([*covered, np.zeros(0, np.int32)])
        return [w for w in self.windows if ((positions >= w.core_start) & (positions < w.core_end)).any()]

    def sentences_of(self, mentions: Iterable[int]) -> list[Span]:
        """The sentences of some of the read mentions, each once, in the order of the mentions."""
        tokens = self.tokens
        return list(dict.fromkeys(tokens.sentences[tokens.sentence[tokens.entity_positions[m]]] for m in mentions))
