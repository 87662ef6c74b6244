import numpy as np
import pytest

from murmur.quality.image_signs import NAMES as OF_IMAGES
from murmur.quality.scan_signs import NAMES as OF_SCANS
from murmur.quality.signs import SCAN_SIGNS, SIGNS, SLICE_SIGNS, TRAINED, ends, judge, tables, with_ranges
from murmur.quality.slice_signs import NAMES as OF_SLICES

MASKED = np.zeros((5, 2), bool)
MASKED[1:4] = True


def judged(by_slice=None, by_scan=None, **ranges):
    return tables([judge("M1", by_slice or {}, by_scan or {}, MASKED, with_ranges(ranges))])


def test_every_sign_that_is_computed_has_limits_and_words():
    assert set(SLICE_SIGNS) == {*OF_SLICES, *OF_IMAGES}
    assert set(SCAN_SIGNS) == set(OF_SCANS)
    assert all(sign.high is not None for name, sign in SIGNS.items() if name not in TRAINED)


def test_ends_of_the_mask():
    assert ends(MASKED)[:, 0].tolist() == [False, True, False, True, False]
    assert not ends(np.zeros((4, 1), bool)).any()


def test_place_beyond_the_limit_is_a_finding_with_its_reason():
    values = np.full((5, 2), np.nan)
    values[1:4] = [[2.0, 2.0], [1.0, 3.456], [0.0, 0.0]]
    summary, findings = judged({"holes": values})
    assert len(findings) == 1
    row = findings.iloc[0]
    assert (row["mouse"], row["slice"], row["frame"], row["value"]) == ("M1", 2, 1, 3.456)
    reason = f"holes in the mask, 3.46% of the area of the heart; at most {SIGNS['holes'].high:g}% expected"
    assert row["reason"] == reason
    row = summary.iloc[0]
    assert (row["slice"], row["frame"], row["places"], row["reason"]) == (2, 1, 1, reason)


def test_end_slices_have_their_own_limit():
    """2% of holes is acceptable in the slices at the ends only."""
    values = np.full((5, 2), np.nan)
    values[1:4] = 2.0
    findings = judged({"holes": values})[1]
    assert findings["slice"].tolist() == [2, 2]


def test_range_of_the_training_mice():
    summary, findings = judged(by_scan={"EDV": 20.0, "EF": 60.0}, EDV=(30.0, 115.0), EF=(15.0, 85.0))
    assert findings["sign"].tolist() == ["EDV"] and findings["slice"].isna().all()
    reason = "EDV of 20 µL is outside the range of the training mice; at least 30 µL expected"
    assert findings["reason"].tolist() == [reason]
    assert summary["places"].tolist() == [1, 0]
    assert judged(by_scan={"EDV": 20.0})[1].empty  # no range is known


def test_sign_that_cannot_be_assessed_has_a_note():
    summary, findings = judged({"holes": np.full((5, 2), np.nan)}, {"curve_residual": np.nan})
    assert findings.empty and summary["value"].isna().all()
    expected = ["not assessed: a mask required", "not assessed: one beat of ten or more frames required"]
    assert summary["note"].tolist() == expected


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("image_border", 3, "3 pixels"),
        ("off_axis", 2.0, "2 mm off"),
        ("EDV", 126096.4, "EDV of 126096 µL is"),
        ("contrast", 90.0002, "has 90.0002% of the signal of the blood pool; at most 90% expected"),
        ("curve_residual", 7.04, "leave 7.04% of the stroke volume unexplained; at most 7% expected"),
    ],
)
def test_units_in_words(name, value, words):
    assert words in with_ranges(TRAINED)[name].reason(value, with_ranges(TRAINED)[name].high)
