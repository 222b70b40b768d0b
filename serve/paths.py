"""Paths given to verbs: what is read must exist, what is written must not."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from models.errors import DataError
from serve.sources import MissingFileError


def require_paths(*paths: Path | None) -> None:
    """Check that what a verb is to read is there; None is what was not given.

    Raises:
        MissingFileError: A file or folder is not there; the message names it.
    """
    for path in paths:
        if path is not None and not path.exists():
            raise MissingFileError(f"{str(path)!r} doesn't exist: check the path")


def write_rows(path: Path | None, rows: Iterable[dict[str, Any]]) -> None:
    """Write JSON Lines to a new file, or to standard output.

    Raises:
        DataError: The file exists, or can't be written.
    """
    with _open_output(path) as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


@contextmanager
def _open_output(path: Path | None) -> Iterator[TextIO]:
    """The file to write to, in UTF-8; a file that is already there is left alone."""
    if path is None:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8")
        yield sys.stdout
        return
    try:
        file = path.open("x", encoding="utf-8", newline="\n")
    except FileExistsError as error:
        raise DataError(f"{str(path)!r} exists: choose another name, or delete it first") from error
    except OSError as error:
        raise DataError(f"can't write {str(path)!r}: {error.strerror}") from error
    with file:
        yield file
