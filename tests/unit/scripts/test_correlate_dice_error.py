import math
import warnings

import pandas as pd
import pytest
from scipy import stats

from correlate_dice_error import main
from murmur.csv_tables import read_csv, write_csv
from murmur.statistics.dice_error import correlate

# fmt: off
COLUMNS = [
    "structure", "phase", "metric", "n", "spearman_rho", "p", "p_holm", "ci_low", "ci_high", "note", "reasons",
]
# fmt: on


@pytest.fixture
def tables():
    dice, error = [0.95, 0.94, 0.9, 0.97, 0.85], [-1.0, 2.0, -3.0, 0.5, 2.5]
    overlap = pd.DataFrame(
        [(f"M{m}", "ED", "blood_pool", d) for m, d in enumerate(dice)]
        + [(f"M{m}", "ES", "myocardium", 0.9) for m in range(5)]
        + [("M0", "inflow", "blood_pool", 0.1)] * 2,
        columns=["mouse", "phase", "structure", "dice"],
    )
    function = pd.DataFrame(
        [(f"M{m}", "EDV", 60.0, 60.0 + e) for m, e in enumerate(error)]
        + [(f"M{m}", "mass_ES", 100.0, 100.0 + e) for m, e in enumerate(error)],
        columns=["mouse", "metric", "reference", "reader"],
    ).iloc[::-1]
    return overlap, function


def test_dice_against_the_absolute_error_of_the_same_mouse(tables):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = correlate(*tables, alpha=0.1)
    assert list(table.columns) == COLUMNS
    # ranks of Dice 4 3 2 5 1, of the error 2 3 5 1 4: sum of squares 4 + 0 + 9 + 16 + 9
    assert table.loc[0, "spearman_rho"] == pytest.approx(1 - 6 * 38 / (5 * 24))
    assert table["n"].to_list() == [5, 0, 0, 5]
    assert table.loc[0, "p_holm"] == table.loc[0, "p"]
    assert table.loc[0, "note"] == ""
    half = stats.norm.ppf(0.95) * math.sqrt((1 + 0.9**2 / 2) / 2)
    assert math.atanh(table.loc[0, "spearman_rho"]) - math.atanh(table.loc[0, "ci_low"]) == pytest.approx(half)
    assert math.atanh(table.loc[0, "ci_high"]) - math.atanh(table.loc[0, "spearman_rho"]) == pytest.approx(half)
    assert table.loc[1, "note"] == "n = 0 with both values, at least 3 are required"
    assert table.loc[3, "note"] == "the Dice or the error does not vary"


def test_equal_errors_share_a_rank(tables):
    overlap, function = tables
    # errors of 0.1 and 0.2 in volumes of a human heart, whose last digits differ: 195800.1 - 195800 > 60000.1 - 60000
    references, errors = [195800.0, 60000.0, 40000.0, 50000.0, 130000.0], [0.1, 0.1, 0.2, -0.1, 0.2]
    function = pd.DataFrame(
        [(f"M{m}", "EDV", r, r + e) for m, (r, e) in enumerate(zip(references, errors, strict=True))],
        columns=["mouse", "metric", "reference", "reader"],
    )
    assert (function["reader"] - function["reference"]).abs().nunique() > 2
    row = correlate(overlap, function, 0.05).loc[0]
    expected = stats.spearmanr([0.95, 0.94, 0.9, 0.97, 0.85], [1, 1, 2, 1, 2])
    assert row["spearman_rho"] == pytest.approx(expected.statistic)


@pytest.mark.parametrize("mice", range(5))
def test_few_mice_are_explained(tables, mice):
    overlap, function = tables
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = correlate(overlap[overlap["mouse"] < f"M{mice}"], function, 0.05)
    row = table.loc[0]
    assert row["n"] == mice
    assert table.notna().all(axis=1).to_list() == [note == "" for note in table["note"]]
    if mice < 3:
        assert row["note"] == f"n = {mice} with both values, at least 3 are required"
    if mice == 3:
        assert row["note"] == "3 pairs: confidence limits of correlations require 4"


def test_the_table_is_written(tables, tmp_path):
    for name, table in zip(("overlap", "function"), tables, strict=True):
        write_csv(table, tmp_path / f"{name}.csv")
    main(tmp_path / "overlap.csv", tmp_path / "function.csv", tmp_path / "dice_error.csv", 0.05)
    assert list(read_csv(tmp_path / "dice_error.csv").columns) == COLUMNS
