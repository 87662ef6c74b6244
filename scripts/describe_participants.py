"""Write participants.csv: one row per mouse of a cohort, with its animal, its session and what is known of them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from murmur.csv_tables import write_csv
from murmur.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(participants: Mapping[str, list], output: str) -> None:
    """Write `output` from the columns of the table; missing values are None."""
    write_csv(pd.DataFrame(dict(participants)), output)


if __name__ == "__main__":
    with job(snakemake):
        main(participants=snakemake.params.participants, output=snakemake.output.participants)
