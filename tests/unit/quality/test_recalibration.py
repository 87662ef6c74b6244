"""Predictions with a wrong level, calibrated again by animals whose quality is known."""

import numpy as np
import pandas as pd
import pytest

from murmur.quality.recalibration import LEAST, recalibrated
from murmur.quality.score import COVERAGE, restored


def scans(number, seed, level=0.8, slope=0.0, noise=0.3):
    """Predictions of 1 - Dice that are too small by `level` and too steep by `slope`, on the logarithmic scale."""
    rng = np.random.default_rng(seed)
    predicted = rng.normal(-2.5, 0.3, number)
    true = predicted + level - slope * (predicted + 2.5) + rng.normal(0, noise, number)
    mice = [f"M{index}" for index in range(number)]
    low, middle, high = (restored("dice_myocardium", predicted + shift) for shift in (0.3, 0.0, -0.3))
    named = {"mouse": mice, "quantity": "dice_myocardium"}
    table = pd.DataFrame(named | {"predicted": middle, "low": low, "high": high})
    return table, pd.DataFrame(named | {"true": restored("dice_myocardium", true)})


def errors(table, true):
    return (table["predicted"] - true["true"]).abs()


def test_too_few_animals_change_nothing():
    table, true = scans(30, 1)
    found, number = recalibrated(table, true[: LEAST - 1], {})
    assert number == 0 and found.equals(table)
    scanned_twice = {f"M{index}": f"animal{index // 2}" for index in range(30)}
    assert recalibrated(table, true[: 2 * LEAST - 2], scanned_twice)[1] == 0
    assert recalibrated(table, true[: 2 * LEAST], scanned_twice)[1] == LEAST


def test_new_animals_are_predicted_at_the_level_of_the_known_ones():
    table, true = scans(500, 2)
    found, number = recalibrated(table, true[:20], {})
    assert number == 20
    assert errors(found, true)[20:].mean() < 0.5 * errors(table, true)[20:].mean()


@pytest.mark.parametrize("slope", [0.0, 1.0])
def test_intervals_cover_and_predictions_are_no_worse_than_a_constant(slope):
    """Means over 60 cohorts of 12 animals that are known and 40 that are not."""
    covered, error, constant = [], [], []
    for seed in range(60):
        table, true = scans(52, seed, slope=slope)
        found, _ = recalibrated(table, true[:12], {})
        covered.append(true["true"].between(found["low"], found["high"])[12:].mean())
        error.append(errors(found, true)[12:].mean())
        constant.append((true["true"][:12].median() - true["true"][12:]).abs().mean())
    assert COVERAGE - 0.03 < np.mean(covered) < COVERAGE + 0.08
    assert np.mean(error) < 1.05 * np.mean(constant)


def test_a_known_animal_is_predicted_without_itself():
    table, true = scans(15, 3)
    other = true.copy()
    other.loc[4, "true"] = 0.1
    first, second = (recalibrated(table, values, {})[0] for values in (true, other))
    assert first.loc[4, "predicted"] == pytest.approx(second.loc[4, "predicted"], abs=0.03)
    assert first.loc[5, "predicted"] != second.loc[5, "predicted"]


def test_missing_predictions_stay_missing():
    table, true = scans(15, 4)
    table.loc[3, ["predicted", "low", "high"]] = np.nan
    found, number = recalibrated(table, true, {})
    assert number == 14 and found.loc[3, ["predicted", "low", "high"]].isna().all()
    assert found.drop(3)[["predicted", "low", "high"]].notna().all(axis=None)
