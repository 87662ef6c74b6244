"""Generate the mouse files of a phantom cohort, with known volumes.

Inputs: none; the cohort is determined by names, phenotypes, seed and protocol. Outputs: one HDF5 file per mouse, in the
layout of the published study (`Images`, `Masks`, `Frames_with_ROI`; attributes `spacing_mm` for row, column and slice,
and `frame_interval_ms`); participants.tsv; truth.csv with the true measures of each mouse: mouse, metric, unit, value.
"""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from murmur.csv_tables import write_csv
from murmur.data.mouse_file import write_cine
from murmur.job import job, processes
from murmur.logs import progress
from murmur.measurement.measures import MEASURES
from murmur.phantom.corruption import KINDS, Cine, corrupt
from murmur.phantom.mouse import phantom_mouse
from murmur.vocabulary import BLOOD_POOL

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    mice: list[str],
    phenotypes: list[str],
    scans: list[tuple[int, tuple[int, int] | None]],
    corruptions: list[str],
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

    `scans` gives the index of the mouse and the session of each, see `phantom_mouse`; `corruptions` are those of each
    mouse, in turn, empty without.

    The same arguments give the same bytes for any number of `threads`. `field_T` is in tesla; `varied` mice have two
    frames, and an anatomy and appearance beyond those of a single scanner.
    """
    people, volumes = [], []
    with processes(threads) as pool:
        protocol = {"field_T": field_T, "varied": varied, "frame_interval_ms": frame_interval_ms}
        in_turn = [corruptions[number % len(corruptions)] if corruptions else None for number in range(len(mice))]
        made = pool.map(partial(generate_mouse, seed, **protocol), scans, in_turn, phenotypes, mouse_files)
        shown = progress(made, "phantom", "mouse", len(mice))
        for mouse, phenotype, values in zip(mice, phenotypes, shown, strict=True):
            people.append({"mouse": mouse, "phenotype": phenotype, "field_T": field_T, "seed": seed})
            volumes += [(mouse, name, MEASURES[name].unit, value) for name, value in values.items()]
    Path(participants).parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(people).to_csv(participants, sep="\t", index=False, lineterminator="\n")
    write_csv(pd.DataFrame(volumes, columns=["mouse", "metric", "unit", "value"]), truth)


def generate_mouse(
    seed: int, scan: tuple[int, tuple[int, int] | None], corruption: str | None, phenotype: str, path: str, **protocol
) -> dict[str, float]:
    """Generate a scan with a protocol (see `phantom_mouse`), write it, and return its true measures.

    With a `corruption`, such as none or blur 3, only ED and ES have masks.
    """
    index, session = scan
    every = corruption is not None
    phantom = phantom_mouse(seed, index, phenotype=phenotype, session=session, every_frame=every, **protocol)
    cine, frames = Cine(phantom.images, phantom.masks, phantom.spacing_mm), phantom.frames_with_roi
    if every:
        cine, frames = corrupted(seed, index, cine, corruption)
    attributes = {"spacing_mm": cine.spacing_mm, "frame_interval_ms": phantom.frame_interval_ms}
    write_cine(path, cine.images, cine.masks, frames, attributes)
    return phantom.truth


def corrupted(seed: int, index: int, cine: Cine, corruption: str) -> tuple[Cine, list[int]]:
    """Return a corrupted cine with masks at ED and ES only, and these frames."""
    volume = np.count_nonzero(cine.masks == BLOOD_POOL, axis=(0, 1, 2))
    frames = sorted({int(volume.argmax()), int(volume.argmin())})
    if corruption != "none":
        kind, severity = corruption.split()
        rng = np.random.default_rng([seed, index, list(KINDS).index(kind), int(severity)])
        cine = corrupt(rng, cine, kind, int(severity))
    others = np.setdiff1d(np.arange(cine.masks.shape[3]), frames)
    masks = cine.masks.copy()
    masks[..., others] = 0
    return replace(cine, masks=masks), frames


if __name__ == "__main__":
    with job(snakemake):
        main(
            mice=snakemake.params.mice,
            phenotypes=snakemake.params.phenotypes,
            scans=snakemake.params.scans,
            corruptions=snakemake.params.corruptions,
            seed=snakemake.params.seed,
            field_T=snakemake.params.field_T,
            frame_interval_ms=snakemake.params.frame_interval_ms,
            varied=snakemake.params.varied,
            mouse_files=snakemake.output.mouse_files,
            participants=snakemake.output.participants,
            truth=snakemake.output.truth,
            threads=snakemake.threads,
        )
