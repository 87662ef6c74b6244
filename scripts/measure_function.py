"""Measure left-ventricular function: EDV, ESV, SV (µL), EF (%), and mass at ED and ES (mg), for reference and reader.

ED and ES are the frames of the reference or, for mice without expert contours and for readers with `frames: own`, those
with the largest and the smallest blood pool of the reader, unless a person has chosen them (`phases`). Corrected masks
are measured at ED and ES of the reader that they correct. frames.csv lists the frames, and how far the reader's own are
from those of the reference. Function is missing for mice with a single annotated frame, unless the reader has its own.
"""

from typing import TYPE_CHECKING

import pandas as pd

from murmur.csv_tables import read_csv, write_csv
from murmur.data.chosen_phases import check_phases, phases_by_mouse, read_phases
from murmur.data.manifest import read_manifest
from murmur.data.mouse import Mouse
from murmur.job import job
from murmur.logs import log
from murmur.measurement.function import function
from murmur.vocabulary import METRICS, numbered

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

FRAMES = ["mouse", "ed_frame", "es_frame", "frames", "ed_difference_frames", "es_difference_frames"]


Given = tuple[int, int, str]  # ED, ES, and whose they are


def phases(
    mouse: Mouse, blood_pool: pd.Series, own: bool, given: Given | None = None
) -> tuple[int | None, int | None, str | None]:
    """Return ED and ES of a reader, and whose they are: chosen, reference or own; None without both.

    `blood_pool` holds the reader's volumes by frame. With `own`, the reference's frames are not used; `given` are
    those chosen by a person, or those of the reader that is corrected.
    """
    if given:
        return given
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
    given: Given | None = None,
) -> tuple[list[tuple], tuple]:
    """Return the rows (mouse, metric, unit, reference, reader) of one mouse, and its row of frames.csv.

    `reader` and `reference`, which may be None or the same, are its volumes by frame, columns blood_pool_uL and
    myocardium_mg.
    """
    nothing = dict.fromkeys(METRICS)
    ed, es, whose = phases(mouse, reader["blood_pool_uL"], own, given)
    by_reader = nothing if ed is None else function(reader.loc[ed], reader.loc[es])
    contoured = mouse.ed_frame is not None and reference is not None
    by_reference = function(reference.loc[mouse.ed_frame], reference.loc[mouse.es_frame]) if contoured else nothing
    rows = [(mouse.name, metric, unit, by_reference[metric], by_reader[metric]) for metric, unit in METRICS.items()]
    compared = reference is not None and reader is not reference
    apart = from_reference(mouse, reader["blood_pool_uL"]) if compared else (None, None)
    return rows, (mouse.name, ed, es, whose, *apart)


def given_phases(chosen: str | None, corrected: str | None) -> dict[str, Given]:
    """Return the frames of mice that a person has chosen, or at which the reader that is corrected was measured."""
    found = {}
    if corrected:
        table = read_csv(corrected)
        whose = dict(zip(table["mouse"], table["frames"], strict=True))
        found = {mouse: (*frames, whose[mouse]) for mouse, frames in phases_by_mouse(table).items()}
    return found | {mouse: (*frames, "chosen") for mouse, frames in (read_phases(chosen) if chosen else {}).items()}


def warn_of_uncorrected(mouse: Mouse, blood_pool: pd.Series, ed: int, es: int) -> None:
    """Warn if the blood pool of a frame is larger than that of ED, or smaller than that of ES, after a correction."""
    extremes = ("ED", ed, blood_pool.idxmax(), "larger"), ("ES", es, blood_pool.idxmin(), "smaller")
    for phase, frame, extreme, word in extremes:
        if blood_pool[extreme] != blood_pool[frame]:
            words = [numbered("frame", number, mouse.shape[3]) for number in (extreme, frame)]
            log.warning("%s: the blood pool of %s is %s than that of %s, the corrected %s", mouse.name, words[0], word,
                        words[1], phase)  # fmt: skip


def main(
    manifest: str,
    reader_volumes: str,
    reference_volumes: str | None,
    own: bool,
    output: str,
    frames: str,
    chosen: str | None = None,
    corrected: str | None = None,
) -> None:
    """Write `output` (function.csv) and `frames` for every mouse of `reader_volumes`.

    `reference_volumes` is None without any. With `own`, the reader is measured at its own ED and ES in all mice.
    `chosen` is a table of ED and ES chosen by a person, None without one, and `corrected` frames.csv of the reader
    that this one corrects. Raises BadInput if a frame does not exist.
    """
    described = read_manifest(manifest)
    given = given_phases(chosen, corrected)
    by_mouse = [
        {mouse: rows.set_index("frame") for mouse, rows in read_csv(path).groupby("mouse", sort=False)} if path else {}
        for path in (reader_volumes, reference_volumes)
    ]
    rows, used = [], []
    for name, volumes in by_mouse[0].items():
        mouse, at = described[name], given.get(name)
        if at:
            check_phases(chosen or corrected, name, at[:2], mouse.shape[3])
        if corrected and at and at[2] == "own":
            warn_of_uncorrected(mouse, volumes["blood_pool_uL"], *at[:2])
        expected = volumes if reader_volumes == reference_volumes else by_mouse[1].get(name)
        measured, row = measure(mouse, volumes, expected, own, at)
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
            corrected=next(iter(snakemake.input.corrected), None),
        )
