"""Does a reader err more in other cohorts than in its own? The ratio of the mean errors, external / internal.

Inputs: function.csv (mouse, metric, unit, reference, reader) and overlap.csv (mouse, phase, structure, dice) of each
reader and cohort; a cohort of measurements has no overlap.csv. A reader's internal cohort is the one that it was
trained on, or the first.
Output: cohort_comparison.csv, one row per reader, external cohort and quantity. A mouse's error is 1 - Dice, its mean
of ED and ES, for each structure (dice_error), or |reader - reference| in the metric's unit (absolute_error). The
confidence limits of the ratio come from resampling the mice of each cohort by themselves (`statistics.bootstrap`); p is
that of the Mann-Whitney test, p_holm corrected over the quantities of a reader and external cohort. The ratio compares
means and the test compares ranks, so the two may disagree where a few mice err far more than the others.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from murmur.csv_tables import read_csv, write_csv
from murmur.job import job
from murmur.statistics.bootstrap import resample, warning
from murmur.statistics.notes import join
from murmur.statistics.paired import constant, holm
from murmur.statistics.phenotypes import mann_whitney
from murmur.statistics.scores import absolute_errors, mean_dice
from murmur.vocabulary import METRICS

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

# fmt: off
COLUMNS = [
    "reader", "internal", "external", "measure", "structure", "metric", "unit", "n_internal", "n_external",
    "internal_error", "external_error", "ratio", "ratio_ci_low", "ratio_ci_high", "p", "p_holm", "note",
]
QUANTITIES = [
    {"measure": "dice_error", "structure": "blood_pool"},
    {"measure": "dice_error", "structure": "myocardium"},
    *({"measure": "absolute_error", "metric": metric, "unit": unit} for metric, unit in METRICS.items()),
]
# fmt: on


def errors_of(function: str, overlap: str | None) -> dict[str, np.ndarray]:
    """Return the errors of all mice, missing ones too, by structure and metric; only what the tables have."""
    tables = [absolute_errors(read_csv(function))]
    if overlap is not None:
        tables.append(1 - mean_dice(read_csv(overlap)))
    return {name: table[name].to_numpy() for table in tables for name in table}


def ratio_of_means(internal: np.ndarray, external: np.ndarray, axis: int) -> np.ndarray:
    """Return the mean of `external` over that of `internal` along `axis`."""
    return external.mean(axis=axis) / internal.mean(axis=axis)


def compare(internal: np.ndarray, external: np.ndarray, alpha: float) -> dict[str, object]:
    """Return the columns n_internal to p and `note` of the errors of two cohorts, where missing ones do not count."""
    row: dict[str, object] = {}
    notes = []
    for cohort, errors in (("internal", internal), ("external", external)):
        n = row[f"n_{cohort}"] = np.count_nonzero(~np.isnan(errors))
        if n:
            row[f"{cohort}_error"] = np.nanmean(errors)
        if n == 0:
            notes.append(f"no mouse of the {cohort} cohort has a value")
        elif n < len(errors):
            notes.append(f"{len(errors) - n} of {len(errors)} mice of the {cohort} cohort have no value")
    internal, external = internal[~np.isnan(internal)], external[~np.isnan(external)]
    if len(internal) == 0 or len(external) == 0:
        return row | {"note": "; ".join(notes)}
    if constant(np.concatenate([internal, external])):
        notes.append("all errors are the same: no Mann-Whitney test")
    else:
        row["p"] = mann_whitney(internal, external)
    if row["internal_error"] == 0:
        notes.append("the internal error is zero: no ratio")
        return row | {"note": "; ".join(notes)}
    row["ratio"] = row["external_error"] / row["internal_error"]
    if min(len(internal), len(external)) < 2:
        notes.append("1 mouse in a cohort: no confidence limits")
    elif constant(internal) and constant(external):
        notes.append("the error does not vary in either cohort: no confidence limits")
    else:
        found = resample((internal, external), ratio_of_means, alpha)
        row |= {"ratio_ci_low": float(found.low), "ratio_ci_high": float(found.high)}
        if math.isnan(found.low):
            notes.append("the internal error is zero in some resamples: no confidence limits")
        elif not found.bca:
            notes.append("percentile limits of the ratio: BCa is not defined")
        if math.isfinite(found.low):
            notes.append(warning(min(len(internal), len(external))))
    return row | {"note": join(*notes)}


def compare_quantities(
    internal: Mapping[str, np.ndarray], external: Mapping[str, np.ndarray], alpha: float
) -> list[dict[str, object]]:
    """Return one row per quantity that either of two cohorts has, from a reader's errors in them."""
    rows, none = [], np.empty(0)
    for labels in QUANTITIES:
        name = labels.get("metric") or labels["structure"]
        if name in internal or name in external:
            rows.append(labels | compare(internal.get(name, none), external.get(name, none), alpha))
    return rows


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
    rows = []
    for reader, paths in functions.items():
        errors = {cohort: errors_of(path, overlaps.get(reader, {}).get(cohort)) for cohort, path in paths.items()}
        internal = baselines[reader]
        for external in errors:
            if external != internal:
                named = {"reader": reader, "internal": internal, "external": external}
                rows += [named | row for row in compare_quantities(errors.get(internal, {}), errors[external], alpha)]
    table = pd.DataFrame(rows, columns=COLUMNS)
    table["p_holm"] = table.groupby(["reader", "external"])["p"].transform(holm)
    write_csv(table, output)


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
