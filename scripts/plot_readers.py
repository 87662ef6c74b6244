"""Figure 7: comparison of the readers of a cohort, best first: mean Dice and mean absolute error.

Inputs: reader_ranking.csv (means, confidence limits, ranks and probabilities) and reader_comparison.csv (significant
differences). Volumes in µL, EF in %, mass in mg; the Dice of a mouse is its mean over ED and ES.
"""

import math
from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from murmur.csv_tables import read_csv
from murmur.job import job
from murmur.presentation import categorical, style
from murmur.presentation.number_format import DASH, number
from murmur.statistics.best_reader import differ
from murmur.statistics.bootstrap import RESAMPLES
from murmur.subject import in_print
from murmur.vocabulary import DIFFERENCE_UNITS, METRIC_NAMES, STRUCTURE_NAMES

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

HEAD_MM, PANEL_MM, READER_MM = 15, 16, 4.2
SEEDS = ". None of these includes the variation between repeated trainings"


def share(probability: float) -> str:
    """Format a share of the resamples in percent; the last percent at both ends is not resolved."""
    if pd.isna(probability):
        return DASH
    if probability < 0.01:
        return "<1%"
    return ">99%" if probability > 0.99 else f"{number(100 * probability, 0)}%"


def plot_quantity(axes: Axes, rows: pd.DataFrame, comparison: pd.DataFrame, order: list[str], alpha: float) -> None:
    """Draw one line per reader of `rows`, the best at the top; `order` gives each its colour and marker."""
    rows = rows.sort_values("rank", kind="stable").reset_index(drop=True)
    categorical.draw_intervals(
        axes,
        rows.assign(height=rows.index),
        x="mean",
        limits=("mean_ci_low", "mean_ci_high"),
        y="height",
        hue="reader",
        palette={reader: style.look(index)[0] for index, reader in enumerate(order)},
        markers={reader: style.look(index)[1] for index, reader in enumerate(order)},
    )
    best = rows["reader"].iloc[0]
    for height, row in enumerate(rows.itertuples()):
        star = "*" if row.reader != best and differ(comparison, row.quantity, row.reader, best, alpha) else ""
        style.write_at_right(axes, height, share(row.probability_best) + star)
    axes.set_yticks(range(len(rows)), rows["reader"])
    axes.set(ylabel="", ylim=(len(rows) - 0.5, -0.5))
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="y", color=style.LIGHT_GREY, linewidth=0.4)
    axes.set_axisbelow(True)
    axes.margins(x=0.08)
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))


def main(ranking: str, comparison: str, outputs: list[str], cohort: str, alpha: float, repeated: bool = False) -> None:
    """Draw one panel per structure, where there is Dice, and per metric, two in a row.

    `repeated` tells whether trainings were repeated.
    """
    ranks, pairs = in_print(read_csv(ranking)), in_print(read_csv(comparison))
    order = list(ranks["reader"].unique())
    with_dice = (ranks["measure"] == "dice").any()
    names = (STRUCTURE_NAMES if with_dice else {}) | METRIC_NAMES
    lines = math.ceil(len(names) / 2)
    with style.printed_figure(outputs, HEAD_MM + lines * (PANEL_MM + READER_MM * len(order))) as figure:
        figure.suptitle(
            f"Readers and reference, {cohort} cohort, best reader at the top. Symbols: means over mice; lines: "
            f"{100 * (1 - alpha):g}% confidence intervals.\nRight: share of {RESAMPLES:,} bootstrap resamples of the "
            f"mice in which the reader was best; * differs from the reader at the top\n"
            f"(paired t-test, Holm, p < {alpha:g}{'; Dice: at ED or ES' if with_dice else ''})"
            f"{SEEDS if repeated else ''}",
            x=0.01,
            ha="left",
            fontsize=7,
        )
        panels = figure.subplots(lines, 2).flat
        for axes in panels[len(names) :]:
            axes.set_visible(False)
        for axes, (quantity, name) in zip(panels, names.items(), strict=False):
            rows = ranks[ranks["quantity"] == quantity]
            axes.set_title(name)
            if rows["mean"].isna().all():
                style.write_in_panel(axes, "No mouse was measured by all readers.")
                continue
            axes.set_title(f"{name}, n = {rows['n'].iloc[0]}")
            plot_quantity(axes, rows, pairs, order, alpha)
            if quantity in STRUCTURE_NAMES:
                axes.set_xlabel("Dice (mean of ED and ES)")
            else:
                axes.set_xlabel(f"Absolute error ({DIFFERENCE_UNITS[rows['unit'].iloc[0]]})")


if __name__ == "__main__":
    with job(snakemake):
        main(
            ranking=snakemake.input.ranking,
            comparison=snakemake.input.comparison,
            outputs=list(snakemake.output),
            cohort=snakemake.wildcards.cohort,
            alpha=snakemake.params.alpha,
            repeated=snakemake.params.repeated,
        )
