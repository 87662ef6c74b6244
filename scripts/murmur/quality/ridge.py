"""Ridge regression, with the residuals of groups that were left out.

scikit-learn has both (`Ridge`, `cross_val_predict` with `LeaveOneGroupOut`), but is not a dependency that Murmur
declares, and these lines require NumPy and pandas only.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

PENALTIES = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0)


def standardised(table: pd.DataFrame, model: Mapping) -> np.ndarray:
    """Return the variables of a model, less their mean over their standard deviation, and 0 where they are missing."""
    return ((table[model["variables"]] - np.array(model["mean"])) / np.array(model["sd"])).fillna(0).to_numpy()


def ridge(x: np.ndarray, y: np.ndarray, penalty: float) -> tuple[float, np.ndarray]:
    """Return intercept and coefficients of a ridge regression, whose intercept is not penalised.

    Parameters
    ----------
    x, y : ndarray
        Variables, axes (row, variable), and outcomes.
    penalty : float
        Factor of the sum of squares of the coefficients.
    """
    centre = x.mean(axis=0)
    gram = (x - centre).T @ (x - centre) + penalty * np.eye(x.shape[1])
    coefficients = np.linalg.solve(gram, (x - centre).T @ (y - y.mean()))
    return y.mean() - centre @ coefficients, coefficients


def left_out(x: np.ndarray, y: np.ndarray, groups: np.ndarray, penalty: float) -> np.ndarray:
    """Return the residuals of each group (of one or several rows) in the regression without it."""
    residuals = np.empty(len(y))
    for group in np.unique(groups):
        out = groups == group
        intercept, coefficients = ridge(x[~out], y[~out], penalty)
        residuals[out] = y[out] - intercept - x[out] @ coefficients
    return residuals


def best_penalty(
    x: np.ndarray, y: np.ndarray, groups: np.ndarray, penalties: tuple[float, ...] = PENALTIES
) -> tuple[float, np.ndarray]:
    """Return the penalty with the smallest squared error in groups that were left out, and their residuals."""
    residuals = {penalty: left_out(x, y, groups, penalty) for penalty in penalties}
    penalty = min(penalties, key=lambda one: float((residuals[one] ** 2).mean()))
    return penalty, residuals[penalty]
