"""The page of a load test: what was measured, where, with which command, and which gates the figures keep."""

from __future__ import annotations

import os
import platform
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

Step = Mapping[str, Any]
COLUMNS = ("requests/s", "p50 ms", "p99 ms", "refused p99 ms", "to in process", "to best", "memory MB", "statuses")
ALLOWED = frozenset({"200", "429", "503"})
"""What a service may answer that is asked for more than it can do."""
MIN_RATIO = 0.9
"""Of the best closed loop: labelled under overload, and right after it."""
MAX_GROWN_MB = 50
MAX_REFUSED_MS = 50


def write_report(path: Path, steps: Sequence[Step], model: Mapping[str, Any]) -> None:
    """Write the steps of `run_bench` as a page of Markdown."""
    path.write_text(format_report(steps, model), encoding="utf-8")


def format_report(steps: Sequence[Step], model: Mapping[str, Any]) -> str:
    """The page: where it was measured, the steps and, after an overload, the gates.

    Args:
        steps: What `run_bench` yields.
        model: Name and version of the checkpoint, under these keys.
    """
    command = shlex.join(["stance", *sys.argv[1:]])
    where = f"{_read_processor()}, {len(os.sched_getaffinity(0))} cores, {model['name']} {model['version']}"
    rows = [[step["load"], *(_format(step.get(column)) for column in COLUMNS)] for step in steps]
    parts = [
        "# Load test of the service",
        f"{datetime.now(UTC):%Y-%m-%d}, {where}. Client and service share the machine. Written by:",
        f"```sh\n{command}\n```",
        "'In process' is one labeller in the process of the client, with all cores; memory is that of the service "
        "and its workers together.",
        _format_table(["load", *COLUMNS], rows),
    ]
    gates = _check_gates(steps)
    if gates:
        parts.append(_format_table(["gate", "seen", "held"], gates))
    return "\n\n".join(parts) + "\n"


def _check_gates(steps: Sequence[Step]) -> list[list[str]]:
    """The gates R1 and R2, each with what was seen; none without an overload."""
    overload = next((step for step in steps if "to best" in step), None)
    if overload is None:
        return []
    after = steps[-1]
    gates: list[tuple[str, Any, Callable[[Any], bool]]] = [
        ("R1 only 200, 429, 503", overload["statuses"], lambda seen: seen.keys() <= ALLOWED),
        (f"R1 labelled, to best: at least {MIN_RATIO}", overload["to best"], lambda seen: seen >= MIN_RATIO),
        (
            f"R1 memory grown, MB: at most {MAX_GROWN_MB}",
            overload.get("memory grown MB"),
            lambda seen: seen <= MAX_GROWN_MB,
        ),
        (f"R1 right after it, to best: at least {MIN_RATIO}", after["to best"], lambda seen: seen >= MIN_RATIO),
        (
            f"R2 refused p99, ms: at most {MAX_REFUSED_MS}",
            overload["refused p99 ms"],
            lambda seen: seen <= MAX_REFUSED_MS,
        ),
    ]
    return [[name, _format(seen), _judge(seen, is_kept)] for name, seen, is_kept in gates]


def _judge(seen: Any, is_kept: Callable[[Any], bool]) -> str:
    if seen is None:
        return "not measured"
    return "yes" if is_kept(seen) else "**no**"


def _format(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {count:,}" for key, count in value.items())
    return "" if value is None else str(value)


def _format_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows])


def _read_processor() -> str:
    """The processor's name where Linux tells it, else its kind."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
