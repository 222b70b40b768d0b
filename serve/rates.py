"""How much one API key may ask: requests a minute, and requests at once."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Receive, Scope, Send

from serve.errors import TooManyRequests


@dataclass
class _Use:
    """What a key has left: a bucket that fills up over a minute, and what runs now."""

    left: float
    filled: float = field(default_factory=time.monotonic)
    running: int = 0


class LimitKeys:
    """Middleware: answers 429 to a key over its share. Knows a key by the name that `RequireKey` noted."""

    def __init__(self, app: ASGIApp, requests_per_minute: int, concurrency: int) -> None:
        """Guard `app`; 0 sets no limit."""
        self._app = app
        self._requests_per_minute = requests_per_minute
        self._concurrency = concurrency
        self._uses: dict[str, _Use] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or count the request while it runs."""
        name = scope["state"].get("key") if scope["type"] == "http" else None
        if name is None:
            await self._app(scope, receive, send)
            return
        use = self._uses.setdefault(name, _Use(self._requests_per_minute))
        self._take(use)
        use.running += 1
        try:
            await self._app(scope, receive, send)
        finally:
            use.running -= 1

    def _take(self, use: _Use) -> None:
        if self._concurrency and use.running >= self._concurrency:
            raise TooManyRequests(f"this key has {use.running} requests running, its limit", retry_after=1)
        if not self._requests_per_minute:
            return
        now = time.monotonic()
        per_second = self._requests_per_minute / 60
        use.left = min(self._requests_per_minute, use.left + (now - use.filled) * per_second)
        use.filled = now
        if use.left < 1:
            message = f"this key made its {self._requests_per_minute} requests of a minute"
            raise TooManyRequests(message, retry_after=math.ceil((1 - use.left) / per_second))
        use.left -= 1
