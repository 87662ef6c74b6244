"""Agreement of a reader with the reference, one row per metric.

Input: function.csv (mouse, metric, unit, reference, reader). Output: agreement.csv, in the unit of each metric.
Bias and limits of agreement with confidence limits, paired t-test (also Holm-corrected over the metrics),
signed-rank test, equivalence test, correlations, ICC and CCC; `murmur.statistics.agreement` gives the definitions.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from murmur.csv_tables import read_csv, write_csv
from murmur.job import job
from murmur.statistics.agreement import agreement_table
from murmur.statistics.animals import ONE_SCAN_EACH

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    function: str,
    output: str,
    sd_ddof: int,
    alpha: float,
    equivalence_margins: Mapping[str, float],
    animals: Mapping[str, str] = ONE_SCAN_EACH,
) -> None:
    """Write `output` (agreement.csv) from the table `function`; margins are in each metric's unit.

    `animals` gives the animal of each scan if some animals have several.
    """
    write_csv(agreement_table(read_csv(function), sd_ddof, alpha, equivalence_margins, animals), output)


if __name__ == "__main__":
    with job(snakemake):
        main(
            function=snakemake.input.function,
            output=snakemake.output[0],
            sd_ddof=snakemake.params.sd_ddof,
            alpha=snakemake.params.alpha,
            equivalence_margins=snakemake.params.equivalence_margins,
            animals=snakemake.params.animals,
        )
