"""Dice coefficient of the readers of a cohort by position in the cine, where more frames than ED and ES have contours.

Inputs: manifest.csv, the mice and the masks of the readers that are compared with the reference. Outputs:
dice_by_frame.csv, means over mice with confidence limits, and the figure.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from murmur.csv_tables import write_csv
from murmur.data.manifest import read_manifest
from murmur.data.mouse import Mouse
from murmur.data.mouse_file import read_frame, segmented_frames
from murmur.job import job
from murmur.logs import progress
from murmur.measurement.overlap import dice
from murmur.presentation import style
from murmur.statistics.dice_by_frame import dice_by_position
from murmur.vocabulary import STRUCTURE_NAMES, STRUCTURES

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

COLUMNS = ["reader", "mouse", "position", "es_position", "structure", "dice"]
LINE_MM, HEAD_MM, PER_LINE = 3.6, 75, 3


def of_mouse(mouse: Mouse, file: str, segmentation: str) -> Iterator[tuple]:
    """Yield position, that of ES, structure and Dice of each contoured frame that the reader segmented.

    Without ED and ES, positions are unknown, and there are none.
    """
    if mouse.ed_frame is None:
        return
    frames, segmented = mouse.shape[3], set(segmented_frames(segmentation))
    at = {frame: (frame - mouse.ed_frame) % frames / frames for frame in mouse.annotated_frames}
    for frame in mouse.annotated_frames:
        if frame not in segmented:
            continue
        reference, reader = (read_frame(path, "Masks", frame) for path in (file, segmentation))
        for structure, label in STRUCTURES.items():
            if (reference == label).any():
                yield at[frame], at[mouse.es_frame], structure, dice(reference == label, reader == label)


def plot_structure(axes: Axes, table: pd.DataFrame, readers: Sequence[str]) -> None:
    """Draw the mean Dice of each reader with its confidence limits, in the rows `table` of a structure."""
    for number, reader in enumerate(readers):
        rows = table[table["reader"] == reader]
        colour, marker = style.look(number)
        axes.fill_between(rows["percent"], rows["ci_low"], rows["ci_high"], color=colour, alpha=0.15, linewidth=0)
        axes.plot(rows["percent"], rows["mean"], color=colour, marker=marker, markersize=3)
    axes.axvline(table["es_percent"].iloc[0], color=style.GREY, linewidth=0.8, linestyle=(0, (4, 2)), zorder=0)
    axes.annotate("ES", (table["es_percent"].iloc[0], 0), (3, 4), ("data", "axes fraction"), "offset points")
    axes.set(xlabel="Frame after end-diastole (% of the frames)", xlim=(-4, 100))
    axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
    axes.set_ylim(top=1)


def main(
    manifest: str,
    mice: Mapping[str, str],
    segmentations: Sequence[str],
    repeats: Mapping[str, str],
    animals: Mapping[str, str],
    alpha: float,
    cohort: str,
    table: str,
    outputs: Sequence[str],
) -> None:
    """Write the summary `table` and the figure of `mice`, files by name; `segmentations` are READER/MOUSE.h5."""
    described, rows = read_manifest(manifest), []
    for path in progress(segmentations, "comparing", "scan"):
        reader, name = Path(path).parent.name, Path(path).stem
        if name in mice:
            rows += [(reader, name, *row) for row in of_mouse(described[name], mice[name], path)]
    found = dice_by_position(pd.DataFrame(rows, columns=COLUMNS), repeats, alpha, animals)
    write_csv(found, table)
    readers = list(found["reader"].unique())
    with style.printed_figure(outputs, HEAD_MM + LINE_MM * -(-len(readers) // PER_LINE)) as figure:
        panels = figure.subplots(1, len(STRUCTURES))
        style.letter_panels(panels)
        for axes, (structure, name) in zip(panels, STRUCTURE_NAMES.items(), strict=True):
            axes.set_title(name)
            of_structure = found[found["structure"] == structure]
            if of_structure.empty:
                style.write_in_panel(axes, "No contoured frame was segmented.")
            else:
                plot_structure(axes, of_structure, readers)
        panels[0].set_ylabel("Dice coefficient")
        n = found.groupby("reader")["n"].max()
        labels = [f"{style.abbreviate(reader)} (n = {n[reader]})" for reader in readers]
        handles = [style.symbol(*style.look(number), label) for number, label in enumerate(labels)]
        figure.legend(
            handles=handles,
            loc="outside upper left",
            ncols=PER_LINE,
            title=f"Readers and reference, {cohort} cohort. Means over mice; bands: {100 * (1 - alpha):g}% confidence "
            "intervals; dashed: mean position of end-systole (ES)",
            alignment="left",
        )


if __name__ == "__main__":
    with job(snakemake):
        given, params = snakemake.input, snakemake.params
        *figures, summary = snakemake.output
        main(
            manifest=given.manifest,
            mice=dict(zip(params.mice, given.mice, strict=True)),
            segmentations=list(given.segmentations),
            repeats=params.repeats,
            animals=params.animals,
            alpha=params.alpha,
            cohort=snakemake.wildcards.cohort,
            table=summary,
            outputs=figures,
        )
