"""Predicted Dice coefficients of the masks of each slice and frame, from their signs of errors and their form.

A ridge regression for each structure, like those of `score`, fitted to slices and frames of simulated scans
(`benchmarks/quality.py`).
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from murmur.quality.ridge import best_penalty, ridge, standardised
from murmur.quality.score import DICE, LARGEST, LOW_DICE, restored, transformed
from murmur.quality.signs import SLICE_SIGNS, Sign, ends
from murmur.vocabulary import BLOOD_POOL, STRUCTURE_NAMES

FORM = ["at_end", "heart_share", "blood_share", "blood_part"]
VARIABLES = [*SLICE_SIGNS, *FORM]
SMALLEST_SHARE = 0.01  # added to shares before their logarithm is taken
COLUMNS = ["slice", "frame", *DICE]
# findings of the predictions, which are not variables of them
PREDICTED = {
    f"dice_{structure}": Sign(
        f"the predicted Dice coefficient of the {name.lower()} is {{value}}", unit="", low=LOW_DICE
    )
    for structure, name in STRUCTURE_NAMES.items()
}


def variables(values: Mapping[str, np.ndarray], masks: np.ndarray) -> pd.DataFrame:
    """Return the variables of the regressions, one row for each slice and frame with a mask.

    Parameters
    ----------
    values : mapping of str to ndarray
        Values of the signs of slices, axes (slice, frame).
    masks : ndarray of uint8
        Labels, axes (row, column, slice, frame).

    Returns
    -------
    DataFrame
        Columns slice and frame; a column per sign, the logarithm of 1 + value / limit, NaN where it cannot be assessed;
        at_end, whether the slice is the first or the last; heart_share and blood_share, the logarithms of the areas of
        the heart and of the blood pool as a share of the largest slice of the frame; blood_part, the part of the heart
        that is blood pool.
    """
    heart, blood = (structure.sum(axis=(0, 1), dtype=float) for structure in (masks > 0, masks == BLOOD_POOL))
    at_end = ends(heart > 0)
    found = {}
    for name, sign in SLICE_SIGNS.items():
        limit = np.where(at_end, sign.high if sign.at_end is None else sign.at_end, sign.high)
        found[name] = np.log1p((values[name] / np.where(limit > 0, limit, 1)).clip(0, LARGEST))
    found["at_end"] = at_end.astype(float)
    for name, area in (("heart_share", heart), ("blood_share", blood)):
        found[name] = np.log(SMALLEST_SHARE + area / np.maximum(area.max(axis=0), 1))
    found["blood_part"] = blood / np.maximum(heart, 1)
    places = np.nonzero(heart)
    table = {"slice": places[0], "frame": places[1]} | {name: found[name][places] for name in VARIABLES}
    return pd.DataFrame(table)


def fit(table: pd.DataFrame, outcomes: pd.DataFrame, mice: np.ndarray) -> dict:
    """Fit the regressions.

    Parameters
    ----------
    table : DataFrame
        Rows of `variables`.
    outcomes : DataFrame
        True Dice coefficients (DICE) of the same rows; NaN where neither masks contain the structure.
    mice : ndarray
        The mouse of each row; those of one mouse are left out together to choose the penalty.

    Returns
    -------
    dict
        Values of JSON: `variables`, their `mean` and `sd`, and for each of DICE, `intercept` and `coefficients`.
    """
    x = table[VARIABLES]
    model = {"variables": VARIABLES, "mean": x.mean().tolist(), "sd": x.std(ddof=0).replace(0, 1).tolist()}
    scaled = standardised(table, model)
    for quantity in DICE:
        known = outcomes[quantity].notna().to_numpy()
        rows, target = scaled[known], transformed(quantity, outcomes.loc[known, quantity])
        penalty, _ = best_penalty(rows, target, mice[known])
        intercept, coefficients = ridge(rows, target, penalty)
        model[quantity] = {"intercept": float(intercept), "coefficients": coefficients.tolist()}
    return model


def predict(table: pd.DataFrame, model: Mapping) -> pd.DataFrame:
    """Predict the Dice coefficients of the rows of `variables` by the fitted `model`; the columns are COLUMNS."""
    scaled = standardised(table, model)
    found = {
        quantity: restored(quantity, model[quantity]["intercept"] + scaled @ np.array(model[quantity]["coefficients"]))
        for quantity in DICE
    }
    return table[["slice", "frame"]].assign(**found)


def of_slices(quality: pd.DataFrame) -> dict[tuple[str, int], float]:
    """Return, by mouse and slice, the smaller of the mean predictions of both structures over the frames."""
    return quality.groupby(["mouse", "slice"])[DICE].mean().min(axis=1).to_dict()


def findings(mouse: str, predicted: pd.DataFrame) -> list[tuple]:
    """Return the rows of findings.csv about low predictions of a mouse.

    These are the frames with a prediction below LOW_DICE, in slices whose mean over the frames is below it, too.
    """
    found = []
    for quantity, sign in PREDICTED.items():
        doubtful = predicted.groupby("slice")[quantity].transform("mean") < sign.low
        rows = predicted.loc[doubtful & (predicted[quantity] < sign.low), ["slice", "frame", quantity]]
        found += [
            (mouse, int(number), int(frame), quantity, sign.unit, value, sign.low, None, sign.reason(value, None))
            for number, frame, value in rows.itertuples(index=False)
        ]
    return found
