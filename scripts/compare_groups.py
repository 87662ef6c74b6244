"""Comparison of phenotypes as measured by reference and reader.

Input: function.csv (mouse, metric, unit, reference, reader). Outputs, in the unit of each metric: groups.csv, mean and
standard deviation per phenotype; group_tests.csv, ANOVA, Welch's ANOVA and Kruskal-Wallis test for reference and
reader; group_differences.csv, every pair of phenotypes for both, and whether their conclusions agree.
`murmur.statistics.phenotypes` gives the definitions.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from murmur.csv_tables import read_csv, write_csv
from murmur.job import job
from murmur.statistics.phenotypes import compare_groups, group, omnibus_tests, summarise

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    function: str,
    phenotypes: Mapping[str, str],
    summary_output: str,
    tests_output: str,
    differences_output: str,
    sd_ddof: int,
    alpha: float,
    order: Sequence[str] = (),
) -> None:
    """Write the three tables from the table `function` and the phenotype of each mouse that has a known one.

    `order` lists phenotypes that come first.
    """
    grouped = group(read_csv(function), phenotypes, order)
    write_csv(summarise(grouped, sd_ddof), summary_output)
    tests = omnibus_tests(grouped)
    write_csv(tests, tests_output)
    write_csv(compare_groups(grouped, tests, alpha), differences_output)


if __name__ == "__main__":
    with job(snakemake):
        main(
            function=snakemake.input.function,
            phenotypes=snakemake.params.phenotypes,
            order=snakemake.params.order,
            summary_output=snakemake.output.summary,
            tests_output=snakemake.output.tests,
            differences_output=snakemake.output.differences,
            sd_ddof=snakemake.params.sd_ddof,
            alpha=snakemake.params.alpha,
        )
