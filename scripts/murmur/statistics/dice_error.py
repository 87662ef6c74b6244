"""Does a low Dice mean a wrong volume or mass? Spearman's correlation of Dice with the absolute error."""

import numpy as np
import pandas as pd

from murmur.statistics.correlation import spearman
from murmur.statistics.notes import mice
from murmur.statistics.paired import holm, without_rounding

METRIC = {
    ("blood_pool", "ED"): "EDV",
    ("blood_pool", "ES"): "ESV",
    ("myocardium", "ED"): "mass_ED",
    ("myocardium", "ES"): "mass_ES",
}
COLUMNS = ["structure", "phase", "metric", "n", "spearman_rho", "p", "p_holm", "ci_low", "ci_high", "note"]


def correlate(overlap: pd.DataFrame, function: pd.DataFrame, alpha: float) -> pd.DataFrame:
    """Return COLUMNS with 1 - alpha confidence limits; `note` says why a value is missing."""
    rows = []
    for (structure, phase), metric in METRIC.items():
        scores = overlap[(overlap["structure"] == structure) & (overlap["phase"] == phase)]
        values = function[function["metric"] == metric].set_index("mouse")[["reference", "reader"]]
        pairs = values.astype(float).join(scores.set_index("mouse")["dice"].astype(float)).dropna()
        reference, reader, dice = pairs.to_numpy().T
        error = without_rounding(np.abs(reader - reference), np.abs(reference).max(initial=0))
        n = len(pairs)
        found = spearman(dice, error, alpha)
        note = found["note"]
        if n < 3:
            note = f"{mice(n)} with both values, at least 3 are needed"
        elif pd.isna(found["rho"]):
            note = "the Dice or the error is the same in every mouse"
        named = {"structure": structure, "phase": phase, "metric": metric, "n": n, "spearman_rho": found["rho"]}
        rows.append(named | found | {"note": note})
    table = pd.DataFrame(rows)
    table["p_holm"] = holm(table["p"])
    return table[COLUMNS]
