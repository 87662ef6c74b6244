import math
import statistics

import pandas as pd
import pytest

from murmur.csv_tables import read_csv
from summarise_overlap import main

HEADER = "mouse,phase,structure,dice,hd95_mm,assd_mm\n"


@pytest.fixture
def summaries(tmp_path):
    def run(rows, sd_ddof=1):
        overlap = tmp_path / "overlap.csv"
        overlap.write_text(HEADER + rows)
        main(overlap, tmp_path / "dice.csv", tmp_path / "surface.csv", sd_ddof)
        return read_csv(tmp_path / "dice.csv"), read_csv(tmp_path / "surface.csv")

    return run


def test_the_sd_of_equal_values_is_not_their_rounding(summaries):
    """The mean of twenty 0.1 differs from 0.1 in the last digit, which text would print with more decimals."""
    _, surface = summaries("".join(f"{mouse},ED,blood_pool,0.9,0.1,0.05\n" for mouse in range(20)))
    assert (surface["sd"] == 0).all()


def test_by_structure_and_phase(summaries):
    dice, surface = summaries(
        "1,ED,blood_pool,0.9,0.1,0.05\n1,ES,blood_pool,0.8,0.2,0.1\n2,ED,blood_pool,0.7,0.3,0.1\n"
        "2,ES,blood_pool,0,,\n3,single,blood_pool,0.6,0.2,0.1\n"
        "1,ED,myocardium,,,\n"
    )
    contract = ["structure", "phase", "n", "mean", "sd", "median", "q1", "q3", "min", "max"]
    assert list(dice.columns) == [*contract, "missing", "failed", "note", "reasons"]
    assert list(surface.columns) == ["measure", *contract, "missing", "failed", "note", "reasons"]
    blood = dice[dice["structure"] == "blood_pool"].set_index("phase")
    assert list(blood.index) == ["ED", "ES", "single"], "the phases of a mouse are not independent, hence not pooled"
    assert blood["n"].to_list() == [2, 2, 1]
    assert blood.loc["ES", ["mean", "sd"]].to_list() == pytest.approx([0.4, math.sqrt(0.32)])
    assert blood.loc["ES", ["median", "q1", "q3", "min", "max"]].to_list() == pytest.approx([0.4, 0.2, 0.6, 0, 0.8])
    assert pd.isna(blood.loc["single", "sd"])
    assert blood.loc["single", "note"] == "1 value: no standard deviation"


def test_distances(summaries):
    _, surface = summaries(
        "1,ED,blood_pool,0.9,0.1,0.05\n2,ED,blood_pool,0.8,0.4,0.15\n3,ED,blood_pool,0.7,0.7,0.4\n"
        "4,single,blood_pool,0.6,9,9\n1,ED,myocardium,0.9,0.3,0.1\n1,ES,myocardium,0,,\n"
    )
    rows = surface.set_index(["measure", "structure", "phase"])
    assert list(rows.index.unique("measure")) == ["hd95_mm", "assd_mm"]
    for measure, values in {"hd95_mm": [0.1, 0.4, 0.7], "assd_mm": [0.05, 0.15, 0.4]}.items():
        row = rows.loc[(measure, "blood_pool", "ED")]
        expected = [3, sum(values) / 3, statistics.stdev(values), *statistics.quantiles(values, method="inclusive")]
        assert row[["n", "mean", "sd", "q1", "median", "q3"]].to_list() == pytest.approx(expected, rel=1e-12)
        assert pd.isna(row["note"])
        assert rows.loc[(measure, "myocardium", "ES"), "note"] == "no value"


def test_failed_and_missing_are_counted_apart(summaries):
    """Every row has a distance, failed because the reader's mask is empty, or is missing without a Dice."""
    dice, surface = summaries(
        "1,ED,blood_pool,0.9,0.1,0.05\n2,ED,blood_pool,0,,\n3,ED,blood_pool,0,,\n4,ED,blood_pool,,,\n"
        "1,ES,blood_pool,0,,\n1,ED,myocardium,,,\n"
    )
    counts = ["n", "missing", "failed"]
    blood = dice[dice["structure"] == "blood_pool"].set_index("phase")
    assert blood.loc["ED", counts].to_list() == [3, 1, 2]
    assert blood.loc["ED", "mean"] == pytest.approx(0.3)
    for measure in ("hd95_mm", "assd_mm"):
        blood = surface[(surface["measure"] == measure) & (surface["structure"] == "blood_pool")].set_index("phase")
        assert blood.loc["ED", counts].to_list() == [1, 1, 2]
        assert blood.loc["ES", [*counts, "note"]].to_list() == [0, 0, 1, "no value"]
    myocardium = dice[dice["structure"] == "myocardium"].set_index("phase")
    assert myocardium.loc["ED", counts].to_list() == [0, 1, 0]


def test_sd_ddof(summaries):
    rows = "1,ED,blood_pool,0.9,,\n2,ED,blood_pool,0.7,,\n"
    assert summaries(rows, 0)[0].loc[0, "sd"] == pytest.approx(0.1)
    assert summaries(rows, 1)[0].loc[0, "sd"] == pytest.approx(0.1 * math.sqrt(2))


def test_no_rows(summaries):
    assert all(table.empty for table in summaries(""))
