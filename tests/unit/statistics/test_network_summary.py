import numpy as np
import pandas as pd
import pytest
from scipy import stats

from murmur.statistics.network_summary import averaged, members, summarise

REPEATS = {"net_1": "net", "net_2": "net"}


def test_repetitions_are_members_of_their_training():
    assert members(["net_1", "other", "net_2"], REPEATS) == {"net": ["net_1", "net_2"], "other": ["other"]}


def test_values_of_a_mouse_are_averaged_where_all_repetitions_have_one():
    first = pd.DataFrame({"EF": [1.0, 2.0, 3.0]}, index=["A", "B", "C"])
    second = pd.DataFrame({"EF": [3.0, np.nan, 6.0]}, index=["A", "B", "C"])
    found = averaged({"net_1": first, "other": first, "net_2": second.iloc[::-1]}, REPEATS)
    assert found["other"] is first
    np.testing.assert_array_equal(found["net"]["EF"], [2.0, np.nan, 4.5])
    assert averaged({"a": first}, {}) == {"a": first}


def overlap(dice):
    """Dice of both structures of mice A, B, ... at ED and, lower by 0.02, at ES; HD95 is ten times one minus Dice."""
    rows = [
        {"mouse": mouse, "phase": phase, "structure": structure, "dice": value - drop}
        for mouse, value in zip("ABCD", dice, strict=False)
        for phase, drop in (("ED", 0.0), ("ES", 0.02))
        for structure in ("myocardium", "blood_pool")
    ]
    table = pd.DataFrame(rows)
    return table.assign(hd95_mm=10 * (1 - table["dice"]))


def function(errors):
    mice = list("ABCD")[: len(errors)]
    return pd.DataFrame(
        {"mouse": mice, "metric": "EF", "reference": 50.0, "reader": [50.0 + error for error in errors], "unit": "%"}
    )


def summary(animals=None):
    overlaps = {"net_1": overlap([0.90, 0.92, 0.94]), "net_2": overlap([0.94, 0.92, 0.96]), "one": overlap([0.9] * 3)}
    functions = {"net_1": function([2, -4, 6]), "net_2": function([-2, 0, 2]), "one": function([1, 1, 1])}
    table = summarise("here", overlaps, functions, REPEATS, 0.05, animals or {})
    return table.set_index(["reader", "quantity", "measure"]).sort_index()


def test_means_limits_and_spread_of_known_values():
    """Mean over ED and ES: 0.01 below ED. Mice of the two repetitions: 0.91, 0.91, 0.94."""
    table = summary()
    row = table.loc["net", "myocardium", "dice"]
    values = np.array([0.92, 0.92, 0.95]) - 0.01
    half = stats.t.ppf(0.975, 2) * values.std(ddof=1) / np.sqrt(3)
    assert row["mean"] == pytest.approx(values.mean())
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((values.mean() - half, values.mean() + half))
    assert row["sd_mice"] == pytest.approx(values.std(ddof=1))
    assert row["sd_repeats"] == pytest.approx(np.std([0.91, 0.93], ddof=1))
    assert (row["n"], row["repeats"], row["cohort"]) == (3, 2, "here")
    distance = table.loc["net", "blood_pool", "hd95"]
    assert (distance["mean"], distance["unit"]) == (pytest.approx(10 * (1 - values.mean())), "mm")


def test_errors_are_averaged_and_not_the_error_of_the_average():
    """|2|, |-4|, |6| and |-2|, 0, |2|: averages 2, 2 and 4, although errors of opposite sign would cancel."""
    assert summary().loc["net", "EF", "absolute_error"]["mean"] == pytest.approx(8 / 3)


def test_equal_values_have_no_limits_and_a_reason():
    row = summary().loc["one", "EF", "absolute_error"]
    assert row["mean"] == 1 and np.isnan(row["ci_low"]) and row["note"]
    assert np.isnan(row["sd_repeats"])


def test_animals_count_once():
    row = summary({"A": "one", "B": "one", "C": "two"}).loc["net", "EF", "absolute_error"]
    assert (row["n"], row["mean"]) == (2, pytest.approx(3.0))
