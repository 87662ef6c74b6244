"""Look for signs of errors in the masks of a reader, without a reference (docs/quality.md).

signs.csv has a row for each mouse and sign: the value farthest beyond its limit or, if none is, nearest to it, with the
number of places beyond the limit and the reason, or a note on why the sign cannot be assessed. findings.csv has a row
for each slice and frame beyond a limit, and for each scan; slice and frame, counted from 0, are empty for scans.
slice_quality.csv has a row for each slice and frame with a mask: the Dice coefficients predicted from its signs, of
which low ones are findings, too.
"""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from murmur.csv_tables import read_csv, write_csv
from murmur.data.manifest import read_manifest
from murmur.data.mouse import Mouse
from murmur.data.mouse_file import images_of, numeric_dataset, open_mouse, segmented_frames
from murmur.job import job, processes
from murmur.logs import log, progress
from murmur.quality.image_signs import image_signs
from murmur.quality.scan_signs import scan_signs
from murmur.quality.signs import TRAINED, Sign, judge, tables, with_ranges
from murmur.quality.slice_score import COLUMNS, predict, variables
from murmur.quality.slice_score import findings as low_predictions
from murmur.quality.slice_signs import slice_signs

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

RANGES = ("EDV", "EF")


def measure(
    mouse: Mouse,
    file: str,
    segmentation: str,
    phases: tuple[int, int] | None,
    signs: Mapping[str, Sign],
    input_size: int | None,
    model: Mapping,
) -> tuple[list[tuple], list[tuple], pd.DataFrame]:
    """Return the rows of one mouse in signs.csv, in findings.csv and in slice_quality.csv."""
    frames = segmented_frames(segmentation)
    with open_mouse(segmentation) as opened:
        masks = numeric_dataset(opened, "Masks")[()].astype(np.uint8)
    whole = len(frames) == masks.shape[3]
    if not whole:
        masks[..., np.setdiff1d(np.arange(masks.shape[3]), frames)] = 0
    with open_mouse(file) as opened:
        found = image_signs(images_of(opened)[()], masks)
    found = slice_signs(masks, mouse.spacing_mm, input_size) | found
    if not whole:  # neighbouring frames are not known
        found |= {name: np.full(masks.shape[2:], np.nan) for name in ("area_frames", "blood_frames", "moved")}
    pixel = mouse.spacing_mm[0] * mouse.spacing_mm[1]
    blood, heart = ((masks >= label).sum(axis=(0, 1)) * pixel for label in (2, 1))
    of_scan = scan_signs(blood, heart, mouse.spacing_mm, mouse.frame_interval_ms, phases)
    predicted = predict(variables(found, masks), model)
    summary, beyond = judge(mouse.name, found, of_scan, heart > 0, signs)
    return summary, beyond + low_predictions(mouse.name, predicted), predicted.assign(mouse=mouse.name)


def training_ranges(function: str, split: str) -> dict[str, tuple[float, float]]:
    """Return the smallest and largest EDV and EF of the training mice of a network, by their reference."""
    table, sets = read_csv(function), read_csv(split)
    training = table[table["mouse"].isin(sets.loc[sets["split"] == "train", "mouse"])]
    values = {name: training.loc[training["metric"] == name, "reference"].dropna() for name in RANGES}
    return {name: (column.min(), column.max()) for name, column in values.items() if len(column)}


def main(
    manifest: str,
    mice: Mapping[str, str],
    segmentations: list[str],
    frames: str,
    ranges: Mapping[str, tuple[float, float]],
    signs: str,
    findings: str,
    slice_quality: str,
    model: dict,
    threads: int,
    input_size: int | None = None,
) -> None:
    """Write `signs`, `findings` and `slice_quality` for the `mice` (files by name).

    `segmentations` are in the order of the mice; `frames` is frames.csv of the reader; `ranges` holds the range of EDV
    and EF of the mice that it was trained on, as far as they are known; `model` is the content of models/quality.json;
    and `input_size` is the side length of the centre of the images that a network segments.
    """
    described = read_manifest(manifest)
    chosen = read_csv(frames).set_index("mouse")
    phases = [
        None if pd.isna(ed) or pd.isna(es) else (int(ed), int(es))
        for ed, es in chosen.loc[list(mice), ["ed_frame", "es_frame"]].itertuples(index=False)
    ]
    look = partial(measure, signs=with_ranges(ranges), input_size=input_size, model=model["slices"])
    jobs = ([described[name] for name in mice], mice.values(), segmentations, phases)
    with processes(threads) as pool:
        judged = list(progress(pool.map(look, *jobs), "looking for signs", "mouse", total=len(mice)))
    summary, found = tables([rows[:2] for rows in judged])
    log.info("%d findings in %d of %d mice", len(found), found["mouse"].nunique(), len(mice))
    write_csv(summary, signs)
    write_csv(found, findings)
    write_csv(pd.concat([rows[2] for rows in judged])[["mouse", *COLUMNS]], slice_quality)


if __name__ == "__main__":
    with job(snakemake):
        given, params = snakemake.input, snakemake.params
        trained = [*given.training]
        main(
            manifest=given.manifest,
            mice=dict(zip(params.mice, given.mice, strict=True)),
            segmentations=list(given.segmentations),
            frames=given.frames,
            ranges=training_ranges(*trained) if trained else TRAINED if params.shipped else {},
            signs=snakemake.output.signs,
            findings=snakemake.output.findings,
            slice_quality=snakemake.output.slice_quality,
            model=params.model,
            threads=snakemake.threads,
            input_size=params.input_size,
        )
