"""Statistics of animals with several scans equal those of a table with the mean of each animal."""

import numpy as np
import pandas as pd
import pytest

from murmur.statistics.animals import animal_means, average_scans, numbered
from murmur.statistics.cohort_comparison import errors_of
from murmur.statistics.dice_anova import anova, pairwise
from murmur.statistics.dice_cells import CELLS, dice_by_cell
from murmur.statistics.dice_error import METRIC, correlate
from murmur.statistics.ranking import absolute_errors, mean_dice
from murmur.statistics.reader_comparison import compare_pairs, place_beside, rank_readers
from murmur.statistics.sample_size import sample_sizes

pytestmark = pytest.mark.usefixtures("no_warnings")

SCANS = [f"{animal}_{day}" for animal in "abcdef" for day in (0, 7)] + ["g_0"]
ANIMALS = {scan: scan[0] for scan in SCANS}
PHENOTYPES = {scan: "control" if scan[0] in "abc" else "tac" for scan in SCANS}


@pytest.fixture
def rng():
    return np.random.default_rng(8)


@pytest.fixture
def overlap(rng):
    rows = [{"mouse": scan, "phase": phase, "structure": structure} for scan in SCANS for phase, structure in CELLS]
    return pd.DataFrame(rows).assign(dice=rng.uniform(0.8, 0.95, len(rows)))


@pytest.fixture
def function(rng):
    table = pd.DataFrame([{"mouse": scan, "metric": metric} for scan in SCANS for metric in METRIC.values()])
    reference = rng.uniform(40, 60, len(table))
    return table.assign(unit="uL", reference=reference, reader=reference + rng.normal(1, 2, len(table)))


def of_animals(table, keys):
    """The table with the means of animals in place of scans."""
    return table.assign(mouse=table["mouse"].str[0]).groupby(["mouse", *keys], sort=False, as_index=False).mean()


def assert_equal(found, expected):
    pd.testing.assert_frame_equal(found, expected, rtol=1e-9, check_dtype=False)


def test_scans_are_averaged_over_those_with_a_value():
    values = pd.DataFrame({"x": [1.0, 3.0, np.nan, 5.0, np.nan]}, index=["b1", "b2", "a1", "a2", "c1"])
    found = average_scans(values, {name: name[0] for name in values.index})
    assert list(found.index) == ["b", "a", "c"]
    assert found["x"].tolist()[:2] == [2.0, 5.0] and np.isnan(found["x"]["c"])
    assert average_scans(values, {}) is values


def test_animals_are_numbered_in_the_order_of_their_first_scans():
    assert numbered(["b", "a", "b"]).tolist() == [0, 1, 0]
    assert numbered(["b", "a"]) is None
    values = np.array([1.0, 2.0, 4.0])
    assert animal_means(values, np.array([0, 1, 0])).tolist() == [2.5, 2.0]
    assert animal_means(values, None) is values


def test_dice_by_phase_and_structure(overlap):
    scans, means = dice_by_cell(overlap), dice_by_cell(of_animals(overlap, ["phase", "structure"]))
    effects = anova(scans, ANIMALS)
    assert_equal(effects, anova(means))
    assert effects["df2"].tolist() == [6, 6, 6]
    found = pairwise(scans, effects, 0.05, ANIMALS)
    assert_equal(found, pairwise(means, effects, 0.05))
    assert found["n"].tolist() == [7] * 5


def test_scans_without_a_cell_are_excluded_rather_than_their_animals(overlap):
    overlap.loc[0, "dice"] = np.nan  # of a_0; a_7 is complete
    scans = dice_by_cell(overlap)
    found = anova(scans, ANIMALS)
    complete = of_animals(overlap[overlap["mouse"] != "a_0"], ["phase", "structure"])
    assert found["F"].tolist() == pytest.approx(anova(dice_by_cell(complete))["F"].tolist())
    assert found["note"].str.contains("a_0").all()


def test_errors_of_animals_are_means_of_errors_not_errors_of_means(overlap, function):
    errors = function.assign(error=(function["reader"] - function["reference"]).abs())
    means = of_animals(errors[["mouse", "metric", "error"]], ["metric"])
    found = correlate(overlap, function, 0.05, ANIMALS)
    swapped = means.assign(reference=0.0, reader=means["error"])
    expected = correlate(of_animals(overlap, ["phase", "structure"]), swapped, 0.05)
    assert found["spearman_rho"].tolist() == pytest.approx(expected["spearman_rho"].tolist())
    assert found["n"].tolist() == [7] * 4
    of_cohort = errors_of(function, overlap, ANIMALS)
    assert of_cohort["EDV"].tolist() == pytest.approx(means.loc[means["metric"] == "EDV", "error"].tolist())
    assert len(of_cohort["blood_pool"]) == 7


def test_readers(overlap, function, rng):
    other = function.assign(reader=function["reference"] + rng.normal(0, 4, len(function)))
    errors = {"one": absolute_errors(function), "two": absolute_errors(other)}
    noisy = overlap.assign(dice=overlap["dice"] - rng.uniform(0, 0.1, len(overlap)))
    tables = {"one": overlap, "two": noisy}
    dice = {reader: dice_by_cell(table) for reader, table in tables.items()}
    means = {reader: average_scans(table, ANIMALS) for reader, table in dice.items()}
    error_means = {reader: average_scans(table, ANIMALS) for reader, table in errors.items()}
    assert_equal(compare_pairs(dice, errors, 0.05, ANIMALS), compare_pairs(means, error_means, 0.05))
    by_scan = {reader: mean_dice(table) for reader, table in tables.items()}
    by_animal = {reader: average_scans(table, ANIMALS) for reader, table in by_scan.items()}
    ranking = rank_readers(by_scan, errors, 0.05, ANIMALS)
    assert_equal(ranking, rank_readers(by_animal, error_means, 0.05))
    beside = place_beside({"one": function, "two": other}, dice, errors, ["two"], 1, 0.05, ANIMALS)
    assert set(beside["n"]) == set(ranking["n"]) == {7}
    assert beside["loa_width_ratio"].notna().any()


def test_sample_size_is_based_on_means_of_animals(function):
    found = sample_sizes(function, PHENOTYPES, 0.05, 0.8, {"EDV": 10}, ANIMALS).iloc[0]
    means = of_animals(function.drop(columns="unit"), ["metric"])
    expected = sample_sizes(means, {scan[0]: name for scan, name in PHENOTYPES.items()}, 0.05, 0.8, {"EDV": 10}).iloc[0]
    columns = ["n", "groups", "reference_sd", "reader_sd", "slope", "reference_mice_per_group", "change_absolute"]
    assert found[columns].tolist() == pytest.approx(expected[columns].tolist())
    assert "SD of means over several scans" in found["note"]
