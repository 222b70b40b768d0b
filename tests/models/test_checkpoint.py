"""A checkpoint opens where it is exactly what its manifest says, and is refused by name where it isn't."""

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from models.checkpoint import FILES, MANIFEST, open_checkpoint, write_manifest
from models.errors import CheckpointError

CONTENTS = {
    "README.md": b"# A model\n",
    "config.json": b'{"layers": 2}\n',
    "model.onnx": b"onnx",
    "model.safetensors": b"weights",
    "tokenizer.json": b"{}\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A whole checkpoint."""
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    for name, content in CONTENTS.items():
        (folder / name).write_bytes(content)
    write_manifest(folder, "stance-tiny", "1.2")
    return folder


def change_manifest(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    manifest = json.loads((folder / MANIFEST).read_text())
    change(manifest)
    (folder / MANIFEST).write_text(json.dumps(manifest))


def refuse(folder: Path, message: str, *, verify: bool = True) -> None:
    with pytest.raises(CheckpointError, match=re.escape(message)):
        open_checkpoint(folder, verify=verify)


def test_whole_checkpoint_opens(folder: Path) -> None:
    checkpoint = open_checkpoint(folder)

    assert (checkpoint.path, checkpoint.name, checkpoint.version) == (folder, "stance-tiny", "1.2")
    assert checkpoint.config == {"layers": 2}
    assert {name: checkpoint.file(name).read_bytes() for name in FILES} == CONTENTS


def test_manifest_lists_the_hash_and_size_of_every_file(folder: Path) -> None:
    manifest = open_checkpoint(folder).manifest

    assert list(manifest) == ["name", "version", "created", "files"]
    assert manifest["files"] == {
        name: {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
        for name, content in CONTENTS.items()
    }


def test_manifest_of_the_same_files_is_the_same_bytes(folder: Path) -> None:
    change_manifest(folder, lambda manifest: manifest.update(created="2020-01-01T00:00:00+00:00"))
    write_manifest(folder, "stance-tiny", "1.2")
    first = (folder / MANIFEST).read_bytes()

    write_manifest(folder, "stance-tiny", "1.2")

    assert (folder / MANIFEST).read_bytes() == first
    assert open_checkpoint(folder).manifest["created"] == "2020-01-01T00:00:00+00:00"


def test_manifest_of_changed_files_has_a_new_time(folder: Path) -> None:
    change_manifest(folder, lambda manifest: manifest.update(created="2020-01-01T00:00:00+00:00"))
    (folder / "model.onnx").write_bytes(b"newer")

    write_manifest(folder, "stance-tiny", "1.2")

    assert open_checkpoint(folder).manifest["created"] > "2020-01-01T00:00:00+00:00"


def test_manifest_is_not_written_for_a_folder_with_more_or_less(folder: Path) -> None:
    (folder / MANIFEST).unlink()
    (folder / "notes.txt").touch()
    with pytest.raises(CheckpointError, match=r"'notes\.txt' doesn't belong"):
        write_manifest(folder, "stance-tiny", "1.2")
    (folder / "notes.txt").unlink()
    (folder / "model.onnx").unlink()
    with pytest.raises(CheckpointError, match=r"'model\.onnx' is missing"):
        write_manifest(folder, "stance-tiny", "1.2")
    assert not (folder / MANIFEST).exists()


def test_missing_folder_is_refused(tmp_path: Path) -> None:
    refuse(tmp_path / "gone", f"no checkpoint folder at {tmp_path / 'gone'}")


@pytest.mark.parametrize("name", [MANIFEST, *FILES])
def test_missing_file_is_refused(folder: Path, name: str) -> None:
    (folder / name).unlink()
    refuse(folder, f"'{name}' is missing")


@pytest.mark.parametrize("name", ["notes.txt", ".hidden", "model.onnx.data"])
def test_extra_file_is_refused(folder: Path, name: str) -> None:
    (folder / name).touch()
    refuse(folder, f"'{name}' doesn't belong")


def test_extra_folder_and_folder_in_place_of_a_file_are_refused(folder: Path) -> None:
    (folder / "onnx").mkdir()
    refuse(folder, "'onnx' doesn't belong")
    (folder / "onnx").rmdir()
    (folder / "model.onnx").unlink()
    (folder / "model.onnx").mkdir()
    refuse(folder, "'model.onnx' is not a file")


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt", "optimizer.PKL", "last.ckpt"])
def test_pickle_is_refused(folder: Path, name: str) -> None:
    (folder / name).touch()
    refuse(folder, f"'{name}' may be a pickle")
    (folder / name).unlink()
    change_manifest(folder, lambda manifest: manifest["files"].update({name: {"sha256": "0" * 64, "bytes": 0}}))
    refuse(folder, f"'{name}' may be a pickle")


@pytest.mark.parametrize("name", FILES)
def test_changed_byte_is_refused_where_files_are_verified(folder: Path, name: str) -> None:
    content = bytearray(CONTENTS[name])
    content[-1] ^= 1 if name.startswith("model") else ord("\n") ^ ord(" ")
    (folder / name).write_bytes(content)

    refuse(folder, f"'{name}' is not what manifest.json says")
    assert open_checkpoint(folder, verify=False).config == {"layers": 2}


def test_changed_size_is_refused_without_hashing(folder: Path) -> None:
    (folder / "model.onnx").write_bytes(b"onnxx")
    refuse(folder, "'model.onnx' has 5 bytes, manifest.json says 4", verify=False)


def test_link_that_leads_outside_is_refused_and_one_to_the_folder_itself_is_not(folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "model.onnx"
    (folder / "model.onnx").rename(outside)
    (folder / "model.onnx").symlink_to(outside)
    refuse(folder, f"'model.onnx' is a link to {outside}, outside the folder")

    (folder / "model.onnx").unlink()
    outside.rename(folder / "model.onnx")
    (tmp_path / "latest").symlink_to(folder)
    assert open_checkpoint(tmp_path / "latest").config == {"layers": 2}


@pytest.mark.parametrize("name", ["../model.onnx", "a/b", "a\\b", "/etc/hosts", ".."])
def test_path_in_the_manifest_is_refused(folder: Path, name: str) -> None:
    change_manifest(folder, lambda manifest: manifest["files"].update({name: {"sha256": "0" * 64, "bytes": 4}}))
    refuse(folder, f"lists {name!r}, a path")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda manifest: manifest["files"].pop("model.onnx"), "'model.onnx' is not in manifest.json"),
        (lambda manifest: manifest["files"].update(extra={}), "manifest.json lists 'extra'; expected only README.md"),
        (lambda manifest: manifest["files"].update({"model.onnx": None}), "manifest.json has None for 'model.onnx'"),
        (lambda manifest: manifest["files"]["model.onnx"].update(sha256="abc"), "for 'model.onnx'; expected sha256"),
        (lambda manifest: manifest["files"]["model.onnx"].update(bytes="4"), "for 'model.onnx'; expected sha256"),
        (lambda manifest: manifest.update(files=[]), "manifest.json has files []"),
        (lambda manifest: manifest.pop("version"), "manifest.json has version None; expected a string"),
    ],
)
def test_faulty_manifest_is_refused(folder: Path, change: Callable[[dict[str, Any]], object], message: str) -> None:
    change_manifest(folder, change)
    refuse(folder, message)


@pytest.mark.parametrize(("content", "message"), [("{", "is not JSON"), ("[]", "is list"), ("\udcff", "is not JSON")])
def test_manifest_that_is_no_json_object_is_refused(folder: Path, content: str, message: str) -> None:
    (folder / MANIFEST).write_text(content, encoding="utf-8", errors="surrogateescape")
    refuse(folder, f"'manifest.json' {message}")


def test_name_that_a_checkpoint_does_not_have_is_refused(folder: Path) -> None:
    with pytest.raises(CheckpointError, match=r"a checkpoint has no '\.\./secret'"):
        open_checkpoint(folder).file("../secret")
