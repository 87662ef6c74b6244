"""What correction costs: scans with a right EF, and mean error of EF, by the number of slices that were reviewed.

Inputs: correction_curve.csv and correction_cost.csv. The order of the jumps of the volume curve is compared with a
random order and with the best possible one, which requires the reference.
"""

from typing import TYPE_CHECKING

from murmur.csv_tables import read_csv
from murmur.job import job
from murmur.presentation import style
from murmur.quality.correction_cost import OF_MICE, ORDERS, WITHIN

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

LOOK = dict(zip(ORDERS, ((style.BLUE, "solid"), (style.GREY, (0, (4, 2))), (style.ORANGE, (0, (1, 1)))), strict=True))
NAMES = {"predicted": "order of jumps", "random": "random order", "best": "best possible order"}


def words_of(cost) -> str:
    """Return in words how many slices must be reviewed in each order."""
    needed = cost.set_index("order")
    first = needed.loc["predicted"]
    counts = {order: int(needed.loc[order, "slices_needed"]) for order in ORDERS}
    scans = int(first["mice"])
    start = f"EF is within {WITHIN:g} points of the reference in {OF_MICE:g}% of {scans} scans"
    if not any(counts.values()):
        return f"{start} before any review"
    return (
        f"{start}\nafter review of {counts['predicted']} of {int(first['slices'])} slices in the order of the jumps "
        f"({counts['random']} in random order, {counts['best']} in the best possible order)"
    )


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
        left.set(ylabel=f"Scans with EF within {WITHIN:g} points (%)", ylim=(0, 102))
        right.set(ylabel="Mean absolute error of EF (points)", ylim=(0, None))
        for axes in (left, right):
            axes.set(xlabel="Slices reviewed", xlim=(0, table["slices"].max()))
        figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=3)
        figure.suptitle(words_of(counted), ha="left", x=0.01)


if __name__ == "__main__":
    with job(snakemake):
        main(curve=snakemake.input.curve, cost=snakemake.input.cost, outputs=list(snakemake.output))
