"""Comparison of Dice between ED and ES and between blood pool and myocardium, within mice.

Input: overlap.csv (mouse, phase, structure, dice). Outputs: overlap_anova.csv, two-way repeated-measures ANOVA, and
overlap_pairwise.csv, paired contrasts in units of Dice; `murmur.statistics.dice_anova` gives the definitions.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from murmur.csv_tables import read_csv, write_csv
from murmur.job import job
from murmur.statistics.animals import ONE_SCAN_EACH
from murmur.statistics.dice_anova import anova, pairwise
from murmur.statistics.dice_cells import dice_by_cell

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    overlap: str,
    anova_output: str,
    pairwise_output: str,
    alpha: float,
    animals: Mapping[str, str] = ONE_SCAN_EACH,
) -> None:
    """Write the ANOVA and the paired contrasts of Dice in the table `overlap`; confidence limits are 1 - alpha.

    `animals` gives the animal of each scan if some animals have several.
    """
    dice = dice_by_cell(read_csv(overlap))
    effects = anova(dice, animals)
    write_csv(effects, anova_output)
    write_csv(pairwise(dice, effects, alpha, animals), pairwise_output)


if __name__ == "__main__":
    with job(snakemake):
        main(
            overlap=snakemake.input.overlap,
            anova_output=snakemake.output.anova,
            pairwise_output=snakemake.output.pairwise,
            alpha=snakemake.params.alpha,
            animals=snakemake.params.animals,
        )
