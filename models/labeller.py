"""The labeller: an article in, its labels out. The only door for inference."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from models.checkpoint import Checkpoint, open_checkpoint
from models.countries import CountryFinder
from models.decoding import (
    MAX_EVIDENCE,
    DecodingConfig,
    FloatArray,
    TaggedSpan,
    evidence_mentions,
    link_spans,
    main_proposal,
    pair_probabilities,
    pool_odds,
    tagged_spans,
)
from models.groups import expand_groups as add_members
from models.runtime import Runtime
from models.schema import Article, Labels, Mention, Proposal, Span, Stance, StanceRow
from models.tokens import TokenizedText, tokenize_article, tokenize_proposal
from models.windows import Window, make_windows, window_input

_STANCES = (None, Stance.SUPPORT, Stance.OPPOSE, Stance.ABSTAIN)
_DECIMALS = 4


@dataclass(frozen=True)
class _Reading:
    """An article with what was found in it."""

    article: Article
    mentions: Sequence[Mention]
    tokens: TokenizedText
    windows: Sequence[Window]


class Labeller:
    """Labels articles with one checkpoint."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        """Load the parts of an opened checkpoint."""
        self.checkpoint = checkpoint
        self.decoding = DecodingConfig.from_dict(checkpoint.config["decoding"])
        self.tokenizer = Tokenizer.from_file(str(checkpoint.file("tokenizer.json")))
        self.finder = CountryFinder.load()
        self.runtime = Runtime(checkpoint.file("model.onnx"))

    @classmethod
    def load(cls, path: Path | None = None) -> Labeller:
        """Open and check a checkpoint folder; the shipped one without a path.

        Raises:
            CheckpointError: The folder is not a whole, unaltered checkpoint.
        """
        return cls(open_checkpoint(path))

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
            proposals, count = self._find_proposals(reading)
        else:
            proposals, count = _given_proposals(article.proposals), 0
        rows: list[StanceRow] = []
        for proposal in proposals:
            logits, used = self._read_proposal(reading, proposal.text)
            rows += self._rows(reading, proposal, logits)
            count += used
        countries = {c: tuple(m for m in reading.mentions if m.country == c) for c in _in_order(reading.mentions)}
        labels = Labels(
            article=article,
            id=article.id or hashlib.sha256(f"{article.title or ''}\n{article.text}".encode()).hexdigest()[:16],
            proposals=tuple(proposals),
            stances=tuple(rows),
            countries=countries,
            country_names={code: self.finder.name(code) for code in countries},
            truncated=reading.tokens.truncated,
            tokens=count,
            model={"name": self.checkpoint.name, "version": self.checkpoint.version},
        )
        return add_members(labels) if expand_groups else labels

    def pooled_logits(self, article: Article, proposal: str) -> dict[str, FloatArray]:
        """Uncalibrated pair logits of every country found, for calibration: code -> (4,)."""
        reading = self._read(article)
        logits, _ = self._read_proposal(reading, proposal)
        return {
            code: pool_odds(np.stack([row for _, row in rows])) for code, rows in _by_country(reading, logits).items()
        }

    def _read(self, article: Article) -> _Reading:
        mentions = self.finder.find_mentions(article.text, title=article.title, date=article.date)
        tokens = tokenize_article(self.tokenizer, article, mentions)
        return _Reading(article, mentions, tokens, make_windows(tokens))

    def _find_proposals(self, reading: _Reading) -> tuple[list[Proposal], int]:
        """Proposals found in the text, and how many tokens were read for it."""
        spans: list[TaggedSpan] = []
        count = 0
        for window in reading.windows:
            entered = window_input(reading.tokens, window)
            count += len(entered.ids)
            _, tags, links = self.runtime.run(entered.ids, entered.types)
            seen = slice(entered.offset, entered.offset + window.end - window.start)
            spans += tagged_spans(reading.tokens, window, tags[seen], links[seen], self.decoding)
        groups = link_spans(spans, self.decoding)
        main = main_proposal(groups)
        return [
            Proposal(
                id=f"p{number}",
                text=max((reading.article.quote(s.span) for s in group), key=len),
                main=number - 1 == main,
                mentions=tuple(s.span for s in group),
            )
            for number, group in enumerate(groups, 1)
        ], count

    def _read_proposal(self, reading: _Reading, proposal: str) -> tuple[dict[int, FloatArray], int]:
        """Stance logits of each country mention (by index), and how many tokens were read."""
        tokens = reading.tokens
        asked = tokenize_proposal(self.tokenizer, proposal, self.finder.find_mentions(proposal), tokens.countries)
        logits, count = {}, 0
        for window in reading.windows:
            core = tokens.entity[window.core_start : window.core_end]
            positions = np.flatnonzero(core >= 0)
            if not len(positions):
                continue
            entered = window_input(tokens, window, asked)
            count += len(entered.ids)
            stance, _, _ = self.runtime.run(entered.ids, entered.types)
            for position in positions:
                logits[int(core[position])] = stance[entered.offset + window.core_start - window.start + position]
        return logits, count

    def _rows(self, reading: _Reading, proposal: Proposal, logits: dict[int, FloatArray]) -> list[StanceRow]:
        rows = []
        for country, mentions in _by_country(reading, logits).items():
            table = np.stack([row for _, row in mentions])
            scores = np.round(pair_probabilities(pool_odds(table), self.decoding), _DECIMALS)
            best = 1 + int(scores[1:].argmax())
            stance = _STANCES[best]
            if stance is None or scores[1:].sum() < self.decoding.stance_threshold:
                continue
            shown = [reading.mentions[mentions[m][0]] for m in evidence_mentions(table, best)]
            rows.append(
                StanceRow(
                    country=country,
                    name=self.finder.name(country),
                    proposal=proposal.id,
                    stance=stance,
                    confidence=float(scores[best]),
                    scores=(float(scores[0]), float(scores[1]), float(scores[2]), float(scores[3])),
                    evidence=_sentences(reading.tokens, shown),
                )
            )
        return rows


def _as_article(article: Article | Mapping[str, Any] | str) -> Article:
    if isinstance(article, Article):
        return article
    return Article(text=article) if isinstance(article, str) else Article.from_record(article)


def _given_proposals(texts: Sequence[str]) -> list[Proposal]:
    return [Proposal(id=f"p{n}", text=text, given=True) for n, text in enumerate(texts, 1)]


def _in_order(mentions: Iterable[Mention]) -> list[str]:
    return list(dict.fromkeys(mention.country for mention in mentions))


def _by_country(reading: _Reading, logits: dict[int, FloatArray]) -> dict[str, list[tuple[int, FloatArray]]]:
    """Mention indices and logits of each country, countries in order of first mention."""
    grouped: dict[str, list[tuple[int, FloatArray]]] = {}
    for index in sorted(logits):
        grouped.setdefault(reading.mentions[index].country, []).append((index, logits[index]))
    return grouped


def _sentences(tokens: TokenizedText, mentions: Sequence[Mention]) -> tuple[Span, ...]:
    """The sentences of mentions, the clearest first, each once."""
    spans = []
    for mention in mentions:
        place = mention.span
        for sentence in tokens.sentences:
            if sentence.field == place.field and sentence.start <= place.start < sentence.end:
                spans.append(sentence)
                break
    return tuple(dict.fromkeys(spans))[:MAX_EVIDENCE]
