"""Measure the thickness of the wall at ED and ES (mm), in the whole ring, by level and by segment (wall.csv).

The columns are mouse, phase, level (all, base, mid or apex), segment (empty for the whole ring), thickness_mm,
blood_pool_mm2 and myocardium_mm2 (mean area of the slices, for whole rings), slices (their number) and note. Frames are
those of frames.csv.
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from murmur.csv_tables import read_csv, write_csv
from murmur.data.manifest import read_manifest
from murmur.data.mouse import Mouse
from murmur.data.mouse_file import read_frame
from murmur.job import job
from murmur.logs import log, progress
from murmur.measurement.wall import LEAST_SLICES, Ring, by_level, rings_of, segments

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

COLUMNS = ["mouse", "phase", "level", "segment", "thickness_mm", "blood_pool_mm2", "myocardium_mm2", "slices", "note"]


def whole_ring(level: str, rings: list[Ring], note: str | None = None) -> tuple:
    """Return level, segment, thickness, areas, number of slices and note of whole rings."""
    thickness = np.mean([ring.thickness_mm.mean() for ring in rings])
    areas = [np.mean([getattr(ring, area) for ring in rings]) for area in ("blood_pool_mm2", "myocardium_mm2")]
    return level, None, thickness, *areas, len(rings), note


def measure(stack: np.ndarray, spacing_mm: tuple[float, float, float]) -> list[tuple]:
    """Return the rows of one phase of a mouse, without mouse and phase, from its masks (row, column, slice)."""
    rings = rings_of(stack, spacing_mm)
    if not rings:
        return [("all", None, None, None, None, 0, "no slice with a closed ring of myocardium")]
    levels = by_level(rings)
    note = None if levels else f"fewer than {LEAST_SLICES} slices with a closed ring: no levels and no segments"
    rows = [whole_ring("all", rings, note)]
    for level, found in levels.items():
        rows.append(whole_ring(level, found))
        rows += [(level, n, value, None, None, len(found), None) for n, value in segments(level, found).items()]
    return rows


def measure_mouse(mouse: Mouse, path: str, frames: dict[str, float]) -> list[tuple]:
    """Return the rows of one mouse; `frames` holds its frame of each phase, NaN if there is none."""
    rows = []
    for phase, frame in frames.items():
        if np.isnan(frame):
            rows.append((mouse.name, phase, "all", None, None, None, None, 0, f"no frame is known to be {phase}"))
        else:
            found = measure(read_frame(path, "Masks", int(frame)), mouse.spacing_mm)
            rows += [(mouse.name, phase, *row) for row in found]
    return rows


def main(manifest: str, mice: list[str], files: list[str], frames: str, wall: str) -> None:
    """Write `wall` from the `Masks` of `files`, in the order of `mice`, at the `frames` (frames.csv)."""
    described = read_manifest(manifest)
    chosen = read_csv(frames).set_index("mouse").rename(columns={"ed_frame": "ED", "es_frame": "ES"})[["ED", "ES"]]
    chosen = chosen.astype(float).to_dict("index")
    rows = []
    for name, path in zip(progress(mice, "wall", "mouse"), files, strict=True):
        rows += measure_mouse(described[name], path, chosen[name])
    table = pd.DataFrame(rows, columns=COLUMNS).astype({"segment": "Int64"})
    measured = table.loc[table["level"].eq("all") & table["thickness_mm"].notna(), "mouse"].nunique()
    log.info("%d of %d mice have a wall thickness", measured, len(mice))
    write_csv(table, wall)


if __name__ == "__main__":
    with job(snakemake):
        main(
            manifest=snakemake.input.manifest,
            mice=snakemake.params.mice,
            files=list(snakemake.input.masks),
            frames=snakemake.input.frames,
            wall=snakemake.output.wall,
        )
