"""Generalisation of readers to other cohorts: ratio of mean errors, external / internal.

Inputs: function.csv (mouse, metric, unit, reference, reader) and overlap.csv (mouse, phase, structure, dice) of each
reader and cohort; a cohort of measurements has no overlap.csv. Output: cohort_comparison.csv, one row per reader,
external cohort and quantity; `murmur.statistics.cohort_comparison` gives the definitions.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from murmur.csv_tables import read_csv, write_csv
from murmur.job import job
from murmur.statistics.animals import ONE_SCAN_EACH
from murmur.statistics.cohort_comparison import compare_cohorts, errors_of
from murmur.statistics.network_summary import members, without

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    functions: Mapping[str, Mapping[str, str]],
    overlaps: Mapping[str, Mapping[str, str]],
    baselines: Mapping[str, str],
    output: str,
    alpha: float,
    animals: Mapping[str, Mapping[str, str]] | None = None,
    repeats: Mapping[str, str] | None = None,
    learnt: Mapping[str, Mapping[str, Sequence[str]]] | None = None,
) -> None:
    """Write `output` from the paths `functions` and `overlaps`, by reader and then by cohort.

    `baselines` names the internal cohort of each reader, `animals` the animal of each scan of the cohorts in which some
    animals have several. The errors of readers that are repetitions of the same training, which `repeats` names, are
    averaged by mouse. The mice of a cohort from which a reader `learnt`, by reader and then by cohort, are left out.
    """
    errors: dict[str, dict] = {}
    for reader, paths in functions.items():
        of_reader, of_learnt = overlaps.get(reader, {}), (learnt or {}).get(reader, {})
        errors[reader] = {
            cohort: errors_of(
                without(read_csv(path), of_learnt.get(cohort, ())),
                without(read_csv(of_reader[cohort]), of_learnt.get(cohort, ())) if cohort in of_reader else None,
                (animals or {}).get(cohort, ONE_SCAN_EACH),
            )
            for cohort, path in paths.items()
        }
    together = members(list(errors), repeats or {})
    averaged = {name: average([errors[reader] for reader in many]) for name, many in together.items()}
    internal = {name: baselines[many[0]] for name, many in together.items()}
    write_csv(compare_cohorts(averaged, internal, alpha), output)


def average(errors: Sequence[Mapping[str, Mapping[str, np.ndarray]]]) -> dict[str, dict[str, np.ndarray]]:
    """Average errors by mouse over repetitions, which have the same mice in the same order; NaN where one lacks it."""
    first = errors[0]
    return {
        cohort: {name: np.mean([each[cohort][name] for each in errors], axis=0) for name in first[cohort]}
        for cohort in first
    }


def by_reader(pairs: Sequence[tuple[str, str]], values: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return the value of each of some pairs (cohort, reader), by reader and then by cohort, in their order."""
    found: dict[str, dict[str, str]] = {}
    for (cohort, reader), value in zip(pairs, values, strict=True):
        found.setdefault(reader, {})[cohort] = value
    return found


if __name__ == "__main__":
    with job(snakemake):
        functions = by_reader(snakemake.params.pairs, snakemake.input.functions)
        main(
            functions=functions,
            overlaps=by_reader(snakemake.params.pairs_with_overlap, snakemake.input.overlaps),
            baselines={reader: next(iter(paths)) for reader, paths in functions.items()},
            output=snakemake.output[0],
            alpha=snakemake.params.alpha,
            animals=snakemake.params.animals,
            repeats=snakemake.params.repeats,
            learnt=by_reader(snakemake.params.pairs, snakemake.params.learnt),
        )
