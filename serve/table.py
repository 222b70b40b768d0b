"""Labels as a table for a person at a terminal. The full answer is JSON; this leaves things out on purpose."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from models.schema import Article, Labels, Proposal, Stance, StanceRow
from serve.articles import Failure

STYLES = {Stance.SUPPORT: "green", Stance.OPPOSE: "red", Stance.ABSTAIN: "yellow"}
"""Colours, and the order of rows under a proposal."""
MAX_QUOTE_CHARACTERS = 240
"""Longest quote of evidence; beyond it the quote ends in an ellipsis."""
INDENT = (0, 0, 0, 3)
"""Blank columns around what stands under a proposal: top, right, bottom, left."""
CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


def print_row(console: Console, labels: Labels | Failure) -> None:
    """Print one article's labels, or why it has none."""
    if isinstance(labels, Failure):
        line = f", line {labels.line}" if labels.line else ""
        console.print(_text(f"{labels.id}{line}: not labelled: {labels.error}", "red"))
        console.print()
        return
    console.print(_make_title(labels))
    for proposal in labels.proposals:
        console.print()
        console.print(_make_heading(proposal))
        console.print(_make_table(labels, proposal))
    for note in _make_notes(labels):
        console.print()
        console.print(_text(note, "dim"))
    console.print()


def print_values(console: Console, values: Mapping[str, Any]) -> None:
    """Print a mapping as two columns; the keys of mappings inside it are joined by dots."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for key, value in _flatten(values):
        table.add_row(_text(key), _text(f"{value:.3f}" if isinstance(value, float) else str(value)))
    console.print(table)


def format_rows(rows: Sequence[Mapping[str, Any]]) -> str:
    """Mappings with the same keys as lines of columns, numbers to the right; never folded to fit a terminal."""
    if not rows:
        return ""
    lines = [list(rows[0]), *([f"{v:,}" if isinstance(v, int) else str(v) for v in row.values()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    to_right = [isinstance(value, int) for value in rows[0].values()]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, to_right, strict=True)
        ).rstrip()
        for line in lines
    )


def _make_title(labels: Labels) -> Text:
    title = _text(labels.article.title or labels.id, "bold")
    return title.append(f"  {_clean(labels.article.date)}", "dim") if labels.article.date else title


def _make_heading(proposal: Proposal) -> Text:
    place = f"{proposal.id} (main) " if proposal.main else f"{proposal.id} "
    return _text(place, "cyan").append(_clean(proposal.text), "bold")


def _make_table(labels: Labels, proposal: Proposal) -> Padding:
    order = list(STYLES)
    rows = [row for row in labels.stances if row.proposal == proposal.id]
    if not rows:
        return Padding(_text("no country takes a stance on it", "dim"), INDENT)
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="dim", pad_edge=False)
    table.add_column("country", min_width=20, max_width=24)
    table.add_column("stance", no_wrap=True, min_width=7)
    table.add_column("conf.", no_wrap=True, justify="right")
    table.add_column("evidence", ratio=1)
    for row in sorted(rows, key=lambda row: (order.index(row.stance), row.name)):
        stance = _text(row.stance.value, STYLES[row.stance])
        table.add_row(_make_name(row), stance, f"{row.confidence:.2f}", _text(_quote(labels.article, row)))
    return Padding(table, INDENT)


def _make_name(row: StanceRow) -> Text:
    name = _text(row.name)
    return name.append(f" (via {row.group})", "dim") if row.group else name


def _make_notes(labels: Labels) -> Iterator[str]:
    taking = {row.country for row in labels.stances}
    silent = [labels.country_names.get(code, code) for code in labels.countries if code not in taking]
    if not labels.proposals:
        yield "No proposal found in the text; name one with --proposal."
    if silent:
        yield f"Without a stance: {', '.join(silent)}"
    if labels.truncated:
        yield "The text is longer than what is read at once; its end was left out."


def _quote(article: Article, row: StanceRow) -> str:
    if not row.evidence:
        return ""
    quote = _clean(article.quote(row.evidence[0]))
    if len(quote) > MAX_QUOTE_CHARACTERS:
        quote = quote[: MAX_QUOTE_CHARACTERS - 1].rstrip() + "…"
    more = len(row.evidence) - 1
    return f"{quote} (+{more} more)" if more else quote


def _text(words: str, style: str = "") -> Text:
    """Words as they are: no markup is read in them, and nothing in them can steer the terminal."""
    return Text(_clean(words, keep_spaces=True), style=style)


def _clean(words: str, *, keep_spaces: bool = False) -> str:
    words = CONTROL_CHARACTERS.sub(" ", words)
    return words if keep_spaces else " ".join(words.split())


def _flatten(values: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
