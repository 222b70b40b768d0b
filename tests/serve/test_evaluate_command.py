"""`stance evaluate` beyond the plain table: reports, gates, repeating, benchmarks."""

import sys
from pathlib import Path
from types import ModuleType

import pytest

from serve import cli

SCORE = {"value": 0.5, "low": 0.4, "high": 0.6}
RECORD = {
    "name": "dev.jsonl",
    "proposals": "given",
    "model": {"name": "stub", "version": "1"},
    "data": {"articles": 3, "stances": 9},
    "headline": {
        **dict.fromkeys(
            (
                "micro_f1",
                "macro_f1",
                "precision",
                "recall",
                "support_f1",
                "oppose_f1",
                "abstain_f1",
                "flip_rate",
            ),
            SCORE,
        ),
        "correct": 4,
        "predicted": 8,
        "flips": 1,
    },
    "calibration": {"ece": 0.05, "ece_interval": [0.04, 0.07]},
    "stages": {"evidence": {"f1": 0.8}},
    "gates": [
        {"gate": "flip rate", "value": 0.1, "limit": 0.03, "is_kept": False},
        {"gate": "calibration error", "value": 0.01, "limit": 0.04, "is_kept": True},
    ],
}


@pytest.fixture
def stance(monkeypatch, capsys, tmp_path):
    """Run the command in a folder with a data file: exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)
    Path("dev.jsonl").touch()

    def run(*arguments: str):
        monkeypatch.setattr(sys, "argv", ["stance", "evaluate", *arguments])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        captured = capsys.readouterr()
        return stop.value.code or 0, captured.out, captured.err

    return run


@pytest.fixture
def seen(monkeypatch):
    """Stand-ins for what measures; what they were called with."""
    calls = {}
    run, measure = ModuleType("evals.run"), ModuleType("evals.benchmarks.measure")
    run.main = lambda options, folder, tell: calls.update(options=options, folder=folder) or RECORD
    run.rerun = lambda path, tell: calls.update(rerun=path) or path.stem == "same"
    measure.NAMES = ("dse", "seesaw", "newsmtsc")
    measure.measure = lambda name, path, folder, tell: {"benchmark": name, "folder": str(folder)}
    monkeypatch.setitem(sys.modules, "evals.run", run)
    monkeypatch.setitem(sys.modules, "evals.benchmarks.measure", measure)
    return calls


def test_report_is_asked_for_with_all_options(stance, seen):
    code, out, _ = stance(
        "dev.jsonl", "--report", "here", "--baseline", "majority", "--baseline", "tfidf", "--behaviour"
    )

    assert (code, out) == (0, "")
    options = seen["options"]
    assert (options.data, options.proposals, options.baselines) == ("dev.jsonl", "given", ("majority", "tfidf"))
    assert options.behaviour
    assert seen["folder"] == Path("here")


def test_both_kinds_of_proposals_can_be_asked_for(stance, seen):
    assert stance("dev.jsonl", "--report", "here", "--proposals", "both")[0] == 0
    assert seen["options"].proposals == "both"


def test_gate_that_is_not_kept_is_exit_code_5(stance, seen):
    code, _, err = stance("dev.jsonl", "--gate")

    assert (code, err) == (5, "error: 1 gates not kept: flip rate\n")
    assert seen["options"].behaviour


def test_without_gate_a_report_is_no_failure_and_the_card_is_printed(stance, seen):
    code, out, _ = stance("dev.jsonl", "--card")

    assert code == 0
    assert out.startswith("## stub 1 on dev.jsonl, given proposals\n")
    assert "| Micro F1 | .500 | .400–.600 |" in out


@pytest.mark.parametrize(("name", "code"), [("same", 0), ("other", 1)])
def test_repeated_report_says_whether_it_is_the_same(stance, seen, name, code):
    Path(f"{name}.json").touch()

    assert stance("rerun", f"{name}.json")[0] == code
    assert seen["rerun"] == Path(f"{name}.json")


def test_benchmark_prints_its_scores(stance, seen):
    Path("data").mkdir()
    code, out, _ = stance("dse", "data")

    assert code == 0
    assert '"benchmark": "dse"' in out
    assert '"folder": "runs/dse"' in out


@pytest.mark.parametrize("words", [("magic", "data"), ("dse", "a", "b")])
def test_unknown_words_are_wrong_use(stance, seen, words):
    code, _, err = stance(*words)
    assert code == 2
    assert "is no data set" in err


def test_missing_manifest_is_exit_code_4(stance, seen):
    assert stance("rerun", "none.json")[0] == 4


def test_data_set_that_needs_a_missing_package_says_what_to_install(stance, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.feature_extraction.text", None)
    code, _, err = stance("written-events")

    assert code == 1
    assert err.endswith("is missing: run pip install 'country-stance[evals]'\n")
