"""The written corpus: files of marked-up texts (`models.markup`) become annotated texts.

Knows nothing of tokens or windows. Which country codes exist is the caller's to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from itertools import count
from pathlib import Path

from models.annotations import AnnotatedProposal, AnnotatedStance, AnnotatedText, read_utf8
from models.errors import DataError
from models.markup import FIELDS, Block, MarkupError, find_faults, stances_of, take_apart
from models.schema import Span, Stance

_BLOCK_LINE = re.compile(r"---\s*$")


def parse_block(block: str, name: str, known_codes: AbstractSet[str] | None = None) -> AnnotatedText:
    """Read one text of the written corpus.

    Args:
        block: Headers and marked-up text, as between two lines `---`.
        name: What the text is called, in its `id` and in errors.
        known_codes: The country and group codes that may stand in it; None takes any.

    Raises:
        DataError: The markup is faulty; the message has the line, what was seen and what is expected.
    """
    return _parse(block, name, name, 1, known_codes)


def read_corpus(paths: Iterable[Path] | Path, known_codes: AbstractSet[str] | None = None) -> list[AnnotatedText]:
    """Read files of the written corpus, or all `*.txt` of a folder, in order.

    Raises:
        DataError: A file can't be read or has a fault; the message has file, block and line.
    """
    return [_parse(block, name, place, line, known_codes) for place, block, line, name in _blocks(paths)]


def _parse(block: str, name: str, place: str, first_line: int, known_codes: AbstractSet[str] | None) -> AnnotatedText:
    """Read one block; a fault is told with its place and line."""
    try:
        parsed = take_apart(block)
        for fault in find_faults(parsed, known_codes):
            raise fault
    except MarkupError as fault:
        raise DataError(f"{place} line {first_line + fault.line - 1}: {fault}") from None
    return _build(parsed, name)


def check_corpus(paths: Iterable[Path] | Path, known_codes: AbstractSet[str] | None = None) -> list[str]:
    """All faults of the written corpus, one line each, in order; empty where there are none."""
    faults = []
    for path in _files(paths):
        try:
            blocks = list(_blocks([path]))
        except DataError as error:
            faults.append(str(error))
            continue
        for place, block, first_line, _ in blocks:
            try:
                found = list(find_faults(take_apart(block), known_codes))
            except MarkupError as fault:
                found = [fault]
            faults += [f"{place} line {first_line + fault.line - 1}: {fault}" for fault in found]
    return faults


def _blocks(paths: Iterable[Path] | Path) -> Iterator[tuple[str, str, int, str]]:
    """Place for errors, text, number of the first line, and id of each block."""
    for path in _files(paths):
        numbers, block, first_line = count(1), "", 1
        for number, line in enumerate([*read_utf8(path).split("\n"), "---"], 1):
            if not _BLOCK_LINE.match(line):
                block += line + "\n"
                continue
            if block.strip():
                block_number = next(numbers)
                yield f"{path.name} block {block_number}", block, first_line, f"{path.stem}-{block_number:04d}"
            block, first_line = "", number + 1


def _files(paths: Iterable[Path] | Path) -> Sequence[Path]:
    if not isinstance(paths, Path):
        return list(paths)
    if not paths.is_dir():
        return [paths]
    files = sorted(paths.glob("*.txt"))
    if not files:
        raise DataError(f"no .txt file in {paths}: name a folder of the written corpus")
    return files


def _build(block: Block, name: str) -> AnnotatedText:
    proposals: dict[str, list[Span]] = {proposal: [] for proposal in block.declared}
    stances: dict[tuple[str, str, Stance], list[Span]] = {}
    for mark in block.marks:
        if mark.kind == "[":
            for proposal in mark.head:
                proposals[proposal].append(mark.span)
        for key, stance in stances_of(mark):
            stances.setdefault((*key, stance), []).append(mark.span)
    values = {name: block.headers.get(name, ("", 0))[0] or None for name in FIELDS}
    return AnnotatedText(
        id=name,
        title=values["title"],
        date=values["date"],
        style=values["style"],
        text=block.text,
        mentions=tuple(sorted((mark.span, mark.head[0]) for mark in block.marks if mark.kind == "{")),
        proposals=tuple(
            AnnotatedProposal(id=p, description=text, main=p == block.main, mentions=tuple(sorted(proposals[p])))
            for p, (text, _) in block.declared.items()
        ),
        stances=tuple(
            AnnotatedStance(country=c, proposal=p, stance=s, evidence=tuple(sorted(spans)))
            for (c, p, s), spans in stances.items()
        ),
    )
