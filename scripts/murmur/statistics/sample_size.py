"""How many mice a study needs to show a change: by the reference, and by a reader.

The smaller the standard deviation between the mice of a group, the fewer mice show a change. A reader that shrinks
all differences, say because it draws every ventricle like the average one, also shrinks its standard deviation, so
change / standard deviation makes it look better than the reference. It shrinks the change as well. The calibrated
figures therefore scale the change by the slope of reader on reference within groups: how much of a true difference
between mice the reader shows. That makes the calibrated effect size the reference's, times the correlation of reader
and reference within groups. Errors of the reference itself make the slope a little too small, and so the calibrated
figures a little too cautious. All are estimates from one cohort: with few mice the standard deviations, and so the
number of mice, are uncertain.
"""

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.power import TTestIndPower

from murmur.statistics.notes import Reason, annotate, mice, reason
from murmur.statistics.paired import NAN, constant
from murmur.vocabulary import METRICS

# fmt: off
COLUMNS = [
    "metric", "unit", "change", "change_unit", "change_absolute", "n", "groups", "reference_sd", "reader_sd", "slope",
    "reference_effect_size", "reader_effect_size", "reference_mice_per_group", "reader_mice_per_group",
    "calibrated_effect_size", "calibrated_mice_per_group", "mice_ratio", "note", "reasons",
]
# fmt: on
COUNTS = ["n", "groups", *(f"{which}_mice_per_group" for which in ("reference", "reader", "calibrated"))]
FEW = 10  # degrees of freedom below which an SD may be half or twice as large
MOST = 1_000_000  # mice per group; who needs more will not measure them


def power_of(effect_size: float, mice: int, alpha: float) -> float:
    """Return the power of the two-sided t-test of two groups of `mice` mice each.

    The chance of a significant difference in the wrong direction counts, as in the definition of power. Where it is
    too small for the noncentral t distribution of SciPy, which then says nothing, it is left out; where that says
    nothing of the right direction either, the power is 1 to more than four digits.
    """
    for level, alternative in ((alpha, "two-sided"), (alpha / 2, "larger")):
        power = TTestIndPower().power(effect_size, mice, level, alternative=alternative)
        if math.isfinite(power):
            return float(power)
    return 1.0


def mice_per_group(effect_size: float, alpha: float, power: float) -> int | None:
    """Return the fewest mice per group, at least 2, that show `effect_size` with `power`; None above MOST.

    Two groups of the same size, two-sided t-test at level `alpha`; `effect_size` > 0 is the difference of the means
    over the common standard deviation. The search starts at the number that the normal distribution gives.
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


def within_groups(values: np.ndarray, groups: np.ndarray) -> dict[str, float]:
    """Return reference_sd, reader_sd and the slope of reader on reference within groups.

    `values` has the axes (mouse, rater), reference first; `groups` names the group of each mouse. The standard
    deviations are pooled: squared deviations from the mean of the group over n - number of groups, which must be
    at least 1. The slope is missing where the reference does not vary within groups.
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
    """Return the mice that count with their group, columns reference, reader, group; and what is left out.

    The groups are the phenotypes; with fewer than two known, all mice are one group.
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


def sample_size(rows: pd.DataFrame, phenotypes: Mapping[str, str], change: float, alpha: float, power: float) -> dict:
    """Return COLUMNS from change on for one metric.

    `rows` has the columns mouse, unit, reference, reader. `change` is in points where the unit is %, else in % of the
    reference's mean. mice_ratio is calibrated_mice_per_group / reference_mice_per_group.
    """
    points = (rows["unit"] == "%").all()
    pairs, left_out = choose(rows, phenotypes)
    n, groups = len(pairs), pairs["group"].nunique()
    row = {"change": change, "change_unit": "points" if points else "%", "n": n, "groups": groups}
    absolute = change if points else change / 100 * pairs["reference"].mean()
    in_groups = f"{groups} {'group' if groups == 1 else 'groups'}"
    if not n:
        return row | {"reasons": [reason("no_mouse_with_both")]}
    row["change_absolute"] = absolute
    if n <= groups:
        return row | {"reasons": [reason("too_few_per_group", mice(n), in_groups), *left_out]}
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
    if n - groups < FEW:
        reasons.append(reason("sd_uncertain", mice(n), in_groups))
    reference, calibrated = (row.get(f"{which}_mice_per_group") for which in ("reference", "calibrated"))
    if reference and calibrated:
        row["mice_ratio"] = calibrated / reference
    return row | {"reasons": reasons + left_out}


def sample_sizes(
    function: pd.DataFrame, phenotypes: Mapping[str, str], alpha: float, power: float, changes: Mapping[str, float]
) -> pd.DataFrame:
    """Return COLUMNS, one row per metric of `changes`, in METRICS' order.

    `function` has the columns mouse, metric, unit, reference, reader, only mice with both values count. `phenotypes`
    gives the phenotype of each mouse where it is known: standard deviations are those within phenotypes. `changes`:
    the difference to detect, for a metric in % in points, for others in % of the reference's mean.
    """
    rows = []
    for metric, unit in METRICS.items():
        if metric in changes:
            values = function[function["metric"] == metric].assign(unit=unit)
            row = {"metric": metric, "unit": unit}
            rows.append(row | sample_size(values, phenotypes, changes[metric], alpha, power))
    return annotate(pd.DataFrame(rows, columns=COLUMNS).astype(dict.fromkeys(COUNTS, "Int64")))
