"""What a report was made from and on, so that it can be made again."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import platform
import resource
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from evals.datasets import hash_data
from evals.predictions import Proposals
from evals.statistics import NUM_RESAMPLES, SEED
from models.checkpoint import open_checkpoint
from models.errors import DataError

VERSION = 1
"""Of the form of report.json and manifest.json."""
_PACKAGES = ("numpy", "scipy", "scikit-learn", "onnxruntime", "tokenizers", "pyarrow", "matplotlib", "jinja2", "torch")


@dataclass(frozen=True, kw_only=True)
class ReportOptions:
    """What a report is asked to hold."""

    data: str
    """A data set's name or file."""
    proposals: str = "given"
    """`given`, `found`, or `both`: a record of given proposals, with the headline of found ones beside it."""
    model: str | None = None
    """Checkpoint folder; None for the shipped one."""
    baselines: tuple[str, ...] = ()
    """Names of `evals.baselines.table.NAMES`."""
    texts: tuple[str, ...] = ()
    """Annotated texts that the model and baselines have learnt from, besides the written corpus."""
    behaviour: bool = False
    """Whether the behaviour suite runs."""
    compare: str | None = None
    """Folder of an earlier report on the same data."""

    @property
    def recorded_proposals(self) -> Proposals:
        """The proposals that the record is about."""
        return "found" if self.proposals == "found" else "given"


def hash_inputs(options: ReportOptions) -> dict[str, str]:
    """The sha256 of everything that a report reads."""
    files = [options.data, *options.texts]
    hashes = {name: hash_data(name) for name in files} | {"written corpus": hash_data("written")}
    model = open_checkpoint(Path(options.model) if options.model else None)
    hashes["checkpoint"] = hashlib.sha256((model.path / "manifest.json").read_bytes()).hexdigest()
    if options.compare:
        hashes["compare"] = hash_file(Path(options.compare) / "predictions.parquet")
    return hashes


def hash_file(path: Path) -> str:
    """The sha256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def make_manifest(
    options: ReportOptions, inputs: Mapping[str, str], cost: Mapping[str, Any], outputs: Mapping[str, str]
) -> dict[str, Any]:
    """The manifest of a run: how to repeat it, what it read, what it ran on and what it cost."""
    return {
        "version": VERSION,
        "options": asdict(options),
        "command": ["stance", *sys.argv[1:]],
        "inputs": dict(inputs),
        "outputs": dict(outputs),
        "code": _describe_code(),
        "seeds": {"resampling": SEED, "resamples": NUM_RESAMPLES},
        "packages": {name: version for name in _PACKAGES if (version := _version(name))},
        "hardware": describe_hardware(),
        "cost": dict(cost),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def read_manifest(path: Path) -> tuple[ReportOptions, dict[str, Any]]:
    """The options of a manifest, and all of it.

    Raises:
        DataError: It is not a manifest of this version.
    """
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        options = manifest["options"]
        if manifest["version"] != VERSION or set(options) != {field.name for field in fields(ReportOptions)}:
            raise KeyError(f"version {manifest['version']}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path} is no manifest of this version: {error}; name the manifest.json of a report") from None
    values: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in options.items()}
    return ReportOptions(**values), manifest


def check_inputs(options: ReportOptions, manifest: Mapping[str, Any]) -> None:
    """Refuse to repeat a run on other inputs.

    Raises:
        DataError: A file is not the one that was read then; the message names it.
    """
    now = hash_inputs(options)
    changed = [name for name, digest in manifest["inputs"].items() if now.get(name) != digest]
    if changed:
        raise DataError(f"{', '.join(changed)} changed since the report was made: bring back the files it names")


def summarise_cost(seconds: Sequence[float], tokens: int, words: int) -> dict[str, Any]:
    """Time and memory of labelling a data set, one article at a time."""
    taken = np.array(seconds or [0.0])
    return {
        "articles": len(seconds),
        "seconds": round(float(taken.sum()), 3),
        "articles_per_second": round(len(seconds) / max(float(taken.sum()), 1e-9), 2),
        "seconds_p50": round(float(np.quantile(taken, 0.5)), 4),
        "seconds_p95": round(float(np.quantile(taken, 0.95)), 4),
        "seconds_p99": round(float(np.quantile(taken, 0.99)), 4),
        "tokens_per_word": round(tokens / max(words, 1), 2),
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def describe_hardware() -> dict[str, Any]:
    """The machine and Python that a run was made on."""
    cpu = Path("/proc/cpuinfo")
    lines = cpu.read_text(encoding="utf-8").splitlines() if cpu.exists() else []
    name = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown")
    return {
        "processor": name,
        "processors_used": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def _describe_code() -> dict[str, Any]:
    commit = _git("rev-parse", "HEAD")
    return {
        "version": _version("country-stance"),
        "commit": commit,
        "is_dirty": bool(_git("status", "--porcelain", "--untracked-files=no")) if commit else None,
    }


def _git(*words: str) -> str | None:
    root = Path(__file__).parents[1]
    try:
        done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
