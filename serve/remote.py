"""Files on other machines, named by a URI (`s3://bucket/folder`): found, opened and written.

Through pyarrow's file systems, as Ray Data does (S3, Google Cloud Storage, Azure, HDFS), and those of fsspec beyond
them. Credentials are theirs: what the environment and their configuration files say.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePath, PurePosixPath
from typing import Any, BinaryIO

from models.errors import DataError, StanceError

_COPIED_AT_ONCE = 16 << 20


@dataclass(frozen=True)
class RemoteFile:
    """One file as its file system lists it.

    Attributes:
        uri: What was named: this file, or a folder above it.
        path: Its path in the file system of the URI.
        size: Bytes.
        modified: When it was last written, in nanoseconds since 1970; None where nobody knows.
    """

    uri: str
    path: str
    size: int
    modified: int | None = None

    def __str__(self) -> str:
        return self.path

    def open(self) -> BinaryIO:
        """Open it for reading from any place in it.

        Raises:
            OSError: It can't be read.
        """
        file: BinaryIO = _find_system(self.uri)[0].open_input_file(self.path)
        return file


def is_uri(name: str) -> bool:
    """Whether this names a file on another machine."""
    scheme, mark, _ = name.partition("://")
    return bool(mark) and scheme.isalnum()


def list_files(uri: str) -> dict[PurePath, RemoteFile]:
    """All files of a URI by their path below it; a file itself has the path `.`.

    Raises:
        DataError: The URI can't be read; the message says why.
    """
    from pyarrow.fs import FileSelector, FileType

    system, path = _find_system(uri)
    with _say_what_failed("read", uri):
        named = system.get_file_info(path)
        is_folder = named.type is FileType.Directory
        infos = system.get_file_info(FileSelector(path, recursive=True)) if is_folder else [named]
    return {
        PurePosixPath(info.path).relative_to(path): RemoteFile(uri, info.path, info.size, info.mtime_ns)
        for info in infos
        if info.is_file
    }


def make_local_name(uri: str, *, may_exist: bool) -> Path:
    """The file in the current folder that a URI is copied from: object stores can't be written piece by piece.

    Raises:
        DataError: The URI names no file, or one that is there and may not be.
    """
    name = PurePosixPath(uri.partition("?")[0]).name
    system, path = _find_system(uri)
    with _say_what_failed("reach", uri):
        is_there = system.get_file_info(path).is_file
    if uri.partition("?")[0].endswith("/") or not name:
        raise DataError(f"{uri!r} names no file: add a name, such as labels.jsonl")
    if is_there and not may_exist:
        raise DataError(f"{uri!r} exists: choose another name, or replace it with --force")
    return Path(name)


def copy_out(path: Path, uri: str) -> None:
    """Copy a file of this machine to a URI, where it has its name only when it is whole.

    Raises:
        DataError: It can't be written; the message says why.
    """
    system, target = _find_system(uri)
    shows_whole = system.type_name in ("s3", "gcs", "abfs")  # these show a file when it is closed
    written = target if shows_whole else f"{target}.part"
    with _say_what_failed("write", uri):
        with path.open("rb") as file, system.open_output_stream(written) as stream:
            while data := file.read(_COPIED_AT_ONCE):
                stream.write(data)
        if not shows_whole:
            system.move(written, target)


@cache
def _find_system(uri: str) -> tuple[Any, str]:
    """The file system of a URI, and the path in it."""
    try:
        from pyarrow import ArrowInvalid
        from pyarrow.fs import FileSystem, FSSpecHandler, PyFileSystem
    except ModuleNotFoundError as error:
        raise StanceError("URIs need the extra parquet: run pip install 'country-stance[parquet]'") from error
    try:
        with _say_what_failed("reach", uri):
            system, path = FileSystem.from_uri(uri)
            return system, path
    except ArrowInvalid as unknown:
        try:
            from fsspec.core import url_to_fs

            system, path = url_to_fs(uri)
        except (ImportError, ValueError) as error:
            raise DataError(f"{uri!r} can't be reached: {unknown}; {error}") from error
        return PyFileSystem(FSSpecHandler(system)), path


@contextmanager
def _say_what_failed(doing: str, uri: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DataError(f"can't {doing} {uri!r}: {error.strerror or error}") from error
