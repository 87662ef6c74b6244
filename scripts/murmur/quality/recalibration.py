"""Predicted quality, calibrated again for one reader in one cohort, by the animals with a reference.

The regressions of `score` were fitted to masks of the network supplied in simulated mice. Another reader, or the same
in another cohort, has its own level of quality. The residuals of animals with a reference show it, and how far the
predictions distinguish these animals.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from murmur.quality.score import COVERAGE, restored, transformed

LEAST = 9  # animals: the level of the margin, (m + 1) / m times COVERAGE, is at most 1
SHARES = (0.1, 0.25, 0.5, 0.75, 1.0)  # of the differences between predictions that are kept


def recalibrated(table: pd.DataFrame, true: pd.DataFrame, animals: Mapping[str, str]) -> tuple[pd.DataFrame, int]:
    """Calibrate predictions again, where at least LEAST animals have a reference.

    Parameters
    ----------
    table : DataFrame
        Rows of quality.csv: mouse, quantity, predicted, low and high.
    true : DataFrame
        Columns mouse, quantity and true, as returned by `check.true_quality`.
    animals : mapping
        The animal of each scan, if some animals have several; otherwise empty.

    Returns
    -------
    DataFrame
        The table with new values of predicted, low and high. A scan with a reference is predicted without its own
        animal.
    int
        The number of animals with a reference, the smallest of all quantities; the table is unchanged, and the number
        0, if it is below LEAST.

    Notes
    -----
    On the scale of `score.transformed`, predictions get a new level, and keep that share of their differences which has
    the smallest squared error in animals that are left out. The order of scans without a reference does not change;
    one with a reference moves away from its true value, because the level lacks its own animal. The margin is the
    quantile of the absolute residuals of animals left out, as in `score.fit`.
    """
    merged = table.reset_index(names="row").merge(true, how="left", on=["mouse", "quantity"])
    merged["animal"] = merged["mouse"].map(lambda mouse: animals.get(mouse, mouse))
    merged = merged.dropna(subset=["predicted"])
    numbers = merged.dropna(subset=["true"]).groupby("quantity")["animal"].nunique()
    number = int(numbers.reindex(merged["quantity"].unique(), fill_value=0).min())
    if number < LEAST:
        return table, 0
    found = table.copy()
    for quantity, rows in merged.groupby("quantity", sort=False):
        known = rows["true"].notna().to_numpy()
        scales = [transformed(quantity, rows[name]) for name in ("predicted", "true")]
        middle, margin = _calibrate(*scales, known, rows["animal"].to_numpy()[known])
        predicted, *ends = restored(quantity, np.array([middle, middle - margin, middle + margin]))
        found.loc[rows["row"], ["predicted", "low", "high"]] = np.array([predicted, *np.sort(ends, axis=0)]).T
    return found, number


def _calibrate(before: np.ndarray, true: np.ndarray, known: np.ndarray, groups: np.ndarray) -> tuple[np.ndarray, float]:
    """Return new predictions and the margin; `groups` are the animals of the rows that are `known`."""
    without = {}
    for share in SHARES:
        residual = true[known] - share * before[known]
        levels = [residual[groups != group].mean() for group in groups]
        without[share] = residual - levels
    share = min(SHARES, key=lambda one: float((without[one] ** 2).mean()))
    middle = share * before + (true[known] - share * before[known]).mean()
    middle[known] = true[known] - without[share]
    number = len(np.unique(groups))
    level = min(np.ceil((number + 1) * COVERAGE) / number, 1.0)
    return middle, float(np.quantile(np.abs(without[share]), level, method="higher"))
