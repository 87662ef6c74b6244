"""Predict the Dice coefficients of the masks of each mouse, and the errors of EDV, EF and mass, without a reference.

quality.csv has a row for each mouse and quantity: the prediction with the interval that contains 90% of the true
values, and the reasons: what the signs of errors found. review.csv lists what to look at, worst first: a row for each
slice and scan with findings, and one for each mouse without any. With enough animals that have a reference, the
predictions are calibrated again for this reader and cohort. docs/quality.md describes the method.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from murmur.csv_tables import read_csv, write_csv
from murmur.data.chosen_phases import phases_by_mouse
from murmur.job import job
from murmur.logs import log
from murmur.quality.check import true_quality
from murmur.quality.correction_cost import areas_by_mouse, jumps
from murmur.quality.recalibration import recalibrated
from murmur.quality.review import review
from murmur.quality.score import DICE, LOW_DICE, features, predict, unit_of
from murmur.quality.slice_score import of_slices

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

COLUMNS = ["mouse", "quantity", "unit", "predicted", "low", "high", "uncalibrated", "reasons", "note"]
OTHER_READER = "calibrated for the network shipped with Murmur, not for this reader"
RECALIBRATED = "calibrated by {} animals of this cohort with a reference"
EMPTY = "no blood pool in the masks"


def assess(
    signs: pd.DataFrame,
    model: dict,
    shipped: bool,
    true: pd.DataFrame | None = None,
    animals: Mapping[str, str] = MappingProxyType({}),
) -> pd.DataFrame:
    """Return quality.csv.

    Scans without a blood pool in the masks have a Dice coefficient of 0, and their errors are not predicted. `true`
    has the columns mouse, quantity and true, and `animals` the animal of each scan, as for `recalibrated`.
    """
    table = predict(features(signs), model).assign(uncalibrated=lambda found: found["predicted"])
    rings = signs[signs["sign"] == "open_ring"].set_index("mouse")["mean"]  # the border of the blood pool
    empty = table["mouse"].map(rings.isna())
    number = 0
    if true is not None:
        table, number = recalibrated(table, true[true["mouse"].isin(rings.dropna().index)], animals)
    source = [RECALIBRATED.format(number)] if number else [OTHER_READER] * (not shipped)
    for column in ("predicted", "low", "high", "uncalibrated"):
        table[column] = table[column].mask(empty, np.where(table["quantity"].isin(DICE), 0.0, np.nan))
    reasons = signs.dropna(subset="reason").groupby("mouse")["reason"].agg("; ".join)
    notes = [[EMPTY] * bool(one) + source for one in empty]
    return table.assign(
        unit=table["quantity"].map(unit_of),
        reasons=table["mouse"].map(reasons),
        note=["; ".join(note) or None for note in notes],
    )[COLUMNS]


def main(
    signs: str,
    findings: str,
    model: dict,
    shipped: bool,
    pictures: Mapping[str, str],
    pages: str,
    slices: str,
    frames: str,
    slice_quality: str,
    quality: str,
    to_review: str,
    overlap: str | None = None,
    function: str | None = None,
    animals: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Write `quality` and `to_review`.

    `model` is the content of models/quality.json, `pictures` has the mice in their order, and `pages` is the PDF with
    the first findings; `slices`, `frames`, `slice_quality`, `overlap` and `function` are the tables of the reader, the
    last two given where there is a reference.
    """
    true = true_quality(read_csv(overlap), read_csv(function)).dropna() if overlap else None
    table = assess(read_csv(signs), model, shipped, true, animals)
    doubtful = table.loc[table["quantity"].isin(DICE) & (table["predicted"] < LOW_DICE), "mouse"].nunique()
    log.info("%d of %d mice with a predicted Dice coefficient below %g", doubtful, len(pictures), LOW_DICE)
    write_csv(table, quality)
    areas = areas_by_mouse(read_csv(slices))
    found = {
        (mouse, number): jump
        for mouse, phases in phases_by_mouse(read_csv(frames)).items()
        for number, jump in enumerate(jumps(areas[mouse], phases))
    }
    by_slice = of_slices(read_csv(slice_quality))
    write_csv(review(read_csv(findings), table, pictures, pages, found, by_slice), to_review)


if __name__ == "__main__":
    with job(snakemake):
        main(
            signs=snakemake.input.signs,
            findings=snakemake.input.findings,
            model=snakemake.params.model,
            shipped=snakemake.params.shipped,
            pictures=snakemake.params.pictures,
            pages=snakemake.params.pages,
            slices=snakemake.input.slices,
            frames=snakemake.input.frames,
            slice_quality=snakemake.input.slice_quality,
            quality=snakemake.output.quality,
            to_review=snakemake.output.review,
            overlap=snakemake.input.overlap or None,
            function=snakemake.input.function,
            animals=snakemake.params.animals,
        )
