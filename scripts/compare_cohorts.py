"""Generalisation of readers to other cohorts: ratio of mean errors, external / internal.

Inputs: function.csv (mouse, metric, unit, reference, reader) and overlap.csv (mouse, phase, structure, dice) of each
reader and cohort; a cohort of measurements has no overlap.csv. Output: cohort_comparison.csv, one row per reader,
external cohort and quantity; `murmur.statistics.cohort_comparison` gives the definitions.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from murmur.csv_tables import read_csv, write_csv
from murmur.job import job
from murmur.statistics.cohort_comparison import compare_cohorts, errors_of

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    functions: Mapping[str, Mapping[str, str]],
    overlaps: Mapping[str, Mapping[str, str]],
    baselines: Mapping[str, str],
    output: str,
    alpha: float,
) -> None:
    """Write `output` from the paths `functions` and `overlaps`, by reader and then by cohort.

    `baselines` names the internal cohort of each reader.
    """
    errors: dict[str, dict] = {}
    for reader, paths in functions.items():
        of_reader = overlaps.get(reader, {})
        errors[reader] = {
            cohort: errors_of(read_csv(path), read_csv(of_reader[cohort]) if cohort in of_reader else None)
            for cohort, path in paths.items()
        }
    write_csv(compare_cohorts(errors, baselines, alpha), output)


def arrange(pairs: Sequence[tuple[str, str]], functions: Sequence[str], overlaps: Sequence[str]) -> dict[str, dict]:
    """Return the arguments functions, overlaps and baselines of `main`; a reader's first cohort is its internal one.

    `functions` follow the order of `pairs` (cohort, reader); an overlap lies in the folder of the function that it
    belongs to.
    """
    overlap = {Path(path).parent: path for path in overlaps}
    arranged: dict[str, dict] = {"functions": {}, "overlaps": {}, "baselines": {}}
    for (cohort, reader), path in zip(pairs, functions, strict=True):
        arranged["functions"].setdefault(reader, {})[cohort] = path
        arranged["baselines"].setdefault(reader, cohort)
        if (folder := Path(path).parent) in overlap:
            arranged["overlaps"].setdefault(reader, {})[cohort] = overlap[folder]
    return arranged


if __name__ == "__main__":
    with job(snakemake):
        main(
            **arrange(snakemake.params.pairs, snakemake.input.functions, snakemake.input.overlaps),
            output=snakemake.output[0],
            alpha=snakemake.params.alpha,
        )
