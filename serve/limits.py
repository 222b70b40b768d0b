"""Limits on what a request may send: headers, bytes, time. Nothing here reads what it means."""

from __future__ import annotations

import asyncio
import time
from contextlib import AbstractAsyncContextManager

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serve.errors import BadRequest, HeadersTooLarge, QueueFull, RequestTooSlow, TooLarge, UnsupportedType

MAX_HEADERS = 100
MAX_HEADER_BYTES = 16_384
MAX_HELD_BODIES = 32
"""Bodies of the greatest length that may be held at once, all requests together."""


class LimitRequests:
    """Middleware: refuses a request as soon as it is over a limit, and reads no further."""

    def __init__(self, app: ASGIApp, *, max_body_bytes: int, idle_seconds: float, total_seconds: float) -> None:
        """Guard `app`; a body comes within `total_seconds`, with no pause longer than `idle_seconds`."""
        self._app = app
        self._max_body_bytes = max_body_bytes
        self._idle_seconds = idle_seconds
        self._total_seconds = total_seconds
        self._held_bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check the headers, then count the body as it comes."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        self._check_headers(scope)
        body = _Body(receive, time.monotonic() + self._total_seconds, self._idle_seconds)
        try:
            await self._app(scope, lambda: self._receive(body), send)
        finally:
            self._held_bytes -= body.size

    async def _receive(self, body: _Body) -> Message:
        message = await body.receive()
        size = len(message.get("body", b""))
        body.size += size
        self._held_bytes += size
        if body.size > self._max_body_bytes:
            raise TooLarge(f"the body has over {self._max_body_bytes} bytes: send less at once")
        if self._held_bytes > MAX_HELD_BODIES * self._max_body_bytes:
            raise QueueFull("too much is being sent at once: try again in 1 s", retry_after=1)
        return message

    def _check_headers(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        target = len(scope["raw_path"]) + len(scope["query_string"])
        size = target + sum(len(name) + len(value) for name, value in scope["headers"])
        if size > MAX_HEADER_BYTES:
            raise HeadersTooLarge(f"the headers have {size} bytes, at most {MAX_HEADER_BYTES}")
        if len(scope["headers"]) > MAX_HEADERS:
            raise HeadersTooLarge(f"{len(scope['headers'])} headers, at most {MAX_HEADERS}")
        if headers.get("content-encoding", "identity").lower() != "identity":
            raise UnsupportedType(f"a body encoded as {headers['content-encoding']!r:.40}: send it uncompressed")
        if "content-length" in headers and "transfer-encoding" in headers:
            both = "content-length and transfer-encoding together leave open where the body ends: send one of them"
            raise BadRequest(both, headers={"connection": "close"})
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit():
            raise BadRequest(f"content-length is {length!r:.40}, not a number")
        if len(length) > 20 or int(length) > self._max_body_bytes:
            raise TooLarge(f"the body has over {self._max_body_bytes} bytes: send less at once")


class _Body:
    """The body of one request as it comes in."""

    def __init__(self, receive: Receive, last: float, idle_seconds: float) -> None:
        self._receive = receive
        self._last = last
        self._idle_seconds = idle_seconds
        self._is_whole = False
        self.size = 0

    async def receive(self) -> Message:
        """The next message; what comes after the body, that the client has gone, may take any time."""
        try:
            async with self._timeout():
                message = await self._receive()
        except TimeoutError as error:
            raise RequestTooSlow("the body did not come in time: send it at once") from error
        self._is_whole = not message.get("more_body", False)
        return message

    def _timeout(self) -> AbstractAsyncContextManager[object]:
        seconds = min(self._idle_seconds, max(0.0, self._last - time.monotonic()))
        return asyncio.timeout(None if self._is_whole else seconds)
