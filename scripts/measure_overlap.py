"""Measure the overlap between reader and reference: Dice, HD95 and ASSD (mm) by mouse, phase and structure.

Phases are ED and ES, or `single` for mice with one annotated frame. Dice is 0 where the mask of the reader is empty;
the distances are then missing. All values are missing where the reference does not contain the structure or the reader
did not segment the frame.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from murmur.csv_tables import write_csv
from murmur.data.manifest import read_manifest
from murmur.data.mouse import Mouse
from murmur.data.mouse_file import read_frame, segmented_frames
from murmur.job import job, processes
from murmur.logs import log, progress
from murmur.measurement.overlap import dice, surface_distances
from murmur.vocabulary import PHASES, STRUCTURES

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

COLUMNS = ["mouse", "phase", "structure", "dice", "hd95_mm", "assd_mm"]


def measure(mouse: Mouse, file: str, segmentation: str) -> list[tuple]:
    """Return the rows of one mouse: (mouse, phase, structure, dice, hd95_mm, assd_mm)."""
    rows = []
    segmented = segmented_frames(segmentation)
    for frame, phase in mouse.phases.items():
        if phase not in PHASES:
            continue
        reference = read_frame(file, "Masks", frame)
        reader = read_frame(segmentation, "Masks", frame)
        for structure, label in STRUCTURES.items():
            expert, found = reference == label, reader == label
            if not expert.any() or frame not in segmented:
                rows.append((mouse.name, phase, structure, None, None, None))
            else:
                distances = surface_distances(expert, found, mouse.spacing_mm)
                rows.append((mouse.name, phase, structure, dice(expert, found), *distances))
    return rows


def main(manifest: str, mice: Mapping[str, str], segmentations: list[str], overlap: str, threads: int) -> None:
    """Write `overlap` for the annotated mice among `mice` (files by name); `segmentations` are in the same order."""
    described = read_manifest(manifest)
    rows = []
    with processes(threads) as pool:
        measured = pool.map(measure, [described[name] for name in mice], mice.values(), segmentations)
        for mouse_rows in progress(measured, "comparing", "mouse", total=len(mice)):
            rows += mouse_rows
    table = pd.DataFrame(rows, columns=COLUMNS)
    log.info("%d of %d pairs of masks compared, of %d mice", table["dice"].notna().sum(), len(table), len(mice))
    write_csv(table, overlap)


if __name__ == "__main__":
    with job(snakemake):
        main(
            manifest=snakemake.input.manifest,
            mice=dict(zip(snakemake.params.mice, snakemake.input.mice, strict=True)),
            segmentations=list(snakemake.input.segmentations),
            overlap=snakemake.output.overlap,
            threads=snakemake.threads,
        )
