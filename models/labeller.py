"""The labeller: an article in, its labels out. The only door for inference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from models.checkpoint import Checkpoint, open_checkpoint
from models.countries import CountryFinder
from models.decoding import (
    MAX_EVIDENCE,
    UNREAD_LOG_ODDS,
    DecodingConfig,
    FloatArray,
    TaggedSpan,
    best_log_odds,
    evidence_mentions,
    link_spans,
    link_vector,
    main_proposal,
    pair_probabilities,
    pool_odds,
    proposal_probability,
    share_mentions,
    spans_like,
    tagged_spans,
)
from models.groups import expand_groups as add_members
from models.reading import Reading
from models.runtime import Runtime
from models.schema import SCORES, Article, Labels, Mention, Proposal, Stance, StanceRow
from models.tokens import tokenize_article, tokenize_proposal
from models.windows import Window, make_windows, proposal_input, window_input

_DECIMALS = 4
_UNREAD = np.array([0.0, UNREAD_LOG_ODDS, UNREAD_LOG_ODDS, UNREAD_LOG_ODDS])
"""Logits of a mention that was not read, in the order of SCORES."""
_MAX_KEPT_VECTORS = 256
"""Given proposals whose link vectors are kept: the same few are as a rule asked of many articles."""


class Labeller:
    """Labels articles with one checkpoint."""

    def __init__(self, checkpoint: Checkpoint, threads: int | None = None) -> None:
        """Load the parts of an opened checkpoint; `threads` is the runtime's."""
        self.checkpoint = checkpoint
        self.decoding = DecodingConfig.from_dict(checkpoint.config["decoding"])
        self.tokenizer = Tokenizer.from_file(str(checkpoint.file("tokenizer.json")))
        self.finder = CountryFinder.load()
        self.runtime = Runtime(checkpoint.file("model.onnx"), threads)
        self._compared = lru_cache(_MAX_KEPT_VECTORS)(self._compare_by)

    @classmethod
    def load(cls, path: Path | None = None, *, threads: int | None = None) -> Labeller:
        """Open and check a checkpoint folder; the shipped one without a path.

        Raises:
            CheckpointError: The folder is not a whole, unaltered checkpoint.
        """
        return cls(open_checkpoint(path), threads)

    def info(self) -> dict[str, Any]:
        """What labels: name and version of the model, where it lies, what runs it."""
        return {
            "name": self.checkpoint.name,
            "version": self.checkpoint.version,
            "checkpoint": str(self.checkpoint.path),
            "runtime": "onnxruntime float32",
            "threads": self.runtime.threads,
        }

    def label_many(
        self, articles: Iterable[Article | Mapping[str, Any] | str], *, expand_groups: bool = False
    ) -> Iterator[Labels]:
        """Label articles in order, one at a time as they come.

        Raises:
            DataError: An article can't be labelled.
        """
        return (self.label(article, expand_groups=expand_groups) for article in articles)

    def label(self, article: Article | Mapping[str, Any] | str, *, expand_groups: bool = False) -> Labels:
        """Label one article: an Article, a record `{text, title?, date?, id?, proposals?}` or just the text.

        With `expand_groups`, what a group does counts for its members on the article's day too.

        Raises:
            DataError: The article is empty, too long or no article, or the day of its groups can't be read.
        """
        article = _as_article(article)
        reading = self._read(article)
        if article.proposals is None:
            proposals, windows, groups, count = self._find_proposals(reading)
            certain = [proposal_probability(group, self.decoding) for group in groups]
        else:
            proposals, windows, count = self._screen(reading, article.proposals)
            certain = [1.0] * len(proposals)
        logits, used = self._read_proposals(reading, proposals, windows)
        rows = [
            row
            for proposal, probability, table in zip(proposals, certain, logits, strict=True)
            for row in self._rows(reading, proposal, probability, table)
        ]
        countries = {c: tuple(m for m in reading.mentions if m.country == c) for c in _in_order(reading.mentions)}
        labels = Labels(
            article=article,
            id=article.known_as,
            proposals=tuple(proposals),
            stances=tuple(rows),
            countries=countries,
            country_names={code: self.finder.name(code) for code in countries},
            truncated=reading.tokens.truncated,
            tokens=count + used,
            model={"name": self.checkpoint.name, "version": self.checkpoint.version},
        )
        return add_members(labels) if expand_groups else labels

    def pooled_logits(self, article: Article, proposals: Sequence[str]) -> list[dict[str, FloatArray]]:
        """Uncalibrated pair logits, for calibration: for each proposal, country code -> (4,)."""
        reading = self._read(article)
        tables, _ = self._read_proposals(reading, *self._screen(reading, proposals)[:2])
        return [{code: pool_odds(table[at]) for code, at in reading.group_by_country().items()} for table in tables]

    def found_proposals(self, article: Article) -> list[tuple[Proposal, float]]:
        """Proposals found in an article, each with the uncalibrated log odds that it is one, for calibration."""
        proposals, _, groups, _ = self._find_proposals(self._read(article))
        return [(proposal, best_log_odds(group)) for proposal, group in zip(proposals, groups, strict=True)]

    def _read(self, article: Article) -> Reading:
        mentions = self.finder.find_mentions(article.text, title=article.title, date=article.date)
        tokens = tokenize_article(self.tokenizer, article, mentions)
        return Reading(article, mentions, tokens, make_windows(tokens))

    def _find_proposals(
        self, reading: Reading
    ) -> tuple[list[Proposal], list[Sequence[Window]], list[list[TaggedSpan]], int]:
        """Proposals found in the text.

        Returns:
            They, the windows that mention each, the mentions of each, and how many tokens were read.
        """
        spans, count = self._find_spans(reading, self.decoding.span_threshold)
        groups = link_spans(spans, self.decoding)
        main = main_proposal(groups)
        proposals = [
            Proposal(
                id=f"p{number}",
                text=max((reading.article.quote(s.span) for s in group), key=len),
                main=number - 1 == main,
                mentions=tuple(s.span for s in group),
            )
            for number, group in enumerate(groups, 1)
        ]
        windows: list[Sequence[Window]] = [reading.windows_with(s.span for s in group) for group in groups]
        return proposals, windows, groups, count

    def _find_spans(self, reading: Reading, threshold: float) -> tuple[list[TaggedSpan], int]:
        """Words of the article that speak of any proposal, and how many tokens were read for it."""
        tokens, spans, count = reading.tokens, [], 0
        for window in reading.windows:
            entered = window_input(tokens, window)
            count += len(entered.ids)
            _, tags, links = self.runtime.run(entered.ids, entered.types)
            seen = slice(entered.offset, entered.offset + window.end - window.start)
            spans += tagged_spans(tokens, window, tags[seen], links[seen], threshold)
        return spans, count

    def _screen(self, reading: Reading, asked: Sequence[str]) -> tuple[list[Proposal], list[Sequence[Window]], int]:
        """Given proposals, the windows that seem to speak of each (all if none does), and how many tokens were read.

        On the tuning articles reading them alone took 3.8 tokens for each of the article, finding included, reading all
        4.6, at F1 .667 and .661, each at its best threshold. Finding in longer windows costs less, but F1 falls to .657
        with 208 tokens of core and to .643 with 448.
        """
        proposals = [Proposal(id=f"p{number}", text=text, given=True) for number, text in enumerate(asked, 1)]
        if len(reading.windows) < 2 or not proposals:
            return proposals, [reading.windows] * len(proposals), 0
        spans, count = self._find_spans(reading, threshold=0.0)
        windows = []
        for text in asked:
            vector, used = self._compared(text)
            near = spans_like(vector, spans, self.decoding)
            windows.append(reading.windows_with(s.span for s in near) or reading.windows)
            count += used
        return proposals, windows, count

    def _compare_by(self, proposal: str) -> tuple[FloatArray, int]:
        """The link vector of a given proposal, (D,), and how many tokens were read for it."""
        entered = proposal_input(tokenize_proposal(self.tokenizer, proposal, self.finder.find_mentions(proposal), []))
        _, _, links = self.runtime.run(entered.ids, entered.types)
        return link_vector(links[entered.offset : -1]), len(entered.ids)

    def _read_proposals(
        self, reading: Reading, proposals: Sequence[Proposal], windows: Sequence[Sequence[Window]]
    ) -> tuple[FloatArray, int]:
        """Read each proposal's windows.

        Returns:
            Stance logits of the country mentions for each proposal, (P, M, 4), and how many tokens were read.
        """
        tables, count = [], 0
        for proposal, chosen in zip(proposals, windows, strict=True):
            table, used = self._read_proposal(reading, proposal, chosen)
            tables.append(table)
            count += used
        if not tables:
            return np.zeros((0, 0, len(SCORES))), count
        logits = np.stack(tables)
        logits[:, reading.find_left_out()] = _UNREAD
        return share_mentions(logits), count

    def _read_proposal(self, reading: Reading, proposal: Proposal, windows: Sequence[Window]) -> tuple[FloatArray, int]:
        """Stance logits of the country mentions, in the order of the text, (M, 4), and how many tokens were read."""
        tokens = reading.tokens
        mentions = self.finder.find_mentions(proposal.text)
        asked = tokenize_proposal(self.tokenizer, proposal.text, mentions, tokens.countries)
        logits = np.tile(_UNREAD, (len(tokens.entity_positions), 1))
        count = 0
        for window in windows:
            first, last = np.searchsorted(tokens.entity_positions, [window.core_start, window.core_end])
            if first == last:
                continue
            entered = window_input(tokens, window, asked)
            count += len(entered.ids)
            stance, _, _ = self.runtime.run(entered.ids, entered.types)
            logits[first:last] = stance[entered.offset - window.start + tokens.entity_positions[first:last]]
        return logits, count

    def _rows(self, reading: Reading, proposal: Proposal, probability: float, logits: FloatArray) -> list[StanceRow]:
        """Rows of one proposal. What is no proposal, with 1 - `probability`, has no stances."""
        rows, decoding = [], self.decoding
        threshold = decoding.stance_threshold if proposal.given else decoding.found_stance_threshold
        for country, at in reading.group_by_country().items():
            scores = probability * pair_probabilities(pool_odds(logits[at]), decoding)
            scores[0] += 1 - probability
            scores = np.round(scores, _DECIMALS)
            best = 1 + int(scores[1:].argmax())
            if scores[1:].sum() < threshold:
                continue
            shown = reading.sentences_of(at[m] for m in evidence_mentions(logits[at], best))
            rows.append(
                StanceRow(
                    country=country,
                    name=self.finder.name(country),
                    proposal=proposal.id,
                    stance=Stance(SCORES[best]),
                    confidence=float(scores[best]),
                    scores=(float(scores[0]), float(scores[1]), float(scores[2]), float(scores[3])),
                    evidence=tuple(shown[:MAX_EVIDENCE]),
                )
            )
        return rows


def _as_article(article: Article | Mapping[str, Any] | str) -> Article:
    if isinstance(article, Article):
        return article
    return Article(text=article) if isinstance(article, str) else Article.from_record(article)


def _in_order(mentions: Iterable[Mention]) -> list[str]:
    return list(dict.fromkeys(mention.country for mention in mentions))
