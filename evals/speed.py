"""How fast labelling is, told in ratios: to the matrix products it can't do without, to its own forward passes, to NLI.

All is CPU time of one thread, in processes of their own, what is compared taken in turns. Articles are invented here.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from evals.speed_articles import COUNTRIES, PROPOSALS, make_article
from evals.speed_report import write_report
from models.errors import StanceError
from models.labeller import Labeller
from models.schema import Article

FLOOR_TOKENS = (64, 128, 256)
HYPOTHESES = ("{} supports {}.", "{} opposes {}.", "{} abstains on {}.")
NLI_TOKENS = 256
"""Tokens of the article that one forward of the NLI way sees; the rest goes unread."""
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def measure_speed(model: Path | None, repeats: int, folder: Path) -> dict[str, Any]:
    """Measure all of it and write `speed.json` and `speed.md`.

    Args:
        model: Checkpoint folder; None for the shipped one.
        repeats: How often each thing is timed.
        folder: Where the report goes.

    Returns:
        What `speed.json` holds.
    """
    with _processes(1) as pool:
        results: dict[str, Any] = {
            "machine": pool.submit(describe_machine, model).result(),
            "forward": pool.submit(compare_with_floor, model, repeats).result(),
            "label": pool.submit(compare_with_forwards, model, repeats).result(),
            "sizes": pool.submit(measure_sizes, model, repeats).result(),
        }
    results["cold"] = measure_cold(model, repeats)
    results["processes"] = measure_processes(model)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "speed.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    (folder / "speed.md").write_text(write_report(results), encoding="utf-8")
    return results


def describe_machine(model: Path | None) -> dict[str, Any]:
    """What was measured, and on what."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    flags = next((line.split() for line in lines if line.startswith("flags")), [])
    info = Labeller.load(model, threads=1).info()
    return {
        "model": f"{info['name']} {info['version']}",
        "runtime": info["runtime"],
        "processor": names[0] if names else platform.processor(),
        "processors": len(os.sched_getaffinity(0)),
        "instructions": [flag for flag in ("avx2", "avx512f", "avx512_bf16", "amx_bf16") if flag in flags],
        "load_average": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        **{name: version(name) for name in ("onnxruntime", "numpy", "tokenizers")},
    }


def compare_with_floor(model: Path | None, repeats: int) -> list[dict[str, Any]]:
    """The encoder's forward against the matrix products in it (numpy, float32), by window length."""
    labeller, rows = Labeller.load(model, threads=1), []
    encoder = labeller.checkpoint.config["encoder"]
    for length in FLOOR_TOKENS:
        ids = np.random.default_rng(0).integers(1000, encoder["vocab_size"], length).astype(np.int32)
        types = np.ones_like(ids)
        forward, floor = _in_turns([partial(labeller.runtime.run, ids, types), _products(encoder, length)], repeats)
        rows.append(
            {
                "tokens": length,
                "forward_tokens_per_s": round(length / median(forward)),
                "floor_tokens_per_s": round(length / median(floor)),
                "ratio": _ratio(floor, forward),
            }
        )
    return rows


def compare_with_forwards(model: Path | None, repeats: int) -> dict[str, Any]:
    """Labelling 500 words on 8 countries and 3 proposals against its own forward passes, and the NLI way."""
    labeller, article = Labeller.load(model, threads=1), make_article(500, 8, 3)
    windows, run = [], labeller.runtime.run

    def record(ids: np.ndarray, types: np.ndarray) -> Any:
        windows.append((ids, types))
        return run(ids, types)

    labeller.label(article)  # a given proposal's own vector is kept from here on
    labeller.runtime.run = record  # type: ignore[method-assign]
    labels = labeller.label(article)
    labeller.runtime.run = run  # type: ignore[method-assign]
    nli = list(_nli_inputs(labeller, article, 8, 3))
    label, forwards, peers = _in_turns(
        [
            lambda: labeller.label(article),
            lambda: [run(*window) for window in windows],
            lambda: [run(*pair) for pair in nli],
        ],
        repeats,
    )
    article_tokens = len(labeller.tokenizer.encode(article.text, add_special_tokens=False).ids)
    return {
        "forwards": len(windows),
        "tokens_per_article_token": round(labels.tokens / article_tokens, 2),
        "label_ms": _spread(label),
        "forwards_of_label": _ratio(forwards, label),
        "nli_forwards": len(nli),
        "nli_tokens": NLI_TOKENS,
        "nli_of_label": _ratio(peers, label),
    }


def measure_sizes(model: Path | None, repeats: int) -> list[dict[str, Any]]:
    """CPU time of articles of several lengths, numbers of countries and numbers of proposals, given and found."""
    labeller, rows = Labeller.load(model, threads=1), []
    sizes = [(words, 8, 3) for words in (100, 500, 1500)]
    sizes += [(800, countries, 3) for countries in (5, 10, 20, 40)] + [(800, 8, count) for count in (1, 3, 6)]
    for words, countries, count in sizes:
        for given in (True, False):
            article = make_article(words, countries, count, given=given)
            labels = labeller.label(article)
            (times,) = _in_turns([partial(labeller.label, article)], repeats)
            tokens = len(labeller.tokenizer.encode(article.text, add_special_tokens=False).ids)
            rows.append(
                {
                    "words": words,
                    "countries": countries,
                    "proposals": f"{count} given" if given else f"{len(labels.proposals)} found",
                    "tokens_per_article_token": round(labels.tokens / tokens, 2),
                    "label_ms": _spread(times),
                }
            )
    return rows


def measure_cold(model: Path | None, repeats: int) -> dict[str, Any]:
    """`stance label` of one article of 500 words in a fresh process: CPU seconds and peak memory."""
    code = f"import sys; sys.path[:] = {sys.path!r}; sys.argv[0] = 'stance'; from serve.cli import main; main()"
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder) / "article.txt"
        text.write_text(make_article(500, 8, 3).text, encoding="utf-8")
        command = [sys.executable, "-c", code, "label", str(text), *(["--model", str(model)] if model else [])]
        used = [_run_once(command) for _ in range(repeats)]
    return {
        "cpu_ms": _spread([seconds for seconds, _ in used]),
        "peak_mb": round(median(megabytes for _, megabytes in used)),
    }


def measure_processes(model: Path | None, seconds: float = 10.0) -> dict[str, Any]:
    """Articles a second of one process and of two at once, wall time: means something on an idle machine only."""
    rates = []
    for count in (1, 2, 1, 2):
        with _processes(count, partial(_share_start, get_context("spawn").Barrier(count))) as pool:
            jobs = [pool.submit(_label_for, model, seconds) for _ in range(count)]
            rates.append(sum(job.result() for job in jobs))
    one, two = max(rates[::2]), max(rates[1::2])
    return {"one_per_s": round(one, 2), "two_per_s": round(two, 2), "ratio": round(two / one, 2)}


def _spread(seconds: Sequence[float]) -> dict[str, float]:
    """Milliseconds."""
    low, middle, high = np.quantile(np.array(seconds) * 1000, (0.1, 0.5, 0.9)).round(1).tolist()
    return {"median": middle, "p10": low, "p90": high}


def _ratio(first: Sequence[float], second: Sequence[float]) -> float:
    return round(median(first) / median(second), 2)


def _in_turns(tasks: Sequence[Callable[[], object]], repeats: int) -> list[list[float]]:
    """CPU seconds of each task, taken in turns after one round that doesn't count."""
    times: list[list[float]] = [[] for _ in tasks]
    for number in range(repeats + 1):
        for task, taken in zip(tasks, times, strict=True):
            begun = time.process_time()
            task()
            if number:
                taken.append(time.process_time() - begun)
    return times


def _products(encoder: Mapping[str, Any], length: int) -> Callable[[], None]:
    """All matrix products of one forward pass of the encoder over a window."""
    hidden, wide, heads = encoder["hidden_size"], encoder["intermediate_size"], encoder["num_attention_heads"]
    random = np.random.default_rng(0)

    def make(*shape: int) -> np.ndarray:
        return random.random(shape, dtype=np.float32)

    tokens, inner = make(length, hidden), make(length, wide)
    square, up, down = make(hidden, hidden), make(hidden, wide), make(wide, hidden)
    queries, keys = make(heads, length, hidden // heads), make(heads, hidden // heads, length)
    shares = make(heads, length, length)

    def multiply() -> None:
        for _ in range(encoder["num_hidden_layers"]):
            for _ in range(4):
                tokens @ square
            _ = queries @ keys, shares @ queries, tokens @ up, inner @ down

    return multiply


def _nli_inputs(
    labeller: Labeller, article: Article, countries: int, proposals: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Inputs of the NLI way: hypothesis and text, one for each country, proposal and hypothesis."""
    premise = labeller.tokenizer.encode(article.text, add_special_tokens=False).ids[:NLI_TOKENS]
    for country in COUNTRIES[:countries]:
        for proposal in PROPOSALS[:proposals]:
            for hypothesis in HYPOTHESES:
                front = labeller.tokenizer.encode(hypothesis.format(country, proposal)).ids
                ids = np.array([*front, *premise], dtype=np.int32)[:NLI_TOKENS]
                yield ids, (np.arange(len(ids)) >= len(front)).astype(np.int32)


_start: Barrier
"""Of this process and those beside it; set by `_share_start`."""


def _share_start(start: Barrier) -> None:
    global _start
    _start = start


def _label_for(model: Path | None, seconds: float) -> float:
    """Articles a second, from the moment on which all processes have loaded."""
    labeller, article, count = Labeller.load(model, threads=1), make_article(500, 8, 3), 0
    labeller.label(article)
    _start.wait()
    begun = time.monotonic()
    while time.monotonic() < begun + seconds:
        labeller.label(article)
        count += 1
    return count / (time.monotonic() - begun)


def _run_once(command: Sequence[str]) -> tuple[float, float]:
    """CPU seconds and peak megabytes of a command.

    Raises:
        StanceError: It failed.
    """
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, **_ONE_THREAD})
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise StanceError(f"'stance label' ended with {process.returncode}: try it by hand")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


@contextmanager
def _processes(count: int, initializer: Callable[[], object] | None = None) -> Iterator[ProcessPoolExecutor]:
    """Fresh processes of one thread each: numpy reads the number of threads when it is imported."""
    kept = {name: os.environ.get(name) for name in _ONE_THREAD}
    os.environ.update(_ONE_THREAD)
    try:
        with ProcessPoolExecutor(count, get_context("spawn"), initializer) as pool:
            yield pool
    finally:
        for name, value in kept.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value
