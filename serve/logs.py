"""Logs: one JSON object a line on standard error. Never the words of an article."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any

_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}
"""What every record has; the rest was given with `extra`."""


class JsonFormatter(logging.Formatter):
    """Writes a record as JSON, so that no line break or control character in it reaches the log."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record; of an exception only its type and where it was raised."""
        fields: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info and record.exc_info[1]:
            fields["bug"] = describe_bug(record.exc_info[1])
        fields |= {key: value for key, value in vars(record).items() if key not in _PLAIN}
        return json.dumps(fields, default=str)


def configure_logs() -> None:
    """Send all logs of this process to standard error as JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)


def describe_bug(error: BaseException) -> list[str]:
    """Where an exception was raised, without its message, which may quote an article."""
    frames = traceback.extract_tb(error.__traceback__)
    return [type(error).__name__, *(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames)]
