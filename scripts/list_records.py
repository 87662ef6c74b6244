"""The records of all figures and tables of a study on one page, and as a table.

Inputs: all results of the study, including splits and methods, and the records of its jobs. Outputs: a self-contained
page (records.html), a table with one row per file (records.csv), and a copy of each study file. Times and machines are
given in the records but not on the page, so that the same study gives the same page.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from murmur.csv_tables import read_csv, write_csv
from murmur.files import write_text
from murmur.job import job
from murmur.presentation.records_page import page, table_of_records
from murmur.provenance.lineage import lineage

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    splits: Mapping[str, str],
    results: list[str],
    study: str,
    study_files: Mapping[str, str],
    settings: dict,
    given: dict,
    shown: Mapping[str, dict[str, str]],
    page_output: str,
    table_output: str,
    study_outputs: list[str],
) -> None:
    """Write the page and the table of the records of `results`, and the `study_files` (text by name).

    `splits` are the paths of split.csv by cohort, `settings` all settings in force, `given` those of the study file;
    `shown` has the titles of figures and tables (`report_items.items_of`).
    """
    found = lineage(results)
    by_cohort = {cohort: read_csv(path) for cohort, path in splits.items()}
    text = page(study, found, results, by_cohort, study_files, settings, given, shown)
    write_text(page_output, text)
    write_csv(table_of_records(results, found), table_output)
    for output in study_outputs:
        write_text(output, study_files[Path(output).name], newline="")


if __name__ == "__main__":
    with job(snakemake):
        main(
            splits=dict(zip(snakemake.params.cohorts, snakemake.input.splits, strict=True)),
            results=list(snakemake.input),
            study=snakemake.config["study"],
            study_files=snakemake.params.study_files,
            settings=snakemake.params.settings,
            given=snakemake.params.given,
            shown=snakemake.params.shown,
            page_output=snakemake.output.page,
            table_output=snakemake.output.table,
            study_outputs=snakemake.output.study_files,
        )
