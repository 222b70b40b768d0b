"""`stance review`: rows that are worth a person's time go out, and come back as texts to train on.

Whole articles are reviewed: a pair that an annotated text does not list counts as one without a stance, so an
article is of use only when all its rows were looked at.
"""

from __future__ import annotations

import heapq
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from models.errors import DataError
from models.schema import Article, Span
from serve.articles import Item, Keys, Reading, read_articles
from serve.part_file import refuse_existing, write_whole
from serve.sheets import SheetRow, read_sheet, write_sheet
from serve.sources import find_sources

Pair = tuple[str, str]
"""Proposal and country of a row."""


class Strategy(StrEnum):
    """Which articles are worth reviewing."""

    UNCERTAIN = "uncertain"
    DIVERSE = "diverse"
    MIXED = "mixed"


def review(
    labels: Annotated[Path, typer.Argument(metavar="LABELS", help="JSON Lines that 'stance label' wrote.")],
    output: Annotated[
        Path,
        typer.Option("-o", "--output", help="A sheet (.csv, or .json for Label Studio); corrected texts (.jsonl)."),
    ],
    strategy: Annotated[
        Strategy, typer.Option(help="The least certain rows, those unlike what is chosen already, or both at once.")
    ] = Strategy.MIXED,
    rows: Annotated[int, typer.Option(min=1, help="Rows to choose, at least; articles are kept whole.")] = 200,
    corrections: Annotated[
        Path | None, typer.Option(help="The sheet with its column 'correct' filled in: makes texts to train on.")
    ] = None,
    texts: Annotated[
        list[Path] | None, typer.Option(help="The articles that were labelled, with --corrections; may be repeated.")
    ] = None,
    text_key: Annotated[str, typer.Option(help="Field of the text in them.")] = "text",
    id_key: Annotated[str, typer.Option(help="Field of the id in them.")] = "id",
    title_key: Annotated[str, typer.Option(help="Field of the headline in them.")] = "title",
    date_key: Annotated[str, typer.Option(help="Field of the date in them.")] = "date",
    force: Annotated[bool, typer.Option("--force", help="Replace a file that exists.")] = False,
) -> None:
    """Choose rows for a person to check, and make training texts of what comes back.

    Example: stance review labels.jsonl -o sheet.csv

    Example: stance review labels.jsonl --corrections sheet.csv --texts articles/ -o corrected.jsonl
    """
    refuse_existing(output, force=force)
    if corrections is None:
        text, note = make_sheet(labels, output, strategy, rows)
    else:
        if not texts:
            raise typer.BadParameter("--corrections needs the articles that were labelled: name them with --texts")
        keys = Keys(text=text_key, id=id_key, title=title_key, date=date_key)
        text, note = make_annotations(labels, corrections, texts, Reading(keys=keys))
    write_whole(output, text)
    typer.echo(note, err=True)


def make_sheet(labels: Path, output: Path, strategy: Strategy, num_rows: int) -> tuple[str, str]:
    """The text of a sheet of the chosen articles, and a note of what it holds."""
    names = choose(_read_reviewable(labels), strategy, num_rows)
    answers = _find_answers(labels, set(names))
    rows = [row for name in names for row in _make_rows(answers[name])]
    models = sorted({f"{a['model'].get('name')} {a['model'].get('version')}" for a in answers.values()})
    note = f"{len(rows)} rows of {len(names)} articles: fill in 'correct' (support, oppose, abstain or none)"
    return write_sheet(rows, output, ", ".join(models)), note


def choose(answers: Iterable[Mapping[str, Any]], strategy: Strategy, num_rows: int) -> list[str]:
    """Choose articles one by one until they have so many rows, the worthiest first; gives their ids.

    An article is worth as much as its worthiest row: how unsure it is, or how seldom its country, proposal and
    stance were chosen before, or the product of the two. Worth only falls as more is chosen, so an article that
    comes first with its worth up to date is the best of all.
    """
    seen: Counter[str] = Counter()
    waiting = []
    for number, answer in enumerate(answers):
        facts = [_list_facts(answer, stance) for stance in answer["stances"] if not stance["group"]]
        if facts:
            waiting.append((-_measure_worth(facts, seen, strategy), number, facts, answer["id"]))
    heapq.heapify(waiting)
    chosen: dict[str, None] = {}
    count = 0
    while waiting and count < num_rows:
        _, number, facts, name = heapq.heappop(waiting)
        now = -_measure_worth(facts, seen, strategy)
        if waiting and now > waiting[0][0]:
            heapq.heappush(waiting, (now, number, facts, name))
        elif name not in chosen:
            chosen[name] = None
            count += len(facts)
            seen.update(value for _, values in facts for value in values)
    return list(chosen)


def make_annotations(labels: Path, corrections: Path, texts: Sequence[Path], reading: Reading) -> tuple[str, str]:
    """JSON Lines of annotated texts from a corrected sheet, and a note of what was left out.

    Raises:
        DataError: A row of the sheet is on an article or proposal that was not labelled, or a text is another.
    """
    sheet: dict[str, dict[Pair, str]] = defaultdict(dict)
    for row in read_sheet(corrections):
        sheet[row.id][row.proposal, row.country] = row.correct
    answers = _find_answers(labels, set(sheet))
    _refuse_unknown(sheet, answers)
    whole = {name for name, answer in answers.items() if _is_whole(answer, sheet[name])}
    articles = _find_articles(texts, reading, whole)
    lines = [
        json.dumps(_annotate(answers[name], articles[name], sheet[name]), ensure_ascii=False) + "\n"
        for name in answers
        if name in articles
    ]
    note = f"{len(lines)} texts; {len(sheet) - len(whole)} left out as not reviewed in full"
    lost = sorted(whole - articles.keys())
    return "".join(lines), note + (f", {len(lost)} as not found in --texts (such as {lost[0]!r})" if lost else "")


def _read_reviewable(labels: Path) -> Iterator[Mapping[str, Any]]:
    from serve.labelled import read_answers

    return (answer for answer in read_answers(labels) if "error" not in answer)


def _find_answers(labels: Path, names: set[str]) -> dict[str, Mapping[str, Any]]:
    """The answers of some articles by id; of several with the same id the first."""
    found: dict[str, Mapping[str, Any]] = {}
    for answer in _read_reviewable(labels):
        if answer["id"] in names:
            found.setdefault(answer["id"], answer)
    return found


def _list_facts(answer: Mapping[str, Any], stance: Mapping[str, Any]) -> tuple[float, tuple[str, ...]]:
    """How sure a row is, and what it is about."""
    texts = {proposal["id"]: proposal["text"] for proposal in answer["proposals"]}
    about = (f"country {stance['country']}", f"stance {stance['stance']}", f"proposal {texts[stance['proposal']]}")
    return stance["confidence"], about


def _measure_worth(facts: Sequence[tuple[float, tuple[str, ...]]], seen: Counter[str], strategy: Strategy) -> float:
    def measure(confidence: float, about: tuple[str, ...]) -> float:
        unsure = 1.0 if strategy is Strategy.DIVERSE else 1 - confidence
        rare = 1.0 if strategy is Strategy.UNCERTAIN else sum(1 / (1 + seen[value]) for value in about) / len(about)
        return unsure * rare

    return max(measure(confidence, about) for confidence, about in facts)


def _make_rows(answer: Mapping[str, Any]) -> list[SheetRow]:
    """The rows of an article, the least certain first; those derived from a group are no reading of the text."""
    texts = {proposal["id"]: proposal["text"] for proposal in answer["proposals"]}
    own = sorted((stance for stance in answer["stances"] if not stance["group"]), key=lambda s: s["confidence"])
    return [
        SheetRow(
            id=answer["id"],
            title=answer.get("title") or "",
            date=answer.get("date") or "",
            proposal=stance["proposal"],
            proposal_text=texts[stance["proposal"]],
            country=stance["country"],
            name=stance["name"],
            stance=stance["stance"],
            confidence=stance["confidence"],
            evidence=" … ".join(span["text"] for span in stance["evidence"]),
        )
        for stance in own
    ]


def _refuse_unknown(sheet: Mapping[str, Mapping[Pair, str]], answers: Mapping[str, Mapping[str, Any]]) -> None:
    for name, pairs in sheet.items():
        if name not in answers:
            raise DataError(f"the sheet has an article {name!r} that isn't in the labels: give the labels it came from")
        known = [proposal["id"] for proposal in answers[name]["proposals"]]
        for proposal, country in pairs:
            if proposal not in known:
                expected = ", ".join(known)
                raise DataError(f"{name}, {country}: no proposal {proposal!r}; expected one of {expected}")


def _is_whole(answer: Mapping[str, Any], pairs: Mapping[Pair, str]) -> bool:
    """Whether every row of the article was reviewed, and every row that was added is filled in."""
    own = {(stance["proposal"], stance["country"]) for stance in answer["stances"] if not stance["group"]}
    return all(pairs.get(pair) for pair in own | pairs.keys())


def _find_articles(texts: Sequence[Path], reading: Reading, wanted: set[str]) -> dict[str, Article]:
    found: dict[str, Article] = {}
    for item in read_articles(find_sources(texts), reading):
        if isinstance(item, Item) and item.article.known_as in wanted:
            found.setdefault(item.article.known_as, item.article)
    return found


def _annotate(answer: Mapping[str, Any], article: Article, pairs: Mapping[Pair, str]) -> dict[str, Any]:
    """An annotated text, as `models.annotations` reads it."""
    evidence = {(stance["proposal"], stance["country"]): stance["evidence"] for stance in answer["stances"]}
    title = answer.get("title") or article.title
    article = Article(id=answer["id"], title=title, date=answer.get("date"), text=article.text)
    return {
        "id": article.id,
        "title": article.title,
        "date": article.date,
        "text": article.text,
        "proposals": [
            {
                "id": proposal["id"],
                "description": proposal["text"],
                "main": proposal["main"],
                "mentions": [_check_place(article, place) for place in proposal["mentions"]],
            }
            for proposal in answer["proposals"]
        ],
        "stances": [
            {
                "country": country,
                "proposal": proposal,
                "stance": correct,
                "evidence": [_check_place(article, place) for place in evidence.get((proposal, country), [])],
            }
            for (proposal, country), correct in pairs.items()
            if correct != "none"
        ],
    }


def _check_place(article: Article, place: Mapping[str, Any]) -> dict[str, Any]:
    """A place of the answer in the text, which must still be the same."""
    span = Span(place["start"], place["end"], place.get("field", "text"))
    if article.quote(span) != place["text"]:
        raise DataError(f"the text of {article.id!r} isn't the one that was labelled: give that one with --texts")
    return {"start": span.start, "end": span.end, "field": span.field}
