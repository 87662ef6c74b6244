"""Figure 3: Bland-Altman plot and scatter plot with line of identity for each metric, reader against reference.

Inputs: function.csv (values of each scan) and agreement.csv (statistics drawn and printed); volumes in µL, EF in %,
mass in mg. Difference = reader - reference (Bland and Altman, Lancet 1986;327:307); in case of proportional bias, the
regression line and the limits based on it are added. Symbols tell phenotypes apart, because bias that depends on the
phenotype looks like bias that depends on size.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from murmur.csv_tables import read_csv
from murmur.job import job
from murmur.presentation import style
from murmur.presentation.number_format import coefficient, rounded
from murmur.subject import in_print
from murmur.vocabulary import DIFFERENCE_UNITS, METRIC_NAMES, UNITS, in_order

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

POINTS = {"s": 11, "edgecolor": style.BLACK, "linewidth": 0.5, "zorder": 3}
UNKNOWN = "unknown phenotype"
LETTER_MM, SYMBOL_LETTERS = 1.5, 6  # of the key: width of a letter, letters that a symbol takes
FILLS = (style.LIGHT_GREY, "white", style.GREY, style.BLACK)  # without the colours of the lines
LINES = {  # dash and colour of each line of a Bland-Altman plot, and where the bar of its confidence interval stands
    "bias": ("solid", style.BLUE, 0.95),
    "loa_low": ("dashed", style.GREEN, 0.98),
    "loa_high": ("dashed", style.GREEN, 0.98),
}
SLOPES = {"": "solid", "loa_low_": "dashdot", "loa_high_": "dashdot"}  # dash of the lines of a proportional bias


def by_phenotype(
    values: pd.DataFrame, phenotypes: Mapping[str, str], order: Sequence[str]
) -> tuple[pd.DataFrame, dict[str, dict]]:
    """Return the values of each scan with the column phenotype, and the look of the symbols of each phenotype.

    Without two phenotypes, or with more than there are markers, all scans have the same symbol.
    """
    named = values["mouse"].map(lambda mouse: phenotypes.get(mouse, UNKNOWN))
    names = in_order(set(named) - {UNKNOWN}, order) + [UNKNOWN] * (UNKNOWN in set(named))
    if not 1 < len(names) <= len(style.MARKERS):
        named, names = UNKNOWN, [UNKNOWN]
    looks = {
        name: {"marker": style.MARKERS[place], "facecolor": FILLS[place % len(FILLS)]}
        for place, name in enumerate(names)
    }
    return values.assign(phenotype=named), looks


def plot_points(axes: Axes, x: pd.Series, y: pd.Series, phenotypes: pd.Series, looks: Mapping[str, Mapping]) -> None:
    """Draw the scans, those of each phenotype with their symbol."""
    for phenotype, look in looks.items():
        shown = phenotypes == phenotype
        axes.scatter(x[shown], y[shown], **POINTS, **look)


def plot_bland_altman(
    axes: Axes, pairs: pd.DataFrame, numbers: pd.Series, alpha: float, looks: Mapping[str, Mapping]
) -> None:
    """Draw differences against means with the bias and the limits of agreement, and their confidence intervals.

    The intervals are bars at the right edge. With few mice they are far longer than the data are wide; they are then
    cut off where they would more than double the height of the panel. A proportional bias adds its regression line and,
    where they are given, its limits, over the means that occur.
    """
    mean, difference = (pairs["reader"] + pairs["reference"]) / 2, pairs["reader"] - pairs["reference"]
    axes.axhline(0, color=style.GREY, linewidth=0.6, zorder=1)
    for quantity, (dash, colour, place) in LINES.items():
        low, high = numbers[f"{quantity}_ci_low"], numbers[f"{quantity}_ci_high"]
        if pd.notna(low) and pd.notna(high):
            axes.vlines(place, low, high, transform=axes.get_yaxis_transform(), color=colour, linewidth=2, zorder=2)
        if pd.notna(numbers[quantity]):
            axes.axhline(numbers[quantity], color=colour, linestyle=dash, linewidth=1, zorder=2)
            style.write_at_right(axes, numbers[quantity], rounded(numbers[quantity], 1), color=colour)
    drawn = [0, *difference, *numbers[list(LINES)].dropna()]
    if numbers["slope_p_holm"] < alpha:
        ends = np.array([mean.min(), mean.max()])
        for line, dash in SLOPES.items() if pd.notna(numbers["loa_low_slope"]) else [("", SLOPES[""])]:
            heights = numbers[f"{line}intercept"] + numbers[f"{line}slope"] * ends
            axes.plot(ends, heights, color=style.VERMILION, linestyle=dash, linewidth=1, zorder=4)
            drawn += [*heights]
    plot_points(axes, mean, difference, pairs["phenotype"], looks)
    margin = 0.08 * np.ptp(mean) or 1
    axes.set_xlim(mean.min() - margin, mean.max() + 2 * margin)  # at the right there is room for the bars
    bars = [*drawn, *numbers[["loa_low_ci_low", "loa_high_ci_high"]].dropna()]
    half = np.ptp(drawn) / 2
    low, high = max(min(bars), min(drawn) - half), min(max(bars), max(drawn) + half)
    margin = 0.06 * (high - low) if high - low > 1e-6 else 1  # identical values differ by rounding alone
    axes.set_ylim(low - margin, high + margin)


def plot_equality(axes: Axes, pairs: pd.DataFrame, numbers: pd.Series, looks: Mapping[str, Mapping]) -> None:
    """Draw the reader's values against those of the reference, on equal scales with the line of equality."""
    plot_points(axes, pairs["reference"], pairs["reader"], pairs["phenotype"], looks)
    values = pairs[["reference", "reader"]].to_numpy()
    margin = 0.08 * np.ptp(values) or 1
    limits = (values.min() - margin, values.max() + margin)
    axes.plot(limits, limits, color=style.GREY, linewidth=0.6, zorder=1)
    axes.set(xlim=limits, ylim=limits)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    r = numbers["pearson_r"]
    n, correlation = numbers["n"], "" if pd.isna(r) else f"r = {coefficient(r)}"
    words = ", ".join(filter(None, [correlation, f"n = {n}"]))
    if len(pairs) > n:  # r is that of the means, the symbols are those of scans
        of_means = f"{correlation} of means, " if correlation else ""
        words = f"{of_means}n = {n} ({len(pairs)} scans)"
    axes.set_title(words, fontsize=7)


def points(unit: str) -> str:
    """Return a unit of differences as it fits next to a small panel."""
    return unit.removeprefix("percentage ")


def main(
    function: str,
    agreement: str,
    outputs: list[str],
    reader: str,
    cohort: str,
    alpha: float,
    phenotypes: Mapping[str, str],
    order: Sequence[str] = (),
) -> None:
    """Draw the metrics in two rows, each with its Bland-Altman plot above its scatter plot.

    `phenotypes` gives the phenotype of each mouse for which it is known; those of `order` come first.
    """
    values = in_print(read_csv(function)).dropna(subset=["reference", "reader"])
    values, looks = by_phenotype(values, phenotypes, order)
    numbers = in_print(read_csv(agreement)).set_index("metric")
    headline = (
        f"Difference: reader {style.abbreviate(reader)} − reference, {style.abbreviate(cohort)} cohort; "
        f"bars: {100 * (1 - alpha):g}% confidence intervals\nSolid line: bias; dashed: limits of agreement"
    )
    if (numbers["slope_p_holm"] < alpha).any():
        headline += "; sloping: difference regressed on mean (solid)"
    if numbers["loa_low_slope"].notna().any():
        headline += ", its limits (dash-dotted)"
    columns = max(3, -(-len(METRIC_NAMES) // 2))
    with style.printed_figure(outputs, height_mm=205) as figure:
        figure.suptitle(headline, x=0.01, ha="left", fontsize=7)
        panels = figure.subplots(4, columns, subplot_kw={"box_aspect": 1, "anchor": "W"})
        for index, (metric, name) in enumerate(METRIC_NAMES.items()):
            above, below = panels[index // columns * 2 : index // columns * 2 + 2, index % columns]
            above.set_title(name)
            pairs = values[values["metric"] == metric]
            if pairs.empty:
                style.write_in_panel(above, "No mouse has both values.")
                below.set_axis_off()
                continue
            unit, of_difference = (units[numbers.loc[metric, "unit"]] for units in (UNITS, DIFFERENCE_UNITS))
            plot_bland_altman(above, pairs, numbers.loc[metric], alpha, looks)
            above.set(xlabel=f"Mean ({unit})", ylabel=f"Difference ({points(of_difference)})")
            plot_equality(below, pairs, numbers.loc[metric], looks)
            below.set(xlabel=f"Reference ({unit})", ylabel=f"Reader ({unit})")
        figure.align_ylabels()
        style.letter_panels([*panels[0], *panels[2]][: len(METRIC_NAMES)])
        if len(looks) > 1:
            entries = [
                style.symbol(look["facecolor"], look["marker"], style.abbreviate(name)) for name, look in looks.items()
            ]
            fitting = int(style.PAGE_MM / LETTER_MM / (max(map(len, looks)) + SYMBOL_LETTERS))
            figure.legend(handles=entries, loc="outside lower center", ncols=min(len(entries), max(3, fitting)))
        for axes in panels[2:, len(METRIC_NAMES) - columns :].flat:
            axes.set_axis_off()


if __name__ == "__main__":
    with job(snakemake):
        main(
            function=snakemake.input.function,
            agreement=snakemake.input.agreement,
            outputs=list(snakemake.output),
            reader=snakemake.wildcards.reader,
            cohort=snakemake.wildcards.cohort,
            alpha=snakemake.params.alpha,
            phenotypes=snakemake.params.phenotypes,
            order=snakemake.params.order,
        )
