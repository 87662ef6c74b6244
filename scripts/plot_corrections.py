"""What correction costs: scans with a right EF, and mean error of EF, by the number of slices that were reviewed.

Inputs: correction_curve.csv and correction_cost.csv. The order of the jumps of the volume curve is compared with a
random order and with the best possible one, which requires the reference.
"""

from typing import TYPE_CHECKING

import pandas as pd

from murmur.csv_tables import read_csv
from murmur.job import job
from murmur.presentation import style
from murmur.quality.correction_cost import OF_MICE, ORDERS, WITHIN

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

LOOK = dict(zip(ORDERS, ((style.BLUE, "solid"), (style.GREY, (0, (4, 2))), (style.ORANGE, (0, (1, 1)))), strict=True))
MENTIONED = 0.1  # share of the slices up to which an order that is of no use is not mentioned
NAMES = {"predicted": "order of jumps", "random": "random order", "best": "best possible order"}


def words_of(cost: pd.DataFrame, curve: pd.DataFrame) -> str:
    """Return in words how many slices must be reviewed in each order, and whether that of the jumps is of use."""
    needed = cost.set_index("order")
    first = needed.loc["predicted"]
    counts = {order: int(needed.loc[order, "slices_needed"]) for order in ORDERS}
    scans = int(first["mice"])
    within = round(scans * first["mice_within_before_percent"] / 100)
    texts = [
        f"Before any review, EF was within {WITHIN:g} percentage points of the reference in {within} of {scans} scans "
        f"(target, {OF_MICE:g}%)"
    ]
    if any(counts.values()):
        texts.append(
            f"The target was reached after review of {counts['predicted']} of {int(first['slices'])} slices in the "
            f"order of jumps ({counts['random']} in random order, {counts['best']} in the best possible order)"
        )
    if (useless := no_better_until(curve)) > MENTIONED * first["slices"]:
        texts.append(f"Up to {useless} slices, the mean error in the order of jumps was not below that in random order")
    return "\n".join(texts)


def no_better_until(curve: pd.DataFrame) -> int:
    """Return the number of slices up to which the order of the jumps leaves no smaller error than a random one."""
    error = curve.pivot_table(index="slices", columns="order", values="mean_error").drop(index=0, errors="ignore")
    better = error["predicted"] < error["random"] - 1e-9
    if error.empty:
        return 0
    return int(error.index[better].min() - 1 if better.any() else error.index.max())


def main(curve: str, cost: str, outputs: list[str]) -> None:
    """Draw the share of scans within the limit on the left, and the mean error on the right."""
    table, counted = read_csv(curve), read_csv(cost)
    if table.empty:
        style.print_sentence(outputs, "No scan has an EF by both reader and reference.")
        return
    with style.printed_figure(outputs, height_mm=78) as figure:
        left, right = figure.subplots(1, 2)
        for order, rows in table.groupby("order", sort=False):
            colour, dash = LOOK[order]
            line = {"color": colour, "linestyle": dash, "label": NAMES[order]}
            left.plot(rows["slices"], rows["mice_within_percent"], **line)
            right.plot(rows["slices"], rows["mean_error"], **line)
            if order == "random":
                left.fill_between(rows["slices"], rows["low"], rows["high"], color=colour, alpha=0.2, linewidth=0)
        left.axhline(OF_MICE, color=style.BLACK, linewidth=0.6, zorder=0)
        style.write_at_right(left, OF_MICE, "target")
        least = min(OF_MICE, table["mice_within_percent"].min(), table["low"].min())
        left.set(ylabel=f"Scans with EF within {WITHIN:g} points (%)", ylim=(10 * (least // 10), 100.5))
        right.set(ylabel="Mean absolute error of EF (points)", ylim=(0, None))
        for axes in (left, right):
            axes.set(title=" ", xlabel="Slices reviewed", xlim=(0, table["slices"].max()))
        figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=3)
        figure.suptitle(words_of(counted, table), ha="left", x=0.01, fontsize=7)
        style.letter_panels((left, right))


if __name__ == "__main__":
    with job(snakemake):
        main(curve=snakemake.input.curve, cost=snakemake.input.cost, outputs=list(snakemake.output))
