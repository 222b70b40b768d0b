"""Arguments for and against a motion as texts of a debate: a first lesson in which words are for what.

ArgKP-2021 (Friedman et al. 2021, Apache-2.0) has crowd-written arguments on motions such as 'We should ban human
cloning', each pro or con. Delegates drawn at random speak them; some speak on another motion and so have no
stance on this one. The texts are annotated texts like any others, for training only.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from models.countries import CountryFinder
from models.errors import DataError
from models.groups import read_groups

COLUMNS = ("argument", "topic", "stance")
"""Of the data set's `arguments_*.csv`; `stance` is 1 or -1."""
OPENINGS = (
    "The motion was put to the delegates: {motion}.",
    "Delegates spent the day on a single question: {motion}.",
    "On the table was this motion: {motion}.",
    "'{motion},' read the motion before the meeting.",
)
SPEECHES = (
    "{country} said that {argument}.",
    "{country} argued that {argument}.",
    "{country}: {argument}.",
    "The delegate of {country} told the meeting that {argument}.",
    "For {country}, {argument}.",
    "In the words of the envoy of {country}, {argument}.",
    "{argument}, {country} said.",
    "According to {country}, {argument}.",
)
STYLE = "debate"
"""Of the texts, which are nothing like news."""
SPEAKERS = 7
"""Delegates of one text, at most."""
STRANGERS = 2
"""How many of them speak on another motion."""


def read_arguments(path: Path) -> list[tuple[str, str, bool]]:
    """Read a data set file: (argument, motion, is for it).

    Raises:
        DataError: It can't be read, is no such table, or has fewer than two motions.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            rows = [] if missing else [tuple(row[name] for name in COLUMNS) for row in reader]
        arguments = [(_clean(argument), _clean(motion), int(stance) > 0) for argument, motion, stance in rows]
    except (OSError, csv.Error, ValueError, AttributeError, TypeError) as error:
        raise DataError(f"can't read {path} as a table of arguments: {error}") from None
    if missing:
        raise DataError(f"{path.name} has no column {', '.join(missing)}; expected {', '.join(COLUMNS)}")
    if len({motion for _, motion, _ in arguments}) < 2:
        raise DataError(
            f"{path.name} has {len(arguments)} arguments on fewer than two motions; expected arguments_*.csv"
        )
    return arguments


def make_debates(
    arguments: Sequence[tuple[str, str, bool]], finder: CountryFinder, seed: int
) -> Iterator[dict[str, Any]]:
    """Annotated texts (`models.annotations`) in which every argument is spoken once on its own motion.

    Args:
        arguments: As `read_arguments` returns them.
        finder: Names of the countries.
        seed: Of who speaks, in which order and words.
    """
    random = np.random.default_rng(seed)
    codes = [code for code in sorted(finder.codes) if code not in read_groups() and _is_found(finder, code)]
    shuffled = [arguments[i] for i in random.permutation(len(arguments))]
    own = SPEAKERS - STRANGERS
    number = 0
    for motion in dict.fromkeys(motion for _, motion, _ in shuffled):
        here = [argument for argument in shuffled if argument[1] == motion]
        others = [argument for argument in shuffled if argument[1] != motion]
        for first in range(0, len(here), own):
            speakers = [(argument, True) for argument in here[first : first + own]]
            speakers += [(others[i], False) for i in random.choice(len(others), STRANGERS, replace=False)]
            speakers = [speakers[i] for i in random.permutation(len(speakers))]
            countries = [str(code) for code in random.choice(codes, len(speakers), replace=False)]
            yield _debate(number, motion, speakers, countries, finder, random)
            number += 1


def _debate(
    number: int,
    motion: str,
    speakers: Sequence[tuple[tuple[str, str, bool], bool]],
    countries: Sequence[str],
    finder: CountryFinder,
    random: np.random.Generator,
) -> dict[str, Any]:
    opening = OPENINGS[int(random.integers(len(OPENINGS)))]
    text = opening.format(motion=motion)
    start = opening.index("{")
    stances = []
    for ((argument, _, is_for), is_own), country in zip(speakers, countries, strict=True):
        speech = SPEECHES[int(random.integers(len(SPEECHES)))].format(country=finder.name(country), argument=argument)
        span = {"start": len(text) + 1, "end": len(text) + 1 + len(speech)}
        text += " " + speech
        if is_own:
            stance = "support" if is_for else "oppose"
            stances.append({"country": country, "proposal": "p1", "stance": stance, "evidence": [span]})
    mention = {"start": start, "end": start + len(motion)}
    proposal = {"id": "p1", "description": motion, "main": True, "mentions": [mention]}
    return {"id": f"argument-{number:04}", "style": STYLE, "text": text, "proposals": [proposal], "stances": stances}


def _is_found(finder: CountryFinder, code: str) -> bool:
    return len(finder.find_mentions(f"{finder.name(code)} spoke.")) == 1


def _clean(words: str) -> str:
    return " ".join(words.strip(" .`\n").split())
