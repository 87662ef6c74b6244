"""Comparisons against results in print, and designs that cannot be tested."""

import numpy as np
import pandas as pd
import pytest

from murmur.comparison.compare import compare

# Student, Biometrika 1908;6:1: extra hours of sleep with two drugs; R's `sleep`
SLEEP = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0, 1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]


def table(values, groups, **columns) -> pd.DataFrame:
    """A table of measurements, one animal per value, with EF as the measure."""
    mice = [f"M{number}" for number in range(len(values))]
    return pd.DataFrame({"mouse": mice, "group": groups, "EF_percent": values} | columns)


def test_two_groups_are_those_of_t_test_in_r():
    found = compare(table(SLEEP, ["1"] * 10 + ["2"] * 10), {"group": "group"})
    row, test = found["differences"].iloc[0], found["tests"].iloc[0]
    # t.test(extra ~ group, data = sleep) prints t = -1.8608, df = 17.776, p-value = 0.07939, -3.3654832 0.2054832
    assert (row["statistic"], row["df"], row["p"]) == pytest.approx((1.8608, 17.776, 0.07939), rel=1e-4)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((-0.2054832, 3.3654832), abs=1e-7)
    assert (row["mean_a"], row["mean_b"]) == pytest.approx((0.75, 2.33))
    assert (test["test"], test["p"]) == ("welch_t", row["p"])
    assert row["p_adjusted"] == row["p"] == row["p_measure"]
    assert row["verdict"] == "not significant"


@pytest.mark.parametrize("shift", np.linspace(0, 12, 13))
def test_interval_p_and_effect_size_agree(shift):
    rng = np.random.default_rng(5)
    values = rng.normal(50, 4, 18) - shift * np.repeat([0, 1, 0, 0], [3, 4, 5, 6])
    found = compare(table(values, np.repeat(list("abcd"), [3, 4, 5, 6])), {"group": "group"})["differences"]
    significant = found["p_adjusted"] < 0.05
    for low, high in (("ci_low", "ci_high"), ("hedges_g_ci_low", "hedges_g_ci_high")):
        assert ((found[low] > 0) | (found[high] < 0)).eq(significant).all()
    assert found["verdict"].eq("significant").eq(significant).all()


def test_small_groups_are_described_but_not_tested():
    found = compare(table([50.0, 60, 55, 40, 45], list("aaabb")), {"group": "group"})
    row = found["differences"].iloc[0]
    assert row["difference"] == -12.5
    assert row[["ci_low", "p", "p_adjusted", "hedges_g"]].isna().all()
    assert (row["verdict"], row["note"]) == ("", "not tested, fewer than 3 animals: b")
    assert found["tests"].iloc[0]["note"].startswith("one group with at least 3 animals, two are required")
