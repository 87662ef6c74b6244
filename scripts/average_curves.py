"""Average the time-volume curves of the animals of each group and session of a comparison.

Inputs: volumes.csv and measurements.csv of the reader of the comparison. Outputs: curves.csv, the curve of each scan
over its cardiac cycle, and mean_curves.csv; volumes in µL, phases in % of the cycle.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from murmur.comparison.design import tidy
from murmur.csv_tables import read_csv, write_csv
from murmur.job import job
from murmur.logs import log
from murmur.measurement.mean_curve import curves_of_scans, mean_curves

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(volumes: str, measurements: str, settings: Mapping, curves: str, means: str) -> None:
    """Write `curves` and `means` of the scans of a comparison with these settings."""
    scans, _ = tidy(read_csv(measurements, labels=[settings["group"], settings["session"]]), settings)
    found = curves_of_scans(read_csv(volumes), scans)
    log.info("%d of %d scans have a curve", len(found[["animal", "session"]].drop_duplicates()), len(scans))
    write_csv(found, curves)
    write_csv(mean_curves(found), means)


if __name__ == "__main__":
    with job(snakemake):
        main(
            volumes=snakemake.input.volumes,
            measurements=snakemake.input.measurements,
            settings=snakemake.params.settings,
            curves=snakemake.output.curves,
            means=snakemake.output.means,
        )
