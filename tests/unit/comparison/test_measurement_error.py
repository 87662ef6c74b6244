import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.power import TTestIndPower

from compared_groups import measured, settings_of
from murmur.comparison.compare import compare
from murmur.comparison.measurement_error import detectable, of_simulated_mice, pooled, reader_errors
from published_data import table


def test_detectable_difference_is_that_of_statsmodels():
    size = TTestIndPower().solve_power(nobs1=8, alpha=0.05, power=0.8)
    assert detectable(3.0, 8, 0.05) == pytest.approx(3 * size)
    assert detectable(1.0, 4, 0.05 / 6) > detectable(1.0, 4, 0.05)


def test_error_is_the_spread_of_reader_minus_reference():
    reference = table([50.0, 60, 55, 40, np.nan], list("aaabb"))
    reader = reference.assign(EF_percent=[53.0, 61, 60, 43, 20], group="x")[::-1]
    row = reader_errors(reader, reference).iloc[0]
    assert (row["measure"], row["n"], row["error_sd"]) == ("EF", 4, pytest.approx(np.std([3, 1, 5, 3], ddof=1)))


def test_errors_of_cohorts_are_pooled():
    errors = [pd.DataFrame({"measure": ["EF"], "n": [n], "error_sd": [sd]}) for n, sd in ((5, 2.0), (9, 1.0))]
    row = pooled(errors).iloc[0]
    assert (row["n"], row["error_sd"]) == (14, pytest.approx(((4 * 4 + 8 * 1) / 12) ** 0.5))
    assert pooled([]) is None


def test_error_widens_intervals_by_the_root_of_the_reliability():
    rng = np.random.default_rng(1)
    data = table(rng.normal(50, 5, 40), np.repeat(list("ab"), 20))
    errors = pd.DataFrame({"measure": ["EF"], "n": [20], "error_sd": [3.0]})
    row = compare(data, {"group": "group"}, errors)["measurement_error"].iloc[0]
    assert row["reliability"] == pytest.approx(1 - 9 / row["between_sd"] ** 2)
    assert row["ci_inflation"] == pytest.approx(row["between_sd"] / (row["between_sd"] ** 2 - 9) ** 0.5)
    assert row["detectable_without_error"] * row["ci_inflation"] == pytest.approx(row["detectable_difference"])
    assert row["animals_per_group"] == 20


def test_detectable_differences_are_those_of_the_verdict():
    sizes, sessions = {"sham": 6, "MI": 6, "TAC": 6}, ("baseline", "day 7", "day 28")
    found = compare(measured(sizes, sessions), settings_of(sizes, sessions, "sham"))
    row = found["measurement_error"].iloc[0]
    values = found["values"].query("measure == 'EF'").pivot(index="animal", columns="session", values="value")
    group = found["values"].drop_duplicates("animal").set_index("animal")["group"]
    changes = values[["day 7", "day 28"]].sub(values["baseline"], axis=0)
    for name, table_of, tests in (("difference", values, 2 * 3 * 4), ("change", changes, 2 * 2 * 4)):
        sd = table_of.groupby(group).var().mean().mean() ** 0.5
        size = TTestIndPower().solve_power(nobs1=6, alpha=0.05 / tests, power=0.8)
        assert row[f"detectable_{name}"] == pytest.approx(sd * size, rel=1e-6), name


def test_error_as_large_as_the_spread_is_said():
    data = table([50.0, 51, 52, 50, 51, 52], list("aaabbb"))
    errors = pd.DataFrame({"measure": ["EF"], "n": [20], "error_sd": [3.0]})
    row = compare(data, {"group": "group"}, errors)["measurement_error"].iloc[0]
    assert row["reliability"] == 0
    assert row["note"].startswith("the measurement error is as large as")
    assert (
        compare(data, {"group": "group"})["measurement_error"]
        .iloc[0]["note"]
        .startswith("the measurement error is not")
    )


def test_heart_rate_of_the_table_has_no_error_and_says_why():
    reference = table([500.0, 480, 520, 510, 470, 505], list("aaabbb")).rename(columns={"EF_percent": "heart_rate_bpm"})
    errors = reader_errors(reference, reference)
    assert errors[["measure", "n", "error_sd"]].to_numpy().tolist() == [["heart_rate", 6, 0.0]]
    row = compare(reference, {"group": "group"}, errors)["measurement_error"].iloc[0]
    assert row["note"] == "its values are the same by reader and reference"
    assert np.isnan(row["reliability"]) and row["detectable_difference"] > 0


def test_index_has_the_relative_error_of_its_numerator():
    scans = pd.DataFrame({"EDV_uL": [60.0, 40.0], "EDV_index_uL_per_g": [3.0, 2.0], "SV_uL": [30.0, 20.0]})
    errors = of_simulated_mice({"EDV": {"n": 16, "error_sd": 2.0}}, scans).set_index("measure")
    assert errors.loc["EDV_index", "error_sd"] == pytest.approx(2 / 20)
    assert list(errors.index) == ["EDV", "EDV_index"] and (errors["source"] == "simulated_mice").all()
    assert of_simulated_mice({}, scans) is None
