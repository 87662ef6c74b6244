"""Time-volume curves over the cardiac cycle: each animal, and the mean ± SD of each group.

Inputs: curves.csv and mean_curves.csv of a comparison. Each session has a row and each group a panel; the dashed line
repeats the mean of the control or, without one, of the first group.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from murmur.csv_tables import read_csv
from murmur.job import job
from murmur.presentation import style
from murmur.presentation.groups import column_titles, groups_of
from murmur.subject import printed_unit, printed_value
from murmur.vocabulary import UNITS

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

ROW_MM, HEAD_MM, LEFT_MM, GAP_MM = 40.0, 22.0, 16.0, 4.0
DASHED = {"color": style.GREY, "linewidth": 1, "linestyle": (0, (3, 2))}


def printed(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with its volumes in the unit of print."""
    volumes = [column for column in ("volume_uL", "mean_uL", "sd_uL") if column in table]
    return table.assign(**{column: printed_value(table[column], "uL") for column in volumes})


def draw_curves(axes: Axes, curves: pd.DataFrame, means: pd.DataFrame, colour: str) -> None:
    """Draw the curve of each animal of a group, and the mean with the band of the standard deviation."""
    for _, curve in curves.groupby("animal", sort=False):
        axes.plot(curve["phase_percent"], curve["volume_uL"], color=colour, linewidth=0.5, alpha=0.5, zorder=2)
    sd = means["sd_uL"].fillna(0)
    low, high = means["mean_uL"] - sd, means["mean_uL"] + sd
    axes.fill_between(means["phase_percent"], low, high, color=colour, alpha=0.25, linewidth=0, zorder=1)
    axes.plot(means["phase_percent"], means["mean_uL"], color=style.BLACK, linewidth=1.3, zorder=4)


def add_legend(figure, zero: str) -> None:
    """Explain the lines above the panels."""
    entries = [
        Line2D([], [], color=style.GREY, linewidth=0.5, label="one animal"),
        Line2D([], [], color=style.BLACK, linewidth=1.3, label="mean"),
        Patch(facecolor=style.GREY, alpha=0.25, label="± SD"),
        Line2D([], [], label=f"mean of {style.abbreviate(zero)}", **DASHED),
    ]
    figure.legend(handles=entries, loc="outside upper left", ncols=4, alignment="left")


def main(curves: str, means: str, outputs: list[str], settings: Mapping) -> None:
    """Draw the curves of each session and group; a group without curves has an empty panel that says so."""
    animals, averaged = (printed(read_csv(path).fillna({"session": ""})) for path in (curves, means))
    if animals.empty:
        style.print_sentence(outputs, "No scan has a known heart rate and enough segmented frames for a curve.")
        return
    groups, sessions = groups_of(settings), settings["sessions"] or [""]
    width = (style.PAGE_MM - LEFT_MM) / len(groups.names) - GAP_MM
    titles, lines_mm = column_titles(groups.names, width)
    counts = {(session, group): 0 for session in sessions for group in groups.names}
    counts |= averaged.groupby(["session", "group"])["n"].max().astype(int).to_dict()
    with style.printed_figure(outputs, HEAD_MM + lines_mm + ROW_MM * len(sessions)) as figure:
        panels = figure.subplots(len(sessions), len(groups.names), squeeze=False, sharey=True, sharex=True)
        for row, session in zip(panels, sessions, strict=True):
            of = [table[table["session"] == session] for table in (animals, averaged)]
            for axes, group, title in zip(row, groups.names, titles, strict=True):
                own, mean = (table[table["group"] == group] for table in of)
                draw_curves(axes, own, mean, groups.colour(group))
                zero = of[1][of[1]["group"] == groups.zero]
                axes.plot(zero["phase_percent"], zero["mean_uL"], zorder=3, **DASHED)
                n = f"n = {counts[session, group]}"
                once = len({counts[other, group] for other in sessions}) == 1
                heading = f"{title}\n{n}" if session == sessions[0] else "" if once else n
                axes.set_title(heading, fontsize=7, loc="center", linespacing=1.05)
                axes.set(xlim=(0, 100), xticks=[0, 50, 100])
            row[0].annotate(session, (0.04, 0.05), xycoords="axes fraction", weight="bold")
            row[0].set_ylabel(f"Blood-pool volume ({UNITS[printed_unit('uL')]})")
        style.letter_panels(panels[:, 0])
        panels[0, 0].set_ylim(bottom=0)
        figure.supxlabel("Time from ED (% of the cardiac cycle)", fontsize=7)
        add_legend(figure, groups.zero)


if __name__ == "__main__":
    with job(snakemake):
        main(
            curves=snakemake.input.curves,
            means=snakemake.input.means,
            outputs=list(snakemake.output),
            settings=snakemake.params.settings,
        )
