"""The markup of the written corpus (GUIDELINES.md): a block taken apart, and the faults in it.

Knows nothing of files. Lines are counted from 1 within the block.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from models.schema import Span, Stance

FIELDS = ("title", "date", "style", "main")
"""Headers that a block may have beside its proposals."""

_STANCES = {"+": Stance.SUPPORT, "-": Stance.OPPOSE, "=": Stance.ABSTAIN}
_HEADER = re.compile(r"#\s*([a-z0-9]+)\s*:\s*(.*)$")
_PROPOSAL = re.compile(r"p\d+")
_CODE = re.compile(r"[A-Z][A-Z0-9]{1,7}")
_TAG = re.compile(r"(p\d+)([+\-=])")
_PIECE = re.compile(r"([{\[])([^|]*)(\|?)|[}\]|]|[^{}\[\]|]+")
_CLOSES = {"}": "{", "]": "["}


class MarkupError(Exception):
    """What is wrong in a block, and in which of its lines, counted from 1."""

    def __init__(self, message: str, line: int) -> None:
        """Keep the line beside the message."""
        super().__init__(message)
        self.line = line


@dataclass(frozen=True)
class Mark:
    """A closed `{...|words}` or `[...|words]`: where it starts in the text, and its line in the block."""

    kind: str
    head: tuple[str, ...]
    span: Span
    line: int


@dataclass(frozen=True)
class Block:
    """A block taken apart, its tags not yet checked. Headers are name -> (value, line)."""

    headers: Mapping[str, tuple[str, int]]
    text: str
    marks: Sequence[Mark]

    @property
    def declared(self) -> dict[str, tuple[str, int]]:
        """The proposals of the headers: id -> (description, line)."""
        return {name: value for name, value in self.headers.items() if _PROPOSAL.fullmatch(name)}

    @property
    def main(self) -> str | None:
        """The id of the main proposal: the one of the header, else the first."""
        return self.headers.get("main", ("", 0))[0] or next(iter(self.declared), None)


def take_apart(block: str) -> Block:
    """Separate headers, plain text and marks. A newline alone is a space; several are an empty line.

    Raises:
        MarkupError: A header is unknown, or a mark is empty or not closed.
    """
    headers: dict[str, tuple[str, int]] = {}
    body: list[str] = []
    first_line = 1
    for number, line in enumerate(block.split("\n"), 1):
        match = None if body else _HEADER.match(line)
        if match:
            _add_header(headers, match[1], match[2].strip(), number)
        elif line.strip() or body:
            first_line = first_line if body else number
            body.append(line.rstrip())
    source = re.sub(r"(?<!\n)\n(?!\n)", " ", "\n".join(body).strip())
    source = re.sub(r"\n{2,}", "\n\n", re.sub(r"[ \t]+", " ", source))
    if not source:
        raise MarkupError("no text after the headers; expected the words of the article", first_line)
    return Block(headers, *_read_marks(source, _LineFinder("\n".join(body), first_line)))


def _add_header(headers: dict[str, tuple[str, int]], name: str, value: str, line: int) -> None:
    if name not in FIELDS and not _PROPOSAL.fullmatch(name):
        raise MarkupError(f"unknown header {name!r}; expected one of {', '.join(FIELDS)}, p1, p2 ...", line)
    if name in headers:
        raise MarkupError(f"header {name!r} stands twice; expected it once", line)
    headers[name] = (value, line)


class _LineFinder:
    """Finds the line of a place in the normalised text, which differs from the body in its white space only."""

    def __init__(self, body: str, first_line: int) -> None:
        self._lines: list[int] = []
        for number, line in enumerate(body.split("\n"), first_line):
            self._lines += [number] * len("".join(line.split()))

    def line(self, source: str, place: int) -> int:
        before = len("".join(source[:place].split()))
        return self._lines[min(before, len(self._lines) - 1)]


def _read_marks(source: str, finder: _LineFinder) -> tuple[str, list[Mark]]:
    """The text without its markup, and the marks in the order in which they close."""
    text = ""
    opened: list[tuple[str, str, int, int]] = []
    marks: list[Mark] = []
    for piece in _PIECE.finditer(source):
        near = repr(source[max(0, piece.start() - 40) : piece.start() + 20])
        if piece[1]:
            if not piece[3]:
                raise MarkupError(f"no '|' after {piece[1]!r} near {near}", finder.line(source, piece.start()))
            opened.append((piece[1], piece[2], len(text), piece.start()))
        elif piece[0] in _CLOSES:
            if not opened or opened[-1][0] != _CLOSES[piece[0]]:
                raise MarkupError(f"{piece[0]!r} closes nothing near {near}", finder.line(source, piece.start()))
            kind, head, start, place = opened.pop()
            line = finder.line(source, place)
            if start == len(text) or not head.split():
                raise MarkupError(f"empty mention near {near}; expected {kind}name|words{piece[0]}", line)
            marks.append(Mark(kind, tuple(head.split()), Span(start, len(text)), line))
        elif piece[0] == "|":
            raise MarkupError(f"stray '|' near {near}", finder.line(source, piece.start()))
        else:
            text += piece[0]
    if opened:
        kind, head, _, place = opened[-1]
        raise MarkupError(f"{kind}{head}| is never closed", finder.line(source, place))
    return text, marks


def find_faults(block: Block, known_codes: AbstractSet[str] | None) -> Iterator[MarkupError]:
    """What is wrong with the tags of a block: codes (any where `known_codes` is None), proposals, stances, main."""
    declared = block.declared
    expected = ", ".join(declared) or "a header '# p1: ...'"
    seen: dict[tuple[str, str], Stance] = {}
    for mark in block.marks:
        if mark.kind == "{":
            yield from _country_faults(mark, known_codes)
        for proposal in _proposals_of(mark):
            if proposal not in declared:
                yield MarkupError(f"{proposal!r} is not declared; expected {expected}", mark.line)
        for key, stance in stances_of(mark):
            if seen.setdefault(key, stance) != stance:
                both = f"{key[0]} is tagged both {seen[key]} and {stance} on {key[1]}"
                yield MarkupError(f"{both}; expected one stance (the latest)", mark.line)
    mentioned = {proposal for mark in block.marks if mark.kind == "[" for proposal in mark.head}
    for proposal, (_, line) in declared.items():
        if proposal not in mentioned:
            yield MarkupError(f"{proposal} is declared but never mentioned; expected [{proposal}|words]", line)
    if block.main and block.main not in declared:
        yield MarkupError(f"main {block.main!r} is not declared; expected {expected}", block.headers["main"][1])


def _country_faults(mark: Mark, known_codes: AbstractSet[str] | None) -> Iterator[MarkupError]:
    code, *tags = mark.head
    if not _CODE.fullmatch(code) or (known_codes is not None and code not in known_codes):
        yield MarkupError(f"unknown country code {code!r}; expected ISO 3166-1 alpha-3 or a group code", mark.line)
    for tag in tags:
        if not _TAG.fullmatch(tag):
            expected = "p1+ (support), p1- (oppose) or p1= (abstain)"
            yield MarkupError(f"unknown stance tag {tag!r}; expected {expected}", mark.line)


def _proposals_of(mark: Mark) -> Iterator[str]:
    if mark.kind == "[":
        yield from mark.head
    else:
        yield from (proposal for (_, proposal), _ in stances_of(mark))


def stances_of(mark: Mark) -> Iterator[tuple[tuple[str, str], Stance]]:
    """The `((country, proposal), stance)` that a country mention is tagged with."""
    if mark.kind == "{":
        for match in filter(None, map(_TAG.fullmatch, mark.head[1:])):
            yield (mark.head[0], match[1]), _STANCES[match[2]]
