"""Matrix of networks and cohorts: mean Dice of each structure and mean absolute error of EF, as heat maps.

Inputs: networks.csv (cohorts of training), network_results.csv (means) and reader_comparison.csv of each cohort (which
networks differ from the best one).
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
from murmur.vocabulary import STRUCTURE_NAMES

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

PANELS = {("dice", name): (f"Dice, {words.lower()}", 3) for name, words in STRUCTURE_NAMES.items()}
PANELS |= {("absolute_error", "EF"): ("Absolute error of EF (points)", 1)}
HEAD_MM, ROW_MM = 28, 6.5


def equal_to_best(comparison: pd.DataFrame, quantity: str, reader: str, best: str, alpha: float) -> bool:
    """Say whether `reader` does not differ from `best` in a quantity after Holm's correction; in Dice, at ED and ES."""
    named = (comparison["metric"] == quantity) | (comparison["structure"] == quantity)
    pair = comparison["reader_a"].isin([reader, best]) & comparison["reader_b"].isin([reader, best])
    values = comparison.loc[named & pair, "p_holm"].dropna()
    return len(values) > 0 and bool((values >= alpha).all())


def marks(values: pd.Series, comparison: pd.DataFrame, quantity: str, highest: bool, alpha: float) -> pd.Series:
    """Return `best`, `equal` or an empty text for the mean of each network (index) in a cohort."""
    known = values.dropna()
    found = pd.Series("", index=values.index)
    if len(known) > 1:
        best = known.idxmax() if highest else known.idxmin()
        for reader in known.index:
            found[reader] = "equal" if equal_to_best(comparison, quantity, reader, best, alpha) else ""
        found[best] = "best"
    return found


def plot_matrix(
    axes: Axes, means: pd.DataFrame, marked: pd.DataFrame, own: Mapping[str, str], highest: bool, digits: int
):
    """Draw the `means` (network, cohort), each with its mark, and a frame around the cohorts of training, `own`."""
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
            value, mark = means.loc[reader, cohort], marked.loc[reader, cohort]
            words = DASH if pd.isna(value) else number(value, digits) + ("†" if mark == "equal" else "")
            axes.text(column, row, words, ha="center", va="center", fontweight="bold" if mark == "best" else "normal")
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
    with style.printed_figure(outputs, HEAD_MM + ROW_MM * len(own)) as figure:
        panels = figure.subplots(1, len(PANELS), sharey=True)
        for axes, ((measure, quantity), (name, digits)) in zip(panels, PANELS.items(), strict=True):
            rows = table[(table["measure"] == measure) & (table["quantity"] == quantity)]
            means = rows.pivot(index="reader", columns="cohort", values="mean")
            means = means.reindex(index=list(own), columns=list(dict.fromkeys(rows["cohort"])))
            highest = measure == "dice"
            marked = pd.DataFrame(
                {cohort: marks(means[cohort], pairs[cohort], quantity, highest, alpha) for cohort in means.columns}
            )
            plot_matrix(axes, means, marked, own, highest, digits)
            axes.set_title(name)
        panels[0].set_ylabel("Network")
        figure.supxlabel("Cohort", fontsize=7)
        figure.suptitle(
            "Mean over test mice. Bold: best of the cohort; †: not significantly different from the best; frame: "
            "cohort of training",
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
