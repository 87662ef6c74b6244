"""Summary of overlap and surface distances between reader and reference, by structure and phase.

Input: overlap.csv (mouse, phase, structure, dice, hd95_mm, assd_mm). Outputs: overlap_summary.csv (Dice) and
surface_summary.csv (hd95_mm and assd_mm, in mm). n is the number of values; `missing` the number of rows without a Dice
coefficient, not annotated by the expert or not segmented by the reader; `failed` the number of empty masks of the
reader, which are included with a Dice of 0 and have no distances. Quartiles are linearly
interpolated; the standard deviation uses n - `sd_ddof`.
"""

from typing import TYPE_CHECKING

import pandas as pd

from murmur.csv_tables import read_csv, write_csv
from murmur.job import job
from murmur.statistics.overlap_summary import summarise

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(overlap: str, dice_output: str, surface_output: str, sd_ddof: int) -> None:
    """Write the summary of Dice to `dice_output` and that of HD95 and ASSD to `surface_output`."""
    table = read_csv(overlap)
    write_csv(summarise(table, "dice", sd_ddof), dice_output)
    distances = [
        summarise(table, measure, sd_ddof).assign(measure=measure)[lambda t: ["measure", *t.columns[:-1]]]
        for measure in ("hd95_mm", "assd_mm")
    ]
    write_csv(pd.concat(distances), surface_output)


if __name__ == "__main__":
    with job(snakemake):
        main(
            overlap=snakemake.input.overlap,
            dice_output=snakemake.output.dice,
            surface_output=snakemake.output.surface,
            sd_ddof=snakemake.params.sd_ddof,
        )
