"""Figure 6: function by phenotype, and the differences between phenotypes by the reference and by the reader.

Inputs: function.csv (values of each mouse) and group_differences.csv (differences, intervals and conclusions); volumes
in µL, EF in %, mass in mg. Left: all mice with both values, next to mean ± SD. Right: differences between phenotypes.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd
import seaborn
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from murmur.csv_tables import read_csv
from murmur.job import job
from murmur.presentation import categorical, style
from murmur.statistics.conclusions import MIN_MICE, NOT_SIGNIFICANT, OPPOSITE, RATERS, SIGNIFICANT
from murmur.statistics.phenotypes import GroupedMetric, group
from murmur.subject import in_print
from murmur.vocabulary import DIFFERENCE_UNITS, METRIC_NAMES, UNITS

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

COLOURS = {"reference": style.GREY, "reader": style.ORANGE}
MARKERS = {"reference": "o", "reader": "D"}
HEIGHTS = {"reference": -0.18, "reader": 0.18}  # of a difference within the line of its pair
MICE_WIDTH, MEANS = 0.54, 0.78  # width of the mice of a phenotype, distance of the means on either side of them
MAX_PAIRS = 10  # with more, only the differences from the first phenotype fit on a page
ROW_MM = 26  # least height of a metric's panels
PAIR_MM, AXIS_MM, HEAD_MM = 2.75, 8.5, 14  # height of a pair, of an axis with its labels, of the legend
MAX_LETTERS = 20  # of a name below the panels
LETTER_MM, PANEL_MM = 1.3, 64  # width of a letter, of a panel of mice


def labels_are_long(phenotypes: Sequence[str]) -> bool:
    """Return whether the names of the phenotypes would run into one another below a panel."""
    return LETTER_MM * (max(map(len, phenotypes)) + 1) > PANEL_MM / len(phenotypes)


def shown_pairs(differences: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `differences` to draw: all, or, of too many phenotypes, those against the first."""
    if differences.groupby("metric").size().max() <= MAX_PAIRS:
        return differences
    return differences[differences["group_a"] == differences["group_a"].iloc[0]]


def plot_mice(axes: Axes, metric: GroupedMetric, sd_ddof: int) -> None:
    """Draw every mouse of each phenotype by both raters, next to mean ± SD (denominator n - `sd_ddof`)."""
    values = pd.concat(metric.groups, names=["phenotype"]).reset_index("phenotype")
    values = values.melt("phenotype", list(RATERS), var_name="rater")
    groups = {"data": values, "x": "phenotype", "y": "value", "order": list(metric.groups)}
    groups |= {"hue": "rater", "hue_order": list(RATERS)}
    seaborn.pointplot(
        **groups,
        palette=COLOURS,
        dodge=MEANS,
        linestyle="none",
        marker="_",
        markersize=4,
        markeredgewidth=1.4,
        errorbar=lambda of: (of.mean() - of.std(ddof=sd_ddof), of.mean() + of.std(ddof=sd_ddof)),
        err_kws={"linewidth": 0.8},
        legend=False,
        ax=axes,
    )
    categorical.draw_points(axes, **groups, palette=COLOURS, markers=MARKERS, width=MICE_WIDTH)
    for number in range(1, len(metric.groups)):
        axes.axvline(number - 0.5, color=style.LIGHT_GREY, linewidth=0.4, zorder=0)
    margin = max(1, 5 - len(metric.groups)) / 2  # two groups are not drawn broader than four
    axes.set(xlabel="", xlim=(-margin, len(metric.groups) - 1 + margin))
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))


def name_phenotypes(panels: Sequence[Axes], phenotypes: Sequence[str]) -> None:
    """Write the phenotypes below each panel, or, where they are long, at a slant below the last."""
    names = [style.abbreviate(phenotype, MAX_LETTERS) for phenotype in phenotypes]
    for axes in panels:
        axes.set_xticks(range(len(names)), names)
    if labels_are_long(names):
        for axes in panels[:-1]:
            axes.tick_params(axis="x", labelbottom=False)
        panels[-1].set_xticks(range(len(names)), names, rotation=40, ha="right", rotation_mode="anchor")


def plot_differences(axes: Axes, pairs: pd.DataFrame, alpha: float) -> None:
    """Draw the difference of each pair by both raters with its interval; shade and name those significant for one only.

    A symbol is filled where the difference is significant: p_adjusted, on which the conclusion rests, below `alpha`.
    """
    pairs = pairs.reset_index(drop=True)
    for rater in RATERS:
        drawn = pairs.assign(height=pairs.index + HEIGHTS[rater], rater=rater)
        limits = (f"{rater}_ci_low", f"{rater}_ci_high")
        significant = pairs[f"{rater}_p_adjusted"] < alpha
        categorical.draw_intervals(
            axes, drawn, f"{rater}_difference", limits, "height", "rater", COLOURS, MARKERS, significant
        )
    for height in pairs.index[changed(pairs)]:
        axes.axhspan(height - 0.5, height + 0.5, color=style.LIGHT_GREY, alpha=0.5, linewidth=0, zorder=0)
        style.write_at_right(axes, height, pairs.loc[height, "conclusion"])
    axes.axvline(0, color=style.GREY, linewidth=0.6, zorder=1)
    names = [
        f"{style.abbreviate(b, 17)} − {style.abbreviate(a, 13)}"
        for a, b in zip(pairs["group_a"], pairs["group_b"], strict=True)
    ]
    axes.set_yticks(range(len(pairs)), names)
    axes.tick_params(axis="y", length=0)
    margin = max(1, 4 - len(pairs)) / 2
    axes.set(ylabel="", ylim=(len(pairs) - 1 + margin, -margin))
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))


def changed(pairs: pd.DataFrame) -> pd.Series:
    """Return which pairs are significant by one rater only, or by both but in opposite directions."""
    return pairs["conclusion"].notna() & ~pairs["conclusion"].isin([SIGNIFICANT, NOT_SIGNIFICANT])


def add_legend(
    figure: Figure, table: pd.DataFrame, drawn: pd.DataFrame, reader: str, cohort: str, alpha: float
) -> None:
    """Explain above the panels what is drawn: only the symbols and shades that occur, and which pairs are not shown."""
    entries = [style.symbol(COLOURS[rater], MARKERS[rater], rater) for rater in RATERS]
    entries[1].set_label(f"reader {style.abbreviate(reader, 40)}")
    entries.append(Line2D([], [], linestyle="none", marker="+", markersize=9, color=style.BLACK, label="mean ± SD"))
    title = f"Cohort: {cohort}. Left: individual mice"
    if len(drawn):
        title += (
            f"; right: differences with simultaneous {100 * (1 - alpha):g}% confidence intervals (Welch, "
            f"Bonferroni),\nfilled: p < {alpha:g} for the pair and for its parameter (Welch's ANOVA, Holm)"
        )
    if len(drawn) < len(table):
        title += f"\nShown: differences from {drawn['group_a'].iloc[0]}; all pairs are in group_differences.csv"
    if (drawn[["n_a", "n_b"]] < MIN_MICE).any(axis=None):
        title += f"\nNo interval where a phenotype has fewer than {MIN_MICE} mice"
    if changed(drawn).any():
        shaded = "significant for one of them only"
        if (drawn["conclusion"] == OPPOSITE).any():
            shaded += ", or opposite"
        entries.append(Patch(color=style.LIGHT_GREY, alpha=0.5, linewidth=0, label=shaded))
    place = {"loc": "outside upper left", "ncols": len(entries), "alignment": "left"}
    figure.legend(handles=entries, title=title, **place)


def main(
    function: str,
    phenotypes: Mapping[str, str],
    differences: str,
    outputs: list[str],
    reader: str,
    cohort: str,
    sd_ddof: int,
    alpha: float,
    order: Sequence[str] = (),
) -> None:
    """Draw one row per metric that has values: the mice by phenotype and the differences between phenotypes.

    Phenotypes in `order` come first.
    """
    grouped = [
        metric
        for metric in group(in_print(read_csv(function)), phenotypes, order)
        if any(map(len, metric.groups.values()))
    ]
    if not grouped:
        style.print_sentence(outputs, "No mouse of known phenotype was measured by both reference and reader.")
        return
    names = list(grouped[0].groups)
    table = in_print(read_csv(differences))
    table = table[table["metric"].isin([metric.metric for metric in grouped])]
    drawn = shown_pairs(table) if len(table) else table
    pairs = len(drawn) // len(grouped)
    slanted = 0.7 * LETTER_MM * min(MAX_LETTERS, max(map(len, names))) if labels_are_long(names) else 0
    height = HEAD_MM + len(grouped) * max(ROW_MM, AXIS_MM + PAIR_MM * pairs) + slanted
    with style.printed_figure(outputs, height) as figure:
        panels = figure.subplots(len(grouped), 2 if pairs else 1, squeeze=False)
        for row, metric in zip(panels, grouped, strict=True):
            name = METRIC_NAMES[metric.metric]
            plot_mice(row[0], metric, sd_ddof)
            row[0].set_ylabel(f"{name} ({UNITS[metric.unit]})")
            of_metric = drawn[drawn["metric"] == metric.metric]
            if pairs and of_metric["reference_difference"].isna().all():
                style.write_in_panel(row[1], "Fewer than two phenotypes have values.")
            elif pairs:
                plot_differences(row[1], of_metric, alpha)
                unit = DIFFERENCE_UNITS[metric.unit]
                row[1].set_xlabel(f"Difference in {name.replace('Mass', 'mass')} ({unit})", labelpad=1)
        figure.align_ylabels(panels[:, 0])
        name_phenotypes(panels[:, 0], names)
        add_legend(figure, table, drawn, reader, cohort, alpha)


if __name__ == "__main__":
    with job(snakemake):
        main(
            function=snakemake.input.function,
            phenotypes=snakemake.params.phenotypes,
            order=snakemake.params.order,
            differences=snakemake.input.differences,
            outputs=list(snakemake.output),
            reader=snakemake.wildcards.reader,
            cohort=snakemake.wildcards.cohort,
            sd_ddof=snakemake.params.sd_ddof,
            alpha=snakemake.params.alpha,
        )
