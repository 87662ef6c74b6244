"""Learning curve of a network: loss and Dice of each structure by epoch, for training and validation.

Input: history.csv, one row per epoch. The best epoch, whose weights are retained, has the lowest validation loss.
"""

from typing import TYPE_CHECKING

from matplotlib.ticker import MaxNLocator

from murmur.csv_tables import read_csv
from murmur.job import job
from murmur.presentation import style
from murmur.vocabulary import STRUCTURES

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

# dash of each series; the validation, which chooses the epoch, is the solid one
SERIES = {"": ("training", (0, (2, 1))), "val_": ("validation", "solid")}


def main(history: str, outputs: list[str]) -> None:
    """Draw loss on the left, Dice on the right, and mark the best epoch in both."""
    epochs = read_csv(history)
    best = epochs.loc[epochs["val_loss"].idxmin()]
    marker = "o" if len(epochs) < 3 else None
    with style.printed_figure(outputs, height_mm=70) as figure:
        left, right = figure.subplots(1, 2)
        for prefix, (series, dash) in SERIES.items():
            left.plot(
                epochs["epoch"],
                epochs[f"{prefix}loss"],
                color=style.BLACK,
                linestyle=dash,
                marker=marker,
                label=series,
            )
            for structure in STRUCTURES:
                right.plot(
                    epochs["epoch"],
                    epochs[f"{prefix}dice_{structure}"],
                    color=style.STRUCTURE_COLOURS[structure],
                    linestyle=dash,
                    marker=marker,
                    label=f"{structure.replace('_', ' ')}, {series}",
                )
        for axes in (left, right):
            axes.axvline(best["epoch"], color=style.GREY, linewidth=0.6, zorder=0)
            axes.text(
                best["epoch"],
                1.01,
                f"best epoch: {best['epoch']:.0f}",
                transform=axes.get_xaxis_transform(),
                ha="center",
                va="bottom",
                color=style.GREY,
            )
            axes.set(xlabel="Epoch", xlim=(epochs["epoch"].min() - 0.5, epochs["epoch"].max() + 0.5))
            axes.xaxis.set_major_locator(MaxNLocator(8, steps=[1, 2, 5, 10], integer=True, min_n_ticks=1))
            axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2)
        left.set_ylabel("Loss")
        right.set(ylabel="Dice", ylim=(0, 1.02))


if __name__ == "__main__":
    with job(snakemake):
        main(history=snakemake.input.history, outputs=list(snakemake.output))
