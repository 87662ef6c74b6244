"""Does a low Dice mean a wrong volume or mass? Spearman's correlation of Dice with the absolute error.

Inputs: overlap.csv (mouse, phase, structure, dice) and function.csv (mouse, metric, unit, reference, reader).
Output: dice_error.csv, one row per structure and phase; the error is |reader - reference| of the metric that the
structure determines in that phase. A mouse counts where it has both; p_holm corrects for the four tests, ci_low and
ci_high are the confidence limits of rho.
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from murmur.csv_tables import read_csv, write_csv
from murmur.job import job
from murmur.statistics.correlation import spearman
from murmur.statistics.paired import holm, without_rounding

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

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
            note = f"{n} {'mouse' if n == 1 else 'mice'} with Dice and {metric}, at least 3 are needed"
        elif pd.isna(found["rho"]):
            note = "the Dice or the error is the same in every mouse"
        named = {"structure": structure, "phase": phase, "metric": metric, "n": n, "spearman_rho": found["rho"]}
        rows.append(named | found | {"note": note})
    table = pd.DataFrame(rows)
    table["p_holm"] = holm(table["p"])
    return table[COLUMNS]


def main(overlap: str, function: str, output: str, alpha: float) -> None:
    """Write `output` (dice_error.csv) from the tables `overlap` and `function`; confidence limits are 1 - alpha."""
    write_csv(correlate(read_csv(overlap), read_csv(function), alpha), output)


if __name__ == "__main__":
    with job(snakemake):
        main(
            overlap=snakemake.input.overlap,
            function=snakemake.input.function,
            output=snakemake.output[0],
            alpha=snakemake.params.alpha,
        )
