"""A checkpoint: a folder with the weights, what they need, and a manifest with the sha256 of every file.

Opening one refuses, by name, all that doesn't belong: a missing, extra or altered file, a pickle, a path that
leads outside. Knows nothing of networks: it hands out paths and the decoded `config.json`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from models.errors import CheckpointError

MANIFEST = "manifest.json"
FILES = ("README.md", "config.json", "model.onnx", "model.safetensors", "tokenizer.json")
"""What a checkpoint holds beside its manifest, no more and no less."""
DEFAULT_FOLDER = Path(__file__).parent / "checkpoint"
"""The checkpoint that is shipped."""

_PICKLES = (".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Checkpoint:
    """An opened checkpoint folder."""

    path: Path
    manifest: dict[str, Any]
    config: dict[str, Any]

    @property
    def name(self) -> str:
        """The name of the model."""
        return str(self.manifest["name"])

    @property
    def version(self) -> str:
        """The version of the model."""
        return str(self.manifest["version"])

    def file(self, name: str) -> Path:
        """The path of one of its files.

        Raises:
            CheckpointError: A checkpoint has no such file.
        """
        if name not in FILES:
            raise CheckpointError(f"a checkpoint has no {name!r}; expected one of {', '.join(FILES)}")
        return self.path / name


def open_checkpoint(path: Path | None = None, *, verify: bool = True) -> Checkpoint:
    """Open a checkpoint folder and check that it is whole.

    Args:
        path: The folder; None opens the one that is shipped.
        verify: Whether to hash every file. Names and sizes are always checked.

    Raises:
        CheckpointError: The folder is not exactly what its manifest says; the message names the file.
    """
    folder = DEFAULT_FOLDER if path is None else Path(path)
    if not folder.is_dir():
        raise CheckpointError(f"no checkpoint folder at {folder}: name one that 'stance train' made")
    try:
        _check_names(folder)
        manifest = _read_object(folder / MANIFEST)
        for name, entry in sorted(_listed(folder, manifest).items()):
            _check_file(folder / name, entry, verify=verify)
        return Checkpoint(folder, manifest, _read_object(folder / "config.json"))
    except OSError as error:
        raise CheckpointError(f"can't read {error.filename or folder}: {error.strerror}") from None


def write_manifest(folder: Path, name: str, version: str) -> None:
    """Write the manifest of a finished checkpoint folder.

    The same files, name and version give the same bytes: the time of creation is kept where nothing has changed.

    Raises:
        CheckpointError: A file is missing, or one is there that doesn't belong.
    """
    _check_names(folder, but=MANIFEST)
    files = {file: {"sha256": _sha256(folder / file), "bytes": (folder / file).stat().st_size} for file in FILES}
    manifest = {"name": name, "version": version, "created": _created(folder, name, version, files), "files": files}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8", newline="\n")


def _created(folder: Path, name: str, version: str, files: Mapping[str, Any]) -> str:
    if (folder / MANIFEST).exists():
        former = _read_object(folder / MANIFEST)
        if (former.get("name"), former.get("version"), former.get("files")) == (name, version, files):
            return str(former.get("created"))
    return datetime.now(UTC).isoformat(timespec="seconds")


def _check_names(folder: Path, but: str | None = None) -> None:
    """Refuse a folder that doesn't hold exactly the files of a checkpoint; `but` may be missing."""
    found = {entry.name: entry for entry in folder.iterdir()}
    for name, entry in sorted(found.items()):
        _refuse_pickle(folder, name)
        if name not in (MANIFEST, *FILES):
            raise CheckpointError(f"{folder}: {name!r} doesn't belong in a checkpoint: remove it")
        if not entry.resolve().is_relative_to(folder.resolve()):
            raise CheckpointError(f"{folder}: {name!r} is a link to {entry.resolve()}, outside the folder")
        if entry.exists() and not entry.is_file():
            raise CheckpointError(f"{folder}: {name!r} is not a file")
    for name in (MANIFEST, *FILES):
        if name != but and not (folder / name).exists():
            raise CheckpointError(f"{folder}: {name!r} is missing: fetch or export the checkpoint again")


def _refuse_pickle(folder: Path, name: str) -> None:
    if name.lower().endswith(_PICKLES):
        raise CheckpointError(f"{folder}: {name!r} may be a pickle, which can run code: use model.safetensors")


def _listed(folder: Path, manifest: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The files of the manifest, all of them ours and each with its hash and size."""
    for key in ("name", "version", "created"):
        if not isinstance(manifest.get(key), str):
            raise CheckpointError(f"{folder}: {MANIFEST} has {key} {manifest.get(key)!r:.80}; expected a string")
    files = manifest.get("files")
    if not isinstance(files, dict):
        raise CheckpointError(f"{folder}: {MANIFEST} has files {files!r:.80}; expected name -> sha256 and bytes")
    for name, entry in files.items():
        _check_entry(folder, name, entry)
    for name in FILES:
        if name not in files:
            raise CheckpointError(f"{folder}: {name!r} is not in {MANIFEST}")
    return files


def _check_entry(folder: Path, name: str, entry: object) -> None:
    if "/" in name or "\\" in name or ".." in name:
        raise CheckpointError(f"{folder}: {MANIFEST} lists {name!r}, a path; expected plain file names")
    _refuse_pickle(folder, name)
    if name not in FILES:
        raise CheckpointError(f"{folder}: {MANIFEST} lists {name!r}; expected only {', '.join(FILES)}")
    digest, size = (entry.get("sha256"), entry.get("bytes")) if isinstance(entry, dict) else (None, None)
    if not isinstance(digest, str) or not _SHA256.fullmatch(digest) or type(size) is not int:
        raise CheckpointError(f"{folder}: {MANIFEST} has {entry!r:.80} for {name!r}; expected sha256 and bytes")


def _check_file(path: Path, entry: Mapping[str, Any], *, verify: bool) -> None:
    size = path.stat().st_size
    if size != entry["bytes"]:
        seen = f"has {size} bytes, {MANIFEST} says {entry['bytes']}"
        raise CheckpointError(f"{path.parent}: {path.name!r} {seen}: fetch or export the checkpoint again")
    if verify and _sha256(path) != entry["sha256"]:
        seen = f"is not what {MANIFEST} says (its sha256 is {_sha256(path)})"
        raise CheckpointError(f"{path.parent}: {path.name!r} {seen}: fetch or export the checkpoint again")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_object(path: Path) -> dict[str, Any]:
    try:
        decoded = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{path.parent}: {path.name!r} is not JSON: {error}") from None
    if not isinstance(decoded, dict):
        raise CheckpointError(f"{path.parent}: {path.name!r} is {type(decoded).__name__}; expected a JSON object")
    return decoded
