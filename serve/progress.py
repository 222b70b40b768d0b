"""Progress of a long run on standard error, and its closing summary."""

from __future__ import annotations

import resource
import sys
import time
from types import TracebackType
from typing import Any, Self

_KILOBYTES_PER_MEGABYTE = 1024
_INTERVAL_SECONDS = 0.2


class Meter:
    """A line on standard error that says how far a run is; silent unless it is wanted.

    Time left is reckoned from the bytes read, so that nothing needs to be counted beforehand.
    """

    def __init__(self, total_bytes: int | None, *, is_shown: bool) -> None:
        """Prepare a meter; `total_bytes` None where nobody knows."""
        self._total, self._is_shown = total_bytes, is_shown
        self._bytes = self._articles = self._stances = self._tokens = self._errors = self._known = 0
        self._start = self._last = time.monotonic()
        self._bar: Any = None

    def read(self, count: int) -> None:
        """Note that bytes were read."""
        self._bytes += count

    def skip(self, articles: int) -> None:
        """Note articles that an earlier run did; they don't count for the rate."""
        self._known = articles

    def add(self, *, stances: int, tokens: int, is_error: bool) -> None:
        """Note an article."""
        self._articles += 1
        self._stances += stances
        self._tokens += tokens
        self._errors += is_error
        now = time.monotonic()
        if self._bar and now - self._last >= _INTERVAL_SECONDS:
            self._last = now
            self._bar.update(0, completed=self._bytes, description=self._describe())

    def summarize(self) -> str:
        """What was done in this run, how fast, and the most memory that a process took."""
        seconds = time.monotonic() - self._start
        earlier = f" after {self._known:,} of an earlier run" if self._known else ""
        speed = f"{self._rate(self._articles):.1f} articles/s, {self._rate(self._tokens):,.0f} tokens/s"
        return f"{self._count()}{earlier} in {_write_duration(seconds)}: {speed}, {_peak_megabytes():,.0f} MB at most"

    def __enter__(self) -> Self:
        if self._is_shown:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

            columns = (TextColumn("{task.description}"), BarColumn(bar_width=20), TimeRemainingColumn())
            console = Console(stderr=True, highlight=False)
            self._bar = Progress(*columns, console=console, disable=not console.is_terminal, transient=True)
            self._bar.add_task("", total=self._total)
            self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self._bar:
            self._bar.stop()
            sys.stderr.write(self.summarize() + "\n")

    def _describe(self) -> str:
        return f"{self._count()}, {self._rate(self._articles):.1f}/s"

    def _count(self) -> str:
        return f"{self._articles:,} articles, {self._stances:,} stances, {self._errors:,} errors"

    def _rate(self, number: int) -> float:
        return number / max(1e-9, time.monotonic() - self._start)


def _peak_megabytes() -> float:
    """Peak resident memory of this process, or of the largest worker."""
    usages = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return max(usages) / _KILOBYTES_PER_MEGABYTE


def _write_duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"
