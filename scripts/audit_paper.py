"""Audit of the numbers of the paper against its own Figure 3: which convention reproduces each of them, if any.

Inputs: figure3.csv (25 mice, read off the figure), table_1.csv and paper_values.csv. Outputs: paper_audit.csv, one row
per printed number and candidate, and paper_conventions.csv, how many printed numbers each candidate reproduces;
`murmur.paper.audit` gives the definitions.
"""

from typing import TYPE_CHECKING

from murmur.csv_tables import write_csv
from murmur.job import job
from murmur.paper.audit import AUDIT, audit, conventions
from murmur.paper.printed_values import read_figure, read_paper_values, read_table_1

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(figure3: str, table_1: str, paper_values: str, audit_output: str, conventions_output: str) -> None:
    """Write `audit_output` (paper_audit.csv) and `conventions_output` (paper_conventions.csv)."""
    table = audit(read_figure(figure3), read_table_1(table_1), read_paper_values(paper_values))
    write_csv(table[AUDIT], audit_output)
    write_csv(conventions(table), conventions_output)


if __name__ == "__main__":
    with job(snakemake):
        main(
            figure3=snakemake.input.figure3,
            table_1=snakemake.input.table_1,
            paper_values=snakemake.input.paper_values,
            audit_output=snakemake.output.audit,
            conventions_output=snakemake.output.conventions,
        )
