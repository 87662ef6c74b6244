"""Write a split with the test mice of the paper, for use in a study file.

Inputs: paper_test_mice.csv and the manifest of its cohort. Output: paper_split.csv, with columns mouse and split. The
mice identified are the test mice; of the others, 15 are drawn for validation, as in the paper, and the rest, including
all mice with inflow frames, are used for training.
"""

from typing import TYPE_CHECKING

import pandas as pd

from murmur.csv_tables import read_csv, write_csv
from murmur.data.manifest import read_manifest
from murmur.data.mouse import Mouse
from murmur.data.split import draw_split
from murmur.errors import BadInput
from murmur.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def draw(found: pd.DataFrame, mice: dict[str, Mouse], validation: int, seed: int) -> dict[str, str]:
    """Return the set of each of `mice`, from the rows of paper_test_mice.csv.

    Mice without contours cannot be used for training, so they are test mice too. Raises BadInput if a match was
    rejected, or if one of the mice found has inflow frames, which no test mouse of the paper has.
    """
    refused = found[found["verdict"] != "accepted"]
    if len(refused):
        reasons = "; ".join(f"{row.figure_id} ({row.note})" for row in refused.itertuples())
        raise BadInput(
            f"paper_test_mice.csv: found {len(found) - len(refused)} of {len(found)} test mice, expected all of them; "
            f"rejected: {reasons}; use the published data, or another split"
        )
    test = set(found["mouse"])
    inflow = {name for name, mouse in mice.items() if "inflow" in mouse.phases.values()}
    if both := sorted(test & inflow):
        raise BadInput(
            f"paper's test mice: found inflow frames in {', '.join(both)}, expected none, because the paper trained on "
            "all mice with inflow frames; use the published data, or another split"
        )
    test |= {name for name, mouse in mice.items() if not mouse.annotated_frames}
    numbers = {"train": len(mice) - len(test) - validation, "validation": validation, "test": len(test)}
    if numbers["train"] < 1:
        raise BadInput(
            f"paper's test mice: found {len(mice)} mice in the cohort, expected more than {len(test)} test and "
            f"{validation} validation mice; use the published data, or another split"
        )
    phenotypes = {name: mouse.phenotype for name, mouse in mice.items() if mouse.phenotype}
    return draw_split(list(mice), phenotypes, inflow, test, numbers, seed)


def main(mice: str, manifest: str, output: str, validation: int, seed: int) -> None:
    """Write `output` (paper_split.csv) from `mice` (paper_test_mice.csv) and the `manifest` of their cohort."""
    assignment = draw(read_csv(mice), read_manifest(manifest), validation, seed)
    write_csv(pd.DataFrame(assignment.items(), columns=["mouse", "split"]), output)


if __name__ == "__main__":
    with job(snakemake):
        main(
            mice=snakemake.input.mice,
            manifest=snakemake.input.manifest,
            output=snakemake.output[0],
            validation=snakemake.params.validation,
            seed=snakemake.params.seed,
        )
