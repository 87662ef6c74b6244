"""Count the slices to review until EF is right: in the order of jumps of the volume curve, at random, and at best.

Inputs: slices.csv (areas of the blood pool) of reader and reference, frames.csv of the reference (ED and ES), and
quality.csv. Outputs: correction_curve.csv, the errors that are left after so many slices, and correction_cost.csv,
the number after which EF is within 2 percentage points in 95% of the scans.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from murmur.csv_tables import read_csv, write_csv
from murmur.data.chosen_phases import phases_by_mouse
from murmur.job import job
from murmur.logs import log
from murmur.quality.correction_cost import (
    COST,
    CURVE,
    OF_MICE,
    WITHIN,
    areas_by_mouse,
    costs,
    curves,
    jumps,
)
from murmur.quality.score import DICE

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def in_predicted_order(
    areas: Mapping[str, np.ndarray], phases: Mapping[str, tuple[int, int]], quality: pd.DataFrame
) -> list[tuple[str, int]]:
    """Return all mice and slices, the largest of the `jumps` first; at equal ones, the worst predicted mouse first."""
    wide = quality[quality["quantity"].isin(DICE)].pivot(index="mouse", columns="quantity", values="predicted")
    worst = wide.min(axis=1)
    rows = [
        (-jump, worst[mouse], mouse, number)
        for mouse, frames in phases.items()
        for number, jump in enumerate(jumps(areas[mouse], frames))
    ]
    return [(mouse, number) for *_, mouse, number in sorted(rows)]


def own_phases(areas: np.ndarray) -> tuple[int, int]:
    """Return the frames with the largest and the smallest blood pool, from the areas (slice, frame) of a reader."""
    volumes = areas.sum(axis=0)
    return int(np.nanargmax(volumes)), int(np.nanargmin(volumes))


def main(reader: str, reference: str, frames: str, quality: str, curve: str, cost: str) -> None:
    """Write `curve` and `cost`; `reader` and `reference` are slices.csv, `frames` is frames.csv of the reference."""
    by_reader, by_reference = (areas_by_mouse(read_csv(path)) for path in (reader, reference))
    phases = phases_by_mouse(read_csv(frames))
    areas = {
        mouse: (by_reader[mouse][:, at], by_reference[mouse][:, at])
        for mouse, at in ((mouse, list(frames)) for mouse, frames in phases.items())
        if mouse in by_reader and max(at) < by_reader[mouse].shape[1] and np.isfinite(by_reader[mouse][:, at]).all()
    }
    if not areas:
        log.info("no mouse with ED and ES by reader and reference")
        write_csv(pd.DataFrame(columns=CURVE), curve)
        write_csv(pd.DataFrame(columns=COST), cost)
        return
    own = {mouse: own_phases(by_reader[mouse]) for mouse in areas}  # because the order must not use the reference
    order = in_predicted_order(by_reader, own, read_csv(quality))
    errors = curves(areas, order)
    counted = costs(errors, len(areas))
    for row in counted.itertuples():
        words = "%s order: EF within %g points in %g%% of %d scans after %d of %d slices"
        log.info(words, row.order, WITHIN, OF_MICE, row.mice, row.slices_needed, row.slices)
    write_csv(errors, curve)
    write_csv(counted, cost)


if __name__ == "__main__":
    with job(snakemake):
        main(
            reader=snakemake.input.reader,
            reference=snakemake.input.reference,
            frames=snakemake.input.frames,
            quality=snakemake.input.quality,
            curve=snakemake.output.curve,
            cost=snakemake.output.cost,
        )
