"""Generate the mouse files of a phantom cohort, with known volumes.

Inputs: none; the cohort follows from the names, the seed and the field strength.
Outputs: one HDF5 file per mouse, in the layout of the published study (`Images`, `Masks`, `Frames_with_ROI`;
attributes `spacing_mm` for row, column and slice, and `frame_interval_ms`); participants.tsv; truth.csv with
the volumes of each mouse's geometry: mouse, metric, unit, value.
"""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import h5py
import pandas as pd

from murmur.logs import job_log, progress
from murmur.phantom.mouse import Phantom, phantom_mouse
from murmur.tables import write_csv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

UNITS = {"EDV": "uL", "ESV": "uL", "SV": "uL", "EF": "%", "mass_ED": "mg", "mass_ES": "mg"}


def main(
    mice: list[str],
    seed: int,
    field_T: float,
    mouse_files: list[str],
    participants: str,
    truth: str,
    threads: int,
) -> None:
    people, volumes = [], []
    with ProcessPoolExecutor(threads) as pool:
        count = len(mice)
        made = pool.map(generate_mouse, [seed] * count, range(count), [field_T] * count, mouse_files)
        for mouse, (phenotype, values) in zip(mice, progress(made, "phantom", "mouse", count), strict=True):
            people.append({"mouse": mouse, "phenotype": phenotype, "field_T": field_T, "seed": seed})
            volumes.extend(truth_rows(mouse, values))
    Path(participants).parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(people).to_csv(participants, sep="\t", index=False, lineterminator="\n")
    write_csv(pd.DataFrame(volumes), truth)


def generate_mouse(seed: int, index: int, field_T: float, path: str) -> tuple[str, dict[str, float]]:
    """Make and write mouse `index`; return its phenotype and true volumes."""
    phantom = phantom_mouse(seed, index, field_T)
    write_mouse(phantom, path)
    return phantom.phenotype, phantom.truth


def truth_rows(mouse: str, values: dict[str, float]) -> Iterator[dict]:
    for metric, unit in UNITS.items():
        yield {"mouse": mouse, "metric": metric, "unit": unit, "value": values[metric]}


def write_mouse(phantom: Phantom, path: str | Path) -> None:
    """Write the mouse file; one image is one chunk, so that a slice or a frame is read without the rest."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    with h5py.File(partial, "w") as file:
        for name, data in (("Images", phantom.images), ("Masks", phantom.masks)):
            chunks = (*data.shape[:2], 1, 1)
            file.create_dataset(name, data=data, chunks=chunks, compression="gzip", compression_opts=1, shuffle=True)
        file["Frames_with_ROI"] = phantom.frames_with_roi
        file.attrs["spacing_mm"] = phantom.spacing_mm
        file.attrs["frame_interval_ms"] = phantom.frame_interval_ms
    partial.replace(path)


if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        main(
            mice=snakemake.params.mice,
            seed=snakemake.params.seed,
            field_T=snakemake.params.field_T,
            mouse_files=snakemake.output.mouse_files,
            participants=snakemake.output.participants,
            truth=snakemake.output.truth,
            threads=snakemake.threads,
        )
