"""The output of a run that loses nothing, whatever stops it.

Beside `labels.jsonl` a run keeps `labels.jsonl.part`, what is written so far, and `labels.jsonl.journal`, one JSON
object that says what the run is made of and how far it got. The journal is replaced as a whole, after the part is
safe on the disk; so at any moment, kill or power cut, the part holds at least what the journal says, and
resuming cuts it to that. The journal stays when the run is done: it says what made the file.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from models.errors import DataError
from serve.part_file import DiskErrors, PartFile, refuse_existing, replace_file
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
        with DiskErrors(self._part.name):
            replace_file(self._journal, json.dumps(state, indent=1, ensure_ascii=False) + "\n")
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
