"""Does the error of a segmentation depend on phenotype, phase and structure?

Input: overlap.csv (mouse, phase, structure, dice). Output: overlap_model.csv, one row per term of the model
error ~ phenotype + phase + structure + (1 | mouse), where error = 1 - Dice; `murmur.statistics.overlap_model`
gives the definitions.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from murmur.csv_tables import read_csv, write_csv
from murmur.job import job
from murmur.statistics.overlap_model import overlap_model

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(overlap: str, phenotypes: Mapping[str, str], output: str, alpha: float, order: Sequence[str] = ()) -> None:
    """Write `output` from the table `overlap`.

    `phenotypes` gives the phenotype of each mouse where it is known; those in `order` come first.
    """
    write_csv(overlap_model(read_csv(overlap), phenotypes, alpha, order), output)


if __name__ == "__main__":
    with job(snakemake):
        main(
            overlap=snakemake.input.overlap,
            phenotypes=snakemake.params.phenotypes,
            order=snakemake.params.order,
            output=snakemake.output[0],
            alpha=snakemake.params.alpha,
        )
