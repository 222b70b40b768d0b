"""The table of results comes from committed records, and the README's is that table."""

import json
from pathlib import Path

import pytest

from evals.card import RESULTS, read_record, write_results
from models.errors import DataError

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def make_record(proposals: str, **more):
    def score(value: float) -> dict[str, float]:
        return {"value": value, "low": value - 0.03, "high": value + 0.03}

    headline = {"precision": score(0.7), "recall": score(0.6), "micro_f1": score(0.646), "flips": 3, "predicted": 90}
    return {"proposals": proposals, "model": {"name": "m", "version": "1"}, "headline": headline, **more}


def test_table_has_a_row_for_each_record_and_the_majority(tmp_path):
    majority = make_record("given")["headline"]
    records = [make_record("given", baselines={"majority": majority}), make_record("found")]
    paths = [tmp_path / f"{n}.json" for n in range(2)]
    for path, record in zip(paths, records, strict=True):
        path.write_text(json.dumps(record), encoding="utf-8")

    assert write_results(paths).split("\n")[2:] == [
        "| given | .700 | .600 | **.646** | .616–.676 | 3 of 90 |",
        "| given; every country found supports all (majority) | .700 | .600 | **.646** | .616–.676 | - |",
        "| found in the text | .700 | .600 | **.646** | .616–.676 | 3 of 90 |",
    ]


def test_record_of_both_kinds_of_proposals_has_a_row_for_each(tmp_path):
    record = make_record("given", end_to_end={"headline": make_record("found")["headline"] | {"flips": 7}})
    (tmp_path / "both.json").write_text(json.dumps(record), encoding="utf-8")

    assert write_results([tmp_path / "both.json"]).split("\n")[2:] == [
        "| given | .700 | .600 | **.646** | .616–.676 | 3 of 90 |",
        "| found in the text | .700 | .600 | **.646** | .616–.676 | 7 of 90 |",
    ]


def test_what_is_no_record_is_refused(tmp_path):
    (tmp_path / "x.json").write_text("[]", encoding="utf-8")
    with pytest.raises(DataError, match=r"x\.json is no record of a report"):
        read_record(tmp_path / "x.json")


@pytest.mark.skipif(not all(path.exists() for path in RESULTS), reason="no report is committed")
def test_the_readme_has_the_table_of_the_committed_reports():
    assert write_results() in README
