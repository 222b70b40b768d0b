"""`stance corpus check`, `stats`, `convert`: what the corpus holds, what is wrong with it, its texts as one file.

The corpus is of two kinds: our own texts with their markup (`.txt`), and annotations of published texts without their
words (`.jsonl`), which are joined with texts from a folder of the user's own.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from models.annotations import AnnotatedText, read_annotated, read_utf8
from models.corpus import check_corpus, read_corpus
from models.countries import CountryFinder
from models.errors import DataError
from models.schema import Span
from training.annotations import (
    ANNOTATIONS,
    Row,
    check_rows,
    count_texts,
    join_texts,
    parse_lines,
    read_rows,
    read_texts,
    read_without_words,
    source_of,
    strip_words,
)

CORPUS = Path(__file__).parent / "corpus"
"""The written corpus that is shipped."""


@dataclass(frozen=True)
class CorpusFiles:
    """The files of a corpus, by kind."""

    written: tuple[Path, ...]
    annotations: tuple[Path, ...]


@dataclass(frozen=True)
class SourceTexts:
    """How many texts of a source are annotated, how many of them were found, and the ids of the others."""

    source: str
    annotated: int
    found: int
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Conversion:
    """Annotated articles as JSON objects, the rows whose text is missing, and the faults of the rest."""

    articles: tuple[Row, ...]
    missing: tuple[Row, ...]
    faults: tuple[str, ...]


def find_files(paths: Sequence[Path] = ()) -> CorpusFiles:
    """The `.txt` and `.jsonl` files among paths and directly in folders, in order; without paths the shipped ones.

    Raises:
        DataError: A file is of neither kind, or a folder has none of them.
    """
    files: dict[str, list[Path]] = {".txt": [], ".jsonl": []}
    for path in paths or (CORPUS, ANNOTATIONS):
        found = sorted(p for p in path.iterdir() if p.suffix in files) if path.is_dir() else [path]
        if not found:
            raise DataError(f"no .txt or .jsonl file in {str(path)!r}: name a folder of the corpus")
        for file in found:
            if file.suffix not in files:
                raise DataError(f"{str(file)!r} is neither .txt (written corpus) nor .jsonl (annotations)")
            files[file.suffix].append(file)
    return CorpusFiles(tuple(files[".txt"]), tuple(files[".jsonl"]))


def check(paths: Sequence[Path], folder: Path | None = None) -> dict[str, Any]:
    """Everything that is wrong with a corpus, and which of its annotated texts lie in a folder.

    Returns:
        `written` and `annotations`, the numbers of files; `faults`, one line each; and `texts`, a list of
        `SourceTexts` as mappings, empty without a folder.
    """
    files, codes = find_files(paths), CountryFinder.load().codes
    texts = read_texts(folder) if folder else None
    faults = [*check_corpus(files.written, codes), *check_rows(files.annotations, codes, texts)]
    return {
        "written": len(files.written),
        "annotations": len(files.annotations),
        "faults": faults,
        "texts": [asdict(source) for source in _find_texts(files, texts)] if texts is not None else [],
    }


def describe_check(report: Mapping[str, Any]) -> str:
    """What `check` found: a line for every fault, then one with the numbers."""
    files = f"{report['written']} files of written corpus, {report['annotations']} of annotations"
    return "\n".join([*report["faults"], f"{files}: {len(report['faults'])} faults"])


def count(paths: Sequence[Path]) -> list[dict[str, Any]]:
    """Numbers of texts, proposals and stances, of the written corpus by style and of the annotations by source.

    Returns:
        A mapping for each `kind` (written, annotations) and `group` in it, and one for all of the kind.
    """
    files = find_files(paths)
    written = [(text.style or "no style", text) for text in read_corpus(files.written)]
    annotated = [(source_of(row), read_without_words(row)) for path in files.annotations for row in read_rows(path)]
    return [*_count_groups("written", written), *_count_groups("annotations", annotated)]


def convert(paths: Sequence[Path], folder: Path | None) -> Conversion:
    """A corpus as annotated articles; annotations are joined with the texts of a folder.

    Raises:
        DataError: A file is faulty; or there are annotations, and no folder, or none of their texts in it.
    """
    files, codes = find_files(paths), CountryFinder.load().codes
    written = tuple(_to_json(text) for text in read_corpus(files.written, codes))
    if not files.annotations:
        return Conversion(written, (), ())
    if folder is None:
        raise DataError(f"{files.annotations[0].name} has no words: name the folder of the texts with --texts")
    rows = [row for path in files.annotations for row in read_rows(path)]
    joined, missing, faults = join_texts(rows, read_texts(folder), codes)
    if not joined and not faults:
        raise DataError(f"none of the {len(rows)} annotated texts is in {str(folder)!r}: gather them first")
    return Conversion((*written, *joined), tuple(missing), tuple(faults))


def remove_words(paths: Sequence[Path]) -> list[Row]:
    """Annotated articles (JSON Lines) without their words, as the repository keeps them.

    Raises:
        DataError: A file is no JSON Lines, or a row is faulty.
    """
    files = find_files(paths)
    if files.written:
        raise DataError(f"{files.written[0].name} is our own text: only annotated articles (.jsonl) lose their words")
    rows = []
    for path in files.annotations:
        read_annotated(path)  # raises where a row is faulty
        rows += [strip_words(json.loads(line)) for line in read_utf8(path).split("\n") if line.strip()]
    return rows


def describe_missing(missing: Sequence[Row]) -> str:
    """One line that says how many texts of which sources are missing."""
    sources = Counter(source_of(row) for row in missing)
    named = ", ".join(f"{source} {number}" for source, number in sources.most_common())
    return f"annotated texts missing and left out: {len(missing)} ({named})"


def _find_texts(files: CorpusFiles, texts: Mapping[str, Any]) -> Iterator[SourceTexts]:
    sources: dict[str, list[Row]] = defaultdict(list)
    for path in files.annotations:
        for _, row in parse_lines(path):
            if not isinstance(row, DataError):
                sources[source_of(row)].append(row)
    for source, rows in sorted(sources.items(), key=lambda item: -len(item[1])):
        missing = tuple(row["id"] for row in rows if row["sha256"] not in texts)
        yield SourceTexts(source, len(rows), len(rows) - len(missing), missing)


def _count_groups(kind: str, texts: Sequence[tuple[str, AnnotatedText]]) -> Iterator[dict[str, Any]]:
    groups: dict[str, list[AnnotatedText]] = defaultdict(list)
    for group, text in texts:
        groups[group].append(text)
    for group, members in sorted(groups.items(), key=lambda item: -len(item[1])):
        yield {"kind": kind, "group": group, **count_texts(members)}
    if texts:
        yield {"kind": kind, "group": "all", **count_texts([text for _, text in texts])}


def _to_json(text: AnnotatedText) -> Row:
    """A written text as the JSON object that `read_annotated` reads, with its country mentions beside."""
    return {
        **{key: getattr(text, key) for key in ("id", "title", "date", "style", "text")},
        "proposals": [
            {"id": p.id, "description": p.description, "main": p.main, "mentions": [_place(s) for s in p.mentions]}
            for p in text.proposals
        ],
        "stances": [
            {
                "country": s.country,
                "proposal": s.proposal,
                "stance": s.stance,
                "evidence": [_place(e) for e in s.evidence],
            }
            for s in text.stances
        ],
        "mentions": [{**_place(span), "country": country} for span, country in text.mentions],
    }


def _place(span: Span) -> dict[str, int]:
    return {"start": span.start, "end": span.end}
