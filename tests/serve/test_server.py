import json
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest

from models.errors import ConfigError
from serve.server import open_socket
from serve.settings import Settings

START = (
    "import sys; sys.path[:] = {path!r}; from serve import server; from serve.settings import Settings\n"
    "server.worker_command = lambda model: {command!r}\n"
    "server.serve(Settings(port=0, workers=2, drain=8))"
)


@pytest.fixture
def process(stub_command, tmp_path):
    """The whole service as a process of its own, with stub workers: the process and its address."""
    code = START.format(path=sys.path, command=stub_command)
    with (tmp_path / "log").open("wb") as log:
        running = subprocess.Popen([sys.executable, "-c", code], stderr=log)
    try:
        yield running, _wait_for_address(tmp_path / "log")
    finally:
        running.kill()
        running.wait()


def _wait_for_address(log):
    end = time.monotonic() + 120
    while True:
        assert time.monotonic() < end, log.read_text()
        time.sleep(0.05)
        messages = [json.loads(line)["message"] for line in log.read_text().splitlines()]
        address = next((words.split()[-1] for words in messages if words.startswith("listening")), None)
        if address and _is_ready(address):
            return address


def _is_ready(address):
    try:
        return httpx2.get(f"{address}/ready", trust_env=False).status_code == 200
    except httpx2.TransportError:
        return False


def ask(address, text):
    with httpx2.Client(trust_env=False, timeout=30) as client:
        return client.post(f"{address}/v1/label", json={"text": text})


def wait_until_taken(address, count):
    """Wait until so many articles wait or have gone to a worker."""
    names = ("stance_queue_articles ", "stance_wait_seconds_count ")
    end = time.monotonic() + 60
    taken = 0.0
    while taken < count:
        assert time.monotonic() < end, taken
        lines = httpx2.get(f"{address}/metrics", trust_env=False).text.splitlines()
        taken = sum(float(line.split()[1]) for line in lines if line.startswith(names))


def test_told_to_stop_it_answers_what_it_took_in_and_nothing_more(process):
    running, address = process
    with ThreadPoolExecutor(24) as together, httpx2.Client(trust_env=False) as other:
        taken = [together.submit(ask, address, "sleep 0.4") for _ in range(20)]
        wait_until_taken(address, 20)
        os.kill(running.pid, signal.SIGTERM)
        ready = other.get(f"{address}/ready")
        refused = other.post(f"{address}/v1/label", json={"text": "Norway"})
        assert (ready.status_code, ready.json()) == (503, {"status": "draining"})
        assert (refused.status_code, refused.json()["error"]["type"]) == (503, "Draining")
        assert refused.headers["connection"] == "close"
        assert [future.result().status_code for future in taken] == [200] * 20
    assert running.wait(timeout=20) == 0
    with pytest.raises(httpx2.ConnectError):
        ask(address, "Norway")


def test_told_twice_it_stops_at_once(process):
    running, address = process
    with ThreadPoolExecutor(1) as together:
        lost = together.submit(ask, address, "sleep 25")
        wait_until_taken(address, 1)
        os.kill(running.pid, signal.SIGTERM)
        time.sleep(0.3)
        assert running.poll() is None
        os.kill(running.pid, signal.SIGTERM)
        running.wait(timeout=10)
        assert lost.exception() is not None or lost.result().status_code >= 500


@pytest.mark.slow
def test_work_that_takes_too_long_is_not_waited_for(process):
    running, address = process
    with ThreadPoolExecutor(1) as together:
        lost = together.submit(ask, address, "sleep 28")
        wait_until_taken(address, 1)
        os.kill(running.pid, signal.SIGTERM)
        assert running.wait(timeout=20) == 0
        assert lost.exception() is not None or lost.result().status_code >= 500


def test_address_that_is_taken_is_one_line():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"can't listen on 127.0.0.1 port {port}"):
            open_socket(Settings(port=port))


def test_connections_send_at_once():
    with (
        open_socket(Settings(port=0)) as listener,
        socket.create_connection(listener.getsockname()),
        listener.accept()[0] as accepted,
    ):
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
        assert listener.getsockname()[0] == "127.0.0.1"
