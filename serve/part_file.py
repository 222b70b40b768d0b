"""Files that have their final name only when they are whole: written under another, locked, synced, then renamed."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from models.errors import DataError


class PartFile:
    """A file that is being written under another name, by one process only.

    Every error of the disk is a `DataError` that names the final file.
    """

    def __init__(self, final: Path) -> None:
        """Open and lock the part of a final file; what an earlier run left in it stays."""
        self.name = repr(str(final))
        self.final = Path(os.path.realpath(final))
        self.path = self.final.with_name(self.final.name + ".part")
        if self.final.exists() and not self.final.is_file():
            raise DataError(f"{str(final)!r} is no regular file: choose another name")
        with self._say_what_failed():
            self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        self._lock()

    def _lock(self) -> None:
        """Take the lock that ends with this process, or refuse."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            ours = os.fstat(self._descriptor)
            taken = not self.path.exists() or not os.path.samestat(ours, self.path.stat())
        except BlockingIOError:
            taken = True
        if taken:
            os.close(self._descriptor)
            raise DataError(f"another process is writing {self.name}: wait for it, or choose another name")

    @property
    def size(self) -> int:
        """Bytes in it."""
        return os.fstat(self._descriptor).st_size

    def cut(self, size: int) -> None:
        """Forget all beyond a size and go on from there."""
        with self._say_what_failed():
            os.ftruncate(self._descriptor, size)
            os.lseek(self._descriptor, size, os.SEEK_SET)

    def append(self, data: bytes) -> None:
        """Write all of the data, or say why not."""
        view = memoryview(data)
        with self._say_what_failed():
            while view:
                view = view[os.write(self._descriptor, view) :]

    def sync(self) -> None:
        """Bring what is written safely to the disk."""
        with self._say_what_failed():
            os.fsync(self._descriptor)

    def finish(self, convert: Callable[[Path, Path], None] | None = None) -> None:
        """Give the file its final name in one step, through `convert(part, new file)` where the format needs it."""
        self.sync()
        with self._say_what_failed():
            if convert is None:
                self.path.replace(self.final)
            else:
                made = self.final.with_name(self.final.name + ".making")
                convert(self.path, made)
                _sync_file(made)
                made.replace(self.final)
                self.path.unlink()
            _sync_file(self.final.parent)
        self.close()

    def close(self) -> None:
        """Let go of the file and its lock."""
        with suppress(OSError):
            os.close(self._descriptor)

    def _say_what_failed(self) -> DiskErrors:
        return DiskErrors(self.name)


def refuse_existing(path: Path | None, *, force: bool) -> None:
    """Leave a file alone that is there already, unless told otherwise.

    Raises:
        DataError: It exists.
    """
    if path and path.exists() and not force:
        raise DataError(f"{str(path)!r} exists: choose another name, or replace it with --force")


def write_whole(path: Path, text: str) -> None:
    """Write a file in one step.

    Raises:
        DataError: It can't be written; the message says why.
    """
    part = PartFile(path)
    part.cut(0)
    part.append(text.encode())
    part.finish()


def replace_file(path: Path, text: str) -> None:
    """Write a small file so that a reader sees the old one or the new one, whole."""
    new = path.with_name(path.name + ".new")
    try:
        with new.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError:
        new.unlink(missing_ok=True)
        raise
    _sync_file(path.parent)


def _sync_file(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class DiskErrors:
    """Turns an error of the disk into one that says what could not be written and how to go on."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if isinstance(error, OSError):
            raise DataError(f"can't write {self._name}: {error.strerror or error}") from error
