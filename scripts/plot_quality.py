"""Predicted against true Dice coefficients of masks, and which of them have findings.

Inputs: predicted_quality.csv and quality_check.csv. The interval of a prediction is to contain the true value in 90% of
the scans.
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from murmur.csv_tables import read_csv
from murmur.job import job
from murmur.presentation import style
from murmur.quality.check import LOW_DICE
from murmur.vocabulary import STRUCTURE_NAMES

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def draw(axes: Axes, rows: pd.DataFrame, colour: str) -> None:
    """Draw the predictions of a structure against the true values, filled where there are findings."""
    axes.axline((0, 0), slope=1, color=style.GREY, linewidth=0.8, zorder=0)
    axes.axvline(LOW_DICE, color=style.GREY, linewidth=0.6, linestyle=(0, (3, 2)), zorder=0)
    axes.vlines(rows["true"], rows["low"], rows["high"], color=style.LIGHT_GREY, linewidth=0.6, zorder=1)
    for noticed, name in ((True, "with findings"), (False, "without findings")):
        chosen = rows[(rows["findings"] > 0) == noticed]
        face = colour if noticed else "white"
        axes.plot(
            chosen["true"], chosen["predicted"], "o", markersize=4, color=colour, markerfacecolor=face, label=name
        )
    lowest = np.floor(10 * rows[["true", "low"]].min().min()) / 10
    limits = (min(lowest, LOW_DICE - 0.05), 1.01)
    axes.set(
        xlim=limits, ylim=limits, xlabel="True Dice coefficient", ylabel="Predicted Dice coefficient", aspect="equal"
    )


def words_of(row) -> str:
    """Return in words what was noticed, and how far predictions are off."""
    counts = (row.bad_with_findings, row.bad, row.good_with_findings, row.good)
    bad_noticed, bad, good_noticed, good = map(int, counts)
    return (
        f"{bad_noticed} of {bad} masks with a Dice coefficient below {LOW_DICE:g} and\n"
        f"{good_noticed} of {good} others have findings; mean absolute error of the\n"
        f"prediction {row.error:.3f}, of the best constant {row.error_constant:.3f}"
    )


def main(scans: str, summary: str, outputs: list[str]) -> None:
    """Draw a panel for each structure."""
    table = read_csv(scans)
    checked = {row.quantity: row for row in read_csv(summary).itertuples()}
    with style.printed_figure(outputs, height_mm=105) as figure:
        panels = figure.subplots(1, 2)
        for axes, (structure, name) in zip(panels, STRUCTURE_NAMES.items(), strict=True):
            rows = table[table["quantity"] == f"dice_{structure}"]
            axes.set_title(name)
            if rows.empty:
                style.write_in_panel(axes, "No mouse has masks of both expert and reader.")
                continue
            draw(axes, rows, style.STRUCTURE_COLOURS[structure])
            axes.set_title(f"{name}\n{words_of(checked[f'dice_{structure}'])}", fontsize=7)
            axes.legend(loc="lower right")


if __name__ == "__main__":
    with job(snakemake):
        main(scans=snakemake.input.scans, summary=snakemake.input.summary, outputs=list(snakemake.output))
