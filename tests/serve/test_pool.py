import os
import signal
from concurrent.futures import ThreadPoolExecutor


def read_pids(service):
    return {line.split()[0] for line in service.labelled.read_text().splitlines()}


def test_crash_loses_its_own_article_and_no_other(start_service):
    service = start_service(workers=1)
    articles = [{"id": f"n{n}", "text": "Norway"} for n in range(6)]
    articles[2]["text"] = "crash now"
    rows = service.client.post("/v1/label/batch", json={"articles": articles}).json()["rows"]
    assert [row.get("error", {}).get("type") for row in rows] == [None, None, "WorkerLost", None, None, None]
    assert service.list_labelled().count("n2") == 1
    assert service.read_metric("stance_workers_lost_total") == 1


def test_crash_of_one_worker_leaves_the_others_alone(start_service):
    service = start_service(workers=3)
    texts = ["sleep 0.5", "crash", "sleep 0.5", *["Norway"] * 10]
    with ThreadPoolExecutor(13) as together:
        answers = list(together.map(lambda text: service.label(text), texts))
    assert [answer.status_code for answer in answers] == [200, 503, *[200] * 11]
    lost = answers[1]
    assert lost.json()["error"]["type"] == "WorkerLost"
    assert lost.headers["retry-after"] == "1"


def test_killed_worker_is_seen_at_once_and_replaced(start_service):
    service = start_service(workers=1)
    service.label("Norway")
    (pid,) = read_pids(service)
    os.kill(int(pid), signal.SIGKILL)
    service.wait_until(lambda: service.client.get("/ready").status_code == 503, seconds=10)
    assert service.client.get("/ready").json() == {"status": "starting"}
    assert service.client.get("/health").status_code == 200
    assert service.label("Norway").status_code == 200  # it waits for the new worker
    assert len(read_pids(service)) == 2


def test_hung_worker_makes_the_service_unready_and_is_replaced(start_service):
    service = start_service(workers=1, deadline=0.5, stall=0.3)
    late = service.label("sleep 60")
    assert (late.status_code, late.json()["error"]["type"]) == (504, "DeadlineExceeded")
    service.wait_until(lambda: service.client.get("/ready").status_code == 503)
    service.wait_until(lambda: service.client.get("/ready").status_code == 200)
    assert service.label("Norway", id="after").status_code == 200


def test_deadline_in_the_queue_costs_no_forward(start_service):
    service = start_service(workers=1)
    with ThreadPoolExecutor(6) as together:
        running = together.submit(service.label, "sleep 2.5", id="running")
        service.wait_until(lambda: service.list_labelled())
        late = [together.submit(service.label, "Norway", id=f"late{n}", timeout=1) for n in range(5)]
        assert [answer.result().status_code for answer in late] == [504] * 5
        assert running.result().status_code == 200
    service.label("Norway", id="last")
    assert service.list_labelled() == ["running", "last"]


def test_longer_timeout_than_the_service_has_counts_as_its_own(start_service):
    service = start_service(deadline=0.3, stall=5)
    assert service.label("sleep 1", timeout=500).status_code == 504


def test_client_that_leaves_the_queue_costs_no_forward(start_service):
    service = start_service(workers=1)
    with ThreadPoolExecutor(1) as together:
        running = together.submit(service.label, "sleep 1", id="running")
        service.wait_until(lambda: service.list_labelled())
        gone = [_ask_and_leave(service, f"gone{n}") for n in range(20)]
        service.wait_until(lambda: service.inside.queue.most_articles == 20)
        for connection in gone:
            connection.close()
        service.wait_until(lambda: len(service.inside.queue) == 0)
        running.result()
    service.label("Norway", id="last")
    assert service.list_labelled() == ["running", "last"]


def _ask_and_leave(service, identity):
    import socket

    body = b'{"text": "Norway", "id": "%s"}' % identity.encode()
    connection = socket.create_connection(("127.0.0.1", service.port))
    head = b"POST /v1/label HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    connection.sendall(head % len(body) + body)
    return connection


def test_bug_in_an_article_is_its_own_and_the_worker_lives(start_service):
    service = start_service(workers=1)
    assert service.label("bug").status_code == 500
    assert service.label("Norway").status_code == 200
    assert len(read_pids(service)) == 1


def test_worker_that_can_not_start_is_tried_again_and_the_service_is_not_ready(tmp_path):
    import asyncio

    from serve.metrics import Metrics
    from serve.pool import Pool
    from serve.queue import JobQueue

    async def run():
        queue = JobQueue(max_articles=1, max_tokens=1, max_wait=1)
        command = ["sh", "-c", f"echo >> {tmp_path}/starts; exit 1"]
        pool = Pool(queue, Metrics(), command, workers=1, batch_tokens=1, stall_seconds=1)
        pool.start()
        await asyncio.sleep(1.5)
        assert not pool.is_ready
        await pool.stop()

    asyncio.run(run())
    assert (tmp_path / "starts").read_text().count("\n") == 2


def test_workers_end_with_the_service(start_service, tmp_path):
    service = start_service(workers=2)
    with ThreadPoolExecutor(2) as together:
        list(together.map(service.label, ["sleep 0.3", "sleep 0.3"]))
    pids = read_pids(service)
    service.server.handle_exit(signal.SIGTERM, None)
    service.wait_until(lambda: not any(_is_alive(int(pid)) for pid in pids))


def _is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
