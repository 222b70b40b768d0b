"""Data sets by name or path: annotated articles, or the part of the written corpus that a checkpoint has not seen."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from models.annotations import AnnotatedText, read_annotated
from models.checkpoint import open_checkpoint
from models.corpus import read_corpus
from models.countries import CountryFinder
from models.errors import DataError

CORPUS = Path(__file__).parents[1] / "training" / "corpus"
NAMES = ("written", "written-events")
"""The written corpus: texts held out of the training, and those of them whose events were held out too."""
_SAME_EVENT = 0.5
"""Two texts tell of one event if the cosine of the TF-IDF of their titles and proposals is at least this."""


def read_texts(data: str | Path, model: Path | None = None) -> list[AnnotatedText]:
    """Read a data set.

    Args:
        data: One of NAMES, or a file of annotated articles (JSON Lines).
        model: The checkpoint that is measured; it says what was held out.

    Raises:
        DataError: It can't be read, or the checkpoint has held nothing of it out.
    """
    if str(data) not in NAMES:
        texts = read_annotated(Path(data))
    else:
        corpus = read_written()
        held_out = _held_out(model)
        texts = [text for text in corpus if text.id in held_out]
        if str(data) == "written-events":
            events = group_events(corpus)
            seen = {event for text, event in zip(corpus, events, strict=True) if text.id not in held_out}
            fresh = {text.id for text, event in zip(corpus, events, strict=True) if event not in seen}
            texts = [text for text in texts if text.id in fresh]
    if not texts:
        raise DataError(f"{str(data)!r} has no text to measure on: name a file of annotated articles")
    return texts


def read_written() -> list[AnnotatedText]:
    """The whole written corpus."""
    return read_corpus(CORPUS, CountryFinder.load().codes)


def hash_data(data: str | Path) -> str:
    """The sha256 of a file, or of all files of the written corpus in order."""
    paths = sorted(CORPUS.glob("*.txt")) if str(data) in NAMES else [Path(data)]
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def read_seen(model: Path | None, files: Sequence[str]) -> list[AnnotatedText]:
    """What a checkpoint was trained on: the written corpus and the texts of files, less what it held out."""
    held_out = _held_out(model)
    known = [*read_written(), *(text for path in files for text in read_annotated(Path(path)))]
    return [text for text in known if text.id not in held_out]


def _held_out(model: Path | None) -> set[str]:
    return set(open_checkpoint(model).config.get("data", {}).get("held_out", ()))


def group_events(texts: Sequence[AnnotatedText]) -> list[int]:
    """A number for each text, the same for texts about one event (single link over title and proposals)."""
    from scipy.sparse.csgraph import connected_components

    _, events = connected_components(_link_events(texts), directed=False)
    return [int(event) for event in events]


def pair_events(texts: Sequence[AnnotatedText]) -> list[tuple[int, int]]:
    """Places of two texts about one event, the first before the second."""
    links = _link_events(texts).tocoo() if texts else None
    return [] if links is None else [(int(a), int(b)) for a, b in zip(links.row, links.col, strict=True) if a < b]


def _link_events(texts: Sequence[AnnotatedText]) -> Any:
    """Which texts are about one event, sparse (A, A)."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    told = [" ".join([text.title or "", *(p.description for p in text.proposals)]) or text.text for text in texts]
    vectors = TfidfVectorizer(sublinear_tf=True, stop_words="english").fit_transform(told)
    return (vectors @ vectors.T) >= _SAME_EVENT
