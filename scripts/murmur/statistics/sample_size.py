"""Sample size needed to detect a change, by the reference and by a reader.

The smaller the standard deviation between the mice of a group, the fewer mice are needed. A reader that shrinks all
differences, for example by drawing every ventricle like the average one, also shrinks its standard deviation, so that
change / standard deviation makes it look better than the reference although it shrinks the change as well. The
calibrated figures therefore scale the change by the slope of reader on reference within groups, the share of a true
difference between mice that the reader shows. The calibrated effect size is thus that of the reference multiplied by
the correlation of reader and reference within groups. Errors of the reference bias the slope slightly downwards, which
makes the calibrated figures slightly conservative. All are estimates from one cohort: with few mice the standard
deviations, and hence the sample sizes, are uncertain. The confidence limits of the number for the reference are the
numbers for the confidence limits of its standard deviation.
"""

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.power import TTestIndPower

from murmur.statistics.animals import ONE_SCAN_EACH
from murmur.statistics.conclusions import MIN_DF
from murmur.statistics.notes import Reason, annotate, reason
from murmur.statistics.paired import NAN, constant
from murmur.vocabulary import METRICS

# fmt: off
COLUMNS = [
    "metric", "unit", "change", "change_unit", "change_absolute", "n", "groups", "reference_sd", "reader_sd", "slope",
    "reference_effect_size", "reader_effect_size", "reference_mice_per_group", "reference_mice_per_group_ci_low",
    "reference_mice_per_group_ci_high", "reader_mice_per_group", "calibrated_effect_size", "calibrated_mice_per_group",
    "mice_ratio", "note", "reasons",
]
# fmt: on
COUNTS = ["n", "groups", *(name for name in COLUMNS if "mice_per_group" in name)]
MOST = 1_000_000  # mice per group; larger studies are unrealistic


def power_of(effect_size: float, mice: int, alpha: float) -> float:
    """Compute the power of the two-sided t-test of two groups of equal size.

    Parameters
    ----------
    effect_size : float
        Difference of the means divided by the common standard deviation, above 0.
    mice : int
        Mice per group.
    alpha : float
        Significance level.

    Returns
    -------
    float
        Power, between 0 and 1.

    Notes
    -----
    By definition the power includes significant differences in the wrong direction. Where their probability is too
    small for SciPy's noncentral t distribution, which then returns NaN, it is neglected; where the probability of the
    right direction is NaN too, the power is 1 to more than four digits.
    """
    for level, alternative in ((alpha, "two-sided"), (alpha / 2, "larger")):
        power = TTestIndPower().power(effect_size, mice, level, alternative=alternative)
        if math.isfinite(power):
            return float(power)
    return 1.0


def mice_per_group(effect_size: float, alpha: float, power: float) -> int | None:
    """Find the smallest number of mice per group for a given power.

    Parameters
    ----------
    effect_size : float
        Difference of the means divided by the common standard deviation, above 0.
    alpha : float
        Level of the two-sided t-test of two groups of equal size.
    power : float
        Power required, between 0 and 1.

    Returns
    -------
    int or None
        At least 2; None above MOST.

    Notes
    -----
    The search starts from the number given by the normal approximation.
    """
    start = 2 * ((stats.norm.isf(alpha / 2) + stats.norm.ppf(power)) / effect_size) ** 2
    if start > MOST:
        return None
    n = max(2, math.ceil(start))
    while n > 2 and power_of(effect_size, n - 1, alpha) >= power:
        n -= 1
    while power_of(effect_size, n, alpha) < power:
        n += 1
    return n


def sd_limits(sd: float, df: int, alpha: float) -> tuple[float, float]:
    """Compute the confidence limits of a standard deviation.

    Parameters
    ----------
    sd : float
        Standard deviation of normally distributed values.
    df : int
        Its degrees of freedom, above 0.
    alpha : float
        The limits have the level 1 - alpha.

    Returns
    -------
    tuple of float
        Lower and upper limit, sd √(df / χ²), with the quantiles 1 - alpha / 2 and alpha / 2 of the χ² distribution.

    References
    ----------
    Browne, Stat Med 1995;14:1933, which plans a study with the upper limit of the SD of a pilot study.
    """
    low, high = sd * np.sqrt(df / stats.chi2.isf([alpha / 2, 1 - alpha / 2], df))
    return float(low), float(high)


def within_groups(values: np.ndarray, groups: np.ndarray) -> dict[str, float]:
    """Compute standard deviations within groups and the slope of reader on reference.

    Parameters
    ----------
    values : ndarray, shape (mice, 2)
        Values of reference and reader in the metric's unit, none missing.
    groups : ndarray, shape (mice,)
        Group of each mouse; there must be fewer groups than mice.

    Returns
    -------
    dict of str to float
        reference_sd and reader_sd, pooled over groups: squared deviations from the mean of the group, divided by n -
        number of groups; slope, NaN where the reference does not vary within groups.
    """
    table = pd.DataFrame(values)
    deviations = (table - table.groupby(groups).transform("mean")).to_numpy(copy=True)
    for column, size in zip(deviations.T, np.abs(values).max(axis=0), strict=True):
        if constant(column, size):
            column[:] = 0
    reference_sd, reader_sd = np.sqrt((deviations**2).sum(axis=0) / (len(values) - len(set(groups))))
    slope = stats.linregress(*deviations.T).slope if reference_sd else NAN
    return {"reference_sd": float(reference_sd), "reader_sd": float(reader_sd), "slope": float(slope)}


def choose(rows: pd.DataFrame, phenotypes: Mapping[str, str]) -> tuple[pd.DataFrame, list[Reason]]:
    """Select the mice with both values, and their groups.

    Parameters
    ----------
    rows : DataFrame
        Columns mouse, reference, reader of one metric.
    phenotypes : mapping of str to str
        Phenotype of each mouse for which it is known.

    Returns
    -------
    pairs : DataFrame
        `rows` of these mice with the column group: their phenotype, or `all` if fewer than two phenotypes are known.
    left_out : list of Reason
        What is excluded or pooled.
    """
    table = rows.astype({"reference": float, "reader": float}).assign(group=rows["mouse"].map(dict(phenotypes)))
    pairs = table.dropna(subset=["reference", "reader"])
    left_out = []
    if missing := [mouse for mouse in table["mouse"] if mouse not in set(pairs["mouse"])]:
        left_out.append(reason("values_missing", mice=missing))
    unknown = pairs["mouse"][pairs["group"].isna()]
    if pairs["group"].nunique() < 2:
        if len(unknown):
            left_out.append(reason("phenotypes_pooled"))
        return pairs.assign(group="all"), left_out
    if len(unknown):
        left_out.append(reason("phenotype_unknown", mice=unknown))
    return pairs.dropna(subset="group"), left_out


def sample_size(
    rows: pd.DataFrame,
    phenotypes: Mapping[str, str],
    change: float,
    alpha: float,
    power: float,
    animals: Mapping[str, str] = ONE_SCAN_EACH,
) -> dict:
    """Compute the sample size for one metric.

    Parameters
    ----------
    rows : DataFrame
        Columns mouse, unit, reference, reader of the metric.
    phenotypes : mapping of str to str
        Phenotype of each mouse for which it is known.
    change : float
        The difference to detect: in percentage points where the unit is %, otherwise in % of the reference's mean.
    alpha : float
        Significance level of the two-sided t-test.
    power : float
        Power required.
    animals : mapping of str to str, optional
        The animal of each scan, whose scans are averaged; empty if each scan is of another animal.

    Returns
    -------
    dict
        COLUMNS from change on, as far as they are defined. mice_ratio is calibrated_mice_per_group divided by
        reference_mice_per_group. reference_mice_per_group_ci_low and _ci_high are the numbers for the confidence
        limits of reference_sd, of the level 1 - alpha; that of change_absolute is neglected.
    """
    points = (rows["unit"] == "%").all()
    pairs, left_out = choose(rows, phenotypes)
    if animals:
        of_animal = pairs.groupby(pairs["mouse"].map(dict(animals)), sort=False)
        pairs = of_animal.agg({"reference": "mean", "reader": "mean", "group": "first"})
        left_out.append(reason("sd_of_means"))
    n, groups = len(pairs), pairs["group"].nunique()
    row = {"change": change, "change_unit": "points" if points else "%", "n": n, "groups": groups}
    absolute = change if points else change / 100 * pairs["reference"].mean()
    in_groups = f"{groups} {'group' if groups == 1 else 'groups'}"
    if not n:
        return row | {"reasons": [reason("no_mouse_with_both")]}
    row["change_absolute"] = absolute
    if n <= groups:
        return row | {"reasons": [reason("too_few_per_group", f"n = {n}", in_groups), *left_out]}
    row |= within_groups(pairs[["reference", "reader"]].to_numpy(), pairs["group"].to_numpy())
    still = [rater for rater in ("reference", "reader") if not row[f"{rater}_sd"]]
    reasons = [reason("rater_constant_in_groups", rater) for rater in still]
    shown = {"reference": (absolute, row["reference_sd"]), "reader": (absolute, row["reader_sd"])}
    if row["slope"] > 0:
        shown["calibrated"] = (row["slope"] * absolute, row["reader_sd"])
    elif not still:
        reasons.append(reason("no_slope"))
    if not absolute > 0:
        reasons.append(reason("no_change"))
    for which, (difference, sd) in shown.items():
        if sd and difference > 0:
            row[f"{which}_effect_size"] = difference / sd
            row[f"{which}_mice_per_group"] = needed = mice_per_group(difference / sd, alpha, power)
            if needed is None:
                reasons.append(reason("too_many_mice", which, MOST))
    if row.get("reference_mice_per_group"):
        for side, sd in zip(("low", "high"), sd_limits(row["reference_sd"], n - groups, alpha), strict=True):
            row[f"reference_mice_per_group_ci_{side}"] = mice_per_group(absolute / sd, alpha, power)
    if n - groups < MIN_DF:
        reasons.append(reason("sd_uncertain", f"n = {n}", in_groups))
    reference, calibrated = (row.get(f"{which}_mice_per_group") for which in ("reference", "calibrated"))
    if reference and calibrated:
        row["mice_ratio"] = calibrated / reference
    return row | {"reasons": reasons + left_out}


def sample_sizes(
    function: pd.DataFrame,
    phenotypes: Mapping[str, str],
    alpha: float,
    power: float,
    changes: Mapping[str, float],
    animals: Mapping[str, str] = ONE_SCAN_EACH,
) -> pd.DataFrame:
    """Compute the sample size for each metric.

    Parameters
    ----------
    function : DataFrame
        Columns mouse, metric, unit, reference, reader; mice with both values are included.
    phenotypes : mapping of str to str
        Phenotype of each mouse for which it is known; standard deviations are those within phenotypes.
    alpha : float
        Significance level of the two-sided t-test.
    power : float
        Power required.
    changes : mapping of str to float
        The difference to detect by metric: in percentage points for metrics in %, otherwise in % of the reference's
        mean.
    animals : mapping of str to str, optional
        The animal of each scan, whose scans are averaged; empty if each scan is of another animal.

    Returns
    -------
    DataFrame
        COLUMNS, one row per metric of `changes`, in the order of METRICS.
    """
    rows = []
    for metric, unit in METRICS.items():
        if metric in changes:
            values = function[function["metric"] == metric].assign(unit=unit)
            row = {"metric": metric, "unit": unit}
            rows.append(row | sample_size(values, phenotypes, changes[metric], alpha, power, animals))
    return annotate(pd.DataFrame(rows, columns=COLUMNS).astype(dict.fromkeys(COUNTS, "Int64")))
