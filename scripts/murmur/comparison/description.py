"""Description of the groups, and diagnostics of the assumptions of the tests."""

import numpy as np
import pandas as pd
from scipy import stats

from murmur.comparison.design import Design, Values
from murmur.statistics.notes import reason
from murmur.statistics.paired import NAN, constant

SUMMARY = [
    "measure", "unit", "session", "group", "level", "n", "mean", "sd", "ci_low", "ci_high", "median", "q1", "q3",
    "note", "reasons",
]  # fmt: skip
ASSUMPTIONS = [
    "measure", "unit", "session", "n", "shapiro_w", "shapiro_p", "brown_forsythe_f", "brown_forsythe_p", "sd_ratio",
    "note", "reasons",
]  # fmt: skip
MOST_FOR_SHAPIRO = 5000  # values for which SciPy's p is accurate


def summary_of(values: Values, plan: Design) -> list[dict]:
    """Describe each group of a measure.

    Parameters
    ----------
    values : Values
        Values of the measure.
    plan : Design
        The design.

    Returns
    -------
    list of dict
        SUMMARY, one row per session, group and level. The limits of the mean are those of the t distribution, at
        1 - alpha, for each mean separately.
    """
    found = dict(list(values.rows.groupby(["session", "group", "level"])["value"]))
    rows = []
    for session in plan.sessions:
        for group, level in plan.cells:
            cell = found.get((session, group, level), pd.Series(dtype=float)).to_numpy()
            rows.append({"measure": values.measure, "unit": values.unit, "session": session, "group": group})
            rows[-1] |= {"level": level} | describe(cell, plan.alpha)
            few = {0: [reason("no_value")], 1: [reason("one_value")]}.get(len(cell), [])
            lacking = values.without_value(session=[session], group=[group], level=[level])
            rows[-1]["reasons"] = few + lacking + values.left_out
    return rows


def describe(values: np.ndarray, alpha: float) -> dict[str, float]:
    """Return n, mean, sd (n - 1), ci_low, ci_high, median, q1 and q3 of values; NaN where undefined."""
    n = len(values)
    row: dict[str, float] = {"n": n}
    if n:
        q1, median, q3 = np.quantile(values, [0.25, 0.5, 0.75])
        row |= {"mean": values.mean(), "median": median, "q1": q1, "q3": q3}
    if n > 1:
        half = stats.t.isf(alpha / 2, n - 1) * stats.sem(values)
        row |= {"sd": values.std(ddof=1), "ci_low": row["mean"] - half, "ci_high": row["mean"] + half}
    return row


def assumptions_of(values: Values, plan: Design, of_model: np.ndarray) -> list[dict]:
    """Look at the normality of the residuals and at the equality of variances; no test is chosen by these.

    Parameters
    ----------
    values : Values
        Values of the measure.
    plan : Design
        The design.
    of_model : ndarray
        Residuals of the mixed model; empty without one.

    Returns
    -------
    list of dict
        ASSUMPTIONS, one row per session: Shapiro-Wilk test of the residuals from the means of groups and levels, test
        of Brown and Forsythe, and the ratio of the largest to the smallest standard deviation; then one row, without
        session, on the residuals of the model, if there is one.

    References
    ----------
    Shapiro and Wilk, Biometrika 1965;52:591. Brown and Forsythe, J Am Stat Assoc 1974;69:364.
    """
    rows = []
    for session in plan.sessions:
        at = values.at(session)
        cells = [cell.to_numpy() for _, cell in at.groupby(["group", "level"])["value"] if len(cell) > 1]
        residuals = np.concatenate([cell - cell.mean() for cell in cells]) if cells else np.array([])
        row = {"measure": values.measure, "unit": values.unit, "session": session, "n": len(residuals)}
        scale = at["value"].abs().max() if len(at) else 0.0
        row |= normality(residuals, scale)
        spreads = [cell.std(ddof=1) for cell in cells]
        distances = [np.abs(cell - np.median(cell)) for cell in cells]
        if len(cells) > 1 and min(spreads) > 1e-12 * scale and max(map(np.ptp, distances)) > 1e-12 * scale:
            found = stats.levene(*cells, center="median")
            row |= {"brown_forsythe_f": float(found.statistic), "brown_forsythe_p": float(found.pvalue)}
            row["sd_ratio"] = float(max(spreads) / min(spreads))
        rows.append(row)
    if len(of_model):
        row = {"measure": values.measure, "unit": values.unit, "session": "", "n": len(of_model)}
        rows.append(row | normality(of_model, values.rows["value"].abs().max()))
    return rows


def normality(residuals: np.ndarray, scale: float) -> dict:
    """Return the Shapiro-Wilk test of residuals of values of this magnitude, or the reason why it is not made."""
    if len(residuals) < 3 or constant(residuals, scale):
        found = {"reasons": [reason("residuals_not_tested")]}
    elif len(residuals) > MOST_FOR_SHAPIRO:
        found = {"reasons": [reason("too_many_values_for_normality", MOST_FOR_SHAPIRO)]}
    else:
        w, p = map(float, stats.shapiro(residuals))
        return {"shapiro_w": w, "shapiro_p": p, "reasons": []}
    return {"shapiro_w": NAN, "shapiro_p": NAN} | found
