"""Options and arguments that several verbs share, or that take many words."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Given(StrEnum):
    """Which proposals an evaluation labels: those of the data, those found in the text, or one after the other."""

    GIVEN = "given"
    FOUND = "found"
    BOTH = "both"


JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
NewFileOption = Annotated[Path | None, typer.Option("-o", "--output", help="Write to this new file.")]
TextsOption = Annotated[Path | None, typer.Option("--texts", help="Folder with the annotated texts, JSON Lines.")]
CorpusPaths = Annotated[
    list[Path] | None,
    typer.Argument(metavar="PATHS", help="Files (.txt, .jsonl) or folders of them; default: those shipped."),
]
DataArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="DATA | card REPORT... | rerun MANIFEST | BENCHMARK FOLDER",
        help="Annotated articles (JSON Lines), written, written-events; reports to tabulate or repeat; a benchmark.",
    ),
]
BaselinesOption = Annotated[
    list[str] | None,
    typer.Option(
        "--baseline",
        metavar="NAME",
        help="Beside it: majority, keywords, tfidf, similarity or per-mention; may be repeated.",
    ),
]
WithoutWordsOption = Annotated[
    bool, typer.Option("--without-words", help="The reverse: annotated articles in, rows without words out.")
]
