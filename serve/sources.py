"""Finds and opens what is to be labelled: files, folders, globs, URIs and standard input, plain or compressed.

Knows names, suffixes and bytes; what stands in the bytes is the business of `serve.readers`.
"""

from __future__ import annotations

import glob
import gzip
import hashlib
import io
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath
from typing import Any, BinaryIO, cast

from models.errors import DataError
from serve.remote import RemoteFile, is_uri, list_files

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
        path: Where it lies: on this machine, or on another.
        name: What its articles are known by: its path without suffixes, inside the folder that was named.
        format: A value of `FORMATS`; None where only the content can tell text from JSON Lines.
        compression: A suffix of `COMPRESSIONS`, or None.
    """

    path: Path | RemoteFile
    name: str
    format: str | None = None
    compression: str | None = None


def find_sources(inputs: Sequence[Path | str]) -> list[Source]:
    """List the files behind the inputs: a file itself, the files of a folder or glob in sorted order.

    Args:
        inputs: Files, folders, globs (`news/**/*.txt`), URIs of files and folders (`s3://bucket/news`), or `-` for
            standard input; none means standard input.

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
    raw = source.path.open() if isinstance(source.path, RemoteFile) else source.path.open("rb", buffering=0)
    with io.BufferedReader(_CountedFile(raw, on_read)) as file:
        yield _decompress(file, source.compression)


def hash_sources(sources: Sequence[Source]) -> dict[str, int | str] | None:
    """What tells these files from others: their number, bytes and a sha256 over names and contents.

    Of files on other machines, the size and the time of the last change stand for the contents. None where standard
    input is among them, which can't be read twice.
    """
    if any(source.path == STANDARD_INPUT for source in sources):
        return None
    combined, size = hashlib.sha256(), 0
    for source in sources:
        length, digest = _identify(source.path)
        size += length
        suffix = PurePath(str(source.path)).suffix
        combined.update(f"{source.name}\0{suffix}\0{digest}\n".encode("utf-8", "surrogateescape"))
    return {"files": len(sources), "bytes": size, "sha256": combined.hexdigest()}


def count_bytes(sources: Sequence[Source]) -> int | None:
    """Bytes of all files together; None where standard input is among them."""
    if any(source.path == STANDARD_INPUT for source in sources):
        return None
    return sum(_measure(source.path) for source in sources)


def _measure(path: Path | RemoteFile) -> int:
    if isinstance(path, RemoteFile):
        return path.size
    return path.stat().st_size if path.exists() else 0


def _identify(path: Path | RemoteFile) -> tuple[int, str]:
    """The bytes of a file, and what changes with its content."""
    if isinstance(path, RemoteFile):
        return path.size, f"{path.size} bytes of {path.modified}"
    try:
        with path.open("rb") as file:
            return path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        return 0, f"can't be read: {error.strerror}"  # its row is a failure, in every run the same


class _CountedFile(io.RawIOBase):
    """A file that tells how many bytes were read."""

    def __init__(self, file: BinaryIO, on_read: Callable[[int], None] | None) -> None:
        self._file, self._on_read = file, on_read

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        count: int = self._file.readinto(buffer)  # type: ignore[attr-defined]  # files that are not buffered have it
        if self._on_read:
            self._on_read(count)
        return count

    def close(self) -> None:
        self._file.close()
        super().close()


def _decompress(file: io.BufferedReader[Any], compression: str | None) -> io.BufferedReader:
    if compression is None:
        return file
    if compression == ".gz":
        return io.BufferedReader(cast("io.RawIOBase", gzip.GzipFile(fileobj=file)))
    from backports.zstd import ZstdFile  # unlike zstandard's streams, it tells a file that was cut off

    return io.BufferedReader(cast("io.RawIOBase", ZstdFile(file)))


def _find_sources(named: Path | str) -> list[Source]:
    if isinstance(named, str) and is_uri(named):
        return _find_remote(named)
    path = Path(named)
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


def _find_remote(uri: str) -> list[Source]:
    files = list_files(uri)
    if not files:
        raise MissingFileError(f"{uri!r} doesn't exist: check the URI")
    if PurePosixPath() in files:
        file = files[PurePosixPath()]
        return [_make_source(file, PurePath(PurePath(file.path).name))]
    return _choose(files, f"folder {uri!r}")


def _find_in_folder(root: Path, found: Iterator[Path], words: str) -> list[Source]:
    """The readable files among those found; named by their path under `root`."""
    readable = (path for path in found if _split_suffixes(path)[0] in FORMATS and path.is_file())
    return _choose({path.relative_to(root): path for path in readable}, words)


def _choose(files: Mapping[Any, Path | RemoteFile], words: str) -> list[Source]:
    """The files that can be read, sorted, without hidden ones."""
    seen = (name for name in sorted(files) if not any(part.startswith(".") for part in name.parts))
    sources = [_make_source(files[name], name) for name in seen if _split_suffixes(name)[0] in FORMATS]
    if not sources:
        raise MissingFileError(f"no {SUFFIXES} file in the {words}: name another")
    return sources


def _make_source(path: Path | RemoteFile, name: PurePath) -> Source:
    suffix, compression = _split_suffixes(name)
    is_file = isinstance(path, RemoteFile) or path.is_file()
    if is_file and suffix and suffix not in FORMATS:
        raise DataError(f"{str(path)!r} is none of {SUFFIXES} (or one of them with .gz or .zst): save it as one")
    if suffix == ".parquet" and compression:
        raise DataError(f"{str(path)!r}: Parquet compresses itself; name the .parquet file")
    stem = name.with_suffix("") if compression else name
    return Source(path, make_printable(stem.with_suffix("").as_posix()), FORMATS.get(suffix), compression)


def _split_suffixes(path: PurePath) -> tuple[str, str | None]:
    """The suffix that tells the format, and the one of a compression."""
    last = path.suffix.lower()
    return (PurePath(path.stem).suffix.lower(), last) if last in COMPRESSIONS else (last, None)


def make_printable(name: str) -> str:
    """A file's name or an id with '?' for what can't be written as UTF-8."""
    return name.encode("utf-8", "replace").decode("utf-8")
