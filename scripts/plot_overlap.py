"""Figure 5: overlap of a reader with the reference, every mouse by phase and structure.

Input: overlap.csv (mouse, phase, structure, dice, hd95_mm, assd_mm), distances in mm. Each point is a scan; each box
shows the median and quartiles, as in overlap_summary.csv. A mask that the reader left empty has a Dice of 0 and no
distance.
"""

from typing import TYPE_CHECKING

import pandas as pd
import seaborn
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from murmur.csv_tables import read_csv
from murmur.job import job
from murmur.presentation import categorical, style
from murmur.vocabulary import STRUCTURE_NAMES

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

MEASURES = {"dice": "Dice coefficient", "hd95_mm": "HD95 (mm)", "assd_mm": "ASSD (mm)"}
PHASES = {"ED": "ED", "ES": "ES", "single": "Single frame"}
MARKERS = {"blood_pool": "o", "myocardium": "s"}


def scans_of(counts: list[int]) -> str:
    """Return the numbers of scans of both structures, one if they are the same, with their noun."""
    return f"{', '.join(map(str, dict.fromkeys(counts)))} {'scan' if max(counts) == 1 else 'scans'}"


def plot_measure(axes: Axes, overlap: pd.DataFrame, measure: str) -> None:
    """Draw the column `measure` of `overlap` by phase and structure, with the number of scans below."""
    phases = [phase for phase in PHASES if phase in set(overlap["phase"])]
    groups = {"data": overlap, "x": "phase", "y": measure, "order": phases}
    groups |= {"hue": "structure", "hue_order": list(STRUCTURE_NAMES), "palette": style.STRUCTURE_COLOURS}
    seaborn.boxplot(
        **groups,
        saturation=1,
        gap=0.1,
        whis=0,
        showcaps=False,
        showfliers=False,
        boxprops={"alpha": 0.3, "linewidth": 0},
        medianprops={"color": style.BLACK, "linewidth": 1.2, "zorder": 2},
        legend=False,
        zorder=1,
        ax=axes,
    )
    categorical.draw_points(axes, **groups, markers=MARKERS)
    n = overlap.dropna(subset=measure).groupby(["phase", "structure"]).size()
    counts = {phase: [n.get((phase, structure), 0) for structure in STRUCTURE_NAMES] for phase in phases}
    axes.set_xticks(
        range(len(phases)),
        [f"{PHASES[phase]}\n{scans_of(counts[phase])}" for phase in phases],
    )
    axes.set(xlabel="", ylabel=MEASURES[measure], xlim=(-0.5, len(phases) - 0.5))
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    axes.set_ylim(**({"top": 1} if measure == "dice" else {"bottom": 0}))


def main(overlap: str, outputs: list[str], reader: str, cohort: str) -> None:
    """Draw Dice, HD95 and ASSD of the table `overlap` in three panels; `reader` and `cohort` are named above them."""
    table = read_csv(overlap)
    with style.printed_figure(outputs, height_mm=75) as figure:
        figure.get_layout_engine().set(wspace=0.04)
        panels = figure.subplots(1, 3)
        style.letter_panels(panels)
        for axes, measure in zip(panels, MEASURES, strict=True):
            if table[measure].notna().any():
                plot_measure(axes, table, measure)
            else:
                style.write_in_panel(axes, f"{MEASURES[measure]}: no mouse has a value.")
        symbols = [
            style.symbol(style.STRUCTURE_COLOURS[structure], MARKERS[structure], name)
            for structure, name in STRUCTURE_NAMES.items()
        ]
        figure.legend(
            handles=symbols,
            loc="outside upper left",
            ncols=2,
            title=f"Reader {reader} and reference, {cohort} cohort. Symbols: scans; boxes: median and quartiles",
            alignment="left",
        )


if __name__ == "__main__":
    with job(snakemake):
        main(
            overlap=snakemake.input.overlap,
            outputs=list(snakemake.output),
            reader=snakemake.wildcards.reader,
            cohort=snakemake.wildcards.cohort,
        )
