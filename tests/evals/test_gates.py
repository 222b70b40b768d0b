"""Gates: what breaks one, and that a release that falls, miscalibrates or misbehaves does."""

import pytest

from evals.gates import check_gates, read_gates


def make_record(flips=0.01, ece=0.02, macro=0.0, ece_before=0.02, failed=0.0, learnt=0):
    return {
        "leakage": {"texts_of_learnt_events": learnt},
        "headline": {"flip_rate": {"value": flips}},
        "calibration": {"ece": ece},
        "comparison": {
            "scores": {"macro_f1": {"difference": macro, "minimum_detectable": 0.03}},
            "ece": ece_before,
        },
        "behaviour": [{"capability": "negation", "fail_rate": failed}],
    }


def broken(**values) -> list[str]:
    return [gate["gate"] for gate in check_gates(make_record(**values), read_gates()) if not gate["is_kept"]]


@pytest.mark.parametrize(
    ("values", "gates"),
    [
        ({}, []),
        ({"flips": 0.031}, ["flip rate"]),
        ({"ece": 0.041, "ece_before": 0.04}, ["calibration error"]),
        ({"macro": -0.029}, []),
        ({"macro": -0.031}, ["fall of macro F1"]),
        ({"ece": 0.039, "ece_before": 0.019}, ["calibration error against earlier"]),
        ({"failed": 0.05}, []),
        ({"learnt": 1}, ["texts of learnt events"]),
        ({"failed": 0.055}, ["behaviour: negation"]),
    ],
)
def test_gate_breaks_beyond_its_limit_and_not_before(values, gates):
    assert broken(**values) == gates


def test_what_was_not_measured_is_not_checked():
    record = {"headline": {"flip_rate": {"value": 0.0}}, "calibration": {"ece": 0.0}}
    assert [gate["gate"] for gate in check_gates(record, read_gates())] == ["flip rate", "calibration error"]
