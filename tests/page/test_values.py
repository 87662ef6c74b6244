"""What the page shows of the tables of a mouse."""

import pandas as pd

from page.values import review_of


def test_findings_of_the_whole_scan_come_first_and_each_reason_once():
    reasons = ["off the axis", "off the axis, too", "islands", "EDV out of range"]
    findings = pd.DataFrame(
        {"mouse": "m", "slice": [4, 4, 4, None], "sign": ["off_axis", "off_axis", "islands", "EDV"], "reason": reasons}
    )
    review = pd.DataFrame({"mouse": "m", "slice_number": [5, None], "frame_number": [2, None], "frames": [2, None]})
    review = review.assign(reasons="...")
    assert review_of(review, findings) == [
        {"slice": None, "frame": None, "frames": None, "reasons": ["EDV out of range"]},
        {"slice": 4, "frame": 1, "frames": 2, "reasons": ["off the axis", "islands"]},
    ]
    assert review_of(review.assign(reasons=None), findings) == []
