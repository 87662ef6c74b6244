"""Measure blood-pool volume (µL) and myocardial mass (mg) in every frame, for one reader or the reference.

Values are empty for frames without a mask, and for structures that the reference does not contain in a frame. The areas
(mm²) of both structures in each slice are written as well, for frames with a mask.
"""

from typing import TYPE_CHECKING

import h5py
import numpy as np
import pandas as pd

from murmur.csv_tables import write_csv
from murmur.data.manifest import read_manifest
from murmur.data.mouse import Mouse
from murmur.data.mouse_file import segmented_frames
from murmur.job import job
from murmur.logs import log, progress
from murmur.measurement.function import mass, slice_voxels, voxel_volume

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

COLUMNS = ["mouse", "frame", "time_ms", "blood_pool_uL", "myocardium_mg"]
AREAS = ["blood_pool_mm2", "myocardium_mm2"]


def areas_of_frame(mouse: Mouse, frame: int, voxels: dict[str, np.ndarray]) -> pd.DataFrame:
    """Return the areas of both structures in each slice of a frame, from their numbers of voxels."""
    row_mm, column_mm, _ = mouse.spacing_mm
    areas = {f"{name}_mm2": counts * (row_mm * column_mm) for name, counts in voxels.items()}
    return pd.DataFrame({"mouse": mouse.name, "frame": frame, "slice": range(mouse.shape[2]), **areas})


def main(manifest: str, mice: list[str], files: list[str], is_reference: bool, volumes: str, slices: str) -> None:
    """Write `volumes`, one row per mouse and frame, and `slices`, from the `Masks` of `files`, in the order of `mice`.

    With `is_reference`, the masks are those of the expert: a structure without voxels is then missing, not 0.
    """
    described = read_manifest(manifest)
    rows, areas = [], [pd.DataFrame(columns=["mouse", "frame", "slice", *AREAS])]
    for name, path in zip(progress(mice, "measuring", "mouse"), files, strict=True):
        mouse = described[name]
        segmented = set(mouse.annotated_frames if is_reference else segmented_frames(path))
        with h5py.File(path, "r") as file:
            for frame in range(mouse.shape[3]):
                blood_pool = myocardium = None
                if frame in segmented:
                    voxels = slice_voxels(file["Masks"][:, :, :, frame])
                    areas.append(areas_of_frame(mouse, frame, voxels))
                    voxel = voxel_volume(mouse.spacing_mm)
                    found = {structure: int(counts.sum()) * voxel for structure, counts in voxels.items()}
                    missing = {structure for structure, volume in found.items() if is_reference and volume == 0}
                    blood_pool = None if "blood_pool" in missing else found["blood_pool"]
                    myocardium = None if "myocardium" in missing else mass(found["myocardium"])
                rows.append((name, frame, frame * mouse.frame_interval_ms, blood_pool, myocardium))
    table = pd.DataFrame(rows, columns=COLUMNS)
    log.info("%d of %d mice segmented", table.loc[table["blood_pool_uL"].notna(), "mouse"].nunique(), len(mice))
    write_csv(table, volumes)
    write_csv(pd.concat(areas)[["mouse", "frame", "slice", *AREAS]], slices)


if __name__ == "__main__":
    with job(snakemake):
        main(
            manifest=snakemake.input.manifest,
            mice=snakemake.params.mice,
            files=list(snakemake.input.masks),
            is_reference=snakemake.wildcards.reader == "reference",
            volumes=snakemake.output.volumes,
            slices=snakemake.output.slices,
        )
