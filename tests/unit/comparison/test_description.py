import numpy as np
import pytest
from scipy import stats

from murmur.comparison.compare import compare
from murmur.comparison.description import describe
from published_data import PLANTS, one_way, table


def test_groups_are_described():
    values = np.array(PLANTS["trt1"])
    row = describe(values, 0.05)
    interval = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx(tuple(interval))
    assert (row["n"], row["median"], row["q1"], row["q3"]) == pytest.approx(
        (10, 4.55, 4.2075, 4.87), abs=5e-4
    )  # as in R


def test_few_values_have_no_spread():
    assert describe(np.array([]), 0.05) == {"n": 0}
    assert "sd" not in describe(np.array([3.0]), 0.05)


def test_assumptions_are_those_of_scipy():
    row = compare(one_way(PLANTS), {"group": "group"})["assumptions"].iloc[0]
    residuals = np.concatenate([np.array(values) - np.mean(values) for values in PLANTS.values()])
    # shapiro.test(residuals(lm(weight ~ group))) prints W = 0.96607, p-value = 0.4379
    assert (row["shapiro_w"], row["shapiro_p"]) == pytest.approx((0.96607, 0.4379), abs=5e-5)
    assert (row["shapiro_w"], row["shapiro_p"]) == pytest.approx(tuple(stats.shapiro(residuals)))
    # car::leveneTest(weight ~ group) prints F = 1.1192, p = 0.3412
    assert (row["brown_forsythe_f"], row["brown_forsythe_p"]) == pytest.approx((1.1192, 0.3412), abs=5e-5)


def test_many_values_are_not_tested_for_normality():
    data = table(np.random.default_rng(1).normal(size=5002), np.repeat(["a", "b"], 2501))
    row = compare(data, {"group": "group"})["assumptions"].iloc[0]
    assert np.isnan(row["shapiro_p"])
    assert row["note"] == "more than 5000 values: no test of normality"
