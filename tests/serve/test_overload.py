"""More than the service can do: only 200, 429 and 503, a bounded queue, and full speed afterwards."""

import asyncio
import json

import pytest

from serve.bench import Load, Target, run_bench, run_closed, run_open


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
    service = start_service(workers=2, queue_articles=1, max_batch_articles=1)
    for _ in range(20):
        load = asyncio.run(run_closed(make_target(service), 5_000, 0.1))
        assert set(load.statuses) <= {"200", "429", "503"}
    assert service.read_metric("stance_workers_lost_total") == 0


def test_bench_counts_what_comes_back(start_service, labeller):
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
        )
    )
    assert [step["load"] for step in steps] == ["in process", "1 at once", "4 at once", "1 times the best", "after it"]
    assert all(set(step["statuses"]) <= {"200", "429"} for step in steps[1:])
    assert all(step["requests/s"] > 0 for step in steps)


def test_load_gives_quantiles_in_milliseconds():
    load = Load(seconds=2)
    for number in range(1, 101):
        load.add("200", number / 1000)
    load.add("429", 0.005)
    shown = load.describe()
    assert (shown["requests/s"], shown["p50 ms"], shown["p99 ms"], shown["refused p99 ms"]) == (50, 51.0, 100.0, 5.0)
    assert shown["statuses"] == {"200": 100, "429": 1}
