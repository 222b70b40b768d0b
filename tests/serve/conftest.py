"""A labeller without a network: it finds Norway, and Norway opposes a ban."""

import contextlib
import io
import itertools
import signal
import socket
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import httpx2
import pytest

from models.errors import CheckpointError, DataError
from models.schema import Article, Labels, Mention, Proposal, Span, Stance, StanceRow
from serve import cli
from serve.server import Server, make_server, open_socket
from serve.service import Service
from serve.settings import Settings


@dataclass
class StubLabeller:
    seen: list[Article] = field(default_factory=list)

    def label(self, article: Article) -> Labels:
        if "unlabellable" in article.text:
            raise DataError("this text is unlabellable: write another")
        self.seen.append(article)
        return make_labels(article)

    def info(self):
        return {"name": "stub", "version": "0", "runtime": {"threads": 2}}


def make_labels(article: Article) -> Labels:
    texts = article.proposals or ("the fishing ban",)
    proposals = [
        Proposal(id=f"p{n}", text=text, main=n == 1, given=article.proposals is not None)
        for n, text in enumerate(texts, 1)
    ]
    found = article.text.find("Norway")
    if found < 0:
        return Labels(article=article, id=article.id or "a1", proposals=tuple(proposals), stances=())
    return Labels(
        article=article,
        id=article.id or "a1",
        proposals=tuple(proposals),
        stances=(
            StanceRow(
                country="NOR",
                name="Norway",
                proposal="p1",
                stance=Stance.OPPOSE,
                confidence=0.9,
                scores=(0.05, 0.03, 0.9, 0.02),
                evidence=(Span(0, len(article.text)),),
            ),
        ),
        countries={"NOR": (Mention(Span(found, found + 6), "NOR", "name"),)},
        country_names={"NOR": "Norway"},
    )


@pytest.fixture(name="make_labels")
def _make_labels():
    return make_labels


@pytest.fixture
def labeller(monkeypatch) -> StubLabeller:
    """Put the stub where the command finds its labeller."""
    stub = StubLabeller()

    class Labeller:
        @classmethod
        def load(cls, path=None):
            if path is not None and not path.exists():
                raise CheckpointError(f"no checkpoint in {str(path)!r}:\nname another folder")
            return stub

    module = ModuleType("models.labeller")
    module.Labeller = Labeller
    monkeypatch.setitem(sys.modules, "models.labeller", module)
    return stub


STUB_WORKER = Path(__file__).with_name("stub_worker.py")


@dataclass
class RunningService:
    """A service with stub workers on a free port, in a thread of this process."""

    server: Server
    port: int
    client: httpx2.Client
    labelled: Path

    @property
    def inside(self) -> Service:
        return self.server._service

    def label(self, text: str = "Norway voted no.", *, timeout: float | None = None, **fields):
        """POST one article."""
        query = {} if timeout is None else {"timeout": timeout}
        return self.client.post("/v1/label", json={"text": text, **fields}, params=query)

    def list_labelled(self) -> list[str]:
        """Ids of the articles that reached a labeller, in order."""
        return [line.split()[1] for line in self.labelled.read_text().splitlines()] if self.labelled.exists() else []

    def read_metric(self, name: str) -> float:
        """The sum of all samples of a metric."""
        lines = [line.split() for line in self.client.get("/metrics").text.splitlines()]
        return sum(float(value) for sample, value in (line for line in lines if line[0] != "#") if _is(sample, name))

    def send(self, data: bytes, *, seconds: float = 30.0) -> bytes:
        """Send raw bytes and read until the service closes the connection or falls silent."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=seconds) as connection:
            with contextlib.suppress(ConnectionError):
                connection.sendall(data)
            return self.read(connection)

    def read(self, connection: socket.socket) -> bytes:
        answer = b""
        with contextlib.suppress(ConnectionError, TimeoutError):
            while piece := connection.recv(65_536):
                answer += piece
        return answer

    def wait_until(self, is_so, *, seconds: float = 20.0) -> None:
        """Wait for something that the service does in its own time."""
        end = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < end, f"not within {seconds} s"
            time.sleep(0.01)


def _is(sample: str, name: str) -> bool:
    return sample == name or sample.startswith(name + "{")


def make_stub_command(labelled: Path) -> list[str]:
    code = f"import sys, runpy; sys.path[:] = {sys.path!r}; runpy.run_path({str(STUB_WORKER)!r}, run_name='__main__')"
    return [sys.executable, "-c", code, str(labelled)]


@contextlib.contextmanager
def run_service(labelled: Path, command: list[str] | None = None, **settings):
    settings = Settings(**{"port": 0, "workers": 1, **settings})
    server = make_server(settings, command or make_stub_command(labelled))
    listener = open_socket(settings)
    port = listener.getsockname()[1]
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False) as client:
        running = RunningService(server, port, client, labelled)
        running.wait_until(lambda: server.started and client.get("/ready").status_code == 200, seconds=60)
        yield running
    server.handle_exit(signal.SIGTERM, None)
    thread.join(timeout=2)
    if thread.is_alive():  # a test left work behind
        server.handle_exit(signal.SIGTERM, None)
        thread.join(timeout=20)
    assert not thread.is_alive()


@pytest.fixture(scope="session", name="run_service")
def _run_service():
    return run_service


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """A service that the tests of one file share; none may leave it broken."""
    with run_service(tmp_path_factory.mktemp("service") / "labelled.txt") as running:
        yield running


@pytest.fixture
def start_service(tmp_path):
    """Start a service of this test alone, with settings."""
    with contextlib.ExitStack() as stack:
        numbers = itertools.count()
        yield lambda **settings: stack.enter_context(
            run_service(tmp_path / f"labelled-{next(numbers)}.txt", **settings)
        )


@pytest.fixture
def stub_command(tmp_path):
    """The command of a stub worker, for tests that need no server."""
    return make_stub_command(tmp_path / "labelled.txt")


@pytest.fixture
def stance(monkeypatch, capsys, tmp_path):
    """Run the command in an empty folder: exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, stdin: bytes = b""):
        monkeypatch.setattr(sys, "argv", ["stance", *arguments])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        with pytest.raises(SystemExit) as stop:
            cli.main()
        captured = capsys.readouterr()
        return stop.value.code or 0, captured.out, captured.err

    return run
