"""What comes in over HTTP: bytes to articles, within the limits, and the schemas that say so.

An article is read as the command line reads one. Knows nothing of queues or workers.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

from models.errors import DataError, StanceError
from models.schema import MAX_PROPOSALS, Article, read_schema
from serve.articles import Failure, make_article, read_id
from serve.errors import BadRequest, TooLarge
from serve.settings import Settings

MAX_ID_CHARACTERS = 256
MAX_DATE_CHARACTERS = 40
MAX_TITLE_CHARACTERS = 1_000
MAX_PROPOSAL_CHARACTERS = 1_000
DAY = [
    {"type": "string", "format": "date"},
    {"type": "string", "pattern": "^(?!0000)[0-9]{4}(-(0[1-9]|1[0-2]))?$"},
    {"type": "null"},
]
"""Schemas of a day: a date, a month, a year, or none."""
BYTES_PER_TOKEN = 4
"""English news has 4 to 5 bytes a token."""
READINGS = 4
"""How often a text is read, about, when its proposals are to be found: once to find them, then for each of them."""


def parse_json(body: bytes) -> Any:
    """Decode JSON, strictly: UTF-8, finite numbers, no name twice in one object.

    Raises:
        BadRequest: It is no such JSON.
    """
    try:
        return json.loads(
            body.decode("utf-8"),
            parse_constant=_refuse_constant,
            parse_float=_read_float,
            object_pairs_hook=_read_object,
        )
    except UnicodeDecodeError as error:
        raise BadRequest(f"byte {error.start} of the body isn't UTF-8") from error
    except RecursionError as error:
        raise BadRequest("the body is nested too deeply") from error
    except ValueError as error:
        raise BadRequest(f"the body isn't JSON: {error}") from error


def read_article(record: Any, settings: Settings) -> Article:
    """Build an article from decoded JSON, within the limits.

    Raises:
        DataError: It can't be labelled.
        TooLarge: The text, or the work of it all, is over a limit.
    """
    article = make_article(record)
    if not isinstance(record.get("id"), str | int | None) or isinstance(record.get("id"), bool):
        raise DataError(f"'id' is {type(record['id']).__name__}, not a string")
    _check_length("id", article.id, MAX_ID_CHARACTERS)
    _check_length("date", article.date, MAX_DATE_CHARACTERS)
    _check_length("title", article.title, MAX_TITLE_CHARACTERS)
    for number, proposal in enumerate(article.proposals or (), 1):
        _check_length(f"proposal {number}", proposal, MAX_PROPOSAL_CHARACTERS)
    if len(article.text) > settings.max_text_characters:
        raise TooLarge(f"text has {len(article.text)} characters, at most {settings.max_text_characters}: split it")
    tokens = estimate_tokens(article)
    if tokens > settings.max_article_tokens:
        seen = f"the article is about {tokens} tokens of work (text times proposals)"
        raise TooLarge(f"{seen}, at most {settings.max_article_tokens}: ask about fewer proposals, or split the text")
    return article


def read_batch(body: bytes, settings: Settings) -> list[Article | Failure]:
    """Read `{"articles": [...]}`; an article that can't be read gives a `Failure` in its place.

    Raises:
        BadRequest: The body isn't JSON.
        DataError: It is no such object, or has too many articles.
    """
    decoded = parse_json(body)
    articles = decoded.get("articles") if isinstance(decoded, dict) else None
    if not isinstance(articles, list) or not articles:
        raise DataError('a batch is an object with a list of articles: {"articles": [{"text": ...}, ...]}')
    _check_count(len(articles), settings.max_batch_articles)
    return [_read_row(record, None, settings) for record in articles]


def read_stream(body: bytes, settings: Settings) -> Iterator[tuple[int, Article | Failure]]:
    """Read JSON Lines, one row at a time with the number of its line; blank lines are skipped.

    Raises:
        DataError: There is no article, or too many.
    """
    lines = [(number, line) for number, line in enumerate(body.split(b"\n"), 1) if line.strip()]
    if not lines:
        raise DataError("the body is empty: send one JSON object with a 'text' per line")
    _check_count(len(lines), settings.max_stream_articles)
    return ((number, _read_line(number, line, settings)) for number, line in lines)


def estimate_tokens(article: Article) -> int:
    """About how many tokens the labeller will read, from the length of the text and the number of proposals."""
    size = len(article.text.encode()) + len((article.title or "").encode())
    return math.ceil(size / BYTES_PER_TOKEN) * len(article.proposals or range(READINGS))


def _read_line(number: int, line: bytes, settings: Settings) -> Article | Failure:
    try:
        record = parse_json(line)
    except BadRequest as error:
        return Failure(id="", line=number, error=error)
    return _read_row(record, number, settings)


def _read_row(record: Any, line: int | None, settings: Settings) -> Article | Failure:
    try:
        return read_article(record, settings)
    except StanceError as error:
        return Failure(id=(read_id(record) or "")[:MAX_ID_CHARACTERS], line=line, error=error)


def _check_length(name: str, words: str | None, limit: int) -> None:
    if words is not None and len(words) > limit:
        raise DataError(f"{name} has {len(words)} characters, at most {limit}")


def _check_count(count: int, limit: int) -> None:
    if count > limit:
        raise DataError(f"{count} articles in one request, at most {limit}: send them in several")


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _read_float(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError("a number is too large")
    return value


def _read_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    decoded = dict(pairs)
    if len(decoded) < len(pairs):
        raise ValueError("an object has the same name twice")
    return decoded


def describe_payloads(settings: Settings) -> dict[str, Any]:
    """The JSON schemas of what comes in and goes out, for the OpenAPI document."""
    nothing = {"type": "null"}
    labels = read_schema()
    span = labels.pop("$defs")["span"]
    labels.pop("$schema")
    return {
        "Article": {
            "type": "object",
            "required": ["text"],
            "properties": {
                "text": {
                    "type": "string",
                    "minLength": 1,
                    "pattern": r"[^\s\x1c-\x1f\x85]",
                    "description": f"The words of the article, at most {settings.max_text_characters}"
                    " characters: more is answered with 413.",
                },
                "title": {"anyOf": [{"type": "string", "maxLength": MAX_TITLE_CHARACTERS}, nothing]},
                "date": {
                    "anyOf": [{"type": "string", "maxLength": MAX_DATE_CHARACTERS}, nothing],
                    "description": "The day of the article, such as 2026-10-14: decides who belongs to a group.",
                },
                "id": {"anyOf": [{"type": "string", "maxLength": MAX_ID_CHARACTERS}, {"type": "integer"}, nothing]},
                "proposals": {
                    "anyOf": [
                        {
                            "type": "array",
                            "maxItems": MAX_PROPOSALS,
                            "items": {
                                "type": "string",
                                "minLength": 1,
                                "maxLength": MAX_PROPOSAL_CHARACTERS,
                                "pattern": r"[^\s\x1c-\x1f\x85]",
                            },
                        },
                        nothing,
                    ],
                    "description": "Proposals to ask about, in place of those found in the text.",
                },
            },
            "example": {"text": "Norway voted against the fishing ban.", "date": "2026-10-14"},
        },
        "Line": {
            "anyOf": [{"$ref": "#/components/schemas/Article"}, {}],
            "description": "An article; what can't be labelled gives an error in its place.",
        },
        "Batch": {
            "type": "object",
            "required": ["articles"],
            "properties": {
                "articles": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": settings.max_batch_articles,
                    "items": {"$ref": "#/components/schemas/Line"},
                }
            },
            "example": {"articles": [{"text": "Norway voted against the fishing ban."}]},
        },
        "Labels": _point(labels),
        "Span": span,
        "Row": {"anyOf": [{"$ref": "#/components/schemas/Labels"}, {"$ref": "#/components/schemas/Failure"}]},
        "Rows": {
            "type": "object",
            "required": ["rows"],
            "properties": {"rows": {"type": "array", "items": {"$ref": "#/components/schemas/Row"}}},
        },
        "Failure": {
            "type": "object",
            "required": ["id", "line", "error"],
            "properties": {
                "id": {"type": "string"},
                "line": {"type": ["integer", "null"]},
                "error": {
                    "type": "object",
                    "required": ["type", "message"],
                    "properties": {"type": {"type": "string"}, "message": {"type": "string"}},
                },
            },
        },
        "Error": {
            "type": "object",
            "required": ["error"],
            "properties": {
                "error": {
                    "type": "object",
                    "required": ["type", "message", "request_id"],
                    "properties": {key: {"type": "string"} for key in ("type", "message", "request_id")},
                }
            },
        },
    }


def _point(schema: Any) -> Any:
    """The schema with its references to spans turned to where the OpenAPI document has them."""
    if isinstance(schema, dict):
        return {key: "#/components/schemas/Span" if key == "$ref" else _point(value) for key, value in schema.items()}
    return [_point(value) for value in schema] if isinstance(schema, list) else schema
