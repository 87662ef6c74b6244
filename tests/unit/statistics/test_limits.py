"""Limits of agreement where animals have several scans, against published examples, a mixed model and simulations."""

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from murmur.statistics.agreement import STATISTICS, agreement, agreement_table
from murmur.statistics.limits import limits_of_several_scans

# Cardiac output by radionuclide ventriculography and impedance cardiography, the first four subjects of table 4 of
# Bland and Altman, Stat Methods Med Res 1999;8:135.
# fmt: off
RV = [
    7.83, 7.42, 7.89, 7.12, 7.88, 6.16, 7.26, 6.71, 6.54, 4.75, 5.24, 4.86, 4.78, 6.05, 5.42, 4.21, 3.61, 3.72, 3.87,
    3.92,
]
IC = [
    6.57, 5.62, 6.90, 6.57, 6.35, 4.06, 4.29, 4.26, 4.09, 4.71, 5.50, 5.08, 5.02, 6.01, 5.67, 4.14, 4.20, 4.61, 4.68,
    5.04,
]
# fmt: on
SUBJECT = np.repeat([0, 1, 2, 3], [5, 4, 6, 5])

pytestmark = pytest.mark.usefixtures("no_warnings")


def test_limits_of_several_scans_against_simplyagree():
    # agree_nest of the R package SimplyAgree, which follows Zou 2013, as printed in its tests
    found = limits_of_several_scans(np.subtract(RV, IC), SUBJECT, 1, 0.05)
    expected = {"loa_low": -2.14, "loa_low_ci_low": -9.83, "loa_low_ci_high": -0.33}
    expected |= {"loa_high": 3.59, "loa_high_ci_low": 1.77, "loa_high_ci_high": 11.27}
    assert found == pytest.approx(expected, abs=0.011)
    assert agreement(IC, RV, animals=SUBJECT)["bias"] == pytest.approx(0.7255, abs=5e-5)


def test_variance_of_equal_numbers_of_scans_is_that_of_a_mixed_model():
    from statsmodels.regression.mixed_linear_model import MixedLM

    rng = np.random.default_rng(3)
    animal = np.repeat(np.arange(12), 3)
    d = 1 + rng.normal(0, 2, 12)[animal] + rng.normal(0, 1, 36)
    fit = MixedLM(d, np.ones((36, 1)), groups=animal).fit(reml=True)
    found = limits_of_several_scans(d, animal, 1, 0.05)
    assert (found["loa_high"] + found["loa_low"]) / 2 == pytest.approx(fit.fe_params[0])
    sd = (found["loa_high"] - found["loa_low"]) / 2 / stats.norm.ppf(0.975)
    assert sd**2 == pytest.approx(float(fit.cov_re[0, 0]) + fit.scale, rel=1e-4)


@pytest.mark.parametrize(("scans", "between", "within"), [([3] * 12, 1, 1), ([1, 2, 2, 3, 3, 3], 0.3, 1)])
def test_limits_cover_those_of_the_population(scans, between, within):
    rng, animal = np.random.default_rng(1), np.repeat(np.arange(len(scans)), scans)
    truth, covered = stats.norm.ppf(0.975) * np.hypot(between, within), []
    for _ in range(400):
        d = rng.normal(0, between, len(scans))[animal] + rng.normal(0, within, len(animal))
        found = limits_of_several_scans(d, animal, 1, 0.05)
        covered += [found["loa_high_ci_low"] <= truth <= found["loa_high_ci_high"]]
        covered += [found["loa_low_ci_low"] <= -truth <= found["loa_low_ci_high"]]
    assert 0.93 <= np.mean(covered) <= 0.99


def test_animal_is_the_unit():
    rng = np.random.default_rng(5)
    animal = np.repeat(["a", "b", "c", "d", "e"], [1, 2, 3, 3, 2])
    scans = pd.DataFrame({"animal": animal, "x": rng.normal(60, 8, 11)})
    scans["y"] = scans["x"] + rng.normal(1, 2, 11)
    row = agreement(scans["x"], scans["y"], margin=5, animals=animal)
    means = scans.groupby("animal")[["x", "y"]].mean()
    of_means = agreement(means["x"], means["y"], margin=5)
    assert (row["n"], row["scans"]) == (5, 11)
    of_scans = {"scans", "rmse", "cv_percent", "within_subject_sd", "repeatability_coefficient", "reasons", "note"}
    of_scans |= {"mean_abs_difference", "sd_abs_difference"} | {name for name in STATISTICS if "loa" in name}
    for name in set(STATISTICS) - of_scans:
        assert row[name] == pytest.approx(of_means[name], rel=1e-9, nan_ok=True), name
    squares = ((scans["y"] - scans["x"]) ** 2).groupby(scans["animal"]).mean()
    assert row["rmse"] == pytest.approx(np.sqrt(squares.mean()))
    assert row["loa_high"] - row["loa_low"] > of_means["loa_high"] - of_means["loa_low"]


def test_one_scan_per_animal_changes_nothing():
    rng = np.random.default_rng(6)
    x = rng.normal(60, 8, 7)
    y = x + rng.normal(1, 2, 7)
    pd.testing.assert_series_equal(
        pd.Series(agreement(x, y, animals=list("abcdefg"))), pd.Series(agreement(x, y)), check_exact=True
    )


def test_missing_scans_and_animals_of_one_scan():
    function = pd.DataFrame({"mouse": ["a1", "a2", "b1", "c1", "c2"], "metric": "EF", "unit": "%"})
    function["reference"], function["reader"] = [50, np.nan, 60, 70, 72.0], [51, 55, 63, np.nan, 70.0]
    animals = {mouse: mouse[0] for mouse in function["mouse"]}
    row = agreement_table(function, 1, 0.05, {}, animals).iloc[0]
    assert (row["n"], row["scans"]) == (3, 3)
    assert row["loa_low"] == agreement([50, 60, 72.0], [51, 63, 70.0])["loa_low"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        same = agreement([50, 51, 60, 61.0], [51, 52, 61, 62.0], animals=list("aabb"))
    assert np.isnan(same["p"]) and same["loa_low"] == same["loa_high"] == pytest.approx(1)


def test_sloping_limits_of_several_scans_are_not_given():
    rng, animal = np.random.default_rng(2), np.repeat(np.arange(15), 2)
    x = rng.normal(60, 10, 15)[animal] + rng.normal(0, 1, 30)
    row = agreement(x, 30 + 0.5 * x + rng.normal(0, 1, 30), animals=animal)
    assert row["slope_p"] < 1e-3 and np.isnan(row["loa_low_slope"])
    assert "several scans were averaged: no regression-based limits" in row["note"]
