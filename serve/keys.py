"""API keys: several, kept as hashes in a file that may change while the service runs.

A line of the file is `name:sha256 of the key`. Keys are long and random, so a plain hash is enough. Checked on every
path but `/health` and `/ready`, before anything else looks at the request.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import logging
import re
import secrets
import time
from collections.abc import Mapping
from pathlib import Path

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from models.errors import ConfigError
from serve.errors import Unauthorized

OPEN_PATHS = frozenset({"/health", "/ready"})
CHALLENGE = 'Bearer realm="stance", Basic realm="stance", charset="UTF-8"'
RELOAD_SECONDS = 1.0

_LINE = re.compile(r"([A-Za-z0-9_.-]{1,64}):([0-9a-f]{64})")
_log = logging.getLogger("stance.keys")


def make_key(name: str) -> tuple[str, str]:
    """A new random key, and its line for the file of keys.

    Raises:
        ConfigError: The name has characters that can't stand in the file.
    """
    key = secrets.token_urlsafe(32)
    line = f"{name}:{hashlib.sha256(key.encode()).hexdigest()}"
    if not _LINE.fullmatch(line):
        raise ConfigError(f"{name!r} can't name a key: use up to 64 letters, digits, dots, dashes and underscores")
    return key, line


def read_keys(path: Path) -> dict[str, bytes]:
    """Read a file of keys: name -> SHA-256 of the key.

    Raises:
        ConfigError: The file can't be read, is empty, or has a line that is no key; the message has its number.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise ConfigError(f"can't read the keys in {str(path)!r}: {error}") from error
    keys = {}
    for number, line in enumerate(map(str.strip, lines), 1):
        if not line or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            raise ConfigError(f"{path} line {number} is not 'name:sha256': make it with 'stance key NAME'")
        keys[match[1]] = bytes.fromhex(match[2])
    if not keys:
        raise ConfigError(f"{path} has no key: make one with 'stance key NAME'")
    return keys


class Keys:
    """The keys of a file, read again within a second of a change. A broken file leaves the former keys."""

    def __init__(self, path: Path) -> None:
        """Read the file.

        Raises:
            ConfigError: It is no file of keys.
        """
        self._path = path
        self._stamp = self._read_stamp()
        self._keys: Mapping[str, bytes] = read_keys(path)
        self._looked = time.monotonic()

    def find(self, key: str) -> str | None:
        """The name of a key, None for a stranger; takes as long whichever it is."""
        self._reload()
        digest = hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()
        found = [name for name, known in self._keys.items() if hmac.compare_digest(known, digest)]
        return found[0] if found else None

    def _reload(self) -> None:
        if time.monotonic() - self._looked < RELOAD_SECONDS:
            return
        self._looked = time.monotonic()
        stamp = self._read_stamp()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._keys = read_keys(self._path)
            _log.info("keys read again", extra={"keys": sorted(self._keys)})
        except ConfigError as error:
            _log.error("keys unchanged: %s", error)

    def _read_stamp(self) -> tuple[int, ...]:
        try:
            seen = self._path.stat()
        except OSError:
            return ()
        return seen.st_mtime_ns, seen.st_size, seen.st_ino


class RequireKey:
    """Middleware: lets a request through only with a key, as a Bearer token or as the password of HTTP Basic.

    Basic is for people: a browser asks for it once, then shows the page.
    """

    def __init__(self, app: ASGIApp, keys: Keys | None) -> None:
        """Guard `app`; without keys everyone is let through."""
        self._app = app
        self._keys = keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or note the key's name in the scope."""
        if scope["type"] == "http" and self._keys is not None and scope["path"] not in OPEN_PATHS:
            name = self._keys.find(_read_credentials(Headers(scope=scope).get("authorization", "")))
            if name is None:
                message = "no valid API key: send 'Authorization: Bearer KEY'"
                raise Unauthorized(message, headers={"www-authenticate": CHALLENGE})
            scope["state"]["key"] = name
        await self._app(scope, receive, send)


def _read_credentials(header: str) -> str:
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value.strip(), validate=True).decode("utf-8").partition(":")[2]
        except (binascii.Error, ValueError):
            return ""
    return value.strip() if scheme.lower() == "bearer" else ""
