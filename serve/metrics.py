"""What Prometheus reads. Every label has a fixed set of values, whatever is asked for."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

from models.schema import Stance
from serve.queue import Answer, Job, JobQueue

METHODS = frozenset({"GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"})
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30)
TOKENS = (250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000)
ARTICLES = (1, 2, 4, 8, 16, 32, 64)


class Metrics:
    """The counters of one service."""

    def __init__(self) -> None:
        """Make them all, at nought."""
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        self._requests = Counter(
            "stance_requests", "Requests answered.", ("route", "method", "status"), registry=registry
        )
        self._seconds = Histogram(
            "stance_request_seconds",
            "From a request's headers to its answer.",
            ("route",),
            buckets=SECONDS,
            registry=registry,
        )
        self._errors = Counter("stance_errors", "Requests and rows refused, by type.", ("type",), registry=registry)
        self._waits = Histogram(
            "stance_wait_seconds", "From a request to a worker.", buckets=SECONDS, registry=registry
        )
        self._batch_articles = Histogram(
            "stance_batch_articles", "Articles given to a worker at once.", buckets=ARTICLES, registry=registry
        )
        self._batch_tokens = Histogram(
            "stance_batch_tokens", "Tokens given to a worker at once, estimated.", buckets=TOKENS, registry=registry
        )
        self._articles = Counter("stance_articles", "Articles labelled.", registry=registry)
        self._tokens = Counter("stance_tokens", "Tokens read by the model.", registry=registry)
        self._truncated = Counter("stance_truncated_articles", "Articles not read to their end.", registry=registry)
        self._stances = Counter("stance_stances", "Stances found.", ("stance",), registry=registry)
        self.workers_lost = Counter("stance_workers_lost", "Worker processes that died.", registry=registry)
        self._model = Info("stance_model", "Which model labels.", registry=registry)
        for stance in Stance:
            self._stances.labels(stance.value)

    def watch(self, queue: JobQueue) -> None:
        """Show the state of a queue."""
        self._show("stance_queue_articles", "Articles that wait.", lambda: len(queue))
        self._show("stance_queue_tokens", "Tokens that wait, estimated.", lambda: queue.tokens)
        self._show("stance_queue_articles_most", "Most articles that ever waited.", lambda: queue.most_articles)
        self._show("stance_queue_tokens_most", "Most tokens that ever waited.", lambda: queue.most_tokens)
        self._show("stance_workers_ready", "Workers that can label.", lambda: queue.workers)

    def note_request(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count an answered request. `route` is a path of the router, or 'other'."""
        self._requests.labels(route, method if method in METHODS else "other", str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def note_error(self, error: Exception) -> None:
        """Count a refusal by the name of its class."""
        self._errors.labels(type(error).__name__).inc()

    def note_batch(self, jobs: list[Job], now: float) -> None:
        """Count what a worker is given."""
        self._batch_articles.observe(len(jobs))
        self._batch_tokens.observe(sum(job.tokens for job in jobs))
        for job in jobs:
            self._waits.observe(now - job.made)

    def note_answer(self, answer: Answer) -> None:
        """Count a labelled article."""
        self._articles.inc()
        self._tokens.inc(answer.tokens)
        self._truncated.inc(answer.truncated)
        for stance, count in answer.stances.items():
            self._stances.labels(stance).inc(count)

    def note_model(self, info: dict[str, object]) -> None:
        """Show which model answers."""
        self._model.info({key: str(info[key]) for key in ("name", "version") if key in info})

    def render(self) -> bytes:
        """All of it in the text format."""
        return generate_latest(self.registry)

    def _show(self, name: str, words: str, read: Callable[[], float]) -> None:
        Gauge(name, words, registry=self.registry).set_function(read)
