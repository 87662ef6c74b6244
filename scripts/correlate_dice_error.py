"""Association between Dice and absolute error: Spearman's rank correlation.

Inputs: overlap.csv (mouse, phase, structure, dice) and function.csv (mouse, metric, unit, reference, reader). Output:
dice_error.csv, one row per structure and phase; the error is |reader - reference| of the metric determined by the
structure in that phase. Mice with both values are included; p_holm is corrected for the four tests, ci_low and ci_high
are the confidence limits of rho.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from murmur.csv_tables import read_csv, write_csv
from murmur.job import job
from murmur.statistics.animals import ONE_SCAN_EACH
from murmur.statistics.dice_error import correlate

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(overlap: str, function: str, output: str, alpha: float, animals: Mapping[str, str] = ONE_SCAN_EACH) -> None:
    """Write `output` (dice_error.csv) from the tables `overlap` and `function`; confidence limits are 1 - alpha.

    `animals` gives the animal of each scan if some animals have several.
    """
    write_csv(correlate(read_csv(overlap), read_csv(function), alpha, animals), output)


if __name__ == "__main__":
    with job(snakemake):
        main(
            overlap=snakemake.input.overlap,
            function=snakemake.input.function,
            output=snakemake.output[0],
            alpha=snakemake.params.alpha,
            animals=snakemake.params.animals,
        )
