"""A worker process: reads articles from its standard input, one JSON object a line, and writes their labels.

An answer is a line of JSON that says what became of the article and how many bytes of labels follow. The process
ends with its input, and so never outlives the service. It knows nothing of HTTP.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from models.errors import DataError
from models.schema import Article, Labels
from serve.logs import configure_logs, describe_bug
from serve.rows import format_row

WARM_UP = Article(text="Norway voted against the fishing ban on Monday. France and Peru backed it.")
_log = logging.getLogger("stance.worker")


class Labelling(Protocol):
    """What a worker needs of a labeller."""

    def label(self, article: Article, *, expand_groups: bool = False) -> Labels:
        """Label one article."""

    def info(self) -> dict[str, Any]:
        """Which model labels."""


def main() -> None:
    """Load the checkpoint of the first argument, or the shipped one without it, and label until the input ends."""
    from models.labeller import Labeller

    processors = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(processors)})  # the runtime takes as many threads as it sees processors
    labeller = Labeller.load(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
    os.sched_setaffinity(0, processors)
    run(labeller)


def run(labeller: Labelling) -> None:
    """Label what comes on standard input. Whatever else is printed in this process goes to standard error."""
    for stopping in (signal.SIGINT, signal.SIGTERM):  # the service says when to stop, by closing the input
        signal.signal(stopping, signal.SIG_IGN)
    configure_logs()
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    labeller.label(WARM_UP)
    info = {key: value for key, value in labeller.info().items() if key != "checkpoint"}  # no path leaves the service
    _write(answers, {"status": "ready", "info": info})
    for line in sys.stdin.buffer:
        try:
            _answer(labeller, json.loads(line), answers)
        except BrokenPipeError:
            return


def _answer(labeller: Labelling, job: dict[str, Any], answers: BinaryIO) -> None:
    if time.monotonic() >= job["deadline"]:
        _write(answers, {"status": "late"})
        return
    try:
        labels = labeller.label(Article.from_record(job["article"]), expand_groups=job["expand_groups"])
        row = format_row(labels).encode()
    except DataError as error:
        _write(answers, {"status": "refused", "message": str(error)})
    except Exception as error:
        _log.error("an article could not be labelled", extra={"bug": describe_bug(error)})
        _write(answers, {"status": "failed"})
    else:
        stances = Counter(found.stance.value for found in labels.stances)
        counts = {"tokens": labels.tokens, "truncated": labels.truncated, "stances": stances}
        _write(answers, {"status": "labelled", **counts}, row)


def _write(answers: BinaryIO, header: dict[str, Any], row: bytes = b"") -> None:
    answers.write(json.dumps({**header, "bytes": len(row)}).encode() + b"\n" + row)
    answers.flush()
