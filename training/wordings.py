"""Other wordings of the proposals in the corpus, and descriptions of their opposites.

Read in place of a proposal's description, they teach that its wording doesn't matter and its direction does: who
supports a proposal opposes its opposite. The words are ours; language models wrote them from the descriptions alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from models.annotations import read_utf8
from models.errors import DataError

WORDINGS = Path(__file__).parent / "wordings.jsonl"


@dataclass(frozen=True)
class Wordings:
    """Of one proposal.

    Attributes:
        same: Other descriptions of it.
        opposite: A course that exactly those reject who want the proposal; None where none is natural.
    """

    same: tuple[str, ...] = ()
    opposite: str | None = None


def read_wordings(path: Path = WORDINGS) -> Mapping[str, Wordings]:
    """Wordings by the description they belong to.

    Args:
        path: JSON Lines, one object `{"description", "same", "opposite"}` a line.

    Raises:
        DataError: A line is not such an object.
    """
    wordings = {}
    for number, line in enumerate(read_utf8(path).splitlines(), 1):
        try:
            row = json.loads(line)
            wordings[str(row["description"])] = Wordings(tuple(map(str, row["same"])), row["opposite"])
        except (json.JSONDecodeError, KeyError, TypeError) as error:
            raise DataError(
                f"{path} line {number}: expected an object with description, same and opposite; seen {line[:80]!r}"
            ) from error
    return wordings
