"""More than the service can do: only 200, 429 and 503, a bounded queue, and full speed afterwards."""

import asyncio
import json
import subprocess
import sys

import pytest

from serve.bench import _look_at, run_bench
from serve.bench_report import format_report
from serve.load import Load, Target, run_closed, run_open


def make_target(service, text="Norway voted no."):
    return Target.of(f"http://127.0.0.1:{service.port}", None, [json.dumps({"text": text}).encode()])


def test_overload_is_refused_and_nothing_breaks(start_service):
    service = start_service(workers=2, queue_articles=10, max_batch_articles=10)
    target = make_target(service, "sleep 0.1")
    load = asyncio.run(run_open(target, 200, 2))
    assert set(load.statuses) == {"200", "429"}
    assert sum(load.statuses.values()) == 400
    assert service.inside.queue.most_articles <= 10
    assert service.read_metric("stance_queue_articles_most") <= 10
    assert asyncio.run(run_closed(target, 4, 0.5)).statuses.keys() == {"200"}


def test_refusal_says_when_to_come_back(start_service):
    service = start_service(workers=1, queue_articles=1, max_batch_articles=1)
    assert service.label("Norway").status_code == 200
    service.inside.queue._max_articles = 0
    refused = service.label("Norway")
    assert refused.status_code == 429
    assert refused.json()["error"]["type"] == "QueueFull"
    assert refused.headers["retry-after"].isdigit()


@pytest.mark.slow
def test_five_thousand_clients_at_a_queue_of_one_kill_no_worker(start_service):
    # clients and service share this process: some get round to sending only after many seconds
    service = start_service(workers=2, queue_articles=1, max_batch_articles=1, idle=60)
    for _ in range(20):
        load = asyncio.run(run_closed(make_target(service), 5_000, 0.1))
        assert set(load.statuses) <= {"200", "429", "503"}
        assert sum(load.statuses.values()) >= 5_000
    assert service.read_metric("stance_workers_lost_total") == 0


def test_bench_counts_what_comes_back_and_writes_its_page(start_service, labeller, tmp_path):
    service = start_service()
    labeller.label = lambda record: record
    steps = list(
        run_bench(
            url=f"http://127.0.0.1:{service.port}",
            key=None,
            articles=None,
            concurrencies=[1, 4],
            seconds=0.2,
            overload=1,
            overload_seconds=0.2,
            report=tmp_path / "load.md",
        )
    )
    assert [step["load"] for step in steps] == ["in process", "1 at once", "4 at once", "1 times the best", "after it"]
    assert all(set(step["statuses"]) <= {"200", "429"} for step in steps[1:])
    assert all(step["requests/s"] > 0 and step["p99 ms"] is not None for step in steps)
    assert all(step["to in process"] is not None for step in steps[1:])
    page = (tmp_path / "load.md").read_text()
    assert all(f"| {step['load']} | {step['requests/s']} |" in page for step in steps)


def test_memory_files_and_threads_of_a_process_are_counted():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        seen = _look_at(process.pid)
        process.stdin.close()
    assert seen["memory MB"] > 1
    assert seen["files"] >= 3
    assert seen["threads"] == 1


STEPS = [
    {"load": "in process", "requests/s": 10, "p50 ms": 1.0},
    {"load": "8 at once", "requests/s": 20, "statuses": {"200": 1_000}},
    {
        "load": "10 times the best",
        "requests/s": 17,
        "to best": 0.85,
        "statuses": {"200": 170, "429": 1_000, "500": 1},
        "refused p99 ms": 50.0,
        "memory grown MB": 12.5,
    },
    {"load": "after it", "requests/s": 20, "to best": 1.0, "statuses": {"200": 1}},
]


def test_page_says_which_gates_are_kept():
    page = format_report(STEPS, {"name": "stub", "version": "0"})
    assert "| 8 at once | 20 |  |  |  |  |  |  | 200: 1,000 |" in page
    assert "stub 0" in page
    gates = [line.split(" | ")[-2:] for line in page.splitlines() if line.startswith("| R")]
    assert gates == [
        ["200: 170, 429: 1,000, 500: 1", "**no** |"],
        ["0.85", "**no** |"],
        ["12.5", "yes |"],
        ["1.0", "yes |"],
        ["50.0", "yes |"],
    ]


def test_page_without_an_overload_judges_nothing():
    assert "gate" not in format_report(STEPS[:2], {"name": "stub", "version": "0"})
    unmeasured = [{**STEPS[2], "refused p99 ms": None}, STEPS[3]]
    assert "at most 50 |  | not measured |" in format_report(unmeasured, {"name": "stub", "version": "0"})


def test_load_gives_quantiles_in_milliseconds():
    load = Load(seconds=2)
    for number in range(1, 101):
        load.add("200", number / 1000)
    load.add("429", 0.005)
    shown = load.describe()
    assert (shown["requests/s"], shown["p50 ms"], shown["p99 ms"], shown["refused p99 ms"]) == (50, 51.0, 100.0, 5.0)
    assert shown["statuses"] == {"200": 100, "429": 1}
