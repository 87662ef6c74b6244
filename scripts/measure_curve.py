"""Fit a periodic curve to the blood-pool volume of each mouse: heart rate, times of ED and ES, peak rates (curve.csv).

The columns are mouse, measure, unit, value and note. The heart rate is that of participants.csv; for other mice, the
cine is taken to cover one beat. A value is missing, with a note, where the curve cannot be fitted.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from murmur.csv_tables import read_csv, write_csv
from murmur.data.manifest import read_manifest
from murmur.data.mouse import Mouse
from murmur.job import job, processes
from murmur.logs import log, progress
from murmur.measurement.curve import NoCurve, beat_period, fit_curve, moving_base
from murmur.measurement.measures import CURVE, MEASURES

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

AT_ONCE = 50  # mice per task of a process


def areas_of(mouse: Mouse, slices: pd.DataFrame | None) -> np.ndarray:
    """Return the areas of the blood pool of a mouse (slice, frame), zero where there is no mask."""
    areas = np.zeros(mouse.shape[2:])
    if slices is not None:
        areas[slices["slice"], slices["frame"]] = slices["blood_pool_mm2"]
    return areas


def measure(mouse: Mouse, areas: np.ndarray, heart_rate: float | None) -> tuple[dict[str, float], dict[str, str]]:
    """Return the measures of one mouse, and notes on them, each by name; a measure that is missing has a note only."""
    frames = np.flatnonzero(areas.any(axis=0))
    interval, slice_mm = mouse.frame_interval_ms, mouse.spacing_mm[2]
    values, notes = {}, {}
    try:
        volume = areas.sum(axis=0) if len(frames) == areas.shape[1] else None
        period, source = beat_period(areas.shape[1] * interval, volume, heart_rate)
        values["heart_rate"], notes["heart_rate"] = 60_000 / period, source
        frames = frames[frames * interval < period]
        volume = moving_base(areas[:, frames]) * slice_mm
        values |= fit_curve(frames * interval, volume, period).rates()
    except NoCurve as reason:
        notes = dict.fromkeys(["heart_rate", *CURVE], str(reason)) | notes
    return values, notes


def rows_of(mouse: Mouse, slices: pd.DataFrame | None, heart_rate: float | None) -> list[tuple]:
    """Return the rows (mouse, measure, unit, value, note) of one mouse."""
    values, notes = measure(mouse, areas_of(mouse, slices), heart_rate)
    names = ["heart_rate", *CURVE]
    return [(mouse.name, name, MEASURES[name].unit, values.get(name), notes.get(name)) for name in names]


def main(manifest: str, slices: str, volumes: str, participants: str, output: str, threads: int) -> None:
    """Write `output` (curve.csv) for every mouse of `volumes`."""
    described = read_manifest(manifest)
    mice = [described[name] for name in read_csv(volumes)["mouse"].unique()]
    by_mouse = dict(iter(read_csv(slices).groupby("mouse", sort=False)))
    people = read_csv(participants).set_index("mouse")
    given = people["heart_rate_bpm"].dropna() if "heart_rate_bpm" in people else {}
    jobs = (mice, [by_mouse.get(mouse.name) for mouse in mice], [given.get(mouse.name) for mouse in mice])
    with processes(threads) as pool:
        found: Iterator = pool.map(rows_of, *jobs, chunksize=AT_ONCE)
        rows = [row for rows in progress(found, "curves", "mouse", len(mice)) for row in rows]
    table = pd.DataFrame(rows, columns=["mouse", "measure", "unit", "value", "note"])
    fitted = table["measure"].eq("ES_time") & table["value"].notna()
    log.info("%d of %d mice have a curve", fitted.sum(), len(mice))
    write_csv(table, output)


if __name__ == "__main__":
    with job(snakemake):
        main(
            manifest=snakemake.input.manifest,
            slices=snakemake.input.slices,
            volumes=snakemake.input.volumes,
            participants=snakemake.input.participants,
            output=snakemake.output.curve,
            threads=snakemake.threads,
        )
