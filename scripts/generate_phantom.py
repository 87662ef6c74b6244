"""Generate the mouse files of a phantom cohort, with known volumes.

Inputs: none; the cohort follows from the names, the seed, the field strength and whether it is varied.
Outputs: one HDF5 file per mouse, in the layout of the published study (`Images`, `Masks`, `Frames_with_ROI`;
attributes `spacing_mm` for row, column and slice, and `frame_interval_ms`); participants.tsv; truth.csv with
the volumes of each mouse's geometry: mouse, metric, unit, value.
"""

from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from murmur.csv_tables import write_csv
from murmur.data.mouse_file import write_cine
from murmur.job import job
from murmur.logs import progress
from murmur.phantom.mouse import phantom_mouse
from murmur.vocabulary import METRICS

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    mice: list[str],
    seed: int,
    field_T: float,
    mouse_files: list[str],
    participants: str,
    truth: str,
    threads: int,
    varied: bool = False,
) -> None:
    """Write the files of `mice` (`mouse_files` follow their order), their `participants` and the `truth`.

    The same names, seed and field strength (in tesla) give the same bytes, whatever the number of `threads`; `varied`
    mice are others, with two frames.
    """
    people, volumes = [], []
    with ProcessPoolExecutor(threads) as pool:
        count = len(mice)
        made = pool.map(generate_mouse, [seed] * count, range(count), [field_T] * count, mouse_files, [varied] * count)
        for mouse, (phenotype, values) in zip(mice, progress(made, "phantom", "mouse", count), strict=True):
            people.append({"mouse": mouse, "phenotype": phenotype, "field_T": field_T, "seed": seed})
            volumes += [(mouse, metric, unit, values[metric]) for metric, unit in METRICS.items()]
    Path(participants).parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(people).to_csv(participants, sep="\t", index=False, lineterminator="\n")
    write_csv(pd.DataFrame(volumes, columns=["mouse", "metric", "unit", "value"]), truth)


def generate_mouse(
    seed: int, index: int, field_T: float, path: str, varied: bool = False
) -> tuple[str, dict[str, float]]:
    """Make and write mouse `index`; return its phenotype and true volumes."""
    phantom = phantom_mouse(seed, index, field_T, varied)
    attributes = {"spacing_mm": phantom.spacing_mm, "frame_interval_ms": phantom.frame_interval_ms}
    write_cine(path, phantom.images, phantom.masks, phantom.frames_with_roi, attributes)
    return phantom.phenotype, phantom.truth


if __name__ == "__main__":
    with job(snakemake):
        main(
            mice=snakemake.params.mice,
            seed=snakemake.params.seed,
            field_T=snakemake.params.field_T,
            mouse_files=snakemake.output.mouse_files,
            participants=snakemake.output.participants,
            truth=snakemake.output.truth,
            threads=snakemake.threads,
            varied=snakemake.params.varied,
        )
