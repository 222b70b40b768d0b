"""`stance corpus gather`: the annotated texts, out of the user's own clones of the public repositories.

A text counts only where its hash is that of the annotated one. Files change: where the file as it lies there has
another text, the older versions in the history of the clone are tried.
"""

from __future__ import annotations

import csv
import json
import subprocess
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from models.annotations import read_utf8
from models.errors import DataError
from training.annotations import ANNOTATIONS, Row, hash_text, read_rows, source_of
from training.sources import RULES, Record, Rule


@dataclass(frozen=True)
class Gathered:
    """How many texts of a source are annotated and how many of them were found; `advice` is what to do for the rest."""

    source: str
    repository: str
    annotated: int
    found: int
    advice: str


def gather(clones: Path, output: Path, annotations: Path = ANNOTATIONS) -> list[Gathered]:
    """Write the annotated texts that the clones have, a JSON Lines file of `{title, text}` for each source.

    Args:
        clones: Folder of clones, each under the name of its repository (`owner/name` in `name`).
        output: A new or empty folder.
        annotations: Folder of annotations without words.

    Returns:
        What was found, the source with most annotated texts first.

    Raises:
        DataError: The output folder can't be made, or has something in it.
    """
    sources: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for path in sorted(annotations.glob("*.jsonl")):
        for row in read_rows(path):
            sources[source_of(row), row["source"]["repository"]].append(row)
    _make_empty(output)
    gathered = []
    for (source, repository), rows in sorted(sources.items(), key=lambda item: -len(item[1])):
        records = list(_find_records(repository, rows, clones))
        if records:
            lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
            (output / f"{source}-{repository.replace('/', '-')}.jsonl").write_text(lines, encoding="utf-8")
        advice = _advise(repository, len(rows) - len(records), clones)
        gathered.append(Gathered(source, repository, len(rows), len(records), advice))
    return gathered


def _make_empty(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"can't make the folder {str(folder)!r}: {error.strerror}") from None
    if any(folder.iterdir()):
        raise DataError(f"{str(folder)!r} is not empty: name a new folder")


def _find_clone(repository: str, clones: Path) -> Path:
    return clones / repository.rpartition("/")[2]


def _advise(repository: str, num_missing: int, clones: Path) -> str:
    """What to do for the texts that were not found; empty where there are none."""
    if not num_missing:
        return ""
    if repository not in RULES:
        return "not gathered: fetch by hand"
    clone = _find_clone(repository, clones)
    return f"{num_missing} not in the clone: fetch by hand" if clone.is_dir() else f"no clone in {str(clone)!r}"


def _find_records(repository: str, rows: Sequence[Row], clones: Path) -> Iterator[Record]:
    """The annotated texts of a repository that its clone has."""
    clone, rule = _find_clone(repository, clones), RULES.get(repository)
    if rule is None or not clone.is_dir():
        return
    wanted: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        wanted[row["source"]["path"]].add(row["sha256"])
    for path, hashes in wanted.items():
        yield from _find_texts(clone, path, hashes, rule)


def _find_texts(clone: Path, path: str, hashes: set[str], rule: Rule) -> Iterator[Record]:
    """The texts of a file that have these hashes."""
    missing = hashes.copy()
    for words in _read_versions(clone, path):
        for record in _apply(rule, words):
            found = hash_text(record["text"])
            if found in missing:
                missing.remove(found)
                yield record
        if not missing:
            return


def _apply(rule: Rule, words: str) -> list[Record]:
    try:
        return list(rule(words))
    except (ValueError, KeyError, TypeError, csv.Error):
        return []  # this version of the file has another form, so it is not the annotated one


def _read_versions(clone: Path, path: str) -> Iterator[str]:
    """The words of a file: as it lies there, then its older versions, the newest first."""
    if (clone / path).is_file():
        with suppress(DataError):  # an older version may be readable
            yield read_utf8(clone / path)
    if not (clone / ".git").exists():
        return
    for commit in _run_git(clone, "log", "--format=%H", "--", path).split():
        yield _run_git(clone, "show", f"{commit}:{path}")


def _run_git(clone: Path, *arguments: str) -> str:
    """What git prints; nothing where it fails, as for a version in which the file was deleted."""
    command = ["git", "--literal-pathspecs", "-C", str(clone), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, check=True)
        return done.stdout.decode().replace("\r\n", "\n")
    except (OSError, subprocess.CalledProcessError, UnicodeDecodeError):
        return ""
