"""One answer as one line of JSON: the same bytes from the command line and over HTTP."""

from __future__ import annotations

import json

from models.schema import Labels
from serve.articles import Failure


def format_row(row: Labels | Failure) -> str:
    """The line of JSON Lines for one article, its newline included."""
    return json.dumps(row.to_dict(), ensure_ascii=False) + "\n"
