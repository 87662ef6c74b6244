"""Package a study for a journal as an RO-Crate: workflow, study file, jobs and results.

The profile is Provenance Run Crate 0.5 (https://w3id.org/ro/wfrun/provenance/0.5). The package contains the code, all
figures, tables and CSV files, and the record of each job. Images, masks and weights are large and belong to their
owners; they are referenced by their SHA-256, by which copies can be verified. Apart from the commit, the content is
derived from files and records only, so that the same study gives identical bytes.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from murmur.job import job
from murmur.presentation.crate.package import package

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    results: Iterable[str],
    study_files: Iterable[str],
    shown: dict[str, dict[str, str]],
    checkout: Path,
    commit: str,
    crate: str,
) -> None:
    """Write the package of a study into the folder `crate`; the other arguments are those of `package`."""
    package(results, study_files, shown, checkout, commit).write(crate)


if __name__ == "__main__":
    with job(snakemake):
        main(
            results=list(snakemake.input.results),
            study_files=list(snakemake.input.study),
            shown=snakemake.params.shown,
            checkout=Path(__file__).resolve().parents[1],
            commit=snakemake.params.commit,
            crate=snakemake.output.crate,
        )
