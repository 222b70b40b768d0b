"""Output files that lose nothing: written under another name, synced, locked, and named finally when they are whole.

Beside `labels.jsonl` a run keeps `labels.jsonl.part`, what is written so far, and `labels.jsonl.journal`, one JSON
object that says what the run is made of and how far it got. The journal is replaced as a whole, after the part is
safe on the disk; so at any moment, kill or power cut, the part holds at least what the journal says, and
resuming cuts it to that. The journal stays when the run is done: it says what made the file.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from models.errors import DataError
from serve.writers import Writer

CHECKPOINT_SECONDS = 2.0
"""Most work that a kill can cost."""
_JOURNAL_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a run has come: articles done (errors among them), stances, tokens read, bytes written."""

    articles: int = 0
    errors: int = 0
    stances: int = 0
    tokens: int = 0
    output_bytes: int = 0
    errors_bytes: int = 0

    def add(
        self, *, is_error: bool, stances: int, tokens: int, output_bytes: int = 0, errors_bytes: int = 0
    ) -> Progress:
        """One article further."""
        return Progress(
            articles=self.articles + 1,
            errors=self.errors + is_error,
            stances=self.stances + stances,
            tokens=self.tokens + tokens,
            output_bytes=self.output_bytes + output_bytes,
            errors_bytes=self.errors_bytes + errors_bytes,
        )


@dataclass(frozen=True, kw_only=True)
class Identity:
    """What decides the bytes of a run: a run continues only where all three are the same."""

    input: Mapping[str, Any] | None
    model: Mapping[str, Any]
    settings: Mapping[str, Any] = field(default_factory=dict)


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

    def _say_what_failed(self) -> _DiskErrors:
        return _DiskErrors(self.name)


class Output:
    """The output of a run and its errors file, as one: both reach the same article at every checkpoint.

    Use it as a context manager: leaving it by an exception keeps what is done for `--resume`.
    """

    def __init__(
        self, path: Path, errors: Path | None, writer: Writer, identity: Identity, *, resume: bool, force: bool
    ) -> None:
        """Begin or continue a run.

        Raises:
            DataError: The file exists, is being written, or what would be continued was another run.
        """
        self.progress = Progress()
        self.is_complete = self._is_finishing = False
        self._writer, self._identity, self._force = writer, identity, force
        self._journal = Path(os.path.realpath(path) + ".journal")
        self._check_names(path, errors)
        earlier = _read_journal(self._journal) if resume else None
        part = Path(os.path.realpath(path) + ".part")
        if earlier:
            _check_identity(earlier, identity, path)
        is_finished = bool(earlier and earlier["finished"])
        if earlier and is_finished and not part.exists() and path.exists():
            self.progress, self.is_complete = Progress(**earlier["progress"]), True
            _finish_part(errors)
            return
        if not is_finished:
            self._refuse_what_exists(path, part, errors, resume=resume)
        self._may_replace = force or is_finished  # a finished run was allowed to, and may have been killed while at it
        self._part = PartFile(path)
        self._errors = PartFile(errors) if errors else None
        self._continue(earlier)

    def _check_names(self, path: Path, errors: Path | None) -> None:
        if errors and os.path.realpath(errors) == os.path.realpath(path):
            raise DataError(f"{str(errors)!r} is the output itself: choose another name for the errors")

    def _refuse_what_exists(self, path: Path, part: Path, errors: Path | None, *, resume: bool) -> None:
        for final in (path, errors):
            refuse_existing(final, force=self._force)
        if part.exists() and part.stat().st_size and not (resume or self._force):
            PartFile(path).close()  # says so where another process is at it
            raise DataError(f"{str(part)!r} is an unfinished run: continue with --resume, or start anew with --force")

    def _continue(self, earlier: Mapping[str, Any] | None) -> None:
        """Go back to the last checkpoint, or to the start."""
        progress = Progress(**earlier["progress"]) if earlier else Progress()
        errors_size = self._errors.size if self._errors else 0
        if self._part.size < progress.output_bytes or errors_size < progress.errors_bytes:
            lost = f"{str(self._part.path)!r} is shorter than its journal says"
            self.close()
            raise DataError(f"{lost}: start anew with --force")
        header = self._writer.header.encode()
        self._part.cut(progress.output_bytes)
        if self._errors:
            self._errors.cut(progress.errors_bytes)
        if not progress.output_bytes:
            self._part.append(header)
            progress = replace(progress, output_bytes=len(header))
        self.progress = progress
        self.checkpoint()

    def write(self, text: str, error: str | None, *, stances: int, tokens: int) -> None:
        """Write the rows of one article, and its error too where it failed."""
        data, error_data = text.encode(), (error or "").encode()
        self._part.append(data)
        if self._errors and error_data:
            self._errors.append(error_data)
        self.progress = self.progress.add(
            is_error=error is not None,
            stances=stances,
            tokens=tokens,
            output_bytes=len(data),
            errors_bytes=len(error_data) if self._errors else 0,
        )
        if time.monotonic() >= self._next_checkpoint:
            self.checkpoint()

    def checkpoint(self, *, finished: bool = False) -> None:
        """Make what is written safe, then say so in the journal."""
        self._part.sync()
        if self._errors:
            self._errors.sync()
        state = {
            "version": _JOURNAL_VERSION,
            "identity": asdict(self._identity),
            "progress": asdict(self.progress),
            "finished": finished,
        }
        with _DiskErrors(self._part.name):
            _replace_file(self._journal, json.dumps(state, indent=1, ensure_ascii=False) + "\n")
        self._next_checkpoint = time.monotonic() + CHECKPOINT_SECONDS

    def finish(self) -> None:
        """Give the files their final names."""
        if self._part.final.exists() and not self._may_replace:
            raise DataError(f"{self._part.name} exists by now: rename it, then continue with --resume")
        self.checkpoint(finished=True)
        self._is_finishing = True
        self._part.finish(self._writer.finish)
        if self._errors:
            self._errors.finish()
        self.is_complete = True

    def close(self) -> None:
        """Let go of the files and their locks."""
        self._part.close()
        if self._errors:
            self._errors.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self.is_complete:
            return
        if not self._is_finishing:
            with suppress(DataError):  # the error on its way out says more; an older checkpoint does as well
                self.checkpoint()
        self.close()


def refuse_existing(path: Path | None, *, force: bool) -> None:
    """Leave a file alone that is there already, unless told otherwise.

    Raises:
        DataError: It exists.
    """
    if path and path.exists() and not force:
        raise DataError(f"{str(path)!r} exists: choose another name, or replace it with --force")


class _DiskErrors:
    """Turns an error of the disk into one that says what could not be written and how to go on."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if isinstance(error, OSError):
            raise DataError(f"can't write {self._name}: {error.strerror or error}") from error


def _finish_part(path: Path | None) -> None:
    """Name the errors file of a run that was killed between its two names."""
    if path and Path(os.path.realpath(path) + ".part").exists():
        PartFile(path).finish()


def _read_journal(path: Path) -> dict[str, Any] | None:
    try:
        journal: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise DataError(f"can't read {str(path)!r}: {error}: start anew with --force") from error
    if journal.get("version") != _JOURNAL_VERSION:
        raise DataError(f"{str(path)!r} was written by another version: start anew with --force")
    return journal


def _check_identity(earlier: Mapping[str, Any], identity: Identity, path: Path) -> None:
    """Refuse to continue a run with another input, model or settings, and say which."""
    before, now = earlier["identity"], json.loads(json.dumps(asdict(identity)))
    if now["input"] is None or before["input"] is None:
        raise DataError("standard input can't be read again: --resume needs files")
    changes = [
        f"{part} {key} ({before[part].get(key)!r:.60}, now {now[part].get(key)!r:.60})"
        for part in ("input", "model", "settings")
        for key in sorted({*before[part], *now[part]})
        if before[part].get(key) != now[part].get(key)
    ]
    if changes:
        started = f"{str(path)!r} was begun with another {'; another '.join(changes)}"
        raise DataError(f"can't resume: {started}: restore it, or start anew with --force")


def _replace_file(path: Path, text: str) -> None:
    """Write a small file so that a reader sees the old one or the new one, whole."""
    new = path.with_name(path.name + ".new")
    with new.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    _sync_file(path.parent)


def _sync_file(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
