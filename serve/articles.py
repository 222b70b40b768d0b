"""Reads what is to be labelled: text files, JSON Lines, folders and standard input.

Every article that goes in gives one row: an `Article`, or a `Failure` in its place. Rows are read one
at a time. Nothing here knows of labels, tables or the network.
"""

from __future__ import annotations

import codecs
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

from models.errors import DataError, StanceError
from models.schema import Article

TEXT_SUFFIXES = (".txt", ".md")
LINES_SUFFIX = ".jsonl"
SUFFIXES = (*TEXT_SUFFIXES, LINES_SUFFIX)
STANDARD_INPUT = Path("-")


class MissingFileError(DataError):
    """A file or folder named by the caller isn't there, or holds nothing to read."""


@dataclass(frozen=True, kw_only=True)
class Failure:
    """The row of an article that can't be read or labelled. `line` counts from 1, in JSON Lines only."""

    id: str
    line: int | None
    error: StanceError

    def to_dict(self) -> dict[str, Any]:
        """The error row of the answer."""
        return {
            "id": self.id,
            "line": self.line,
            "error": {"type": type(self.error).__name__, "message": str(self.error)},
        }


@dataclass(frozen=True, kw_only=True)
class Overrides:
    """What the caller says for every article, in place of what the article says itself."""

    title: str | None = None
    date: str | None = None
    proposals: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        """Refuse once, before anything is read, what would fail for every article."""
        _check_characters(self.apply(Article(text="any")))

    def apply(self, article: Article) -> Article:
        """The article with the caller's title, date and proposals, where given."""
        given = {key: value for key, value in vars(self).items() if value is not None}
        return replace(article, **given)


@dataclass(frozen=True)
class Source:
    """One file (or `-`, standard input) and the name that its articles are known by."""

    path: Path
    name: str


def find_sources(inputs: Sequence[Path]) -> list[Source]:
    """List the files behind the inputs: a file itself, a folder's files in sorted order.

    Args:
        inputs: Files, folders, or `-` for standard input; none means standard input.

    Raises:
        MissingFileError: A path doesn't exist, or a folder has no file that can be read.
        DataError: A file has a suffix that can't be read.
    """
    return [source for path in inputs or [STANDARD_INPUT] for source in _find_sources(path)]


def read_articles(sources: Iterable[Source], overrides: Overrides | None = None) -> Iterator[Article | Failure]:
    """Read articles one by one, in order; what can't be read gives a `Failure` in its place."""
    overrides = overrides or Overrides()
    for source in sources:
        for row in _read_source(source):
            yield overrides.apply(row) if isinstance(row, Article) else row


def make_article(record: Any) -> Article:
    """Build an article from a decoded JSON object.

    Raises:
        DataError: It is none, a field has the wrong type, or words in it can't be written as UTF-8.
    """
    article = Article.from_record(record)
    _check_characters(article)
    return replace(article, id=read_id(record))


def read_id(record: Any) -> str | None:
    """The id of a decoded JSON object as it can be printed, where it has one."""
    if not isinstance(record, Mapping) or record.get("id") is None:
        return None
    return _printable(str(record["id"]))


def _find_sources(path: Path) -> list[Source]:
    if path == STANDARD_INPUT:
        return [Source(path, "stdin")]
    if not path.exists():
        raise MissingFileError(f"{str(path)!r} doesn't exist: check the path")
    if path.is_dir():
        return _find_folder_sources(path)
    if path.is_file() and path.suffix and path.suffix.lower() not in SUFFIXES:
        raise DataError(f"{str(path)!r} is none of {', '.join(SUFFIXES)}: save it as one of these")
    return [Source(path, _printable(path.stem))]


def _find_folder_sources(folder: Path) -> list[Source]:
    relative = (path.relative_to(folder) for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    seen = sorted(path for path in relative if not any(part.startswith(".") for part in path.parts))
    files = [Source(folder / path, _printable(path.with_suffix("").as_posix())) for path in seen]
    files = [source for source in files if source.path.is_file()]
    if not files:
        raise MissingFileError(f"no {', '.join(SUFFIXES)} file in {str(folder)!r}: name another folder")
    return files


def _read_source(source: Source) -> Iterator[Article | Failure]:
    try:
        handle = nullcontext(sys.stdin.buffer) if source.path == STANDARD_INPUT else source.path.open("rb")
        with handle as lines:
            yield from _read_rows(source, lines)
    except OSError as error:
        message = f"can't read {str(source.path)!r}: {error.strerror or error}"
        yield Failure(id=source.name, line=None, error=DataError(message))


def _read_rows(source: Source, handle: BinaryIO) -> Iterator[Article | Failure]:
    lines: Iterable[bytes] = handle
    suffix = source.path.suffix.lower()
    if suffix not in SUFFIXES:
        first, lines = _peek(handle)
        suffix = LINES_SUFFIX if first.startswith(b"{") else ".txt"
    if suffix == LINES_SUFFIX:
        yield from _read_lines(source.name, lines)
    else:
        yield _read_text(source.name, b"".join(lines))


def _peek(lines: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The first line that isn't blank, stripped, and all lines from the start."""
    seen: list[bytes] = []
    stripped = b""
    for line in lines:
        seen.append(line)
        stripped = line.removeprefix(codecs.BOM_UTF8).strip()
        if stripped:
            break
    return stripped, chain(seen, lines)


def _read_text(name: str, data: bytes) -> Article | Failure:
    try:
        return make_article({"id": name, "text": _decode(data, 0)})
    except DataError as error:
        return Failure(id=name, line=None, error=error)


def _read_lines(name: str, lines: Iterable[bytes]) -> Iterator[Article | Failure]:
    position = 0
    for number, data in enumerate(lines, 1):
        if data.removeprefix(codecs.BOM_UTF8).strip():
            yield _read_line(f"{name}:{number}", number, data, position)
        position += len(data)


def _read_line(identity: str, number: int, data: bytes, position: int) -> Article | Failure:
    try:
        record = _parse(_decode(data, position))
        given = read_id(record)
        identity = identity if given is None else given
        return replace(make_article(record), id=identity)
    except DataError as error:
        return Failure(id=identity, line=number, error=error)


def _decode(data: bytes, position: int) -> str:
    """Decode UTF-8, with or without its signature. `position` is where data starts in its file."""
    body = data.removeprefix(codecs.BOM_UTF8)
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        place = position + len(data) - len(body) + error.start
        message = f"byte 0x{body[error.start]:02x} at position {place} isn't UTF-8: save the text as UTF-8"
        raise DataError(message) from error


def _parse(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DataError(f"not a JSON object on one line: {error}") from error


def _check_characters(article: Article) -> None:
    """Refuse half a surrogate pair (from a JSON escape or a damaged argument): it can't be written as UTF-8."""
    for key in ("title", "date", "text", "proposals"):
        words = getattr(article, key) or ""
        for part in (words,) if isinstance(words, str) else words:
            try:
                part.encode("utf-8")
            except UnicodeEncodeError as error:
                message = f"{key!r} has half a surrogate pair at character {error.start}: write the whole character"
                raise DataError(message) from error


def _printable(name: str) -> str:
    """A file's name or an id with '?' for what can't be written as UTF-8."""
    return name.encode("utf-8", "replace").decode("utf-8")
