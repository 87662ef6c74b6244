"""Measure left-ventricular function: EDV, ESV, SV (µL), EF (%), and mass at ED and ES (mg), for reference and reader.

ED and ES are the frames of the reference or, for mice without expert contours and for readers with `frames: own`, those
with the largest and the smallest blood pool of the reader, unless a person has chosen them (`phases`); frames.csv lists
them, and how far the reader's own are from those of the reference. Function is missing for mice with a single annotated
frame, unless the reader has its own.
"""

from typing import TYPE_CHECKING

import pandas as pd

from murmur.csv_tables import read_csv, write_csv
from murmur.data.chosen_phases import check_phases, read_phases
from murmur.data.manifest import read_manifest
from murmur.data.mouse import Mouse
from murmur.job import job
from murmur.logs import log
from murmur.measurement.function import function
from murmur.vocabulary import METRICS

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

FRAMES = ["mouse", "ed_frame", "es_frame", "frames", "ed_difference_frames", "es_difference_frames"]


def phases(
    mouse: Mouse, blood_pool: pd.Series, own: bool, chosen: tuple[int, int] | None = None
) -> tuple[int | None, int | None, str | None]:
    """Return ED and ES of a reader, and whose they are: chosen, reference or own; None without both.

    `blood_pool` holds the reader's volumes by frame. With `own`, the reference's frames are not used; `chosen` are
    those chosen by a person.
    """
    if chosen:
        return *chosen, "chosen"
    if mouse.annotated_frames and not own:
        return mouse.ed_frame, mouse.es_frame, None if mouse.ed_frame is None else "reference"
    if blood_pool.notna().sum() < 2:
        return None, None, None
    return blood_pool.idxmax(), blood_pool.idxmin(), "own"


def from_reference(mouse: Mouse, blood_pool: pd.Series) -> tuple[int | None, int | None]:
    """Return by how many frames the reader's own ED and ES follow those of the reference.

    Negative if they precede them; the first frame follows the last. None if the mouse has no reference of both, if the
    reader did not segment every frame, or if the cine has only two.
    """
    frames = mouse.shape[3]
    segmented = blood_pool.reindex(range(frames)).notna().all()
    if mouse.ed_frame is None or mouse.es_frame is None or not segmented or frames < 3:
        return None, None
    ed, es = blood_pool.idxmax() - mouse.ed_frame, blood_pool.idxmin() - mouse.es_frame
    return tuple(int((after + frames // 2) % frames - frames // 2) for after in (ed, es))


def measure(
    mouse: Mouse,
    reader: pd.DataFrame,
    reference: pd.DataFrame | None,
    own: bool,
    chosen: tuple[int, int] | None = None,
) -> tuple[list[tuple], tuple]:
    """Return the rows (mouse, metric, unit, reference, reader) of one mouse, and its row of frames.csv.

    `reader` and `reference`, which may be None or the same, are its volumes by frame, columns blood_pool_uL and
    myocardium_mg.
    """
    nothing = dict.fromkeys(METRICS)
    ed, es, whose = phases(mouse, reader["blood_pool_uL"], own, chosen)
    by_reader = nothing if ed is None else function(reader.loc[ed], reader.loc[es])
    contoured = mouse.ed_frame is not None
    by_reference = function(reference.loc[mouse.ed_frame], reference.loc[mouse.es_frame]) if contoured else nothing
    rows = [(mouse.name, metric, unit, by_reference[metric], by_reader[metric]) for metric, unit in METRICS.items()]
    compared = reference is not None and reader is not reference
    apart = from_reference(mouse, reader["blood_pool_uL"]) if compared else (None, None)
    return rows, (mouse.name, ed, es, whose, *apart)


def main(
    manifest: str,
    reader_volumes: str,
    reference_volumes: str | None,
    own: bool,
    output: str,
    frames: str,
    chosen: str | None = None,
) -> None:
    """Write `output` (function.csv) and `frames` for every mouse of `reader_volumes`.

    `reference_volumes` is None without any. With `own`, the reader is measured at its own ED and ES in all mice.
    `chosen` is a table of ED and ES chosen by a person, None without one. Raises BadInput if it is invalid.
    """
    described = read_manifest(manifest)
    by_hand = read_phases(chosen) if chosen else {}
    by_mouse = [
        {mouse: rows.set_index("frame") for mouse, rows in read_csv(path).groupby("mouse", sort=False)} if path else {}
        for path in (reader_volumes, reference_volumes)
    ]
    rows, used = [], []
    for name, volumes in by_mouse[0].items():
        mouse, hand = described[name], by_hand.get(name)
        hand = hand and check_phases(chosen, name, hand, mouse.shape[3])
        expected = volumes if reader_volumes == reference_volumes else by_mouse[1].get(name)
        measured, row = measure(mouse, volumes, expected, own, hand)
        rows += measured
        used.append(row)
    table = pd.DataFrame(rows, columns=["mouse", "metric", "unit", "reference", "reader"])
    log.info("%d of %d mice have an EF", (table["metric"].eq("EF") & table["reader"].notna()).sum(), len(by_mouse[0]))
    write_csv(table, output)
    at = pd.DataFrame(used, columns=FRAMES)
    write_csv(at.astype(dict.fromkeys(set(FRAMES) - {"mouse", "frames"}, "Int64")), frames)


if __name__ == "__main__":
    with job(snakemake):
        main(
            manifest=snakemake.input.manifest,
            reader_volumes=snakemake.input.reader,
            reference_volumes=next(iter(snakemake.input.reference), None),
            own=snakemake.params.own,
            output=snakemake.output.function,
            frames=snakemake.output.frames,
            chosen=next(iter(snakemake.input.phases), None),
        )
