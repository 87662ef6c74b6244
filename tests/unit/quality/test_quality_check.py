"""True quality from tables, and a summary that is counted by hand."""

import pandas as pd
import pytest

from murmur.quality.check import check, true_quality


def test_true_quality_is_the_mean_dice_of_both_phases_and_the_absolute_errors():
    overlap = [("a", "ED", "blood_pool", 0.9), ("a", "ES", "blood_pool", 0.7), ("a", "inflow", "blood_pool", 0.1)]
    function = [("a", "EDV", 50.0, 54.0), ("a", "EF", 60.0, 57.0), ("a", "ESV", 20.0, 23.0)]
    found = true_quality(
        pd.DataFrame(overlap, columns=["mouse", "phase", "structure", "dice"]),
        pd.DataFrame(function, columns=["mouse", "metric", "reference", "reader"]),
    )
    assert found.set_index("quantity")["true"].to_dict() == pytest.approx({"dice_blood_pool": 0.8, "EDV": 4, "EF": 3})


def test_errors_coverage_and_findings_are_counted(no_warnings):
    rows = [
        ("a", "dice_myocardium", "", 0.9, 0.8, 0.7, 0.95, 0),
        ("b", "dice_myocardium", "", 0.7, 0.75, 0.72, 0.9, 2),
        ("c", "dice_myocardium", "", 0.8, 0.78, 0.5, 0.9, 1),
        ("d", "dice_myocardium", "", 0.2, 0.7, 0.6, 0.8, 0),
        ("a", "EDV", "uL", 3.0, 2.0, 0.0, 5.0, 0),
    ]
    columns = ["mouse", "quantity", "unit", "true", "predicted", "low", "high", "findings"]
    table = pd.DataFrame(rows, columns=columns)
    found = check(table.assign(session=None, uncalibrated=table["predicted"] / 2)).set_index("quantity")
    assert found["session"].isna().all()
    dice = found.loc["dice_myocardium"]
    assert dice["error"] == pytest.approx((0.1 + 0.05 + 0.02 + 0.5) / 4)
    assert dice["error_constant"] == pytest.approx((0.15 + 0.05 + 0.05 + 0.55) / 4)
    assert dice["covered_percent"] == 50 and dice["mice"] == 4
    assert dice[["bad", "bad_with_findings", "good", "good_with_findings"]].tolist() == [2, 1, 2, 1]
    assert dice["spearman_rho"] == pytest.approx(1)
    turned = check(table.assign(session=None, uncalibrated=-table["predicted"])).set_index("quantity")
    assert turned.loc["dice_myocardium", "spearman_rho"] == pytest.approx(-1), "the order before calibration"
    assert found.loc["EDV", ["bad", "spearman_rho"]].isna().all()


def test_each_session_is_summarised_after_all_scans():
    rows = [
        ("a_none", "none", "dice_myocardium", "", 0.9, 0.8, 0.7, 0.95, 0),
        ("a_blur", "blur", "dice_myocardium", "", 0.7, 0.75, 0.72, 0.9, 2),
        ("b_none", "none", "dice_myocardium", "", 0.8, 0.82, 0.7, 0.95, 1),
    ]
    columns = ["mouse", "session", "quantity", "unit", "true", "predicted", "low", "high", "findings"]
    table = pd.DataFrame(rows, columns=columns)
    found = check(table.assign(uncalibrated=table["predicted"]))
    assert found["session"].tolist()[1:] == ["none", "blur"] and pd.isna(found["session"][0])
    assert found["mice"].tolist() == [3, 2, 1]
    assert found["true_mean"].tolist() == pytest.approx([0.8, 0.85, 0.7])
    assert found["bad_with_findings"].tolist() == [1, 0, 1]
