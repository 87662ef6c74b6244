"""Figure 8: generalisation of each reader to other cohorts, as a forest plot of ratios.

Input: cohort_comparison.csv. The ratio of mean errors, external / internal, has no unit; 1 means no change.
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from murmur.csv_tables import read_csv
from murmur.job import job
from murmur.presentation import categorical, style
from murmur.presentation.number_format import number
from murmur.subject import in_print
from murmur.vocabulary import METRIC_NAMES

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

NAMES = {"blood_pool": "1 − Dice, blood pool", "myocardium": "1 − Dice, myocardium"}
NAMES |= {metric: f"Absolute error in {name.replace('Mass', 'mass')}" for metric, name in METRIC_NAMES.items()}
HEAD_MM, PANEL_MM, ROW_MM, COLUMN_MM = 17, 18, 3.8, 90
LIMITS = (0.01, 100)  # of the axis; what lies beyond is drawn at its end, and printed as it is


def axis_limits(table: pd.DataFrame) -> tuple[float, float]:
    """Return limits of the ratio, the same for all readers, that hold 1 and every confidence interval."""
    values = table[["ratio", "ratio_ci_low", "ratio_ci_high"]].to_numpy()
    values = np.clip(values[np.isfinite(values)], *LIMITS)
    return 0.9 * values.min(initial=0.5), 1.1 * values.max(initial=2)  # 0.5, 1 and 2 are marked at least


def plot_forest(axes: Axes, rows: pd.DataFrame, look: dict, limits: tuple[float, float], alpha: float) -> None:
    """Draw one line per quantity and external cohort of one reader's `rows`, the quantities in groups."""
    order = {quantity: index for index, quantity in enumerate(rows["quantity"].unique())}
    rows = rows.sort_values("quantity", key=lambda names: names.map(order), kind="stable").reset_index(drop=True)
    lines = rows.index.to_series().groupby(rows["quantity"], sort=False).agg(["min", "max"])
    for first, last in lines[::2].to_numpy():
        axes.axhspan(first - 0.5, last + 0.5, color="0.95", linewidth=0, zorder=0)
    shown = rows[["ratio", "ratio_ci_low", "ratio_ci_high"]].clip(*LIMITS)
    shown = shown.assign(height=rows.index, external=rows["external"])
    categorical.draw_intervals(
        axes,
        shown,
        x="ratio",
        limits=("ratio_ci_low", "ratio_ci_high"),
        y="height",
        hue="external",
        **look,
        significant=rows["p_holm"] < alpha,
    )
    for row in rows.itertuples():
        style.write_at_right(axes, row.Index, printed(row.ratio, row.ratio_ci_low, row.ratio_ci_high))
    axes.axvline(1, color=style.GREY, linewidth=0.8, zorder=1)
    axes.set_yticks(lines.mean(axis=1), [NAMES[quantity] for quantity in lines.index])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set(ylabel="", xscale="log", xlim=limits, ylim=(len(rows) - 0.5, -0.5))
    axes.xaxis.set_major_locator(LogLocator(base=10, subs=(1, 2, 5) if limits[1] < 100 * limits[0] else (1,)))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def printed(ratio: float, low: float, high: float) -> str:
    """Return the ratio with its confidence limits, where it has them."""
    return number(ratio, 2) + ("" if pd.isna(low) else f" ({number(low, 2)}–{number(high, 2)})")


def main(comparison: str, outputs: list[str], alpha: float) -> None:
    """Draw one panel per reader, two in a row."""
    table = in_print(read_csv(comparison))
    table["quantity"] = table["metric"].fillna(table["structure"])
    readers, cohorts = list(table["reader"].unique()), list(table["external"].unique())
    look = {
        "palette": {cohort: style.COLOURS[index % len(style.COLOURS)] for index, cohort in enumerate(cohorts)},
        "markers": {cohort: style.MARKERS[index % len(style.MARKERS)] for index, cohort in enumerate(cohorts)},
    }
    columns = min(2, max(1, len(readers)))
    lines = max(1, -(-len(readers) // 2))
    longest = table.groupby("reader").size().max() if len(table) else 3
    height = HEAD_MM + lines * (PANEL_MM + ROW_MM * longest)
    with style.printed_figure(outputs, height, columns * COLUMN_MM) as figure:
        panels = figure.subplots(lines, columns, squeeze=False).flat
        for axes, reader in zip(panels, readers, strict=False):
            rows = table[table["reader"] == reader]
            axes.set_title(reader)
            plot_forest(axes, rows, look, axis_limits(table), alpha)
            external = cohorts[0] if len(cohorts) == 1 else "external cohort"
            axes.set_xlabel(f"Mean error, {external} / {rows['internal'].iloc[0]}")
        for axes in panels[len(readers) or 1 :]:
            axes.set_axis_off()
        if not readers:
            style.write_in_panel(panels[0], "No reader was measured in a second cohort.")
            return
        symbols = [style.symbol(look["palette"][name], look["markers"][name], f"cohort {name}") for name in cohorts]
        figure.legend(
            handles=symbols if len(cohorts) > 1 else [],  # a single one is named below the panels
            title=f"Mean error in an external cohort over that in the internal one,\nwith {100 * (1 - alpha):g}% "
            f"confidence interval (not corrected); above 1: larger\n"
            f"external error. Filled: p < {alpha:g} (t-test of the log ratio, Holm)",
            loc="outside upper left",
            ncols=len(cohorts),
            alignment="left",
        )


if __name__ == "__main__":
    with job(snakemake):
        main(
            comparison=snakemake.input.comparison,
            outputs=list(snakemake.output),
            alpha=snakemake.params.alpha,
        )
