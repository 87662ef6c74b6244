"""Does a reader err more in other cohorts than in its own? The ratio of the mean errors, external / internal.

A reader's internal cohort is the one that it was trained on, or the first. A mouse's error is 1 - Dice, its mean of ED
and ES, for each structure (dice_error), or |reader - reference| in the metric's unit (absolute_error). The confidence
limits of the ratio come from resampling the mice of each cohort independently (`statistics.bootstrap`); p is that of
the Mann-Whitney test, p_holm corrected over the quantities of a reader and external cohort. The ratio compares means
and the test compares ranks, so the two may disagree where a few mice err far more than the others.
"""

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

from murmur.statistics.bootstrap import resample, warning
from murmur.statistics.notes import join
from murmur.statistics.paired import constant, holm
from murmur.statistics.phenotypes import mann_whitney
from murmur.statistics.ranking import absolute_errors, mean_dice
from murmur.vocabulary import METRICS

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


def errors_of(function: pd.DataFrame, overlap: pd.DataFrame | None) -> dict[str, np.ndarray]:
    """Return the errors of all mice, missing ones too, by structure and metric; only what the tables have."""
    tables = [absolute_errors(function)]
    if overlap is not None:
        tables.append(1 - mean_dice(overlap))
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


def compare_cohorts(
    errors: Mapping[str, Mapping[str, Mapping[str, np.ndarray]]], baselines: Mapping[str, str], alpha: float
) -> pd.DataFrame:
    """Return COLUMNS, one row per reader, external cohort and quantity, from `errors` (from `errors_of`).

    `errors` are by reader and then by cohort; `baselines` names the internal cohort of each reader.
    """
    rows = []
    for reader, by_cohort in errors.items():
        internal = baselines[reader]
        for external in by_cohort:
            if external != internal:
                named = {"reader": reader, "internal": internal, "external": external}
                found = compare_quantities(by_cohort.get(internal, {}), by_cohort[external], alpha)
                rows += [named | row for row in found]
    table = pd.DataFrame(rows, columns=COLUMNS)
    table["p_holm"] = table.groupby(["reader", "external"])["p"].transform(holm)
    return table
