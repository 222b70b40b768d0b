import json

import pytest

from serve.articles import Reading, read_articles
from serve.batch import Task, answer_all
from serve.ray_batch import _find_place, answer_on_ray
from serve.rows import format_row
from serve.sources import find_sources

ARTICLES_PER_FILE = 40


@pytest.fixture
def sources(tmp_path):
    for name in ("a", "b", "c"):
        texts = (f"France backed the plan {name}{n}. Peru opposed it." * (n % 9 > 0) for n in range(ARTICLES_PER_FILE))
        lines = "".join(json.dumps({"id": f"{name}{n}", "text": text}) + "\n" for n, text in enumerate(texts))
        (tmp_path / f"{name}.jsonl").write_text(lines)
    return find_sources([tmp_path])


@pytest.mark.parametrize(("skipped", "place"), [(0, (0, 0)), (39, (0, 39)), (40, (1, 0)), (81, (2, 1)), (120, (3, 0))])
def test_place_after_some_articles(sources, skipped, place):
    assert _find_place(sources, Reading(), skipped) == place


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_cluster_gives_the_rows_of_a_local_run_even_where_a_worker_is_killed(sources, tiny_checkpoint):
    ray = pytest.importorskip("ray")
    task = Task(model=tiny_checkpoint)
    local = [answer.row for answer in answer_all(read_articles(sources), task, format_row, 1)]
    ray.init(address="local", num_cpus=3, include_dashboard=False, log_to_driver=False)
    try:
        rows, killed = [], 0
        for answer in answer_on_ray("local", sources, Reading(), task, format_row, workers=2):
            rows.append(answer.row)
            if len(rows) == 60:
                killed = kill_one_labeller()
        assert killed
        assert rows == local
        by_uri = find_sources([sources[0].path.parent.as_uri()])
        rest = answer_on_ray("local", by_uri, Reading(), task, format_row, workers=2, skipped=50)
        assert [answer.row for answer in rest] == local[50:]
    finally:
        ray.shutdown()


def kill_one_labeller() -> int:
    """Kill -9 a process that holds a labelling actor; how many were found."""
    import psutil

    workers = [p for p in psutil.process_iter(["cmdline"]) if "MapWorker" in " ".join(p.info["cmdline"] or [])]
    for worker in workers[:1]:
        worker.kill()
    return len(workers)
