"""HTTP/1.1 connections that give up on clients who are too slow or send too much before any request is read."""

from __future__ import annotations

import asyncio
import json
import secrets
import socket
import struct
import sys
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from serve.errors import BadRequest, HeadersTooLarge, ServiceError, TooLarge, error_body
from serve.limits import MAX_HEADER_BYTES

SLACK_BYTES = 65_536
"""What a request may have beside its body: headers, and the frames of chunks."""
LINGER_SECONDS = 2.0
"""Time in which a refused client may still read its answer while what it sends is dropped."""
FORGET_UNREAD = struct.pack("ii", 1, 0)
"""For SO_LINGER: a close throws away what was not sent yet, and resets the connection."""
PHRASES = {400: b"Bad Request", 413: b"Content Too Large", 431: b"Request Header Fields Too Large"}


class Protocol(H11Protocol):
    """One connection."""

    def __init__(self, *arguments: Any, idle_seconds: float, max_body_bytes: int, **options: Any) -> None:
        """Wait at most `idle_seconds` for headers and for the client to read; `max_body_bytes` counts on the wire."""
        super().__init__(*arguments, **options)
        self.timeout_keep_alive = idle_seconds  # type: ignore[assignment]
        self._idle_seconds = idle_seconds
        self._max_wire_bytes = max_body_bytes + SLACK_BYTES
        self._wire_bytes = 0
        self._is_refused = False
        self._reading: asyncio.TimerHandle | None = None
        self._writing: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first headers."""
        super().connection_made(transport)
        self._reading = self._abort_later()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop all clocks."""
        super().connection_lost(exc)
        for timer in (self._reading, self._writing):
            if timer is not None:
                timer.cancel()

    def data_received(self, data: bytes) -> None:
        """Read on, while headers come in time and the request is not too long."""
        if self._is_refused:
            return
        cycle = self.cycle
        super().data_received(data)
        is_new = self.cycle is not cycle
        self._wire_bytes = len(data) if is_new else self._wire_bytes + len(data)
        if self._is_between_requests() and not is_new:
            self._reading = self._reading or self._abort_later()
        elif self._reading is not None:
            self._reading.cancel()
            self._reading = None
        if self._wire_bytes > self._max_wire_bytes and not self._is_between_requests():
            self._refuse(TooLarge(f"the request has over {self._max_wire_bytes} bytes: send less at once"))

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, or has headers without end."""
        seen = sys.exc_info()[1]
        if isinstance(seen, h11.RemoteProtocolError) and seen.error_status_hint == 431:
            self._refuse(HeadersTooLarge(f"the headers have over {MAX_HEADER_BYTES} bytes"))
        else:
            self._refuse(BadRequest("this is no HTTP request"))

    def timeout_keep_alive_handler(self) -> None:
        """Close an idle connection, even if the client never read its last answer."""
        super().timeout_keep_alive_handler()
        if self.transport.get_write_buffer_size():
            self._drop()

    def pause_writing(self) -> None:
        """Give a client that doesn't read so long, and no longer."""
        super().pause_writing()
        self._writing = self.loop.call_later(self._idle_seconds, self._drop)

    def resume_writing(self) -> None:
        """The client reads again."""
        super().resume_writing()
        if self._writing is not None:
            self._writing.cancel()

    def _is_between_requests(self) -> bool:
        return self.cycle is None or bool(self.cycle.response_complete)

    def _abort_later(self) -> asyncio.TimerHandle:
        return self.loop.call_later(self._idle_seconds, self.transport.abort)

    def _drop(self) -> None:
        """Close on a client that doesn't read; else the kernel would hold megabytes for it, for minutes."""
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, FORGET_UNREAD)
        self.transport.abort()

    def _refuse(self, error: ServiceError) -> None:
        """Answer outside the application, then drop what still comes until the client has read the answer."""
        self._is_refused = True
        if self.cycle is not None:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.abort()
            return
        body = json.dumps(error_body(error, secrets.token_hex(8))).encode()
        headers = [("content-type", "application/json"), ("content-length", str(len(body))), ("connection", "close")]
        response = h11.Response(status_code=error.status, headers=headers, reason=PHRASES[error.status])
        has_body = self.conn.our_state is h11.IDLE or self.scope["method"] != "HEAD"
        for event in (response, *([h11.Data(data=body)] if has_body else []), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(LINGER_SECONDS, self.transport.abort)
