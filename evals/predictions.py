"""Labels of many articles, and the Parquet file that keeps them: one row per article, offsets and no words.

Depends on the public answer alone (`models.schema.Labels`), so a stored run can be scored again at any time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any, Literal, Protocol

from models.annotations import AnnotatedText
from models.errors import DataError
from models.schema import SCORES, Article, Labels, Mention, Proposal, Span, Stance, StanceRow

Proposals = Literal["given", "found"]


class Reader(Protocol):
    """Whatever answers an article: the labeller, or a baseline."""

    def label(self, article: Article) -> Labels:
        """The labels of one article."""
        ...


@dataclass(frozen=True)
class Run:
    """Labels of the texts of a data set, in their order, and the seconds that each took."""

    labels: Sequence[Labels]
    seconds: Sequence[float]


def ask(text: AnnotatedText, proposals: Proposals) -> Article:
    """The article as it is put to a reader: with the annotated descriptions, or with none."""
    if proposals == "found":
        return text.article()
    return replace(text.article(), proposals=tuple(proposal.description for proposal in text.proposals))


def label_texts(reader: Reader, texts: Iterable[AnnotatedText], proposals: Proposals) -> Run:
    """Label texts in order. With given proposals, a text without any has nothing to ask and no rows."""
    labels, seconds = [], []
    for text in texts:
        article, start = ask(text, proposals), perf_counter()
        is_asked = article.proposals is None or article.proposals
        labels.append(
            reader.label(article) if is_asked else Labels(article=article, id=text.id, proposals=(), stances=())
        )
        seconds.append(perf_counter() - start)
    return Run(labels, seconds)


def write_predictions(path: Path, labels: Sequence[Labels]) -> None:
    """Write labels to a Parquet file."""
    import pyarrow
    from pyarrow import parquet

    parquet.write_table(pyarrow.Table.from_pylist([_to_row(item) for item in labels], schema=_schema()), path)


def read_predictions(path: Path, texts: Sequence[AnnotatedText]) -> list[Labels]:
    """Read labels back, in the order of `texts` whatever the order of the file.

    Raises:
        DataError: The file can't be read, or its articles are not exactly those of the data.
    """
    from pyarrow import ArrowInvalid, parquet

    try:
        rows = parquet.read_table(path, schema=_schema()).to_pylist()
    except (ArrowInvalid, OSError) as error:
        raise DataError(f"can't read predictions from {path}: {error}") from None
    check_ids([row["id"] for row in rows], [text.id for text in texts])
    by_id = {row["id"]: row for row in rows}
    return [_from_row(by_id[text.id], text.article()) for text in texts]


def check_ids(predicted: Sequence[str], gold: Sequence[str]) -> None:
    """Refuse to score anything but one answer for each article.

    Raises:
        DataError: Articles are missing, there twice, or not of the data; the message names some.
    """
    counts, expected = Counter(predicted), Counter(gold)
    for what, ids in (
        ("missing", expected.keys() - counts.keys()),
        ("not in the data", counts.keys() - expected.keys()),
        ("there twice", {i for counted in (counts, expected) for i, count in counted.items() if count > 1}),
    ):
        if ids:
            some = ", ".join(sorted(ids)[:3])
            raise DataError(f"{len(ids)} articles are {what} ({some}): score one answer for each article of the data")


def _schema() -> Any:
    import pyarrow as pa

    span = pa.struct([("start", pa.int32()), ("end", pa.int32()), ("field", pa.string())])
    mention = pa.struct([("start", pa.int32()), ("end", pa.int32()), ("field", pa.string()), ("kind", pa.string())])
    proposal = [
        ("id", pa.string()),
        ("main", pa.bool_()),
        ("given", pa.bool_()),
        ("mentions", pa.list_(span)),
        ("text", pa.string()),
    ]
    stance = [
        ("country", pa.string()),
        ("name", pa.string()),
        ("proposal", pa.string()),
        ("stance", pa.string()),
        ("confidence", pa.float64()),
        ("scores", pa.struct([(name, pa.float64()) for name in SCORES])),
        ("evidence", pa.list_(span)),
        ("group", pa.string()),
    ]
    country = [("country", pa.string()), ("name", pa.string()), ("mentions", pa.list_(mention))]
    return pa.schema(
        [
            ("id", pa.string()),
            ("is_given", pa.bool_()),
            ("proposals", pa.list_(pa.struct(proposal))),
            ("stances", pa.list_(pa.struct(stance))),
            ("countries", pa.list_(pa.struct(country))),
            ("truncated", pa.bool_()),
            ("tokens", pa.int64()),
            ("model", pa.struct([("name", pa.string()), ("version", pa.string())])),
        ]
    )


def _to_row(labels: Labels) -> dict[str, Any]:
    """The answer without the words of the article; given proposals keep theirs, which are the caller's."""
    row = labels.to_dict()
    for proposal in row["proposals"]:
        proposal["text"] = proposal["text"] if proposal["given"] else None
    spans = [span for key in ("proposals", "countries") for item in row[key] for span in item["mentions"]]
    for span in [*spans, *(span for stance in row["stances"] for span in stance["evidence"])]:
        span.setdefault("field", "text")
    return {**row, "is_given": labels.article.proposals is not None, "model": row["model"] or None}


def _from_row(row: Mapping[str, Any], article: Article) -> Labels:
    mentions = {
        item["country"]: tuple(Mention(_span(m), item["country"], m["kind"]) for m in item["mentions"])
        for item in row["countries"]
    }
    proposals = tuple(_proposal(item, article) for item in row["proposals"])
    if row["is_given"]:
        article = replace(article, proposals=tuple(proposal.text for proposal in proposals))
    return Labels(
        article=article,
        id=row["id"],
        proposals=proposals,
        stances=tuple(_stance(item) for item in row["stances"]),
        countries=mentions,
        country_names={item["country"]: item["name"] for item in row["countries"]},
        truncated=row["truncated"],
        tokens=row["tokens"],
        model=row["model"] or {},
    )


def _proposal(row: Mapping[str, Any], article: Article) -> Proposal:
    spans = tuple(_span(item) for item in row["mentions"])
    text = row["text"] if row["given"] else max((article.quote(span) for span in spans), key=len, default="")
    return Proposal(id=row["id"], text=text, main=row["main"], given=row["given"], mentions=spans)


def _stance(row: Mapping[str, Any]) -> StanceRow:
    scores = row["scores"]
    return StanceRow(
        country=row["country"],
        name=row["name"],
        proposal=row["proposal"],
        stance=Stance(row["stance"]),
        confidence=row["confidence"],
        scores=(scores["none"], scores["support"], scores["oppose"], scores["abstain"]),
        evidence=tuple(_span(item) for item in row["evidence"]),
        group=row["group"],
    )


def _span(row: Mapping[str, Any]) -> Span:
    return Span(row["start"], row["end"], row["field"])
