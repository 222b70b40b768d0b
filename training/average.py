"""The weights of several runs as one: their weighted mean (Wortsman et al. 2022, 'Model soups').

Where one run went on from another, the mean keeps some of what the later one unlearnt.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from safetensors.torch import load_file, save_file

from models.errors import ConfigError


def average_weights(folders: Sequence[Path], shares: Sequence[float], output: Path) -> Path:
    """Average `weights/` folders of runs over the same network; the record of the first is kept.

    Args:
        folders: Each with `model.safetensors`, `tokenizer.json` and `run.json`.
        shares: Of each folder; they add up to 1.
        output: New folder of the same form; `training.assemble` makes a checkpoint of it.

    Raises:
        ConfigError: The shares don't fit, or the networks differ.
    """
    if len(shares) != len(folders) or abs(sum(shares) - 1) > 1e-6:
        raise ConfigError(f"shares are {list(shares)} for {len(folders)} folders; expected one each, 1 in sum")
    tables = [load_file(folder / "model.safetensors") for folder in folders]
    shapes = [{name: tensor.shape for name, tensor in table.items()} for table in tables]
    if any(shape != shapes[0] for shape in shapes):
        raise ConfigError("the networks differ in their tensors; only runs over the same network can be averaged")
    output.mkdir(parents=True)
    mean = {
        name: sum(share * table[name] for share, table in zip(shares, tables, strict=True)).contiguous()
        for name in tables[0]
    }
    save_file(mean, output / "model.safetensors")
    shutil.copyfile(folders[0] / "tokenizer.json", output / "tokenizer.json")
    run = json.loads((folders[0] / "run.json").read_text(encoding="utf-8"))
    run["averaged"] = [
        {"version": _version(folder), "share": share} for folder, share in zip(folders, shares, strict=True)
    ]
    (output / "run.json").write_text(json.dumps(run, indent=1) + "\n", encoding="utf-8")
    return output


def _version(folder: Path) -> str:
    version: str = json.loads((folder / "run.json").read_text(encoding="utf-8"))["config"]["version"]
    return version
