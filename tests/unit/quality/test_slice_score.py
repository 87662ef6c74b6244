"""Regressions of the Dice coefficients of slices: their variables, and coefficients that are known."""

import numpy as np
import pandas as pd
import pytest

from beating_hearts import heart_of_discs
from murmur.quality.score import DICE, restored
from murmur.quality.signs import SLICE_SIGNS, ends
from murmur.quality.slice_score import VARIABLES, findings, fit, of_slices, predict, variables

MASKS = heart_of_discs()


def test_values_are_in_units_of_their_limits_and_areas_are_shares():
    heart, blood = (structure.sum(axis=(0, 1)) for structure in (MASKS > 0, MASKS == 2))
    values = {name: np.full(MASKS.shape[2:], 3.0 * (sign.high or 1)) for name, sign in SLICE_SIGNS.items()}
    values["contrast"][:] = np.nan
    table = variables(values, MASKS)
    assert len(table) == (heart > 0).sum()
    row = table[(table["slice"] == 4) & (table["frame"] == 6)].iloc[0]
    assert row["holes"] == row["elongation"] == row["image_border"] == pytest.approx(np.log(4)) and np.isnan(
        row["contrast"]
    )
    assert row["heart_share"] == pytest.approx(np.log(0.01 + heart[4, 6] / heart[:, 6].max()))
    assert row["blood_part"] == pytest.approx(blood[4, 6] / heart[4, 6])
    last = table[table["at_end"] == 1].iloc[0]
    assert ends(heart > 0)[int(last["slice"]), int(last["frame"])]
    assert last["holes"] == pytest.approx(np.log1p(3 * SLICE_SIGNS["holes"].high / SLICE_SIGNS["holes"].at_end))


def test_fit_finds_the_variable_on_which_quality_depends():
    rng = np.random.default_rng(1)
    table = pd.DataFrame(rng.normal(size=(400, len(VARIABLES))), columns=VARIABLES)
    table.loc[::7, "moved"] = np.nan
    table = table.assign(slice=np.arange(400) % 8, frame=0)
    true = pd.DataFrame({quantity: restored(quantity, -2 + 0.4 * table["holes"]) for quantity in DICE})
    true.loc[::9, DICE[0]] = np.nan
    found = predict(table, fit(table, true, np.arange(400) // 20))
    assert (found[DICE[1]] - true[DICE[1]]).abs().max() < 0.02
    assert found[DICE].notna().all(axis=None)


def test_slice_has_the_smaller_mean_of_both_structures():
    rows = [("a", 1, 0, 0.9, 0.4), ("a", 1, 1, 0.7, 0.8), ("a", 2, 0, 0.5, 0.9)]
    found = of_slices(pd.DataFrame(rows, columns=["mouse", "slice", "frame", *DICE]))
    assert found == {("a", 1): pytest.approx(0.6), ("a", 2): 0.5}


def test_slice_with_a_low_mean_prediction_is_a_finding_in_its_low_frames():
    myocardium = {1: (0.7, 0.6, 0.9), 2: (0.5, 0.95, 0.99), 3: (0.9, 0.9, 0.9)}  # means 0.73, 0.81, 0.9
    rows = [
        (number, frame, dice, 0.3 if number == 3 else 0.9)
        for number, values in myocardium.items()
        for frame, dice in enumerate(values)
    ]
    found = findings("a", pd.DataFrame(rows, columns=["slice", "frame", *DICE]))
    places = {(row[1], row[2], row[3]) for row in found}
    assert places == {
        *((1, frame, "dice_myocardium") for frame in (0, 1)),
        *((3, frame, "dice_blood_pool") for frame in (0, 1, 2)),
    }
    words = "the predicted Dice coefficient of the myocardium is 0.6; at least 0.8 expected"
    assert ("a", 1, 1, "dice_myocardium", "", 0.6, 0.8, None, words) in found
