"""Results of networks by the number of contoured mice on which they were trained, in each cohort.

Inputs: networks.csv (number of training mice, what the training started from) and network_results.csv (means over the
test mice and confidence limits). Lines join trainings that have the network, loss, cohorts and start in common.
"""

from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullLocator

from murmur.csv_tables import read_csv
from murmur.job import job
from murmur.presentation import style
from murmur.vocabulary import STRUCTURE_NAMES

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

PANELS = {("dice", name): f"Dice, {words.lower()}" for name, words in STRUCTURE_NAMES.items()}
PANELS |= {("absolute_error", "EF"): "Absolute error of EF\n(percentage points)"}
HEAD_MM, ROW_MM = 20, 52
# what the trainings of a line have in common, with the words for a value
SAME = {
    "architecture": "{}",
    "filters": "filters {}",
    "size": "{:g} pixels",
    "downsample": "downsampled by {:g}",
    "loss": "{}",
    "shape_weight": "weight {:g}",
    "trained_on": "on {}",
    "start_from": "fine-tuned from {}",
}
NEAR_ZERO = 0.5  # where zero mice are drawn on the logarithmic axis


def lines_of(networks: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the trainings of each line, with its name, in the order of the number of mice.

    A network that was not trained here is the first point of each line that starts from it.
    """
    trained = networks[networks["train_mice"] > 0]
    found = {}
    varying = [column for column in SAME if trained[column].nunique(dropna=False) > 1]
    for key, rows in trained.groupby([*SAME], sort=False, dropna=False):
        values = {column: value for column, value in zip(SAME, key, strict=True) if pd.notna(value)}
        start = networks[(networks["train_mice"] == 0) & (networks["start_from"] == values.get("start_from"))]
        words = [SAME[column].format(values[column]) for column in varying if column in values]
        if "start_from" in varying and "start_from" not in values:
            words.append("from random weights")
        name = ", ".join(words) or values["architecture"]
        found[name] = pd.concat([start, rows]).sort_values("train_mice", kind="stable")
    return found


def plot_panel(axes: Axes, lines: dict[str, pd.DataFrame], results: pd.DataFrame) -> None:
    """Draw the means of `results`, one row per network, with their confidence intervals."""
    if results["mean"].isna().all():
        style.write_in_panel(axes, "No mouse has a value by any network.")
        return
    for number, (name, rows) in enumerate(lines.items()):
        shown = rows.merge(results, on="reader", how="inner", suffixes=("", "_of_results"))
        apart = 1.05 ** (number - (len(lines) - 1) / 2)  # intervals do not hide each other
        errors = [shown["mean"] - shown["ci_low"], shown["ci_high"] - shown["mean"]]
        colour, marker = style.look(number)
        x = shown["train_mice"].clip(lower=NEAR_ZERO) * apart
        axes.errorbar(x, shown["mean"], errors, color=colour, marker=marker, label=name, elinewidth=0.8)
    counts = sorted({count for rows in lines.values() for count in rows["train_mice"]})
    axes.set(xscale="log", xlim=(min(max(counts[0], NEAR_ZERO), 1) / 1.3, counts[-1] * 1.4))
    axes.xaxis.set_major_locator(FixedLocator([max(count, NEAR_ZERO) for count in counts]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(lambda value, _: f"{0 if value == NEAR_ZERO else value:g}")


def main(networks: str, results: str, outputs: list[str], alpha: float) -> None:
    """Draw one row of panels per cohort."""
    lines, table = lines_of(read_csv(networks)), read_csv(results)
    cohorts = list(table["cohort"].unique())
    with style.printed_figure(outputs, HEAD_MM + ROW_MM * len(cohorts)) as figure:
        grid = figure.subplots(len(cohorts), len(PANELS), squeeze=False)
        for row, cohort in zip(grid, cohorts, strict=True):
            for axes, ((measure, quantity), name) in zip(row, PANELS.items(), strict=True):
                of_panel = (table["measure"] == measure) & (table["quantity"] == quantity)
                plot_panel(axes, lines, table[of_panel & (table["cohort"] == cohort)])
                if axes.axison:
                    axes.set(xlabel="Contoured training mice", ylabel=name)
                else:
                    axes.set_title(name.replace("\n", " "), fontsize=7)
            row[0].set_title(f"{cohort} cohort")
        figure.suptitle(
            f"Means over test mice with {100 * (1 - alpha):g}% confidence intervals", x=0.01, ha="left", fontsize=7
        )
        handles, names = grid[0][0].get_legend_handles_labels()
        figure.legend(handles, names, loc="outside lower left", ncols=3)


if __name__ == "__main__":
    with job(snakemake):
        main(
            networks=snakemake.input.networks,
            results=snakemake.input.results,
            outputs=list(snakemake.output),
            alpha=snakemake.params.alpha,
        )
