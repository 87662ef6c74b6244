"""What the error of a reader adds to the intervals of a comparison, and takes from its power.

The variance of measured values between the animals of a group is the sum of the true variance and that of the error of
measurement. The latter is known where the reader was compared with a reference: it is the variance of the differences,
which includes the error of the reference, so that it is rather too large. A constant bias does not matter to the
comparison of groups. Of the shipped network, where no mouse is contoured, the errors on simulated mice are known, which
are smaller than those on acquired images.
"""

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from murmur.comparison.changes import changed
from murmur.comparison.design import MIN_ANIMALS, POWER, Design, Values
from murmur.comparison.verdicts import ON_SIMULATED_MICE
from murmur.measurement.measures import MEASURES
from murmur.statistics.notes import reason
from murmur.statistics.paired import NAN
from murmur.statistics.sample_size import power_of
from murmur.vocabulary import REFERENCE

MIN_PAIRS = 3
ERRORS = ["measure", "n", "error_sd"]
# The error of an index is that of its numerator, in relative terms.
NUMERATORS = {
    "cardiac_output": "SV", "cardiac_index": "SV", "EDV_index": "EDV", "ESV_index": "ESV", "SV_index": "SV",
    "mass_index": "mass_ED", "mass_per_tibia": "mass_ED",
}  # fmt: skip
MEASUREMENT_ERROR = [
    "measure", "unit", "n", "error_sd", "error_source", "between_sd", "reliability", "ci_inflation",
    "animals_per_group", "detectable_difference", "detectable_without_error", "detectable_change", "note", "reasons",
]  # fmt: skip


def reader_errors(reader: pd.DataFrame, reference: pd.DataFrame) -> pd.DataFrame:
    """Compute the standard deviation of a reader's error from scans that the reference has too.

    Parameters
    ----------
    reader, reference : DataFrame
        Measurements by reader and reference, one row per scan: mouse and the columns of MEASURES.

    Returns
    -------
    DataFrame
        ERRORS: for each measure of both, the number of scans and the standard deviation (n - 1) of reader - reference,
        which is 0 where the values are not from masks, such as a heart rate from the table of participants.
    """
    rows = []
    both = reader.merge(reference, on="mouse", suffixes=("", " of reference"))
    for name, measure in MEASURES.items():
        if measure.column in reader and measure.column in reference:
            error = (both[measure.column] - both[f"{measure.column} of reference"]).dropna()
            if len(error) >= MIN_PAIRS:
                rows.append((name, len(error), float(error.std())))
    return pd.DataFrame(rows, columns=ERRORS)


def detectable(sd: float, animals: float, alpha: float) -> float:
    """Return the difference that a two-sided t-test of two groups detects with a power of POWER.

    Parameters
    ----------
    sd : float
        Standard deviation within groups.
    animals : float
        Animals per group.
    alpha : float
        Level of the test.

    Returns
    -------
    float
        The difference, in the unit of `sd`.
    """
    most = 1.0
    while power_of(most, animals, alpha) < POWER:
        most *= 2
    return sd * float(brentq(lambda size: power_of(size, animals, alpha) - POWER, most / 1e6, most, xtol=1e-10))


def spread(values: Values) -> tuple[float, float]:
    """Return the standard deviation within groups, levels and sessions, and the animals per group (harmonic mean).

    The former is NaN with fewer than two degrees of freedom or without any spread, the latter without a group of
    MIN_ANIMALS.
    """
    cells = values.rows.groupby(["session", "group", "level"])["value"]
    sizes, squares = cells.size(), cells.var()
    free = int((sizes - 1).sum())
    variance = float((squares * (sizes - 1)).sum() / free) if free >= 2 else 0.0
    groups = values.rows.groupby(["session", "group"]).size()
    groups = groups[groups >= MIN_ANIMALS]
    animals = float(len(groups) / (1 / groups).sum()) if len(groups) else NAN
    return math.sqrt(variance) if variance > 0 else NAN, animals


def error_of(values: Values, plan: Design, errors: pd.DataFrame | None, measures: int = 1) -> dict:
    """Compute what measurement error means for the comparison of a measure.

    Parameters
    ----------
    values : Values
        Values of the measure.
    plan : Design
        The design.
    errors : DataFrame or None
        ERRORS, and optionally their `source`; None where nothing is known of the error.
    measures : int
        Number of measures for which verdicts are corrected.

    Returns
    -------
    dict
        MEASUREMENT_ERROR. error_source is `reference` or `simulated_mice`; between_sd is pooled within groups, levels
        and sessions; reliability is the share of its square that is not error; ci_inflation is the factor by which
        error widens the intervals, 1 / sqrt(reliability).
        Detectable differences have a power of 80 % in a t-test of two groups of `animals_per_group`, the harmonic mean
        of the groups' sizes, at alpha divided by the numbers of comparisons and measures (Bonferroni): they are called
        significant even if no other measure differs. They are given with and without the error, and, with several
        sessions, for the change from the first.

    References
    ----------
    Fuller, Measurement Error Models, Wiley 1987, chapter 1.
    """
    row = {"measure": values.measure, "unit": values.unit}
    sd, animals = spread(values)
    known = errors[errors["measure"] == values.measure] if errors is not None else pd.DataFrame()
    if len(known):
        row |= {"n": int(known["n"].iloc[0]), "error_sd": float(known["error_sd"].iloc[0])}
        row["error_source"] = known["source"].iloc[0] if "source" in known else REFERENCE
    if math.isnan(sd):
        return row | {"reasons": [reason("no_spread_within_groups")]}
    row["between_sd"] = sd
    reasons = [] if len(known) else [reason("error_unknown")]
    if row.get("error_sd") == 0:
        reasons, known = [reason("no_difference_from_reference")], known[:0]
    if plan.pairs and not math.isnan(animals):
        level = plan.alpha / len(plan.pairs) / measures
        row["animals_per_group"] = animals
        row["detectable_difference"] = detectable(sd, animals, level / len(plan.sessions))
        sd_of_changes, both = spread(changed(values, plan)) if len(plan.sessions) > 1 else (NAN, NAN)
        if not math.isnan(sd_of_changes + both):
            row["detectable_change"] = detectable(sd_of_changes, both, level / (len(plan.sessions) - 1))
    if not len(known):
        return row | {"reasons": reasons}
    row["reliability"] = 1 - row["error_sd"] ** 2 / sd**2
    if row["reliability"] <= 0:
        row["reliability"] = 0.0
        return row | {"reasons": [reason("error_exceeds_spread")]}
    row["ci_inflation"] = 1 / math.sqrt(row["reliability"])
    row["detectable_without_error"] = row.get("detectable_difference", NAN) / row["ci_inflation"]
    return row | {"reasons": reasons}


def pooled(errors: list[pd.DataFrame]) -> pd.DataFrame | None:
    """Pool the errors of a reader in several cohorts: variances weighted by n - 1; None without any."""
    if not errors:
        return None
    table = pd.concat(errors).assign(free=lambda t: t["n"] - 1, sum=lambda t: (t["n"] - 1) * t["error_sd"] ** 2)
    sums = table.groupby("measure", sort=False)[["n", "free", "sum"]].sum()
    return pd.DataFrame({"measure": sums.index, "n": sums["n"], "error_sd": np.sqrt(sums["sum"] / sums["free"])})


def of_simulated_mice(errors: Mapping[str, Mapping[str, float]], table: pd.DataFrame) -> pd.DataFrame | None:
    """Return what is known of a network's error from simulated mice.

    Parameters
    ----------
    errors : mapping
        By measure, the number of mice (n) and the standard deviation of the error (error_sd), in the unit of tables.
    table : DataFrame
        Measurements that are compared, one row per scan. An index has the relative error of its numerator, so that its
        error is that of the numerator times the root mean square of index / numerator over these scans.

    Returns
    -------
    DataFrame or None
        ERRORS and source; None without errors.
    """
    if not errors:
        return None
    rows = {name: (of["n"], of["error_sd"]) for name, of in errors.items() if name not in NUMERATORS}
    for index, numerator in NUMERATORS.items():
        columns = [MEASURES[name].column for name in (index, numerator)]
        if numerator in rows and set(columns) <= set(table):
            factor = (table[columns[0]] / table[columns[1]]).dropna()
            n, error = rows[numerator]
            rows[index] = (n, error * float(np.sqrt((factor**2).mean())))
    found = pd.DataFrame([(name, *row) for name, row in rows.items()], columns=ERRORS)
    return found.assign(source=ON_SIMULATED_MICE)
