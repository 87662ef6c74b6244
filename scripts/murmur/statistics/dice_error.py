"""Association between Dice and the absolute error of volume or mass: Spearman's rank correlation."""

from collections.abc import Mapping

import pandas as pd

from murmur.statistics.animals import ONE_SCAN_EACH, average_scans
from murmur.statistics.correlation import spearman
from murmur.statistics.notes import annotate, reason
from murmur.statistics.paired import holm, without_rounding

METRIC = {
    ("blood_pool", "ED"): "EDV",
    ("blood_pool", "ES"): "ESV",
    ("myocardium", "ED"): "mass_ED",
    ("myocardium", "ES"): "mass_ES",
}
COLUMNS = ["structure", "phase", "metric", "n", "spearman_rho", "p", "p_holm", "ci_low", "ci_high", "note", "reasons"]


def correlate(
    overlap: pd.DataFrame, function: pd.DataFrame, alpha: float, animals: Mapping[str, str] = ONE_SCAN_EACH
) -> pd.DataFrame:
    """Correlate Dice with the absolute error of the metric that the mask determines, by structure and phase.

    Parameters
    ----------
    overlap : DataFrame
        Columns mouse, phase, structure, dice.
    function : DataFrame
        Columns mouse, metric, unit, reference, reader.
    alpha : float
        The confidence limits of rho have the level 1 - alpha.
    animals : mapping of str to str, optional
        The animal of each scan, whose scans are averaged; empty if each scan is of another animal.

    Returns
    -------
    DataFrame
        COLUMNS, one row for each of METRIC; p_holm is corrected for the four tests. Mice with both values are included.
    """
    rows = []
    for (structure, phase), metric in METRIC.items():
        scores = overlap[(overlap["structure"] == structure) & (overlap["phase"] == phase)]
        values = function[function["metric"] == metric].set_index("mouse")[["reference", "reader"]]
        pairs = values.astype(float).join(scores.set_index("mouse")["dice"].astype(float)).dropna()
        error = without_rounding((pairs["reader"] - pairs["reference"]).abs(), pairs["reference"].abs().max())
        values = average_scans(pairs.assign(error=error), animals)
        n = len(values)
        found = spearman(values["dice"].to_numpy(), values["error"].to_numpy(), alpha)
        if n < 3:
            found["reasons"] = [reason("too_few_with_both", f"n = {n}")]
        elif pd.isna(found["rho"]):
            found["reasons"] = [reason("dice_or_error_constant")]
        named = {"structure": structure, "phase": phase, "metric": metric, "n": n, "spearman_rho": found["rho"]}
        rows.append(named | found)
    table = pd.DataFrame(rows).reindex(columns=COLUMNS)
    table["p_holm"] = holm(table["p"])
    return annotate(table)
