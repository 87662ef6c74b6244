"""Matrix of networks and cohorts: mean Dice of each structure and mean absolute error of EF, as heat maps.

Inputs: networks.csv (cohorts of training), network_results.csv (means and confidence limits) and reader_comparison.csv
of each cohort (which networks differ from the best one).
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from murmur.csv_tables import read_csv
from murmur.job import job
from murmur.presentation import style
from murmur.presentation.number_format import DASH, number
from murmur.statistics.best_reader import BEST, NOT_DISTINGUISHED, compare_with_best
from murmur.vocabulary import STRUCTURE_NAMES

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

PANELS = {("dice", name): (f"Dice, {words.lower()}", 3) for name, words in STRUCTURE_NAMES.items()}
PANELS |= {("absolute_error", "EF"): ("Absolute error of EF (points)", 1)}
HEAD_MM, ROW_MM, LIMITS_MM = 28, 6.5, 9.5  # a row with confidence limits is higher
COHORTS_WITH_LIMITS = 2  # of which the limits fit into the width of the page
SIGNS = {NOT_DISTINGUISHED: "†"}


def plot_matrix(
    axes: Axes, cells: Mapping[str, pd.DataFrame], own: Mapping[str, str], highest: bool, digits: int, limits: bool
) -> None:
    """Draw the means (network, cohort) of a quantity, with a frame around the cohorts of training, `own`.

    `cells` are the tables mean, ci_low, ci_high and mark; confidence limits are printed if there is room (`limits`).
    """
    means = cells["mean"]
    if means.isna().all(axis=None):
        style.write_in_panel(axes, "No mouse has a value by any network.")
        return
    low, high = means.min(axis=None), means.max(axis=None)
    span = (high - low) or 1.0
    # the best value is the darkest, and all numbers are legible in black
    pale, dark = 0.1 * span, 0.9 * span
    colours = {"cmap": "Blues", "vmin": low - pale, "vmax": high + dark}
    if not highest:
        colours = {"cmap": "Blues_r", "vmin": low - dark, "vmax": high + pale}
    axes.imshow(means, aspect="auto", **colours)
    for row, reader in enumerate(means.index):
        for column, cohort in enumerate(means.columns):
            value, *ends, mark = (cells[name].loc[reader, cohort] for name in ("mean", "ci_low", "ci_high", "mark"))
            words = DASH if pd.isna(value) else number(value, digits) + SIGNS.get(mark, "")
            bold = {"fontweight": "bold" if mark == BEST else "normal"}
            axes.text(column, row - (0.19 if limits else 0), words, ha="center", va="center", **bold)
            if limits and not pd.isna(ends).any():
                between = " to ".join(number(end, digits) for end in ends)
                axes.text(column, row + 0.21, f"({between})", ha="center", va="center")
            if cohort in own.get(reader, "").split(" + "):
                axes.add_patch(Rectangle((column - 0.47, row - 0.44), 0.94, 0.88, fill=False, linewidth=1))
    axes.set_xticks(range(len(means.columns)), means.columns, rotation=20, ha="right")
    axes.set_yticks(range(len(means.index)), means.index)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def main(networks: str, results: str, comparisons: Mapping[str, str], outputs: list[str], alpha: float) -> None:
    """Draw one heat map per quantity; `comparisons` gives reader_comparison.csv by cohort."""
    own = read_csv(networks).set_index("reader")["trained_on"].fillna("").to_dict()
    table, pairs = read_csv(results), {cohort: read_csv(path) for cohort, path in comparisons.items()}
    cohorts = list(dict.fromkeys(table["cohort"]))
    limits = len(cohorts) <= COHORTS_WITH_LIMITS
    with style.printed_figure(outputs, HEAD_MM + (LIMITS_MM if limits else ROW_MM) * len(own)) as figure:
        panels = figure.subplots(1, len(PANELS))
        for axes, ((measure, quantity), (name, digits)) in zip(panels, PANELS.items(), strict=True):
            rows = table[(table["measure"] == measure) & (table["quantity"] == quantity)]
            cells = {
                column: rows.pivot(index="reader", columns="cohort", values=column).reindex(
                    index=list(own), columns=cohorts
                )
                for column in ("mean", "ci_low", "ci_high")
            }
            highest = measure == "dice"
            marks = {
                cohort: compare_with_best(cells["mean"][cohort], pairs[cohort], quantity, highest, alpha)
                for cohort in cohorts
            }
            plot_matrix(axes, cells | {"mark": pd.DataFrame(marks)}, own, highest, digits, limits)
            axes.set_title(name)
            axes.tick_params(labelleft=axes is panels[0])
        panels[0].set_ylabel("Network")
        figure.supxlabel("Cohort", fontsize=7)
        level = f" ({100 * (1 - alpha):g}% confidence interval)" if limits else ""
        figure.suptitle(
            f"Mean over test mice{level}. Bold: best of the cohort; †: not significantly different from the best;\n"
            "frame: cohort of training",
            x=0.01,
            ha="left",
            fontsize=7,
        )


if __name__ == "__main__":
    with job(snakemake):
        main(
            networks=snakemake.input.networks,
            results=snakemake.input.results,
            comparisons=dict(zip(snakemake.params.cohorts, snakemake.input.comparisons, strict=True)),
            outputs=list(snakemake.output),
            alpha=snakemake.params.alpha,
        )
