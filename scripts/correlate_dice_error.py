"""Does a low Dice mean a wrong volume or mass? Spearman's correlation of Dice with the absolute error.

Inputs: overlap.csv (mouse, phase, structure, dice) and function.csv (mouse, metric, unit, reference, reader).
Output: dice_error.csv, one row per structure and phase; the error is |reader - reference| of the metric that the
structure determines in that phase. A mouse counts where it has both; p_holm corrects for the four tests.
"""

from typing import TYPE_CHECKING

import pandas as pd

from murmur.logs import job_log
from murmur.paired import holm, spearman
from murmur.tables import read_csv, write_csv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

METRIC = {
    ("blood_pool", "ED"): "EDV",
    ("blood_pool", "ES"): "ESV",
    ("myocardium", "ED"): "mass_ED",
    ("myocardium", "ES"): "mass_ES",
}


def correlate(overlap: pd.DataFrame, function: pd.DataFrame) -> pd.DataFrame:
    """Return structure, phase, metric, n, spearman_rho, p, p_holm, note; `note` says why a value is missing."""
    rows = []
    for (structure, phase), metric in METRIC.items():
        scores = overlap[(overlap["structure"] == structure) & (overlap["phase"] == phase)]
        values = function[function["metric"] == metric]
        error = (values["reader"] - values["reference"]).abs().set_axis(values["mouse"])
        pairs = pd.DataFrame({"dice": scores.set_index("mouse")["dice"], "error": error}).astype(float).dropna()
        n = len(pairs)
        rho, p = spearman(pairs["dice"].to_numpy(), pairs["error"].to_numpy())
        note = ""
        if n < 3:
            note = f"{n} {'mouse' if n == 1 else 'mice'} with Dice and {metric}, at least 3 are needed"
        elif pd.isna(rho):
            note = "the Dice or the error is the same in every mouse"
        rows.append((structure, phase, metric, n, rho, p, note))
    table = pd.DataFrame(rows, columns=["structure", "phase", "metric", "n", "spearman_rho", "p", "note"])
    table.insert(6, "p_holm", holm(table["p"]))
    return table


def main(overlap: str, function: str, output: str) -> None:
    """Write `output` (dice_error.csv) from the tables `overlap` and `function`."""
    write_csv(correlate(read_csv(overlap), read_csv(function)), output)


if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        main(
            overlap=snakemake.input.overlap,
            function=snakemake.input.function,
            output=snakemake.output[0],
        )
