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
from murmur.presentation import categorical, style
from murmur.quality.check import LOW_DICE
from murmur.quality.score import DICE
from murmur.vocabulary import STRUCTURE_NAMES

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

HEIGHT_MM, SESSIONS_MM = 105, 62
UNCORRUPTED = "none"  # the session of a simulated scan without corruption
FEW_SESSIONS = 6  # whose names fit next to each other


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
    counted = [(bad_noticed, bad, f"Dice < {LOW_DICE:g}"), (good_noticed, good, f"Dice ≥ {LOW_DICE:g}")]
    found = ", ".join(f"{noticed} of {all_of} ({where})" for noticed, all_of, where in counted if all_of)
    return f"Findings: {found}\nMean absolute error {row.error:.3f} (best constant, {row.error_constant:.3f})"


def draw_sessions(axes: Axes, table: pd.DataFrame, sessions: list[str]) -> None:
    """Draw the true values of each session, filled where there are findings, the structures side by side."""
    for number, (structure, name) in enumerate(STRUCTURE_NAMES.items()):
        rows = table[table["quantity"] == f"dice_{structure}"]
        aside = rows.groupby("session")["true"].transform(categorical.spread)
        place = rows["session"].map(sessions.index) + 0.3 * number - 0.15 + 0.24 * aside
        colour = style.STRUCTURE_COLOURS[structure]
        for noticed, face in ((True, colour), (False, "white")):
            chosen = (rows["findings"] > 0) == noticed
            axes.plot(
                place[chosen], rows.loc[chosen, "true"], style.MARKERS[number], markersize=4, color=colour,
                markerfacecolor=face, label=name if noticed else None,
            )  # fmt: skip
    axes.axhline(LOW_DICE, color=style.GREY, linewidth=0.6, linestyle=(0, (3, 2)), zorder=0)
    lowest = np.floor(10 * table.loc[table["quantity"].isin(DICE), "true"].min()) / 10
    axes.set(ylabel="True Dice coefficient", ylim=(min(lowest, LOW_DICE - 0.05) - 0.02, 1.01))
    axes.set(xlim=(-0.5, len(sessions) - 0.5), title="By corruption" if UNCORRUPTED in sessions else "By session")
    axes.set_xticks(range(len(sessions)), sessions, rotation=30 if len(sessions) > FEW_SESSIONS else 0)
    axes.legend(loc="lower left", ncols=2)


def main(scans: str, summary: str, outputs: list[str]) -> None:
    """Draw a panel for each structure, and below them the sessions, if animals have several scans."""
    table = read_csv(scans)
    sessions = list(table["session"].dropna().astype(str).unique())
    checked = {row.quantity: row for row in read_csv(summary).itertuples() if pd.isna(row.session)}
    with style.printed_figure(outputs, height_mm=HEIGHT_MM + (SESSIONS_MM if sessions else 0)) as figure:
        upper, *lower = figure.subfigures(2, 1, height_ratios=(HEIGHT_MM, SESSIONS_MM)) if sessions else [figure]
        panels = upper.subplots(1, 2)
        below = [rest.subplots() for rest in lower]
        for axes in below:
            draw_sessions(axes, table, sessions)
        style.letter_panels([*panels, *below])
        for axes, (structure, name) in zip(panels, STRUCTURE_NAMES.items(), strict=True):
            rows = table[table["quantity"] == f"dice_{structure}"]
            axes.set_title(name)
            if rows.empty:
                style.write_in_panel(axes, "No mouse has masks of both reference and reader.")
                continue
            draw(axes, rows, style.STRUCTURE_COLOURS[structure])
            axes.set_title(f"{name}\n{words_of(checked[f'dice_{structure}'])}", fontsize=7)
            axes.legend(loc="lower right")


if __name__ == "__main__":
    with job(snakemake):
        main(scans=snakemake.input.scans, summary=snakemake.input.summary, outputs=list(snakemake.output))
