"""Package a study for its journal: the workflow, the study file, what ran and what came out, as an RO-Crate.

The profile is Provenance Run Crate 0.5 (https://w3id.org/ro/wfrun/provenance/0.5). The package holds the code, every
figure, table and CSV file, and the record of each job. Images, masks and weights are named by their sha256 and not
copied: they are large and their owners' to publish, and whoever has them can tell that they are the same. Apart from
the commit, all that it says comes from files and records: the same ones give the same bytes.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from murmur.crate.package import package
from murmur.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    results: Iterable[str],
    study_files: Iterable[str],
    captions: dict[str, dict[str, str]],
    checkout: Path,
    commit: str,
    crate: str,
) -> None:
    """Write the package of a study into the folder `crate`; the other arguments are those of `package`."""
    package(results, study_files, captions, checkout, commit).write(crate)


if __name__ == "__main__":
    with job(snakemake):
        main(
            results=list(snakemake.input.results),
            study_files=list(snakemake.input.study),
            captions=snakemake.params.captions,
            checkout=Path(__file__).resolve().parents[1],
            commit=snakemake.params.commit,
            crate=snakemake.output.crate,
        )
