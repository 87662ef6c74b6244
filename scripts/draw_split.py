"""Write the split of a cohort, after checking it against the files: one row per mouse, columns mouse, split, phenotype.

The split itself is drawn when Snakemake plans, because the plan depends on it; here it meets what the files hold.
"""

from typing import TYPE_CHECKING

import pandas as pd

from murmur.logs import job_log
from murmur.manifest import read_manifest
from murmur.split import check_split
from murmur.tables import write_csv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(manifest: str, assignment: dict[str, str], trains: bool, split: str) -> None:
    """Write the table `split` from `assignment` (set by mouse); `trains` says that a network trains on the cohort.

    Raises BadInput when a network would be validated or tested on a mouse with inflow frames.
    """
    mice = read_manifest(manifest)
    if trains:
        check_split(assignment, inflow={name for name, mouse in mice.items() if "inflow" in mouse.phases.values()})
    rows = [(name, assignment[name], mouse.phenotype) for name, mouse in mice.items()]
    write_csv(pd.DataFrame(rows, columns=["mouse", "split", "phenotype"]), split)


if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        main(
            manifest=snakemake.input.manifest,
            assignment=snakemake.params.assignment,
            trains=snakemake.params.trains,
            split=snakemake.output.split,
        )
