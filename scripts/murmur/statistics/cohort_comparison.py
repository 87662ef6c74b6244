"""Does a reader err more in other cohorts than in its own? The ratio of the mean errors, external / internal.

A reader's internal cohort is the one that it was trained on, or the first. A mouse's error is 1 - Dice, its mean of ED
and ES, for each structure (dice_error), or |reader - reference| in the metric's unit (absolute_error). Interval and p
of the ratio are those of one t-test of its logarithm; p_holm is corrected over the quantities of a reader and external
cohort. p_mannwhitney compares ranks instead, and may differ where a few mice err far more than the others.
"""

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import stats

from murmur.statistics.notes import annotate, reason
from murmur.statistics.paired import constant, holm
from murmur.statistics.phenotypes import mann_whitney
from murmur.statistics.ranking import absolute_errors, mean_dice
from murmur.vocabulary import METRICS

# fmt: off
COLUMNS = [
    "reader", "internal", "external", "measure", "structure", "metric", "unit", "n_internal", "n_external",
    "internal_error", "external_error", "ratio", "ratio_ci_low", "ratio_ci_high", "p", "p_holm", "note",
    "p_mannwhitney", "reasons",
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


def ratio_of_means(internal: np.ndarray, external: np.ndarray, alpha: float) -> dict[str, float]:
    """Return the 1 - alpha confidence limits of the ratio of two means, external / internal, and p of a ratio of 1.

    Both by the t distribution of the logarithm of the ratio, whose variance is the sum of the squared relative standard
    errors (delta method), with the degrees of freedom of Welch and Satterthwaite. SciPy, statsmodels and pingouin have
    no interval of a ratio of means; those by resampling are too narrow with few mice (docs/statistics.md). Both
    samples have at least two values and a mean above zero, and one of them varies.
    """
    ratio = external.mean() / internal.mean()
    squared = np.array([(stats.sem(sample) / sample.mean()) ** 2 for sample in (internal, external)])
    df = squared.sum() ** 2 / (squared**2 / [len(internal) - 1, len(external) - 1]).sum()
    se = math.sqrt(squared.sum())
    half = stats.t.ppf(1 - alpha / 2, df) * se
    return {
        "ratio_ci_low": ratio * math.exp(-half),
        "ratio_ci_high": ratio * math.exp(half),
        "p": float(2 * stats.t.sf(abs(math.log(ratio)) / se, df)),
    }


def compare(internal: np.ndarray, external: np.ndarray, alpha: float) -> dict[str, object]:
    """Return the columns n_internal to p and p_mannwhitney of two cohorts' errors; missing ones do not count."""
    row: dict[str, object] = {}
    reasons = []
    for cohort, errors in (("internal", internal), ("external", external)):
        n = row[f"n_{cohort}"] = np.count_nonzero(~np.isnan(errors))
        if n:
            row[f"{cohort}_error"] = np.nanmean(errors)
        if n == 0:
            reasons.append(reason("no_mouse_in_cohort", cohort))
        elif n < len(errors):
            reasons.append(reason("cohort_lacks", len(errors) - n, len(errors), cohort))
    internal, external = internal[~np.isnan(internal)], external[~np.isnan(external)]
    if len(internal) == 0 or len(external) == 0:
        return row | {"reasons": reasons}
    if constant(np.concatenate([internal, external])):
        reasons.append(reason("errors_constant"))
    else:
        row["p_mannwhitney"] = mann_whitney(internal, external)
    if row["internal_error"] == 0:
        return row | {"reasons": [*reasons, reason("internal_zero")]}
    row["ratio"] = row["external_error"] / row["internal_error"]
    if min(len(internal), len(external)) < 2:
        reasons.append(reason("too_few_in_cohort"))
    elif constant(internal) and constant(external):
        reasons.append(reason("errors_constant_in_cohorts"))
    elif row["external_error"] == 0:
        reasons.append(reason("external_zero"))
    else:
        row |= ratio_of_means(internal, external, alpha)
    return row | {"reasons": reasons}


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
    return annotate(table)
