"""Finds and opens what is to be labelled: files, folders, globs and standard input, plain or compressed.

Knows names, suffixes and bytes; what stands in the bytes is the business of `serve.readers`.
"""

from __future__ import annotations

import glob
import gzip
import hashlib
import io
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from models.errors import DataError

FORMATS = {
    ".txt": "text",
    ".md": "text",
    ".html": "html",
    ".htm": "html",
    ".jsonl": "lines",
    ".ndjson": "lines",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
}
"""What a suffix says about a file."""
COMPRESSIONS = (".gz", ".zst")
SUFFIXES = ", ".join(FORMATS)
STANDARD_INPUT = Path("-")


class MissingFileError(DataError):
    """A file or folder named by the caller isn't there, or holds nothing to read."""


@dataclass(frozen=True)
class Source:
    """One file (or `-`, standard input).

    Attributes:
        path: Where it lies.
        name: What its articles are known by: its path without suffixes, inside the folder that was named.
        format: A value of `FORMATS`; None where only the content can tell text from JSON Lines.
        compression: A suffix of `COMPRESSIONS`, or None.
    """

    path: Path
    name: str
    format: str | None = None
    compression: str | None = None


def find_sources(inputs: Sequence[Path]) -> list[Source]:
    """List the files behind the inputs: a file itself, the files of a folder or glob in sorted order.

    Args:
        inputs: Files, folders, globs (`news/**/*.txt`), or `-` for standard input; none means standard input.

    Raises:
        MissingFileError: A path doesn't exist, or a folder or glob has no file that can be read.
        DataError: A file has a suffix that can't be read.
    """
    return [source for path in inputs or [STANDARD_INPUT] for source in _find_sources(path)]


@contextmanager
def open_source(source: Source, on_read: Callable[[int], None] | None = None) -> Iterator[io.BufferedReader]:
    """Open a source for reading its decompressed bytes.

    Args:
        source: What to open.
        on_read: Told how many bytes of the file were read, as they are, compressed or not.
    """
    if source.path == STANDARD_INPUT:
        stream = sys.stdin.buffer
        # Not buffered twice, or a line would wait for the lines after it; tests put plain bytes in its place.
        yield stream if isinstance(stream, io.BufferedReader) else io.BufferedReader(cast("io.RawIOBase", stream))
        return
    with io.BufferedReader(_CountedFile(source.path, on_read)) as file:
        yield _decompress(file, source.compression)


def hash_sources(sources: Sequence[Source]) -> dict[str, int | str] | None:
    """What tells these files from others: their number, bytes and a sha256 over names and contents.

    None where standard input is among them, which can't be read twice.
    """
    if any(source.path == STANDARD_INPUT for source in sources):
        return None
    combined, size = hashlib.sha256(), 0
    for source in sources:
        try:
            with source.path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
                size += file.tell()
        except OSError as error:
            digest = f"can't be read: {error.strerror}"  # its row is a failure, in every run the same
        combined.update(f"{source.name}\0{source.path.suffix}\0{digest}\n".encode("utf-8", "surrogateescape"))
    return {"files": len(sources), "bytes": size, "sha256": combined.hexdigest()}


def count_bytes(sources: Sequence[Source]) -> int | None:
    """Bytes of all files together; None where standard input is among them."""
    if any(source.path == STANDARD_INPUT for source in sources):
        return None
    return sum(source.path.stat().st_size for source in sources if source.path.exists())


class _CountedFile(io.FileIO):
    """A file that tells how many bytes were read."""

    def __init__(self, path: Path, on_read: Callable[[int], None] | None) -> None:
        super().__init__(path, "rb")
        self._on_read = on_read

    def readinto(self, buffer: bytearray | memoryview) -> int | None:  # type: ignore[override]
        count = super().readinto(buffer)
        if count and self._on_read:
            self._on_read(count)
        return count

    def readall(self) -> bytes:
        data = super().readall()
        if self._on_read:
            self._on_read(len(data))
        return data


def _decompress(file: io.BufferedReader[Any], compression: str | None) -> io.BufferedReader:
    if compression is None:
        return file
    if compression == ".gz":
        return io.BufferedReader(cast("io.RawIOBase", gzip.GzipFile(fileobj=file)))
    import zstandard

    stream: BinaryIO = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)
    return io.BufferedReader(cast("io.RawIOBase", stream))


def _find_sources(path: Path) -> list[Source]:
    if path == STANDARD_INPUT:
        return [Source(path, "stdin")]
    if path.is_dir():
        return _find_in_folder(path, (found for found in path.rglob("*")), f"folder {str(path)!r}")
    if path.exists():
        return [_make_source(path, Path(path.name))]
    if glob.has_magic(str(path)):
        fixed = next(part for part in path.parts if glob.has_magic(part))
        root = Path(*path.parts[: path.parts.index(fixed)])
        return _find_in_folder(root, map(Path, glob.iglob(str(path), recursive=True)), f"glob {str(path)!r}")
    raise MissingFileError(f"{str(path)!r} doesn't exist: check the path")


def _find_in_folder(root: Path, found: Iterator[Path], words: str) -> list[Source]:
    """The readable files among those found, sorted, without hidden ones; named by their path under `root`."""
    relative = sorted(path.relative_to(root) for path in found if _split_suffixes(path)[0] in FORMATS)
    seen = [path for path in relative if not any(part.startswith(".") for part in path.parts)]
    sources = [_make_source(root / path, path) for path in seen if (root / path).is_file()]
    if not sources:
        raise MissingFileError(f"no {SUFFIXES} file in the {words}: name another")
    return sources


def _make_source(path: Path, name: Path) -> Source:
    suffix, compression = _split_suffixes(path)
    if path.is_file() and suffix and suffix not in FORMATS:
        raise DataError(f"{str(path)!r} is none of {SUFFIXES} (or one of them with .gz or .zst): save it as one")
    if suffix == ".parquet" and compression:
        raise DataError(f"{str(path)!r}: Parquet compresses itself; name the .parquet file")
    stem = name.with_suffix("") if compression else name
    return Source(path, make_printable(stem.with_suffix("").as_posix()), FORMATS.get(suffix), compression)


def _split_suffixes(path: Path) -> tuple[str, str | None]:
    """The suffix that tells the format, and the one of a compression."""
    last = path.suffix.lower()
    return (Path(path.stem).suffix.lower(), last) if last in COMPRESSIONS else (last, None)


def make_printable(name: str) -> str:
    """A file's name or an id with '?' for what can't be written as UTF-8."""
    return name.encode("utf-8", "replace").decode("utf-8")
