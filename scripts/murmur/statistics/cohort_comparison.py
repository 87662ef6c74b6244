"""Generalisation of a reader to other cohorts: the ratio of its mean errors, external to internal.

The internal cohort of a reader is the one it was trained on, otherwise the first of the study. The error of a mouse is
1 - Dice per structure, averaged over ED and ES (dice_error), or |reader - reference| in the metric's unit
(absolute_error). Confidence interval and p of the ratio belong to one t-test of its logarithm; p_holm is corrected for
the quantities of a reader and external cohort. p_mannwhitney compares ranks instead, and may disagree where a few mice
have far larger errors than the others.
"""

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import stats

from murmur.statistics.animals import ONE_SCAN_EACH, average_scans
from murmur.statistics.notes import annotate, reason
from murmur.statistics.paired import constant, holm
from murmur.statistics.phenotypes import mann_whitney
from murmur.statistics.ranking import absolute_errors, mean_dice
from murmur.vocabulary import METRICS

MIN_MICE = 4  # per cohort: with 2 or 3 mice in one of them, the test of the ratio is liberal (docs/statistics.md)

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


def errors_of(
    function: pd.DataFrame, overlap: pd.DataFrame | None, animals: Mapping[str, str] = ONE_SCAN_EACH
) -> dict[str, np.ndarray]:
    """Compute the errors of a reader in one cohort.

    Parameters
    ----------
    function : DataFrame
        Columns mouse, metric, reference, reader.
    overlap : DataFrame or None
        Columns mouse, phase, structure, dice; None for a cohort without images.
    animals : mapping of str to str, optional
        The animal of each scan, whose scans are averaged; empty if each scan is of another animal.

    Returns
    -------
    dict of str to ndarray, shape (mice,)
        By structure 1 - Dice, by metric the absolute error in its unit; NaN where missing. Structures and metrics
        absent from the tables are absent here.
    """
    tables = [absolute_errors(function)]
    if overlap is not None:
        tables.append(1 - mean_dice(overlap))
    return {name: table[name].to_numpy() for table in (average_scans(t, animals) for t in tables) for name in table}


def ratio_of_means(internal: np.ndarray, external: np.ndarray, alpha: float) -> dict[str, float]:
    """Compute a confidence interval of the ratio of two means, external to internal, and test it against 1.

    Parameters
    ----------
    internal, external : ndarray, shape (mice,)
        Errors of each cohort, in one unit: at least MIN_MICE values each, none missing, with a mean above zero; at
        least one of the two must vary.
    alpha : float
        The confidence limits have the level 1 - alpha.

    Returns
    -------
    dict of str to float
        ratio_ci_low, ratio_ci_high and p.

    Notes
    -----
    The logarithm of the ratio is referred to the t distribution. Its variance is the sum of the squared relative
    standard errors (delta method), its degrees of freedom are those of Welch and Satterthwaite. SciPy, statsmodels and
    pingouin offer no interval for a ratio of means; bootstrap intervals are too narrow with few mice
    (docs/statistics.md).

    References
    ----------
    Satterthwaite, Biometrics Bull 1946;2:110. Welch, Biometrika 1947;34:28.
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
    """Compare the errors of a reader in two cohorts.

    Parameters
    ----------
    internal, external : ndarray, shape (mice,)
        Errors in each cohort, in one unit; NaN where missing. Missing values are excluded and counted in `reasons`.
    alpha : float
        The confidence limits of the ratio have the level 1 - alpha.

    Returns
    -------
    dict
        The columns n_internal to p and p_mannwhitney of COLUMNS, as far as they are defined, and `reasons`.
    """
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
    if min(len(internal), len(external)) < MIN_MICE:
        reasons.append(reason("too_few_in_cohort", MIN_MICE))
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
    """Compare all errors of a reader in two cohorts.

    Parameters
    ----------
    internal, external : mapping of str to ndarray
        Errors in each cohort, from `errors_of`.
    alpha : float
        The confidence limits have the level 1 - alpha.

    Returns
    -------
    list of dict
        One row per quantity that at least one of the cohorts has, in the order of QUANTITIES.
    """
    rows, none = [], np.empty(0)
    for labels in QUANTITIES:
        name = labels.get("metric") or labels["structure"]
        if name in internal or name in external:
            rows.append(labels | compare(internal.get(name, none), external.get(name, none), alpha))
    return rows


def compare_cohorts(
    errors: Mapping[str, Mapping[str, Mapping[str, np.ndarray]]], baselines: Mapping[str, str], alpha: float
) -> pd.DataFrame:
    """Compare the errors of each reader in external cohorts with those in its internal cohort.

    Parameters
    ----------
    errors : mapping of str to mapping of str to mapping of str to ndarray
        From `errors_of`, by reader and then by cohort.
    baselines : mapping of str to str
        Internal cohort of each reader.
    alpha : float
        The confidence limits have the level 1 - alpha.

    Returns
    -------
    DataFrame
        COLUMNS, one row per reader, external cohort and quantity. p_holm is corrected for the quantities of a reader
        and external cohort.
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
