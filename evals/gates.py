"""Gates: limits that a release must keep, all in `gates.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "gates.toml"


def read_gates(path: Path = FILE) -> dict[str, dict[str, float]]:
    """The limits, by table."""
    return tomllib.loads(path.read_text(encoding="utf-8"))


def check_gates(record: Mapping[str, Any], gates: Mapping[str, Mapping[str, float]]) -> list[dict[str, Any]]:
    """What each gate measures, its limit, and whether the record keeps it. What a record lacks is not checked."""
    checks = [
        ("flip rate", record["headline"]["flip_rate"]["value"], gates["scores"]["max_flip_rate"]),
        ("calibration error", record["calibration"]["ece"], gates["scores"]["max_ece"]),
    ]
    if "leakage" in record:
        checks.append(
            ("texts of learnt events", record["leakage"]["texts_of_learnt_events"], gates["data"]["max_learnt_events"])
        )
    comparison = record.get("comparison")
    if comparison:
        macro = comparison["scores"]["macro_f1"]
        checks.append(("fall of macro F1", -macro["difference"], macro["minimum_detectable"]))
        growth = gates["comparison"]["max_ece_growth"]
        checks.append(("calibration error against earlier", record["calibration"]["ece"], growth * comparison["ece"]))
    for capability in record.get("behaviour") or ():
        name = capability["capability"]
        checks.append((f"behaviour: {name}", capability["fail_rate"], gates["behaviour"][name]))
    return [
        {"gate": name, "value": round(value, 6), "limit": round(limit, 6), "is_kept": value <= limit + 1e-9}
        for name, value, limit in checks
    ]
