import json
import os

import pytest

from models.errors import StanceError
from serve import throughput

RECORD = {
    "date": "2026-01-02",
    "machine": {"processor": "Some 1", "cores": 2, "python": "3.11.7"},
    "model": {"name": "stance-random", "version": "0.0.7", "runtime": "onnxruntime float32"},
    "price of a core hour": 0.04,
}


@pytest.fixture
def timed(monkeypatch):
    """Commands take a second to start and ten for 50 articles on one core; the network alone reads 1,100 tokens/s."""

    def run(articles, output, workers, cores):
        is_empty = not articles.stat().st_size
        journal = {"progress": {"articles": 50, "errors": 1, "tokens": 10_000}}
        output.with_name(output.name + ".journal").write_text(json.dumps(journal))
        return 1.0 if is_empty else 1.0 + 10 / len(cores), 300_000

    class Labeller:
        def info(self):
            return RECORD["model"]

    monkeypatch.setattr(throughput, "_time_command", run)
    monkeypatch.setattr(throughput, "_record_windows", lambda articles: (Labeller(), []))
    monkeypatch.setattr(throughput, "_run_network", lambda *_: 1100.0)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    monkeypatch.setattr(os, "sched_setaffinity", lambda *_: None)


def test_figures_leave_out_the_start_and_are_by_core(timed, tmp_path):
    (tmp_path / "in.jsonl").write_text("{}")
    one, two = throughput.measure(tmp_path / "in.jsonl", [1, 2], 0.04)["runs"]
    assert (one["articles/s"], two["articles/s"], two["to first"]) == (5.0, 10.0, 2.0)
    assert one["to network per core"] == two["to network per core"] == pytest.approx(1000 / 1100)
    assert one["core hours per million"] == two["core hours per million"] == pytest.approx(1_000_000 / 5 / 3600)
    assert one["cost per million"] == pytest.approx(0.04 * 1_000_000 / 5 / 3600)


def test_table_has_a_line_for_each_run(timed, tmp_path):
    (tmp_path / "in.jsonl").write_text("{}")
    runs = throughput.measure(tmp_path / "in.jsonl", [1, 2], 0.04)["runs"]
    table = throughput.write_table({**RECORD, "runs": runs})
    assert "50 articles of 200 tokens, stance-random 0.0.7 (onnxruntime float32), 2 cores (Some 1)" in table
    assert "| 1 | 5.00 | 1,000 | 1,100 | 0.91 | 1.00 | 300 | 56 | 2.22 |" in table
    assert "| 2 | 10.00 | 2,000 | 1,100 | 0.91 | 2.00 | 300 | 56 | 2.22 |" in table


def test_more_workers_than_cores_are_refused(timed, tmp_path):
    with pytest.raises(StanceError, match="3 workers need as many cores"):
        throughput.measure(tmp_path / "in.jsonl", [1, 3], 0.04)
