"""Learning curves of all networks of a study: Dice on the validation mice by epoch, of each structure.

Input: history.csv of each network. Repetitions of a training have the same colour; the best epoch, whose weights are
retained, has the lowest validation loss.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from murmur.csv_tables import read_csv
from murmur.job import job
from murmur.presentation import style
from murmur.statistics.network_summary import members
from murmur.vocabulary import STRUCTURE_NAMES

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

DASHES = ("solid", (0, (4, 1.5)), (0, (1, 1)))  # of further networks with the same colour
LINE_MM, WIDTH_MM, HEAD_MM = 3.6, 45, 75


def main(histories: Mapping[str, str], repeats: Mapping[str, str], outputs: list[str]) -> None:
    """Draw one panel per structure, with one line per network of `histories`."""
    tables = {reader: read_csv(path) for reader, path in histories.items()}
    groups = members(list(tables), repeats)
    columns = int(style.PAGE_MM // WIDTH_MM)
    height = HEAD_MM + LINE_MM * -(-len(groups) // columns)
    lowest = min(table[f"val_dice_{name}"].iloc[-1] for table in tables.values() for name in STRUCTURE_NAMES)
    with style.printed_figure(outputs, height) as figure:
        panels = figure.subplots(1, len(STRUCTURE_NAMES), sharey=True)
        handles = []
        for number, (name, readers) in enumerate(groups.items()):
            turn, place = divmod(number, len(style.COLOURS))
            look = {"color": style.COLOURS[place], "linestyle": DASHES[turn % len(DASHES)]}
            look["linewidth"] = 1.2 if len(readers) == 1 else 0.8
            handles.append(
                Line2D([], [], **look, label=name if len(readers) == 1 else f"{name} ({len(readers)} trainings)")
            )
            for reader in readers:
                table = tables[reader]
                best = table.loc[table["val_loss"].idxmin()]
                for axes, structure in zip(panels, STRUCTURE_NAMES, strict=True):
                    axes.plot(table["epoch"], table[f"val_dice_{structure}"], **look)
                    axes.plot(best["epoch"], best[f"val_dice_{structure}"], "o", color=look["color"], markersize=3)
        for axes, name in zip(panels, STRUCTURE_NAMES.values(), strict=True):
            axes.set_title(name)
            axes.set(xlabel="Epoch", ylim=(max(0, min(0.6, lowest - 0.05)), 1))
            axes.xaxis.set_major_locator(MaxNLocator(8, steps=[1, 2, 5, 10], integer=True, min_n_ticks=1))
        panels[0].set_ylabel("Dice, validation slices")
        figure.legend(handles=handles, loc="outside lower left", ncols=columns)


if __name__ == "__main__":
    with job(snakemake):
        main(
            histories=dict(zip(snakemake.params.trained, snakemake.input.histories, strict=True)),
            repeats=snakemake.params.repeats,
            outputs=list(snakemake.output),
        )
