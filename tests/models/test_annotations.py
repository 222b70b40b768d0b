"""Annotated articles: what is read from them, and how their faults are told."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from models.annotations import AnnotatedProposal, AnnotatedStance, read_annotated
from models.errors import DataError
from models.schema import Span, Stance


def write(folder: Path, text: str) -> Path:
    path = folder / "dev.jsonl"
    path.write_bytes(text.encode())
    return path


def make_row(**changes: object) -> dict[str, Any]:
    row = {
        "id": "z-1",
        "title": "Tonga wary",
        "date": None,
        "text": "Fiji backs the levy on kelp.",
        "proposals": [{"id": "p1", "description": "a levy", "main": True, "mentions": [{"start": 11, "end": 19}]}],
        "stances": [
            {
                "country": "TON",
                "proposal": "p1",
                "stance": "oppose",
                "evidence": [{"start": 0, "end": 10, "field": "title"}],
            },
        ],
    }
    return {**row, **changes}


def test_annotated_article_keeps_its_text_and_spans_in_the_title(tmp_path: Path) -> None:
    row = make_row(text="Fiji backs the levy\r\non  kelp.\u2028Yes")
    path = write(tmp_path, json.dumps(row, ensure_ascii=False) + "\n\n")

    (text,) = read_annotated(path)

    assert (text.id, text.title, text.date, text.style) == ("z-1", "Tonga wary", None, None)
    assert text.text == "Fiji backs the levy\r\non  kelp.\u2028Yes"
    assert text.mentions == ()
    assert text.proposals == (AnnotatedProposal(id="p1", description="a levy", main=True, mentions=(Span(11, 19),)),)
    assert text.stances == (
        AnnotatedStance(country="TON", proposal="p1", stance=Stance.OPPOSE, evidence=(Span(0, 10, "title"),)),
    )


STANCE = {"country": "TON", "proposal": "p1", "stance": "oppose", "evidence": []}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("{", "dev.jsonl line 2: Expecting property name"),
        ("[]", "dev.jsonl line 2: not an annotated article"),
        (json.dumps(make_row(text=3)), "dev.jsonl line 2: text is int; expected a string"),
        (json.dumps({"id": "z"}), "dev.jsonl line 2: not an annotated article: 'text' is missing"),
        (
            json.dumps(make_row(stances=[{**STANCE, "stance": "against"}])),
            "dev.jsonl line 2: unknown stance 'against'; expected one of support, oppose, abstain",
        ),
        (
            json.dumps(make_row(stances=[{**STANCE, "proposal": "p2"}])),
            "dev.jsonl line 2: stance on unknown proposal 'p2'; expected one of p1",
        ),
        (
            json.dumps(make_row(stances=[{**STANCE, "evidence": [{"start": 20, "end": 29}]}])),
            "dev.jsonl line 2: span 20..29 does not lie in the text of 28 characters",
        ),
        (
            json.dumps(make_row(stances=[{**STANCE, "evidence": [{"start": 0, "end": 1, "field": "lead"}]}])),
            "dev.jsonl line 2: unknown field 'lead' of a span; expected text or title",
        ),
    ],
)
def test_faulty_row_is_told_by_file_and_line(tmp_path: Path, row: str, message: str) -> None:
    path = write(tmp_path, json.dumps(make_row()) + "\n" + row)

    with pytest.raises(DataError, match="^" + re.escape(message)):
        read_annotated(path)
