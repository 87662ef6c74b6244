"""Figure 5: overlap of a reader with the expert, every mouse by structure and phase.

Input: overlap.csv (mouse, phase, structure, dice, hd95_mm, assd_mm), distances in mm. Each mouse is a mark, a line
joins its ED and ES, a box beside the marks gives median and quartiles, as in overlap_summary.csv. A mask that the
reader left empty has Dice 0 and no distance.
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from murmur.csv_tables import read_csv
from murmur.job import job
from murmur.presentation import style

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

MEASURES = {"dice": "Dice coefficient", "hd95_mm": "HD95 (mm)", "assd_mm": "ASSD (mm)"}
STRUCTURES = {"blood_pool": ("Blood pool", "o"), "myocardium": ("Myocardium", "s")}
BESIDE = {"ED": -0.34, "ES": 0.34, "single": 0.34}  # the box lies beside the marks, away from the lines
GOLDEN = (np.sqrt(5) - 1) / 2


def plot_structure(axes: Axes, values: pd.DataFrame, first: float, colour: str, marker: str) -> None:
    """Draw `values`, a row per mouse and a column per phase, the first of them at `first` on the x axis."""
    # neighbours in value stand apart: multiples of the golden section fill the width evenly
    spread = 0.32 * ((values.mean(axis=1).rank(method="first").to_numpy() * GOLDEN) % 1 - 0.5)
    few = len(values) <= 40
    place = {phase: first + position for position, phase in enumerate(values)}
    if {"ED", "ES"} <= set(place):
        ends = [[place[phase] + spread for phase in ("ED", "ES")], values[["ED", "ES"]].to_numpy().T]
        axes.plot(*ends, color=style.LIGHT_GREY, linewidth=0.4 if few else 0.25, zorder=1)
    for phase, x in place.items():
        axes.scatter(
            x + spread,
            values[phase],
            s=11 if few else 5,
            marker=marker,
            facecolor=colour,
            edgecolor=style.BLACK,
            linewidth=0.3,
            clip_on=False,
            zorder=2,
        )
        if len(found := values[phase].dropna()) > 1:
            axes.boxplot(
                found,
                positions=[x + BESIDE[phase]],
                widths=0.16,
                whis=0,
                showcaps=False,
                showfliers=False,
                manage_ticks=False,
                patch_artist=True,
                boxprops={"facecolor": colour, "linewidth": 0.6},
                medianprops={"color": style.BLACK, "linewidth": 1.2},
                zorder=3,
            )


def plot_measure(axes: Axes, overlap: pd.DataFrame, measure: str) -> None:
    """Draw the column `measure` of `overlap`, the structures side by side, with the number of values below."""
    phases = [phase for phase in BESIDE if phase in set(overlap["phase"])]
    names, numbers = {}, {}
    for index, (structure, (name, marker)) in enumerate(STRUCTURES.items()):
        first = index * (len(phases) + 0.4)
        rows = overlap[overlap["structure"] == structure]
        values = rows.pivot(index="mouse", columns="phase", values=measure).reindex(columns=phases).astype(float)
        plot_structure(axes, values, first, style.STRUCTURE_COLOURS[structure], marker)
        names[first + (len(phases) - 1) / 2] = name
        numbers |= {first + i: f"{phase}\n{values[phase].count()}" for i, phase in enumerate(phases)}
    axes.set_xticks(list(numbers), list(numbers.values()))
    axes.set_xticks(list(names), list(names.values()), minor=True)
    axes.xaxis.remove_overlapping_locs = False  # with three phases the name stands below the middle one
    axes.tick_params(axis="x", which="minor", length=0, pad=24)
    axes.set_xlim(-0.6, max(numbers) + 0.6)
    axes.set_ylabel(MEASURES[measure])
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    if measure == "dice":
        axes.set_ylim(top=1)
    else:
        axes.set_ylim(bottom=0)


def main(overlap: str, outputs: list[str], reader: str, cohort: str) -> None:
    """Draw Dice, HD95 and ASSD of the table `overlap` in three panels; `reader` and `cohort` are named above them."""
    table = read_csv(overlap)
    with style.printed_figure(outputs, height_mm=75) as figure:
        figure.get_layout_engine().set(wspace=0.04)
        figure.suptitle(
            f"Reader {reader} against the expert, cohort {cohort}\n"
            "Mark: one mouse; line: the same mouse at ED and ES; box: median and quartiles; below: number of mice",
            x=0.01,
            ha="left",
            fontsize=7,
        )
        for axes, measure in zip(figure.subplots(1, 3), MEASURES, strict=True):
            if table[measure].notna().any():
                plot_measure(axes, table, measure)
            else:
                style.say(axes, f"{MEASURES[measure]}: no mouse has a value.")


if __name__ == "__main__":
    with job(snakemake):
        main(
            overlap=snakemake.input.overlap,
            outputs=list(snakemake.output),
            reader=snakemake.wildcards.reader,
            cohort=snakemake.wildcards.cohort,
        )
