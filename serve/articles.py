"""Makes articles of what is read: every record gives one row, an `Item` to label or a `Failure` in its place.

Rows come one at a time, in order. Nothing here knows of labels, tables or the network.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from models.errors import DataError, StanceError
from models.schema import Article
from serve.readers import read_records
from serve.sources import Source, make_printable, open_source


@dataclass(frozen=True, kw_only=True)
class Failure:
    """The row of an article that can't be read or labelled. `line` is its number in a file of many."""

    id: str
    line: int | None
    error: StanceError

    def to_dict(self) -> dict[str, Any]:
        """The error row of the answer."""
        return {
            "id": self.id,
            "line": self.line,
            "error": {"type": type(self.error).__name__, "message": str(self.error)},
        }


@dataclass(frozen=True)
class Item:
    """An article to label, and where it stands: `place` names it in an error where it has no id of its own."""

    article: Article
    place: str
    line: int | None = None

    def fail(self, error: StanceError) -> Failure:
        """The row that says why it could not be labelled."""
        return Failure(id=self.article.id or self.place, line=self.line, error=error)


@dataclass(frozen=True, kw_only=True)
class Overrides:
    """What the caller says for every article, in place of what the article says itself."""

    title: str | None = None
    date: str | None = None
    proposals: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        """Refuse once, before anything is read, what would fail for every article."""
        _check_characters(self.apply(Article(text="any")))

    def apply(self, article: Article) -> Article:
        """The article with the caller's title, date and proposals, where given."""
        given = {key: value for key, value in vars(self).items() if value is not None}
        return replace(article, **given)


@dataclass(frozen=True, kw_only=True)
class Keys:
    """Names of the fields of a record; a dot leads into a nested one (`body.text`)."""

    text: str = "text"
    id: str = "id"
    title: str = "title"
    date: str = "date"
    proposals: str = "proposals"


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How articles are read. `encoding` None finds it."""

    keys: Keys = field(default_factory=Keys)
    overrides: Overrides = field(default_factory=Overrides)
    encoding: str | None = None


def read_articles(
    sources: Iterable[Source], reading: Reading | None = None, on_read: Callable[[int], None] | None = None
) -> Iterator[Item | Failure]:
    """Read articles one by one, in order; what can't be read gives a `Failure` in its place.

    Args:
        sources: What to read.
        reading: How; by default as it is.
        on_read: Told how many bytes were read, for progress.
    """
    reading = reading or Reading()
    for source in sources:
        yield from _read_source(source, reading, on_read)


def make_article(record: Any) -> Article:
    """Build an article from a decoded JSON object.

    Raises:
        DataError: It is none, a field has the wrong type, or words in it can't be written as UTF-8.
    """
    article = Article.from_record(record)
    _check_characters(article)
    return replace(article, id=read_id(record))


def read_id(record: Any) -> str | None:
    """The id of a decoded JSON object as it can be printed, where it has one."""
    if not isinstance(record, Mapping) or record.get("id") is None:
        return None
    return make_printable(str(record["id"]))


def _read_source(source: Source, reading: Reading, on_read: Callable[[int], None] | None) -> Iterator[Item | Failure]:
    try:
        with open_source(source, on_read) as file:
            wanted = list(vars(reading.keys).values())
            for number, record in read_records(file, source.format, reading.encoding, wanted):
                yield _make_row(source, number, record, reading)
    except OSError as error:
        message = f"can't read {str(source.path)!r}: {error.strerror or error}"
        yield Failure(id=source.name, line=None, error=DataError(message))


def _make_row(
    source: Source, number: int | None, record: Mapping[str, Any] | DataError, reading: Reading
) -> Item | Failure:
    place = source.name if number is None else f"{source.name}:{number}"
    if isinstance(record, DataError):
        return Failure(id=place, line=number, error=record)
    fields = record if number is None else _pick(record, reading.keys)
    if fields.get("id") is not None:
        place = make_printable(str(fields["id"]))
    try:
        if "text" not in fields:
            seen = ", ".join(map(repr, list(record)[:8])) or "nothing"
            raise DataError(f"no {reading.keys.text!r} in the record (it has {seen}): name the right one (--text-key)")
        article = Article.from_record(fields)
        _check_characters(article)
    except DataError as error:
        return Failure(id=place, line=number, error=error)
    own = place if number is None or article.id is not None else None
    return Item(reading.overrides.apply(replace(article, id=own)), place, number)


def _pick(record: Mapping[str, Any], keys: Keys) -> dict[str, Any]:
    """The fields of an article, under their own names."""
    found = {name: value for name, key in vars(keys).items() if (value := _look_up(record, key)) is not None}
    if isinstance(found.get("date"), date):
        found["date"] = _write_date(found["date"])
    if isinstance(found.get("proposals"), str):
        found["proposals"] = _split_proposals(found["proposals"])
    return found


def _look_up(record: Mapping[str, Any], key: str) -> Any:
    """The value of a key; where there is none of that name, dots lead into mappings."""
    if key in record or "." not in key:
        return record.get(key)
    value: Any = record
    for part in key.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _write_date(value: date) -> str:
    return (value.date() if isinstance(value, datetime) else value).isoformat()


def _split_proposals(cell: str) -> Any:
    """The proposals in a cell of a table, written as a JSON list."""
    try:
        return json.loads(cell)
    except (ValueError, RecursionError):
        return cell  # the error of an article whose proposals are no list says what to give


def _check_characters(article: Article) -> None:
    """Refuse half a surrogate pair (from a JSON escape or a damaged argument): it can't be written as UTF-8."""
    for key in ("title", "date", "text", "proposals"):
        words = getattr(article, key) or ""
        for part in (words,) if isinstance(words, str) else words:
            try:
                part.encode("utf-8")
            except UnicodeEncodeError as error:
                message = f"{key!r} has half a surrogate pair at character {error.start}: write the whole character"
                raise DataError(message) from error
