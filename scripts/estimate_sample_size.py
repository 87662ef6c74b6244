"""Sample sizes required to detect given changes with the reference and with a reader.

Input: function.csv (mouse, metric, unit, reference, reader). Output: sample_size.csv, one row per metric, for a
two-sided t-test of two groups of equal size; `murmur.statistics.sample_size` gives the definitions.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from murmur.csv_tables import read_csv, write_csv
from murmur.job import job
from murmur.statistics.animals import ONE_SCAN_EACH
from murmur.statistics.sample_size import sample_sizes

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    function: str,
    phenotypes: Mapping[str, str],
    output: str,
    alpha: float,
    power: float,
    changes: Mapping[str, float],
    animals: Mapping[str, str] = ONE_SCAN_EACH,
) -> None:
    """Write `output` from the table `function`; `changes` are in points (EF) or in % of the reference's mean.

    `animals` gives the animal of each scan if some animals have several.
    """
    write_csv(sample_sizes(read_csv(function), phenotypes, alpha, power, changes, animals), output)


if __name__ == "__main__":
    with job(snakemake):
        main(
            function=snakemake.input.function,
            phenotypes=snakemake.params.phenotypes,
            output=snakemake.output[0],
            alpha=snakemake.params.alpha,
            power=snakemake.params.power,
            changes=snakemake.params.changes,
            animals=snakemake.params.animals,
        )
