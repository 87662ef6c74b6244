"""Predicted Dice coefficients and errors of a scan, with conformal intervals, from the signs of its masks.

A ridge regression for each quantity, fitted to scans whose true errors are known (`benchmarks/quality.py`). Errors, and
1 - Dice, are predicted on the logarithmic scale.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from murmur.quality.ridge import best_penalty, ridge, standardised
from murmur.quality.signs import SIGNS, TRAINED
from murmur.vocabulary import METRICS, STRUCTURES

DICE = [f"dice_{structure}" for structure in STRUCTURES]
ERRORS = ["EDV", "EF", "mass_ED"]  # absolute, in the units of METRICS
QUANTITIES = [*DICE, *ERRORS]
LOW_DICE = 0.8  # of a bad mask
COVERAGE = 0.9
SMALLEST = 1.0  # unit, added to errors before their logarithm is taken
BOUND = 0.03  # added to 1 - Dice before the logarithm is taken
LARGEST = 10.0  # times its limit, beyond which a value is as bad


def features(signs: pd.DataFrame) -> pd.DataFrame:
    """Turn the signs of scans into the variables of the regressions.

    Parameters
    ----------
    signs : DataFrame
        Rows of signs.csv: mouse, sign, mean.

    Returns
    -------
    DataFrame
        One row per mouse and one column per sign: the logarithm of 1 + mean / limit, where the mean is over slices and
        frames and the limit that of slices within the heart; for EDV and EF, the distance from the middle of the range
        of the training mice of the shipped network, 1 at its ends. NaN where a sign cannot be assessed.
    """
    mean = signs.pivot(index="mouse", columns="sign", values="mean")
    found = {}
    for name, sign in SIGNS.items():
        if name in TRAINED:
            low, high = TRAINED[name]
            found[name] = ((mean[name] - (low + high) / 2) / ((high - low) / 2)).abs().clip(upper=LARGEST)
        else:
            found[name] = np.log1p((mean[name] / (sign.high or 1)).clip(0, LARGEST))
    return pd.DataFrame(found).reindex(signs["mouse"].unique())


def transformed(quantity: str, values: np.ndarray) -> np.ndarray:
    """Return Dice coefficients or errors on the scale of the regression."""
    values = np.asarray(values, float)
    return np.log(1 + BOUND - values) if quantity in DICE else np.log(values + SMALLEST)


def restored(quantity: str, values: np.ndarray) -> np.ndarray:
    """Undo `transformed`."""
    return np.clip(1 + BOUND - np.exp(values), 0, 1) if quantity in DICE else np.maximum(np.exp(values) - SMALLEST, 0)


def fit(variables: pd.DataFrame, outcomes: pd.DataFrame, mice: Sequence) -> dict:
    """Fit the regressions and their intervals.

    Parameters
    ----------
    variables : DataFrame
        One row per scan, as returned by `features`.
    outcomes : DataFrame
        True Dice coefficients and absolute errors (QUANTITIES) of the same scans; NaN where unknown.
    mice : sequence
        The mouse of each scan; those of one mouse are left out together.

    Returns
    -------
    dict
        Values of JSON: `variables`, their `mean` and `sd`, and for each quantity `intercept`, `coefficients`,
        `penalty`, `margin`, the half-width of the interval, and `range`, that of the outcomes, which limits the
        predictions; all on the scale of the regression.

    Notes
    -----
    The penalty has the smallest error in mice that were left out, one after the other. The margin is a quantile of the
    absolute residuals of mice that were left out with that penalty (cross-conformal prediction; Barber et al., Ann Stat
    2021;49:486). Its level is (m + 1) / m times COVERAGE for m mice, because scans of a mouse are not independent
    (Dunn et al., J Am Stat Assoc 2023;118:2491).
    """
    mean, sd = variables.mean().fillna(0), variables.std(ddof=0)
    sd = sd.where(sd > 1e-9, 1).fillna(1)
    model = {"variables": list(variables), "mean": mean.tolist(), "sd": sd.tolist(), "quantities": {}}
    scaled = standardised(variables, model)
    for quantity in QUANTITIES:
        target = transformed(quantity, outcomes[quantity])
        known = np.isfinite(target)
        x, y, groups = scaled[known], target[known], np.asarray(mice)[known]
        penalty, residuals = best_penalty(x, y, groups)
        sizes = np.abs(residuals)
        number = len(np.unique(groups))
        level = min(np.ceil((number + 1) * COVERAGE) / number, 1.0)
        intercept, coefficients = ridge(x, y, penalty)
        model["quantities"][quantity] = {
            "intercept": float(intercept),
            "coefficients": coefficients.tolist(),
            "penalty": penalty,
            "margin": float(np.quantile(sizes, level, method="higher")),
            "range": [float(y.min()), float(y.max())],
        }
    return model


def predict(variables: pd.DataFrame, model: Mapping) -> pd.DataFrame:
    """Predict the quantities of scans.

    Parameters
    ----------
    variables : DataFrame
        One row per mouse, as returned by `features`.
    model : mapping
        The fitted regressions, as returned by `fit`.

    Returns
    -------
    DataFrame
        Columns mouse, quantity, predicted, low and high: Dice coefficients and absolute errors, with intervals that
        contain COVERAGE of the true ones.
    """
    scaled = standardised(variables, model)
    tables = []
    for quantity, fitted in model["quantities"].items():
        middle = np.clip(fitted["intercept"] + scaled @ np.array(fitted["coefficients"]), *fitted["range"])
        edges = np.array([middle, middle - fitted["margin"], middle + fitted["margin"]])
        predicted, *ends = restored(quantity, edges)
        columns = {"predicted": predicted, "low": np.min(ends, axis=0), "high": np.max(ends, axis=0)}
        tables.append(pd.DataFrame({"mouse": variables.index, "quantity": quantity, **columns}))
    table = pd.concat(tables)
    order = {mouse: number for number, mouse in enumerate(variables.index)}
    return table.sort_values("mouse", key=lambda column: column.map(order), kind="stable", ignore_index=True)


def unit_of(quantity: str) -> str:
    """Return the unit of a quantity in tables."""
    return "" if quantity in DICE else METRICS[quantity]
