"""Weights of several runs as their weighted mean."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from models.errors import ConfigError
from training.average import average_weights


def make_run(folder: Path, value: float, version: str, size: int = 3) -> Path:
    folder.mkdir()
    save_file({"a": torch.full((size,), value)}, folder / "model.safetensors")
    (folder / "tokenizer.json").write_text("{}", encoding="utf-8")
    (folder / "run.json").write_text(json.dumps({"config": {"version": version}}), encoding="utf-8")
    return folder


def test_shares_weigh_the_runs_and_are_recorded(tmp_path: Path) -> None:
    runs = [make_run(tmp_path / "new", 1.0, "0.3.0"), make_run(tmp_path / "old", 3.0, "0.2.0")]

    averaged = average_weights(runs, [0.75, 0.25], tmp_path / "mean")

    assert load_file(averaged / "model.safetensors")["a"].tolist() == [1.5] * 3
    record = json.loads((averaged / "run.json").read_text(encoding="utf-8"))
    assert record["config"]["version"] == "0.3.0"
    assert record["averaged"] == [{"version": "0.3.0", "share": 0.75}, {"version": "0.2.0", "share": 0.25}]


@pytest.mark.parametrize("shares", [[1.0], [0.6, 0.6]])
def test_shares_that_do_not_fit_are_refused(tmp_path: Path, shares: list[float]) -> None:
    runs = [make_run(tmp_path / name, 1.0, "1") for name in ("a", "b")]
    with pytest.raises(ConfigError, match="expected one each, 1 in sum"):
        average_weights(runs, shares, tmp_path / "mean")


def test_other_networks_are_refused(tmp_path: Path) -> None:
    runs = [make_run(tmp_path / "a", 1.0, "1"), make_run(tmp_path / "b", 1.0, "1", size=4)]
    with pytest.raises(ConfigError, match="the networks differ"):
        average_weights(runs, [0.5, 0.5], tmp_path / "mean")
