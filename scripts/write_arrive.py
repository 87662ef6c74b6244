"""The items of the ARRIVE guidelines 2.0 for a comparison, filled in as far as the data can.

Inputs: the tables of the comparison, and measurements.csv of its cohort and reader, which holds the columns of the
participants. Output: arrive.md.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from murmur.csv_tables import read_csv
from murmur.job import job
from murmur.presentation.markdown_page import write_page
from murmur.presentation.prose.arrive import sections
from murmur.presentation.prose.differences import read_comparison, with_texts

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    tables: Mapping[str, str],
    measurements: str,
    assumptions: str,
    output: str,
    name: str,
    reader: str,
    settings: Mapping,
    excluded: Mapping[str, str],
) -> None:
    """Write `output` from `tables`, the paths by name, and `measurements`; `excluded` gives the reason by mouse.

    `assumptions` is assumptions.csv.
    """
    found = read_comparison(tables, name, reader, settings)
    scans = read_csv(measurements, labels=[settings["group"], settings["session"]])
    text = {"Results": ["No animal compared has a value."]}
    if found.measures:
        text = sections(found, scans, with_texts(read_csv(assumptions)), excluded)
    write_page(output, f"ARRIVE 2.0: {name}", text)


if __name__ == "__main__":
    with job(snakemake):
        tables = dict(snakemake.input.items())
        main(
            measurements=tables.pop("measurements"),
            assumptions=tables.pop("assumptions"),
            tables=tables,
            output=snakemake.output[0],
            name=snakemake.wildcards.comparison,
            reader=snakemake.params.reader,
            settings=snakemake.params.settings,
            excluded=snakemake.params.excluded,
        )
