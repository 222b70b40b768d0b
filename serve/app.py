"""The HTTP application: its routes, one small function each, and the layers around them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn

from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response
from fastapi import Path as PathParameter
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, JSONResponse, StreamingResponse
from starlette.staticfiles import StaticFiles

from models.errors import DataError
from models.schema import MAX_PROPOSALS, SCORES, Stance
from serve import payloads
from serve.errors import BadRequest, MethodNotAllowed, NotFound, UnsupportedType
from serve.keys import Keys, RequireKey
from serve.limits import LimitRequests
from serve.lookup import describe_group, list_countries, list_groups, look_up
from serve.observe import Observe
from serve.rates import LimitKeys
from serve.service import Options, Service
from serve.settings import Settings

API_VERSION = "1.0.0"
"""Of the paths and bodies, not of the package: what is under /v1 keeps its shape."""
HERE = Path(__file__).parent
JSON, JSON_LINES = "application/json", "application/x-ndjson"
EXPECTED = {
    400: "The body isn't JSON.",
    401: "No valid API key.",
    404: "No such thing.",
    408: "The body did not come in time.",
    413: "The body, a text or its work is over a limit.",
    415: "The body is of another type, or compressed.",
    422: "The article can't be labelled, or a field or parameter is wrong.",
    429: "No room: come back after `retry-after` seconds.",
    431: "Too many headers.",
    500: "A bug of the service.",
    503: "Starting, stopping, or the worker died over this article.",
    504: "No answer before the deadline.",
}

router = APIRouter()


def create_app(settings: Settings, command: Sequence[str], keys: Keys | None = None) -> FastAPI:
    """Build the application.

    Args:
        settings: Limits and numbers of workers.
        command: Starts a worker process, see `serve.worker`.
        keys: Who may ask; None lets everyone.
    """
    service = Service(settings, command)

    @asynccontextmanager
    async def run_workers(_: FastAPI) -> AsyncIterator[None]:
        service.pool.start()
        try:
            yield
        finally:
            await service.pool.stop()

    app = FastAPI(
        title="country-stance",
        version=API_VERSION,
        description="The stance of every country on every proposal in a news text.",
        lifespan=run_workers,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        exception_handlers={HTTPException: _translate, RequestValidationError: _translate},
    )
    app.state.service = service
    app.include_router(router)
    app.mount("/page", StaticFiles(directory=HERE / "page"))
    app.mount("/docs/files", StaticFiles(directory=HERE / "docs", packages=[("fastapi_offline", "static")]))
    app.openapi = lambda: app.openapi_schema or _describe(app, settings)  # type: ignore[method-assign]
    app.add_middleware(
        LimitRequests,
        max_body_bytes=settings.max_body_bytes,
        idle_seconds=settings.idle,
        total_seconds=settings.deadline,
    )
    app.add_middleware(LimitKeys, requests_per_minute=settings.key_requests, concurrency=settings.key_concurrency)
    app.add_middleware(RequireKey, keys=keys)
    app.add_middleware(Observe, metrics=service.metrics)
    return app


# Dependencies are coroutines: FastAPI sends plain functions through a thread, at twice the price of a refusal.
async def _get_service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


Ours = Annotated[Service, Depends(_get_service)]
ExpandGroups = Annotated[bool, Query(description="What a group does counts for each member on that day too.")]
Timeout = Annotated[
    float | None,
    Query(ge=1, allow_inf_nan=False, description="Seconds in which an article is answered; the service's at most."),
]
Day = Annotated[
    str | None,
    Query(
        min_length=1,
        max_length=payloads.MAX_DATE_CHARACTERS,
        description="The day, such as 2019-05-01; a month or a year counts as its middle; default: the latest known.",
        json_schema_extra={"anyOf": payloads.DAY},
    ),
]


async def _get_options(expand_groups: ExpandGroups = False, timeout: Timeout = None) -> Options:
    return Options(expand_groups=expand_groups, timeout=timeout)


How = Annotated[Options, Depends(_get_options)]


def _content(media_type: str, schema: str) -> dict[str, Any]:
    return {"content": {media_type: {"schema": {"$ref": f"#/components/schemas/{schema}"}}}}


def _body(media_type: str, schema: str) -> dict[str, Any]:
    return {"requestBody": {"required": True, **_content(media_type, schema)}}


def _answer(media_type: str, schema: str, words: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"description": words, **_content(media_type, schema)}}


def _errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    return {status: {"description": EXPECTED[status], **_content(JSON, "Error")} for status in statuses}


LABELLING = _errors(400, 401, 408, 413, 415, 422, 429, 431, 500, 503, 504)
READING = _errors(401, 429, 431, 500)
PROBING = _errors(431, 500)
OPEN: dict[str, Any] = {"security": []}
"""What the document says of a path that wants no key."""


@router.post(
    "/v1/label",
    response_class=Response,
    openapi_extra=_body(JSON, "Article"),
    responses=LABELLING | _answer(JSON, "Labels", "The labels, as `stance label` writes them."),
)
async def label(request: Request, service: Ours, options: How) -> Response:
    """Label one article."""
    service.check_room()
    body = await _read_body(request, JSON)
    article = payloads.read_article(payloads.parse_json(body), service.settings)
    row = await service.label_one(request, article, options)
    return Response(row, media_type=JSON)


@router.post(
    "/v1/label/batch",
    response_class=Response,
    openapi_extra=_body(JSON, "Batch"),
    responses=LABELLING | _answer(JSON, "Rows", "One row for each article, in order."),
)
async def label_batch(request: Request, service: Ours, options: How) -> Response:
    """Label several articles; one that can't be labelled gives an error in its place."""
    service.check_room()
    articles = payloads.read_batch(await _read_body(request, JSON), service.settings)
    rows = await service.label_batch(request, articles, options)
    return Response(b'{"rows": [' + b", ".join(row.rstrip(b"\n") for row in rows) + b"]}\n", media_type=JSON)


@router.post(
    "/v1/label/stream",
    response_class=StreamingResponse,
    openapi_extra=_body(JSON_LINES, "Line"),
    responses=LABELLING | _answer(JSON_LINES, "Row", "One line for each article, in order, as soon as it is there."),
)
async def label_stream(request: Request, service: Ours, options: How) -> Response:
    """Label many articles: JSON Lines in, JSON Lines out. The timeout is for each article."""
    articles = payloads.read_stream(await _read_body(request, JSON_LINES), service.settings)
    rows = service.label_stream(articles, options)
    return StreamingResponse(rows, media_type=JSON_LINES)


@router.get("/v1/countries", responses=READING | _errors(404, 422))
def countries(
    name: Annotated[str | None, Query(max_length=100, description="A code, or words as a news text has them.")] = None,
) -> dict[str, Any]:
    """All countries, or those that a name stands for, with all their forms."""
    if name is None:
        return {"countries": list_countries()}
    found = look_up(name)
    if not found:
        raise NotFound(f"no country or group is called {name!r}: GET /v1/countries lists them")
    return {"name": name, "countries": found}


@router.get("/v1/groups", responses=READING | _errors(422))
def groups(date: Day = None) -> dict[str, Any]:
    """All groups, with the codes of their members on a day."""
    return {"groups": list_groups(date)}


@router.get("/v1/groups/{code}", responses=READING | _errors(404, 422))
def group(code: Annotated[str, PathParameter(examples=["EU"])], date: Day = None) -> dict[str, Any]:
    """One group, by code or name, with its members on a day."""
    if not {known["group"] for known in list_groups(None)} & {found["country"] for found in look_up(code)}:
        raise NotFound(f"no group is called {code!r:.40}: GET /v1/groups lists them")
    return describe_group(code, date)


@router.get("/v1/info", responses=READING | _errors(503))
async def info(service: Ours) -> dict[str, Any]:
    """Which model labels, its classes, and the limits of the service."""
    settings = service.settings
    return {
        "model": service.get_model(),
        "stances": [stance.value for stance in Stance],
        "scores": list(SCORES),
        "limits": {
            "body_bytes": settings.max_body_bytes,
            "batch_articles": settings.max_batch_articles,
            "stream_articles": settings.max_stream_articles,
            "text_characters": settings.max_text_characters,
            "article_tokens": settings.max_article_tokens,
            "proposals": MAX_PROPOSALS,
            "timeout_seconds": settings.deadline,
        },
    }


@router.get("/health", responses=PROBING, openapi_extra=OPEN)
async def health() -> dict[str, str]:
    """Whether the process answers; says nothing of the model."""
    return {"status": "ok"}


@router.get(
    "/ready",
    responses=PROBING | {503: {"description": "Not now: `status` says why."}},
    openapi_extra=OPEN,
)
async def ready(service: Ours) -> Response:
    """Whether articles are labelled now: the model is loaded, work moves on, nobody said stop."""
    return JSONResponse({"status": service.state}, 200 if service.state == "ready" else 503)


@router.get("/metrics", response_class=Response, responses=READING | {200: {"content": {"text/plain": {}}}})
async def metrics(service: Ours) -> Response:
    """Counters for Prometheus."""
    return Response(service.metrics.render(), media_type="text/plain; version=0.0.4; charset=utf-8")


@router.get("/", include_in_schema=False)
async def page() -> FileResponse:
    """The page for people."""
    return FileResponse(HERE / "page" / "index.html")


@router.get("/docs", include_in_schema=False)
async def docs() -> FileResponse:
    """The OpenAPI document as a page, from local files alone."""
    return FileResponse(HERE / "docs" / "index.html")


async def _read_body(request: Request, media_type: str) -> bytes:
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given != media_type:
        raise UnsupportedType(f"content-type is {given!r:.60}: send {media_type}")
    return await request.body()


async def _translate(_: Request, error: Exception) -> NoReturn:
    """Turn an error of the framework into ours."""
    if isinstance(error, RequestValidationError):
        seen = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        raise DataError(seen) from None
    assert isinstance(error, HTTPException)
    if error.status_code == 405:
        raise MethodNotAllowed("this path has other methods: see /docs", headers=dict(error.headers or {})) from None
    if error.status_code == 404:
        raise NotFound("no such path: see /docs") from None
    raise BadRequest(f"refused: {error.detail}") from None


def _describe(app: FastAPI, settings: Settings) -> dict[str, Any]:
    """The OpenAPI document, with the schemas of what comes in and goes out."""
    document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    components = document.setdefault("components", {})
    components["schemas"] = payloads.describe_payloads(settings)
    components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    document["security"] = [{"key": []}, {}]
    app.openapi_schema = document
    return document
