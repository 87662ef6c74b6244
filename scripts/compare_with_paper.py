"""Comparison of every number printed in the paper with its counterpart computed here.

Inputs: table_1.csv and paper_values.csv, agreement.csv and, where the cohort has images, overlap.csv and its
statistics, dice_error.csv, manifest.csv, split.csv and, where the reader was trained here, history.csv. Output:
paper_comparison.csv, one row per printed number, in its unit; standard deviations have rows of their own.
`murmur.paper.comparison` gives the definitions.
"""

from typing import TYPE_CHECKING

from murmur.csv_tables import read_csv, write_csv
from murmur.data.manifest import read_manifest
from murmur.job import job
from murmur.paper.comparison import (
    Computed,
    compare,
    of_agreement,
    of_dice_error,
    of_manifest,
    of_overlap,
    printed_numbers,
)
from murmur.paper.printed_values import read_paper_values, read_table_1

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    table_1: str,
    paper_values: str,
    agreement: str,
    output: str,
    sd_ddof: int,
    alpha: float,
    overlap: str | None = None,
    overlap_summary: str | None = None,
    overlap_anova: str | None = None,
    overlap_pairwise: str | None = None,
    dice_error: str | None = None,
    manifest: str | None = None,
    split: str | None = None,
    history: str | None = None,
) -> None:
    """Write `output` (paper_comparison.csv); tables that the study does not have are None.

    `sd_ddof` is that of the SDs and limits in `agreement` and `overlap_summary`.
    """
    found = of_agreement(read_csv(agreement), sd_ddof, alpha)
    if overlap:
        tables = map(read_csv, (overlap, overlap_summary, overlap_anova, overlap_pairwise))
        found |= of_overlap(*tables, sd_ddof, alpha) | of_dice_error(read_csv(dice_error))
    if manifest:
        found |= of_manifest(read_manifest(manifest), read_csv(split).set_index("mouse")["split"].to_dict())
    if history:
        found["epochs", "", "", ""] = Computed(len(read_csv(history)))
    printed = printed_numbers(read_table_1(table_1), read_paper_values(paper_values))
    write_csv(compare(printed, found, manifest is not None, alpha), output)


if __name__ == "__main__":
    with job(snakemake):
        main(
            **dict(snakemake.input.items()),
            output=snakemake.output[0],
            sd_ddof=snakemake.params.sd_ddof,
            alpha=snakemake.params.alpha,
        )
