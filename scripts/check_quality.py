"""Compare the predicted quality of masks with the true one, where there is a reference.

Inputs: quality.csv, findings.csv, overlap.csv and function.csv. Outputs: predicted_quality.csv, one row per mouse and
quantity, with the true value, the prediction with its interval, and the number of findings; quality_check.csv, one row
per quantity, of all scans and of each session (or corruption of simulated images), with the mean absolute error of the
predictions, that of the best constant, and what findings notice.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from murmur.csv_tables import read_csv, write_csv
from murmur.job import job
from murmur.quality.check import check, true_quality

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    quality: str,
    findings: str,
    overlap: str,
    function: str,
    scans: str,
    summary: str,
    sessions: Mapping[str, str] | None = None,
) -> None:
    """Write `scans` and `summary`; `sessions` gives the session of each scan if some animals have several."""
    predicted = read_csv(quality)[["mouse", "quantity", "unit", "predicted", "low", "high", "uncalibrated"]]
    table = predicted.merge(true_quality(read_csv(overlap), read_csv(function)), how="inner", on=["mouse", "quantity"])
    counts = read_csv(findings).groupby("mouse").size()
    table["findings"] = table["mouse"].map(counts).fillna(0).astype(int)
    table.insert(1, "session", table["mouse"].map(dict(sessions or {})).astype(object))
    table = table.dropna(subset=["true", "predicted"])
    write_csv(table, scans)
    write_csv(check(table), summary)


if __name__ == "__main__":
    with job(snakemake):
        given = snakemake.input
        main(
            quality=given.quality,
            findings=given.findings,
            overlap=given.overlap,
            function=given.function,
            scans=snakemake.output.scans,
            summary=snakemake.output.summary,
            sessions=snakemake.params.sessions,
        )
