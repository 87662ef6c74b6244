import pytest

from methods_of_a_study import words
from murmur import vocabulary
from murmur.data.plausibility import check_values
from murmur.presentation.prose import phrases
from murmur.vocabulary import in_order


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (
            ["TAC d28", "TAC d7", "sham d0", "TAC d0", "sham d28"],
            ["sham d0", "sham d28", "TAC d0", "TAC d7", "TAC d28"],
        ),
        (["dcm", "Control", "Ang II"], ["Control", "Ang II", "dcm"]),
        (["d28", "d0", "d7"], ["d0", "d7", "d28"]),
        (["day 28", "baseline", "day 7"], ["baseline", "day 7", "day 28"]),
        (["day 28", "day 0", "day -7", "day 7", "day -14"], ["day -14", "day -7", "day 0", "day 7", "day 28"]),
        (["7", "-7", "0"], ["-7", "0", "7"]),
        (["day-28", "day-7", "day-0"], ["day-0", "day-7", "day-28"]),
        (["day 7", "pre_op", "day 0"], ["pre_op", "day 0", "day 7"]),
        (["day 7", "preoperative"], ["preoperative", "day 7"]),
        (["prednisolone", "day 1", "Pre"], ["Pre", "day 1", "prednisolone"]),
        (["1", "01", "0", "10", "2"], ["0", "01", "1", "2", "10"]),
    ],
)
def test_controls_come_first_and_days_in_their_order(found, expected):
    assert in_order(found) == expected


def test_given_names_come_first_in_their_order():
    assert in_order(["sham", "day 7", "TAC", "MI"], given=["TAC", "MI", "absent"]) == ["TAC", "MI", "sham", "day 7"]


@pytest.fixture
def seventh(monkeypatch):
    """The ratio of myocardium to blood pool, as docs/architecture.md describes a new metric."""
    monkeypatch.setitem(vocabulary.METRICS, "ratio", "%")
    monkeypatch.setitem(vocabulary.METRIC_NAMES, "ratio", "Ratio")
    monkeypatch.setitem(vocabulary.METRIC_MEANINGS, "ratio", "ratio of myocardium to blood pool (ratio)")
    monkeypatch.setitem(phrases.METRIC, "ratio", "ratio")  # derived from METRIC_NAMES


def test_seventh_metric_has_no_range_and_is_counted(seventh):
    assert list(check_values("M1", {"ratio": 140.0}, "the reference")) == []
    assert [finding.check for finding in check_values("M1", {"ratio": -1.0}, "the reference")] == ["negative value"]
    assert "the seven left-ventricular parameters (EDV, ESV, SV, EF, mass at ED, mass at ES and ratio)" in words()
