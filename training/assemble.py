"""From a run's weights to a checkpoint folder: export, calibrate, write the model card and the manifest."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from models.annotations import AnnotatedText
from models.checkpoint import write_manifest
from models.decoding import DecodingConfig
from models.labeller import Labeller
from training.calibrate import fit_decoding
from training.export import export_weights, load_network

_CARD = """\
# {name} {version}

Finds who stands where on what in news: the network of country-stance, fine-tuned from {encoder}.

- Input: windows of an article, every country mention one anonymous entity token, one proposal in front.
- Output: for each country mention none, support, oppose or abstain; for each token whether it is part of a proposal.
- Trained on {texts} texts but for {held_out} of them, held out (sha256 of all texts and labels `{sha256}`).
  The labels were written by language models that followed `training/corpus/GUIDELINES.md`; no human has checked them.
- Fitted on {calibrated} of the held-out texts: temperature {temperature}, none bias {none_bias}, stance threshold
  {stance_threshold}.
- Probabilities of the CPU runtime differ from torch's by at most {shift:.1e}.

Meant for coding and following reported positions of governments in English news. A label says what an article
reports, not what a government thinks. Not meant for decisions about persons.
"""


def assemble_checkpoint(weights: Path, held_out: Sequence[AnnotatedText], folder: Path) -> Path:
    """Make a checkpoint folder from `weights/` of a run.

    Args:
        weights: Folder with `model.safetensors`, `tokenizer.json` and `run.json`.
        held_out: Texts that were not trained on; they fit the calibration.
        folder: Where the checkpoint goes; what is there is replaced.

    Returns:
        `folder`.
    """
    run = json.loads((weights / "run.json").read_text(encoding="utf-8"))
    shutil.rmtree(folder, ignore_errors=True)
    shift = export_weights(load_network(weights), folder)
    shutil.copyfile(weights / "tokenizer.json", folder / "tokenizer.json")
    decoding = DecodingConfig()
    _write(folder, run, decoding, shift, len(held_out))
    if held_out:
        decoding = fit_decoding(Labeller.load(folder), held_out)
        _write(folder, run, decoding, shift, len(held_out))
    return folder


def _write(folder: Path, run: dict[str, Any], decoding: DecodingConfig, shift: float, calibrated: int) -> None:
    """Write `config.json`, the model card and the manifest."""
    name, version = run["config"]["name"], run["config"]["version"]
    values = dataclasses.asdict(decoding)
    config = {"encoder": run["encoder"], "decoding": values, "training": run["config"], "data": run["data"]}
    config["versions"] = run["versions"]
    if "averaged" in run:
        config["averaged"] = run["averaged"]
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
    card = _CARD.format(
        name=name,
        version=version,
        encoder=run["config"]["encoder"],
        texts=run["data"]["texts"],
        sha256=run["data"]["sha256"],
        held_out=len(run["data"]["held_out"]),
        shift=shift,
        calibrated=calibrated,
        **values,
    )
    (folder / "README.md").write_text(card, encoding="utf-8")
    write_manifest(folder, name, version)
