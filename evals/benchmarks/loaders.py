"""Loaders of DSE, SEESAW and NewsMTSC as JSON Lines with `text`, `source_entity`, `target`, spans and `label`.

Nothing of these data sets is in this repository; the folder is the user's own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.annotations import read_utf8
from models.errors import DataError


@dataclass(frozen=True, kw_only=True)
class EntityPair:
    """A sentence, who may take a stance in it (None: the author), toward whom, and the label as published.

    `before` and `after` are the sentences around it, where the data set gives them.
    """

    id: str
    text: str
    holder: str | None
    holder_span: tuple[int, int] | None
    target: str
    target_span: tuple[int, int] | None
    label: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True, kw_only=True)
class Published:
    """A published figure: who, micro F1 (accuracy where one label is due) and macro F1, as far as told."""

    system: str
    micro_f1: float | None
    macro_f1: float | None


DSE_LABELS = ("neutral", "pos_p2q", "neg_p2q", "pos_q2p", "neg_q2p")
POLARITIES = ("positive", "negative")
NEWSMTSC_LABELS = ("negative", "neutral", "positive")
LABELS: Mapping[str, tuple[str, ...]] = {"dse": DSE_LABELS, "seesaw": POLARITIES, "newsmtsc": NEWSMTSC_LABELS}
PUBLISHED: Mapping[str, tuple[Published, ...]] = {
    "dse": (
        Published(
            system="RoBERTa-base with transitive consistency (Wen, Hovy, Hauptmann)", micro_f1=0.8519, macro_f1=0.7250
        ),
        Published(system="POLITICS (RoBERTa-base)", micro_f1=0.8419, macro_f1=0.7112),
        Published(system="RoBERTa-base, pair classifier", micro_f1=0.8382, macro_f1=0.7059),
        Published(system="DSE2QA, pseudo questions (Park, Pan, Joo 2021)", micro_f1=0.7973, macro_f1=0.6766),
        Published(system="majority", micro_f1=0.653, macro_f1=0.158),
    ),
    "seesaw": (
        Published(
            system="RoBERTa-base with transitive consistency (Wen, Hovy, Hauptmann)", micro_f1=0.8411, macro_f1=None
        ),
        Published(system="POLITICS (RoBERTa-base)", micro_f1=0.8402, macro_f1=None),
        Published(system="RoBERTa-base", micro_f1=0.8372, macro_f1=None),
        Published(system="DSE2QA", micro_f1=0.8335, macro_f1=None),
        Published(system="majority", micro_f1=0.628, macro_f1=None),
    ),
    "newsmtsc": (
        Published(system="GRU-TSC, RoBERTa-base (Hamborg, Donnay 2021)", micro_f1=None, macro_f1=0.831),
        Published(system="SPC, RoBERTa-base", micro_f1=None, macro_f1=0.811),
        Published(system="SPC, BERT-base", micro_f1=None, macro_f1=0.801),
    ),
}
"""Best first; `newsmtsc` on test-rw."""


def read_pairs(name: str, folder: Path, split: str) -> list[EntityPair]:
    """Read a split (`train`, `dev` or `test`) of a data set.

    Raises:
        DataError: The file can't be read, a row is faulty or a label is unknown; the message has file and line.
    """
    path = folder / f"{split}.jsonl"
    pairs = []
    for number, line in enumerate(read_utf8(path).split("\n"), 1):
        if line.strip():
            try:
                pairs.append(_pair(json.loads(line), LABELS[name]))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise DataError(f"{path.name} line {number}: not a row of {name}: {error!r}") from None
    if not pairs:
        raise DataError(f"{path} has no rows: download the data set again")
    return pairs


def drop_seen(pairs: list[EntityPair], training: list[EntityPair]) -> list[EntityPair]:
    """The pairs whose sentence is in no training pair."""
    seen = {pair.text for pair in training}
    return [pair for pair in pairs if pair.text not in seen]


def mark(pair: EntityPair, holder: str, target: str) -> str:
    """The text with markers put before both entities where they are known."""
    words = pair.text
    places = zip((pair.holder_span, pair.target_span), (holder, target), strict=True)
    for span, marker in sorted(_known(places), reverse=True):
        words = f"{words[: span[0]]}{marker} {words[span[0] :]}"
    return " ".join(part for part in (pair.before, words, pair.after) if part)


def _known(places: Any) -> Iterator[tuple[tuple[int, int], str]]:
    return ((span, marker) for span, marker in places if span is not None)


def _pair(row: Mapping[str, Any], labels: tuple[str, ...]) -> EntityPair:
    if row["label"] not in labels:
        raise DataError(f"unknown label {row['label']!r}; expected one of {', '.join(labels)}")
    around = row.get("extra") or {}
    return EntityPair(
        id=row["id"],
        text=row["text"],
        holder=row["source_entity"],
        holder_span=_span(row["source_span"], row["text"]),
        target=row["target"] or "",
        target_span=_span(row["target_span"], row["text"]),
        label=row["label"],
        before=" ".join(around.get("context_before", ())[-1:]),
        after=" ".join(around.get("context_after", ())[:1]),
    )


def _span(span: Any, text: str) -> tuple[int, int] | None:
    if span is None:
        return None
    start, end = span
    if not 0 <= start < end <= len(text):
        raise DataError(f"span {start}..{end} does not lie in the text of {len(text)} characters")
    return start, end
