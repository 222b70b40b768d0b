"""What the service refuses, with the HTTP status of each and its one body."""

from __future__ import annotations

from typing import Any, ClassVar

from models.errors import DataError, StanceError


class ServiceError(StanceError):
    """Root of the refusals of the service. `type` in the body is the name of the class."""

    status: ClassVar[int] = 500
    closes: ClassVar[bool] = False
    """Whether the connection can't be used again, because the request was not read to its end."""

    def __init__(self, message: str, *, retry_after: int | None = None, headers: dict[str, str] | None = None) -> None:
        """Keep the message; `retry_after`, in seconds, becomes a header, beside `headers`."""
        super().__init__(message)
        again = {} if retry_after is None else {"retry-after": str(retry_after)}
        self.headers = again | (headers or {}) | ({"connection": "close"} if self.closes else {})


class BadRequest(ServiceError):
    """The body is not what it should be at all."""

    status = 400


class Unauthorized(ServiceError):
    """There is no key in the request, or none of ours."""

    status = 401


class NotFound(ServiceError):
    """No such path, country or group."""

    status = 404


class MethodNotAllowed(ServiceError):
    """The path is there, but not for this method."""

    status = 405


class RequestTooSlow(ServiceError):
    """The body did not come in time."""

    status = 408
    closes = True


class TooLarge(ServiceError):
    """The body, a batch or an article is over a limit."""

    status = 413


class UnsupportedType(ServiceError):
    """The body is of another type, or compressed."""

    status = 415


class QueueFull(ServiceError):
    """No room for more work; come back later."""

    status = 429


class TooManyRequests(ServiceError):
    """This key asks for more than its share."""

    status = 429


class HeadersTooLarge(ServiceError):
    """Too many headers, or too long ones."""

    status = 431
    closes = True


class ClientGone(ServiceError):
    """The client left before its answer; nobody reads this one."""

    status = 499


class InternalError(ServiceError):
    """A bug of ours."""


class NotReady(ServiceError):
    """No worker has loaded the model yet."""

    status = 503


class Draining(ServiceError):
    """The service is stopping."""

    status = 503
    closes = True


class WorkerLost(ServiceError):
    """The worker process died over this article."""

    status = 503


class DeadlineExceeded(ServiceError):
    """The answer did not come before the request's deadline."""

    status = 504


def get_status(error: StanceError) -> int:
    """The HTTP status of an error: its own, or 422 for an article that can't be labelled."""
    if isinstance(error, ServiceError):
        return error.status
    return 422 if isinstance(error, DataError) else 500


def error_body(error: StanceError, request_id: str) -> dict[str, Any]:
    """The body of every answer that is an error."""
    return {"error": {"type": type(error).__name__, "message": str(error), "request_id": request_id}}
