"""Write the manifest of a cohort: its checked mice with their phenotypes, and the excluded mice with the reasons."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from murmur.csv_tables import read_csv, write_csv
from murmur.data.mouse import GRID
from murmur.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    checked: str,
    phenotypes: Mapping[str, str],
    excluded: Mapping[str, str],
    excluded_files: Mapping[str, str],
    manifest: str,
) -> None:
    """Write `manifest` from the table `checked` of all mice that are not excluded.

    `phenotypes` are those that are known, `excluded` the reasons and `excluded_files` the files, all by mouse.
    """
    table = read_csv(checked)
    table.insert(table.columns.get_loc("status"), "phenotype", table["mouse"].map(phenotypes))
    rows = [{"mouse": mouse, "file": excluded_files[mouse], "excluded": excluded[mouse]} for mouse in excluded]
    table = pd.DataFrame([*table.to_dict("records"), *rows], columns=table.columns)
    write_csv(table.astype(dict.fromkeys([*GRID, "ed_frame", "es_frame"], "Int64")), manifest)


if __name__ == "__main__":
    with job(snakemake):
        main(
            checked=snakemake.input.checked,
            phenotypes=snakemake.params.phenotypes,
            excluded=snakemake.params.excluded,
            excluded_files=snakemake.params.excluded_files,
            manifest=snakemake.output.manifest,
        )
