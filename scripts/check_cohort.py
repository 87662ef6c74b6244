"""Check every file of a cohort and describe it, one row per mouse, for the manifest.

All files are read before the job fails, so that all files that do not meet the requirements are reported at once. The
manifest is written by another job, because Snakemake deletes the outputs of a job that fails.
"""

from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from murmur.csv_tables import write_csv
from murmur.data.mouse import describe
from murmur.errors import BadInput
from murmur.job import job, processes
from murmur.logs import log, progress

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def _row_or_problem(path: str, **grid) -> dict | str:
    try:
        return describe(path, phenotype=None, **grid)
    except BadInput as problem:
        return str(problem)


def main(
    files: list[str],
    spacing_mm: list[float] | None,
    frame_interval_ms: float | None,
    checked: str,
    threads: int,
    inflow: bool = False,
    override_headers: bool = False,
) -> None:
    """Write `checked`, the manifest of the mouse files without phenotypes.

    `inflow`: annotated frames other than ED and ES are inflow frames. `override_headers`: the study file replaces
    different values in the files. Raises BadInput with one line per invalid file.
    """
    grid = {"spacing_mm": spacing_mm, "frame_interval_ms": frame_interval_ms, "override_headers": override_headers}
    check = partial(_row_or_problem, inflow=inflow, **grid)
    with processes(threads) as pool:
        rows = list(progress(pool.map(check, files), "checking", "mouse", total=len(files)))
    if problems := [row for row in rows if isinstance(row, str)]:
        raise BadInput("\n".join(problems))
    table = pd.DataFrame(rows).drop(columns="phenotype")
    log.info("%d mice checked, %d of them annotated", len(table), (table["annotated_frames"] != "").sum())
    write_csv(table.astype({"ed_frame": "Int64", "es_frame": "Int64"}), checked)


if __name__ == "__main__":
    with job(snakemake):
        main(
            files=list(snakemake.input.mice),
            spacing_mm=snakemake.params.spacing_mm,
            frame_interval_ms=snakemake.params.frame_interval_ms,
            checked=snakemake.output.checked,
            threads=snakemake.threads,
            inflow=snakemake.params.inflow,
            override_headers=snakemake.params.override_headers,
        )
