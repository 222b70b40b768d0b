"""Runs the application: checks before anything starts, listens, and stops without losing what it took in."""

from __future__ import annotations

import logging
import resource
import signal
import socket
import time
from functools import partial
from types import FrameType

import uvicorn

from models.checkpoint import open_checkpoint
from models.errors import ConfigError
from serve.app import create_app
from serve.keys import Keys
from serve.limits import MAX_HEADER_BYTES
from serve.logs import configure_logs
from serve.pool import worker_command
from serve.protocol import Protocol
from serve.service import Service
from serve.settings import Settings

_log = logging.getLogger("stance.server")


class Server(uvicorn.Server):
    """Told to stop, it goes on until all requests are answered or the time is over; new ones get 503."""

    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        """Serve the application of `config`."""
        super().__init__(config)
        self._service = service
        self._drained_at = 0.0
        self.stopped_by: int | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop; the second time, stop at once."""
        if self.stopped_by is not None:
            self.should_exit = self.force_exit = True
        self.stopped_by = sig
        self._drained_at = time.monotonic() + self._service.settings.drain
        self._service.is_draining = True

    async def on_tick(self, counter: int) -> bool:
        """Look whether all is answered; called ten times a second."""
        if self.stopped_by is not None:
            is_over = time.monotonic() > self._drained_at
            self.should_exit = self.should_exit or is_over or not self.server_state.tasks
        return await super().on_tick(counter)


def make_server(settings: Settings, command: list[str] | None = None) -> Server:
    """Build the server; `command` starts a worker process in place of our own.

    Raises:
        ConfigError: The keys can't be read.
    """
    keys = Keys(settings.keys) if settings.keys else None
    app = create_app(settings, command or worker_command(settings.model), keys)
    protocol = partial(Protocol, idle_seconds=settings.idle, max_body_bytes=settings.max_body_bytes)
    config = uvicorn.Config(
        app,
        http=protocol,  # type: ignore[arg-type]
        ws="none",
        loop="asyncio",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        h11_max_incomplete_event_size=MAX_HEADER_BYTES,
        timeout_graceful_shutdown=1,
    )
    return Server(config, app.state.service)


def open_socket(settings: Settings) -> socket.socket:
    """Listen, on connections that send at once what they have.

    Raises:
        ConfigError: The address can't be had.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listener = socket.create_server((settings.host, settings.port), family=family, backlog=2048)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # connections inherit it; saves 40 ms each
        return listener
    except OSError as error:
        where = f"{settings.host} port {settings.port}"
        raise ConfigError(f"can't listen on {where}: {error.strerror or error}; choose another --port") from error


def serve(settings: Settings) -> int | None:
    """Serve until told to stop; the signal that did.

    Raises:
        CheckpointError: There is no whole checkpoint.
        ConfigError: The keys can't be read, or the address can't be had.
    """
    open_checkpoint(settings.model)
    server = make_server(settings)
    listener = open_socket(settings)
    configure_logs()
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    _allow_many_connections()
    host, port = listener.getsockname()[:2]
    _log.info("listening on http://%s:%s", f"[{host}]" if ":" in host else host, port)
    server.run(sockets=[listener])
    return signal.Signals(server.stopped_by) if server.stopped_by else None


def _allow_many_connections() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
