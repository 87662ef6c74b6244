"""Import the measurements of one reader from a table of existing measurements as `function.csv`."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from murmur.csv_tables import write_csv
from murmur.data import measurement_table
from murmur.job import job
from murmur.logs import log

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(table: str, reader: str, function: str, excluded: Collection[str] = ()) -> None:
    """Write `function` (mouse, metric, unit, reference, reader) from the column `reader` of `table`."""
    for note in measurement_table.notes(table):
        log.info(note)
    write_csv(measurement_table.function(table, reader, excluded), function)


if __name__ == "__main__":
    with job(snakemake):
        main(
            table=snakemake.input.table,
            reader=snakemake.wildcards.reader,
            function=snakemake.output.function,
            excluded=snakemake.params.excluded,
        )
