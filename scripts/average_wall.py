"""Average the wall thickness of the animals of each group and session of a comparison.

Inputs: wall.csv and measurements.csv of the reader of the comparison. Output: mean_wall.csv, thickness in mm by phase
and segment.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from murmur.comparison.design import tidy
from murmur.csv_tables import read_csv, write_csv
from murmur.job import job
from murmur.logs import log
from murmur.measurement.mean_wall import mean_wall

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(wall: str, measurements: str, settings: Mapping, means: str) -> None:
    """Write `means` of the scans of a comparison with these settings."""
    scans, _ = tidy(read_csv(measurements, labels=[settings["group"], settings["session"]]), settings)
    found = mean_wall(read_csv(wall), scans)
    log.info("segments: %d", len(found))
    write_csv(found, means)


if __name__ == "__main__":
    with job(snakemake):
        main(
            wall=snakemake.input.wall,
            measurements=snakemake.input.measurements,
            settings=snakemake.params.settings,
            means=snakemake.output.means,
        )
