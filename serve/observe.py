"""The outermost layer of the service: request ids, security headers, errors as JSON, one log line and metrics.

Everything below raises; only here an error becomes an answer.
"""

from __future__ import annotations

import logging
import re
import secrets
import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from models.errors import StanceError
from serve.errors import ClientGone, InternalError, ServiceError, error_body, get_status
from serve.metrics import Metrics

SECURITY_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
_ID = re.compile(r"[A-Za-z0-9_.-]{1,128}")
_log = logging.getLogger("stance.access")


class Observe:
    """Middleware around all others."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        """Watch `app`."""
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, whatever happens below."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, send)
        try:
            await self._app(scope, receive, exchange.send)
        except StanceError as error:
            await self._refuse(exchange, receive, error)
        except Exception as error:
            _log.error("bug", exc_info=error, extra={"request_id": exchange.request_id})
            await self._refuse(exchange, receive, InternalError("a bug of the service: please report it"))
        finally:
            self._note(exchange)

    async def _refuse(self, exchange: _Exchange, receive: Receive, error: StanceError) -> None:
        self._metrics.note_error(error)
        if isinstance(error, ClientGone):
            exchange.status = error.status
        elif exchange.status:
            raise error  # half an answer is out: the connection breaks off, so that nobody takes it for whole
        else:
            headers = error.headers if isinstance(error, ServiceError) else None
            response = JSONResponse(error_body(error, exchange.request_id), get_status(error), headers)
            await response(exchange.scope, receive, exchange.send)

    def _note(self, exchange: _Exchange) -> None:
        scope = exchange.scope
        route = getattr(scope.get("route"), "path", "other")
        seconds = time.monotonic() - exchange.begun
        self._metrics.note_request(route, scope["method"], exchange.status, seconds)
        fields = {
            "request_id": exchange.request_id,
            "method": scope["method"],
            "route": route,
            "status": exchange.status,
            "seconds": round(seconds, 4),
            "key": scope["state"].get("key"),
        }
        _log.info("request", extra=fields)


class _Exchange:
    """One request and its answer."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.scope = scope
        self.begun = time.monotonic()
        self.status = 0
        given = Headers(scope=scope).get("x-request-id", "")
        self.request_id = given if _ID.fullmatch(given) else secrets.token_hex(8)
        self._send = send
        scope.setdefault("state", {})

    async def send(self, message: Message) -> None:
        """Pass on a message, with our headers on the first."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["x-request-id"] = self.request_id
            for name, value in SECURITY_HEADERS.items():
                headers.setdefault(name, value)
        await self._send(message)
