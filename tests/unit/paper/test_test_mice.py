import math

import numpy as np
import pandas as pd
import pytest

from murmur.paper.test_mice import ERROR_UL, LARGEST_RESIDUAL_UL, SMALLEST_MARGIN_UL, match, volumes


def points(rows, names="ABCDEFGH"):
    return pd.DataFrame(rows, columns=["EDV", "ESV"], index=list(names[: len(rows)]), dtype=float)


FIGURE = points([(60, 20), (70, 30), (80, 40)], "123")


def test_thresholds_come_from_the_reading_errors():
    assert pytest.approx(math.sqrt(0.014**2 + 0.015**2)) == ERROR_UL
    assert 0.1 < LARGEST_RESIDUAL_UL < 0.105
    # the likelihood ratio of normal errors at the margin, for a residual of 0
    assert math.exp((SMALLEST_MARGIN_UL / ERROR_UL) ** 2) > 8000


def test_mice_are_matched_to_their_points():
    table = match(points([(80, 40.03), (65, 25), (60.03, 20.04), (70, 30)]), FIGURE)
    assert table["mouse"].tolist() == ["C", "D", "A"]
    assert table["residual_uL"].tolist() == pytest.approx([0.05, 0, 0.03])
    assert table["next_best_uL"].tolist() == pytest.approx([math.sqrt(50) - 0, math.sqrt(50), math.hypot(10, 10)])
    assert set(table["verdict"]) == {"accepted"}


def test_assignment_is_optimal_as_a_whole():
    """The nearest mouse of one point may be needed for another."""
    figure = points([(60, 20), (60.2, 20)], "12")
    table = match(points([(60.11, 20), (59.8, 20)]), figure)
    assert table["mouse"].tolist() == ["B", "A"]


@pytest.mark.parametrize(
    ("distance", "other", "reason"),
    [(0.09, 1, ""), (0.11, 1, "poor"), (0.02, 0.07, "ambiguous"), (0.02, 0.09, ""), (0.11, 0.12, "poor")],
)
def test_limits_of_acceptance(distance, other, reason):
    table = match(points([(60, 20 + distance), (60 + other, 20)]), points([(60, 20)], "1"))
    assert table["note"][0].partition(":")[0] == reason
    assert table["verdict"][0] == ("refused" if reason else "accepted")


def test_order_does_not_matter():
    generator = np.random.default_rng(0)
    rows = generator.uniform(10, 90, (8, 2))
    mice, figure = points(rows), points(rows[2:5] + 0.01, "123")
    expected = match(mice, figure)
    for order in (generator.permutation(8) for _ in range(5)):
        pd.testing.assert_frame_equal(match(mice.iloc[order], figure), expected)


def test_fewer_mice_and_none():
    table = match(points([(70, 30)]), FIGURE)
    assert table["mouse"].tolist() == ["", "A", ""]
    assert table["verdict"].tolist() == ["refused", "refused", "refused"]
    assert table["note"][0] == "no mouse left: 1 with EDV and ESV for 3 of the figure"
    assert math.isnan(table["next_best_uL"][1])
    assert table["note"][1] == "no other mouse to compare with"
    assert set(match(points([]), FIGURE)["verdict"]) == {"refused"}


def test_mice_without_a_volume_are_left_out():
    rows = [("A", "EDV", 60), ("A", "ESV", 20), ("B", "EDV", 60), ("C", "EDV", 60), ("C", "ESV", math.nan)]
    function = pd.DataFrame(rows, columns=["mouse", "metric", "reference"])
    assert volumes(function).index.tolist() == ["A"]
    assert volumes(function[function["metric"] == "EDV"]).empty
