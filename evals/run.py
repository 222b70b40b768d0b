"""`stance evaluate --report`: label a data set, measure everything, write the report, and make an old one again."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from threadpoolctl import threadpool_limits

from evals.baselines.table import NAMES, measure_baselines
from evals.behaviour.suite import run_suite
from evals.comparison import compare_runs, list_differences
from evals.datasets import read_seen, read_texts
from evals.gates import check_gates, read_gates
from evals.leakage import check_leakage
from evals.manifest import (
    VERSION,
    ReportOptions,
    check_inputs,
    hash_file,
    hash_inputs,
    make_manifest,
    read_manifest,
    summarise_cost,
)
from evals.pairs import pair_all
from evals.predictions import Run, label_texts, read_predictions, write_predictions
from evals.scores import round_floats, score_end_to_end, score_run
from models.annotations import AnnotatedText
from models.errors import DataError
from models.labeller import Labeller

REPORT, RECORD, PREDICTIONS, MANIFEST = "report.html", "report.json", "predictions.parquet", "manifest.json"
FOUND_PREDICTIONS = "predictions-found.parquet"
"""Beside the others where both given and found proposals were asked for."""
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Measured:
    """A record of a run, and what else its report shows: texts and answers, and what it cost.

    `found` are the answers on found proposals where both kinds were asked for.
    """

    record: dict[str, Any]
    texts: list[AnnotatedText]
    run: Run
    found: Run | None
    cost: dict[str, Any]


def main(options: ReportOptions, folder: Path, tell: Tell) -> dict[str, Any]:
    """Measure a model and write `report.html`, `report.json`, `manifest.json` and the predictions.

    Args:
        options: What to measure.
        folder: Where the files go; it is made, and old files of a report in it are replaced.
        tell: Is told how the run gets on.

    Returns:
        The record that `report.json` holds.

    Raises:
        DataError: The data can't be read, or an option names what doesn't exist.
    """
    from evals.report.page import write_page

    _check(options)
    inputs = hash_inputs(options)
    folder.mkdir(parents=True, exist_ok=True)
    measured = measure(options, folder, tell)
    write_predictions(folder / PREDICTIONS, measured.run.labels)
    (folder / FOUND_PREDICTIONS).unlink(missing_ok=True)
    if measured.found:
        write_predictions(folder / FOUND_PREDICTIONS, measured.found.labels)
    write_record(folder / RECORD, measured.record)
    names = (RECORD, PREDICTIONS, *([FOUND_PREDICTIONS] if measured.found else []))
    outputs = {name: hash_file(folder / name) for name in names}
    manifest = make_manifest(options, inputs, measured.cost, outputs)
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    write_page(folder / REPORT, measured.record, manifest, measured.texts, measured.run.labels)
    tell(f"report: {folder / REPORT}")
    return measured.record


def rerun(path: Path, tell: Tell) -> bool:
    """Make the report of a manifest again and compare the records byte by byte.

    Returns:
        Whether they are the same.

    Raises:
        DataError: It is no manifest, or an input changed.
    """
    options, manifest = read_manifest(path)
    check_inputs(options, manifest)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for trained in path.parent.glob("*.safetensors"):
            (folder / trained.name).symlink_to(trained.resolve())
        write_record(folder / RECORD, measure(options, folder, tell).record)
        return hash_file(folder / RECORD) == str(manifest["outputs"][RECORD])


def measure(options: ReportOptions, folder: Path, tell: Tell) -> Measured:
    """Label and measure; nothing is written but the weights of baselines that train."""
    model = Path(options.model) if options.model else None
    texts = read_texts(options.data, model)
    leakage = check_leakage(texts, read_seen(model, options.texts))
    labeller = Labeller.load(model)
    tell(f"labelling {len(texts)} articles")
    run = label_texts(labeller, texts, options.recorded_proposals)
    cost = summarise_cost(run.seconds, sum(item.tokens for item in run.labels), sum(len(t.text.split()) for t in texts))
    found = None
    if options.proposals == "both":
        tell("labelling them again, with found proposals")
        found = label_texts(labeller, texts, "found")
    start = perf_counter()
    with threadpool_limits(1):  # sums in one order on any number of processors
        record = _score(options, labeller, texts, run, cost, folder, tell) | {"leakage": leakage}
        if found:
            record["end_to_end"] = score_end_to_end(texts, found.labels)
        record["gates"] = check_gates(record, read_gates())
    cost["report_seconds"] = round(perf_counter() - start, 1)
    return Measured(record, texts, run, found, cost)


def _score(
    options: ReportOptions,
    labeller: Labeller,
    texts: list[AnnotatedText],
    run: Run,
    cost: dict[str, Any],
    folder: Path,
    tell: Tell,
) -> dict[str, Any]:
    """The record of a run; what baselines cost goes to `cost`."""
    record: dict[str, Any] = {
        "version": VERSION,
        "name": Path(options.data).name,
        "proposals": options.recorded_proposals,
        "model": {"name": labeller.checkpoint.name, "version": labeller.checkpoint.version},
        **score_run(texts, run.labels),
    }
    if options.baselines:
        tell(f"baselines: {', '.join(options.baselines)}")
        record["baselines"], cost["baseline_seconds_per_article"] = measure_baselines(
            options.baselines, texts, run.labels, options.texts, folder, tell
        )
    if options.behaviour:
        record["behaviour"] = run_suite(labeller, tell)
    if options.compare:
        record["comparison"] = _compare(Path(options.compare), texts, run)
    return record


def write_record(path: Path, record: dict[str, Any]) -> None:
    """Write a record so that equal records are equal files."""
    path.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _check(options: ReportOptions) -> None:
    unknown = sorted(set(options.baselines) - set(NAMES))
    if unknown:
        raise DataError(f"no baseline is called {', '.join(unknown)}; there are {', '.join(NAMES)}")
    if options.compare and not (Path(options.compare) / PREDICTIONS).exists():
        raise DataError(f"{options.compare} has no {PREDICTIONS}: name the folder of an earlier report")


def _compare(folder: Path, texts: list[AnnotatedText], run: Run) -> dict[str, Any]:
    """This run against an earlier one on the same articles."""
    before = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    earlier = pair_all(texts, read_predictions(folder / PREDICTIONS, texts))
    now = pair_all(texts, run.labels)
    compared = compare_runs(earlier, now, [text.id for text in texts]) | list_differences(earlier, now)
    compared |= {"model": before["model"], "proposals": before["proposals"], "ece": before["calibration"]["ece"]}
    return dict(round_floats(compared))
