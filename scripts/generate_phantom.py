"""Generate the mouse files of a phantom cohort, with known volumes.

Inputs: none; the cohort is determined by names, phenotypes, seed and protocol. Outputs: one HDF5 file per mouse, in the
layout of the published study (`Images`, `Masks`, `Frames_with_ROI`; attributes `spacing_mm` for row, column and slice,
and `frame_interval_ms`); participants.tsv; truth.csv with the true measures of each mouse: mouse, metric, unit, value.
"""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from murmur.csv_tables import write_csv
from murmur.data.mouse_file import write_cine
from murmur.job import job, processes
from murmur.logs import progress
from murmur.measurement.measures import MEASURES
from murmur.phantom.mouse import phantom_mouse

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    mice: list[str],
    phenotypes: list[str],
    scans: list[tuple[int, tuple[int, int] | None]],
    seed: int,
    field_T: float,
    frame_interval_ms: float,
    varied: bool,
    mouse_files: list[str],
    participants: str,
    truth: str,
    threads: int,
) -> None:
    """Write the files of `mice` (`phenotypes`, `scans`, `mouse_files` in the same order), `participants` and `truth`.

    `scans` gives the index of the mouse and the session of each, see `phantom_mouse`.

    The same arguments give the same bytes for any number of `threads`. `field_T` is in tesla; `varied` mice have two
    frames, and an anatomy and appearance beyond those of a single scanner.
    """
    people, volumes = [], []
    with processes(threads) as pool:
        protocol = {"field_T": field_T, "varied": varied, "frame_interval_ms": frame_interval_ms}
        made = pool.map(partial(generate_mouse, seed, **protocol), scans, phenotypes, mouse_files)
        shown = progress(made, "phantom", "mouse", len(mice))
        for mouse, phenotype, values in zip(mice, phenotypes, shown, strict=True):
            people.append({"mouse": mouse, "phenotype": phenotype, "field_T": field_T, "seed": seed})
            volumes += [(mouse, name, MEASURES[name].unit, value) for name, value in values.items()]
    Path(participants).parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(people).to_csv(participants, sep="\t", index=False, lineterminator="\n")
    write_csv(pd.DataFrame(volumes, columns=["mouse", "metric", "unit", "value"]), truth)


def generate_mouse(
    seed: int, scan: tuple[int, tuple[int, int] | None], phenotype: str, path: str, **protocol
) -> dict[str, float]:
    """Generate a scan with a protocol (see `phantom_mouse`), write it, and return its true measures."""
    index, session = scan
    phantom = phantom_mouse(seed, index, phenotype=phenotype, session=session, **protocol)
    attributes = {"spacing_mm": phantom.spacing_mm, "frame_interval_ms": phantom.frame_interval_ms}
    write_cine(path, phantom.images, phantom.masks, phantom.frames_with_roi, attributes)
    return phantom.truth


if __name__ == "__main__":
    with job(snakemake):
        main(
            mice=snakemake.params.mice,
            phenotypes=snakemake.params.phenotypes,
            scans=snakemake.params.scans,
            seed=snakemake.params.seed,
            field_T=snakemake.params.field_T,
            frame_interval_ms=snakemake.params.frame_interval_ms,
            varied=snakemake.params.varied,
            mouse_files=snakemake.output.mouse_files,
            participants=snakemake.output.participants,
            truth=snakemake.output.truth,
            threads=snakemake.threads,
        )
