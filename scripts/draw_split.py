"""Check the split of a cohort against its files and write it, with the columns mouse, split and phenotype.

The split is drawn when Snakemake plans the jobs, which depend on it; only here can it be checked against the contents
of the files.
"""

from typing import TYPE_CHECKING

import pandas as pd

from murmur.csv_tables import write_csv
from murmur.data.manifest import read_manifest
from murmur.data.split import check_split, inflow_note
from murmur.errors import BadInput
from murmur.job import job
from murmur.logs import log

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(manifest: str, assignment: dict[str, str], is_drawn: bool, trains: bool, key: str, split: str) -> None:
    """Write the table `split` from `assignment`, the set of each mouse.

    `is_drawn`: the split was drawn by Murmur; `trains`: a network is trained on the cohort; `key`: the key of the split
    in the study file. Raises BadInput if a mouse is in two sets, or if a drawn split excludes a mouse with inflow
    frames from training; for a split file, a warning is logged instead.
    """
    mice = read_manifest(manifest)
    inflow = [name for name, mouse in mice.items() if "inflow" in mouse.phases.values()]
    held_out = ", ".join(name for name in inflow if assignment[name] != "train")
    if trains:
        check_split(list(assignment.items()), {name: mouse.sha256 for name, mouse in mice.items()}, key)
        if held_out and is_drawn:
            raise BadInput(
                f"{key}: found mice with inflow frames outside the training set ({held_out}), expected them in train; "
                "their files have changed since the split was drawn: repeat the command, or provide the split as a file"
            )
    if not is_drawn and (note := inflow_note(inflow, assignment)):
        log.warning(note)
    rows = [(name, assignment[name], mouse.phenotype) for name, mouse in mice.items()]
    write_csv(pd.DataFrame(rows, columns=["mouse", "split", "phenotype"]), split)


if __name__ == "__main__":
    with job(snakemake):
        main(
            manifest=snakemake.input.manifest,
            assignment=snakemake.params.assignment,
            is_drawn=snakemake.params.is_drawn,
            trains=snakemake.params.trains,
            key=snakemake.params.key,
            split=snakemake.output.split,
        )
