"""Figure 6: function by phenotype, and whether the reader changes what differs between phenotypes.

Inputs: function.csv (the values of each mouse) and group_differences.csv (the differences and intervals drawn); volumes
in µL, EF in %, mass in mg. On the left every mouse that has both values, on the right each pair of phenotypes.
"""

import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from murmur.csv_tables import read_csv
from murmur.job import job
from murmur.presentation import style
from murmur.statistics.phenotypes import MIN_MICE, NOT_SIGNIFICANT, RATERS, SIGNIFICANT, GroupedMetric, group
from murmur.vocabulary import METRIC_NAMES, UNITS

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

COLOURS = {"reference": style.BLACK, "reader": style.ORANGE}
MARKERS = {"reference": "o", "reader": "D"}
SIDES = {"reference": -0.2, "reader": 0.2}  # of the reader beside, or below, the reference
GOLDEN = (np.sqrt(5) - 1) / 2
ROW_MM, PAIR_MM, FRAME_MM = 25, 2.75, 8.5  # least height of a metric's panels, height of a pair, of the axis


def short(phenotype: str) -> str:
    """Return the name of a phenotype, its middle left out where it would take the room of the panels."""
    return phenotype if len(phenotype) <= 12 else f"{phenotype[:7]}…{phenotype[-4:]}"


def marker(rater: str) -> dict[str, object]:
    """Return how marks of a rater look: those of the reference filled, those of the reader open."""
    fill = style.LIGHT_GREY if rater == "reference" else "white"
    return {"marker": MARKERS[rater], "color": COLOURS[rater], "markerfacecolor": fill, "markeredgewidth": 0.7}


def plot_mice(axes: Axes, metric: GroupedMetric) -> None:
    """Draw the values of each phenotype by both raters, each with its mean as a line."""
    for position, pairs in enumerate(metric.groups.values()):
        # neighbours in value stand apart: multiples of the golden section fill the width evenly
        spread = 0.32 * ((np.arange(len(pairs)) * GOLDEN) % 1 - 0.5) if len(pairs) > 1 else 0
        for rater in RATERS:
            middle = position + SIDES[rater]
            axes.plot(middle + spread, np.sort(pairs[rater]), linestyle="none", markersize=2, zorder=2, **marker(rater))
            if len(pairs) > 1:  # the line would hide a single mouse
                axes.hlines(pairs[rater].mean(), middle - 0.18, middle + 0.18, style.BLUE, linewidth=1.8, zorder=3)
    axes.set_xlim(-0.5, len(metric.groups) - 0.5)
    # a name as wide as its group, in two lines at most
    axes.set_xticks(range(len(metric.groups)), [textwrap.fill(short(name), 8) for name in metric.groups])
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    axes.margins(y=0.08)


def plot_differences(axes: Axes, pairs: pd.DataFrame) -> None:
    """Draw the difference of each pair by both raters with its interval; shade and name a changed conclusion."""
    axes.axvline(0, color=style.GREY, linewidth=0.6, zorder=1)
    for height, row in enumerate(pairs.to_dict("records")):
        for rater in RATERS:
            y = height + SIDES[rater]
            interval = [row[f"{rater}_ci_low"], row[f"{rater}_ci_high"]]
            axes.plot(interval, [y, y], color=COLOURS[rater], linewidth=1, zorder=2)
            axes.plot(row[f"{rater}_difference"], y, markersize=2.8, zorder=3, **marker(rater))
        if pd.notna(row["conclusion"]) and row["conclusion"] not in (SIGNIFICANT, NOT_SIGNIFICANT):
            axes.axhspan(height - 0.5, height + 0.5, color=style.LIGHT_GREY, alpha=0.6, linewidth=0, zorder=0)
            axes.annotate(
                row["conclusion"],
                (1, height),
                xycoords=("axes fraction", "data"),
                xytext=(3, 0),
                textcoords="offset points",
                va="center",
            )
    names = [f"{short(b)} − {short(a)}" for a, b in zip(pairs["group_a"], pairs["group_b"], strict=True)]
    axes.set_yticks(range(len(pairs)), names)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(pairs) - 0.5, -0.5)
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))


def main(
    function: str,
    phenotypes: Mapping[str, str],
    differences: str,
    outputs: list[str],
    reader: str,
    cohort: str,
    alpha: float,
) -> None:
    """Draw one row per metric: the mice by phenotype and the differences between phenotypes."""
    grouped = {metric.metric: metric for metric in group(read_csv(function), phenotypes)}
    table = read_csv(differences)
    pairs = table["metric"].value_counts().max() if len(table) else 0
    height = len(METRIC_NAMES) * max(ROW_MM, FRAME_MM + PAIR_MM * pairs) + 12
    few = (table[["n_a", "n_b"]] < MIN_MICE).any(axis=None)
    bare = f"\nNo interval where a phenotype has fewer than {MIN_MICE} mice" if few else ""
    with style.printed_figure(outputs, height_mm=height) as figure:
        panels = figure.subplots(len(METRIC_NAMES), 2, width_ratios=[1, 1])
        for (left, right), (metric, name) in zip(panels, METRIC_NAMES.items(), strict=True):
            found = grouped.get(metric)
            if found is None or not any(len(mice) for mice in found.groups.values()):
                left.set_title(name)
                style.write_in_panel(left, "No mouse of known phenotype has both values.")
                right.set_axis_off()
                continue
            unit = UNITS[found.unit]
            plot_mice(left, found)
            left.set_ylabel(f"{name} ({unit})")
            if len(found.groups) < 2:
                style.write_in_panel(right, "One phenotype: there is nothing to compare.")
                continue
            plot_differences(right, table[table["metric"] == metric])
            right.set_xlabel(f"Difference in {name.replace('Mass', 'mass')} ({unit})", labelpad=1)
        marks = [Line2D([], [], markersize=3.5, linewidth=1, **marker(rater)) for rater in RATERS]
        marks += [Line2D([], [], color=style.BLUE, linewidth=1.8), Patch(color=style.LIGHT_GREY, alpha=0.6)]
        figure.legend(
            marks,
            ["reference", f"reader {reader}", "mean", "significant by one of the two only, or in opposite directions"],
            loc="outside upper left",
            ncols=4,
            title=f"Cohort {cohort}. Left: each mouse; right: differences with simultaneous "
            f"{100 * (1 - alpha):g} % confidence intervals (Welch, Bonferroni){bare}",
            alignment="left",
        )


if __name__ == "__main__":
    with job(snakemake):
        main(
            function=snakemake.input.function,
            phenotypes=snakemake.params.phenotypes,
            differences=snakemake.input.differences,
            outputs=list(snakemake.output),
            reader=snakemake.wildcards.reader,
            cohort=snakemake.wildcards.cohort,
            alpha=snakemake.params.alpha,
        )
