"""Comparison of the groups of a cohort, by a reader or the reference.

Input: measurements.csv. Outputs: values.csv, what is compared, one row per scan and measure; summary.csv, each group;
tests.csv, effects of group, session and further factors; differences.csv, each pair of groups with simultaneous
intervals; changes.csv, the change of each group from the first session, and its comparison between groups;
model_means.csv, means of the mixed model over sessions; measurement_error.csv, what the reader's error takes from the
power; assumptions.csv, normality and variances; contoured.csv, differences in the scans that an expert contoured, by
the reader and by the reference. `murmur.comparison` gives the definitions.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from murmur.comparison.compare import compare
from murmur.comparison.contoured import CONTOURED, compare_contoured
from murmur.comparison.design import KEYS
from murmur.comparison.measurement_error import of_simulated_mice, pooled, reader_errors
from murmur.csv_tables import read_csv, write_csv
from murmur.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def read(path: str, settings: Mapping[str, object]) -> pd.DataFrame:
    """Read measurements; animals, and the columns of groups and sessions, remain text."""
    labels = [settings.get(key) for key in KEYS if key != "covariate"]
    return read_csv(path, labels=["animal", *filter(None, labels)])


def main(
    measurements: str,
    settings: dict,
    outputs: Mapping[str, str],
    validation: Sequence[tuple[str, str]] = (),
    reference: str | None = None,
    simulated_errors: Mapping[str, Mapping[str, float]] | None = None,
) -> None:
    """Write each table of the comparison to the file of its name in `outputs`.

    `validation` holds pairs of files, measurements.csv of the reader and of the reference of the same cohort, from
    which the error of the reader is estimated; without any, `simulated_errors` are those on simulated mice, if known.
    `reference` is measurements.csv of the reference, if a reader is compared in a cohort that has one.
    """
    table = read(measurements, settings)
    errors = pooled([reader_errors(*map(read_csv, pair)) for pair in validation])
    if not validation:
        errors = of_simulated_mice(simulated_errors or {}, table)
    tables = compare(table, settings, errors) | {"contoured": pd.DataFrame(columns=CONTOURED)}
    if reference:
        tables["contoured"] = compare_contoured(table, read_csv(reference), settings)
    for name, path in outputs.items():
        write_csv(tables[name], path)


if __name__ == "__main__":
    with job(snakemake):
        reader, reference = (snakemake.input.get(name, []) for name in ("validation_reader", "validation_reference"))
        main(
            measurements=snakemake.input.measurements,
            settings=snakemake.params.settings,
            outputs=dict(snakemake.output.items()),
            validation=list(zip(reader, reference, strict=True)),
            reference=snakemake.input.get("reference"),
            simulated_errors=snakemake.params.simulated_errors,
        )
