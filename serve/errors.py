"""What the service refuses, with the HTTP status of each and its one body."""

from __future__ import annotations

from typing import Any, ClassVar

from models.errors import DataError, StanceError


class ServiceError(StanceError):
    """Root of the refusals of the service. `type` in the body is the name of the class."""

    status: ClassVar[int]
    closes: ClassVar[bool]
    """Whether the connection can't be used again, because the request was not read to its end."""

    def __init_subclass__(cls, *, status: int, closes: bool = False) -> None:
        """Note what the line of a class says: `class NotFound(ServiceError, status=404)`."""
        cls.status = status
        cls.closes = closes

    def __init__(self, message: str, *, retry_after: int | None = None, headers: dict[str, str] | None = None) -> None:
        """Keep the message; `retry_after`, in seconds, becomes a header, beside `headers`."""
        super().__init__(message)
        again = {} if retry_after is None else {"retry-after": str(retry_after)}
        self.headers = again | (headers or {}) | ({"connection": "close"} if self.closes else {})


class BadRequest(ServiceError, status=400):
    """The body is not what it should be at all."""


class Unauthorized(ServiceError, status=401):
    """There is no key in the request, or none of ours."""


class NotFound(ServiceError, status=404):
    """No such path, country or group."""


class MethodNotAllowed(ServiceError, status=405):
    """The path is there, but not for this method."""


class RequestTooSlow(ServiceError, status=408, closes=True):
    """The body did not come in time."""


class TooLarge(ServiceError, status=413):
    """The body, a batch or an article is over a limit."""


class UnsupportedType(ServiceError, status=415):
    """The body is of another type, or compressed."""


class QueueFull(ServiceError, status=429):
    """No room for more work; come back later."""


class TooManyRequests(ServiceError, status=429):
    """This key asks for more than its share."""


class HeadersTooLarge(ServiceError, status=431, closes=True):
    """Too many headers, or too long ones."""


class ClientGone(ServiceError, status=499):
    """The client left before its answer; nobody reads this one."""


class InternalError(ServiceError, status=500):
    """A bug of ours."""


class NotReady(ServiceError, status=503):
    """No worker has loaded the model yet."""


class Draining(ServiceError, status=503, closes=True):
    """The service is stopping."""


class WorkerLost(ServiceError, status=503):
    """The worker process died over this article."""


class DeadlineExceeded(ServiceError, status=504):
    """The answer did not come before the request's deadline."""


def get_status(error: StanceError) -> int:
    """The HTTP status of an error: its own, or 422 for an article that can't be labelled."""
    if isinstance(error, ServiceError):
        return error.status
    return 422 if isinstance(error, DataError) else 500


def error_body(error: StanceError, request_id: str) -> dict[str, Any]:
    """The body of every answer that is an error."""
    return {"error": {"type": type(error).__name__, "message": str(error), "request_id": request_id}}
