"""Why a value is missing, or what it is based on: reasons as data, and the one place that puts them into words.

Statistical functions return reasons. Tables hold them twice: as JSON in the column `reasons`, which figures, printed
tables and prose read, and in words in `note`, for people.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from murmur.vocabulary import INVALID_FILE

MAX_NAMED = 5  # mice listed by name in print

# The placeholders {0}, {1} take the values of a reason; the mice concerned follow after a colon. The words name no kind
# of subject, because tables of mice, rats, pigs and people are written by the same code.
WORDS = {
    # exclusions
    "pairs_missing": "{0} of {1} scans excluded, no value for reference or reader",
    "dice_missing": "excluded, Dice missing",
    "phenotype_unknown": "excluded, phenotype unknown",
    "n_of_unknown_phenotype": "excluded, phenotype unknown: {0}",
    "values_missing": "excluded, no value for reference or reader",
    "phenotypes_too_small": "excluded, n below {0}: {1}",
    "not_by_both": "{0} of {1} scans excluded, not measured by both readers",
    "not_by_every": "{0} of {1} scans excluded, not measured by all readers",
    "cohort_lacks": "{0} of {1} in the {2} cohort have no value",
    "column_unknown": "excluded, {0} unknown",
    "value_missing": "excluded, no value",
    "groups_too_small": "not tested, n below {0}: {1}",
    # unit of analysis
    "scans_averaged": "several scans in a session were averaged",
    "sd_of_means": "SD of means over several scans: valid for a study with the same number of scans",
    "clusters_are_units": "the unit of analysis is the {0} (mean of its members), because all members of a {0} "
    "are in the same group",
    "cluster_of_one_group": "excluded, no other group in the same {0}",
    "levels_within_clusters": "{0} varies within a {1}: not tested over its levels",
    "cluster_not_in_model": "the model of sessions does not include the {0}",
    "not_tested_over_clusters": "effects other than that of the session are therefore not tested",
    "change_not_adjusted": "changes within a group are not adjusted for {0}",
    "change_not_within_clusters": "changes within a group treat members of the same {0} as independent",
    # too few values
    "too_few_pairs": "{0}: normality test, regression, correlations, ICC and CCC require 3",
    "one_pair": "1 pair: spread and tests require 2, normality test, regression, correlations, ICC and CCC require 3",
    "no_pair": "no pair of values",
    "too_few_for_correlation": "{0}: correlations require 3",
    "too_few_for_limits": "3 pairs: confidence limits of correlations require 4",
    "too_few_complete": "{0} with complete data, at least 2 are required",
    "too_few_by_both": "{0} measured by both readers, at least 2 are required",
    "too_few_mice": "{0}, at least 2 are required",
    "too_few_with_both": "{0} with both values, at least 3 are required",
    "too_few_phenotypes": "{0} phenotype with n of at least {1}, two are required",
    "too_few_per_phenotype": "n below {0}: {1}",
    "too_few_per_group": "{0} in {1}: no SD",
    "sd_uncertain": "the SD and the slope, estimated from {0} in {1}, are very uncertain",
    "too_few_for_ranks": "{0}: ranks over resamples require {1}",
    "too_few_in_cohort": "fewer than {0} mice in a cohort: no confidence limits",
    "too_few_errors": "{0}: confidence limits of a mean error require {1}",
    "one_mouse": "n = 1: no standard deviation",
    "one_mouse_no_limits": "n = 1: no confidence limits",
    "one_value": "1 value: no standard deviation",
    "no_value": "no value",
    "no_level": "no value of {0}",
    "no_mouse_with_both": "none with both values",
    "no_value_by_reader": "not measured by this reader",
    "no_mouse_by_all": "none was measured by all readers",
    "no_mouse_in_cohort": "no value in the {0} cohort",
    "no_phenotype": "no phenotype is known: no comparison",
    "one_phenotype": "only {0} is known: no comparison",
    "phenotypes_pooled": "phenotypes unknown: the SD includes differences between them",
    "too_few_values": "too few values to separate the components of variance",
    "too_few_groups": "{0} group with n of at least {1}, two are required",
    "groups_not_connected": "too few of {0} with members of both groups: no comparison within it",
    "effect_not_tested": "too few values, or no variation: no test",
    "residuals_not_tested": "too few values, or no variation: no test of normality",
    "too_many_values_for_normality": "more than {0} values: no test of normality",
    "error_unknown": "the measurement error is not known, because no scan has this measure by reader and reference",
    "no_difference_from_reference": "its values are the same by reader and reference",
    "error_exceeds_spread": "the measurement error is as large as the spread within groups",
    "no_spread_within_groups": "no variation within groups",
    # no variation
    "groups_constant": "the value varies in neither group: no test",
    "change_constant": "the change does not vary: no test",
    "differences_constant": "all differences are the same: no t-test, equivalence test, regression or confidence "
    "limits",
    "differences_zero": "all differences are zero: no signed-rank test",
    "difference_constant": "the difference does not vary: no t-test",
    "effect_constant": "the effect does not vary: no F",
    "means_constant": "the mean of both does not vary: no regression, no ICC limits",
    "neither_varies": "neither reference nor reader varies: no correlation, ICC or CCC",
    "rater_constant": "the {0} does not vary: no correlation",
    "side_constant": "one variable does not vary: no correlation",
    "dice_or_error_constant": "the Dice or the error does not vary",
    "values_constant": "the value does not vary: no confidence limits of the mean",
    "no_kruskal_wallis": "the value does not vary: no Kruskal-Wallis test",
    "no_anova": "no variation within any phenotype: no ANOVA",
    "no_welch_anova": "no variation in {0}: no Welch's ANOVA",
    "no_conclusion": "no Welch's ANOVA of the metric: no conclusion",
    "no_welch_test": "the {0} varies in neither group: no Welch's t-test",
    "no_mann_whitney": "the {0} does not vary: no Mann-Whitney test",
    "no_test_of_error": "the reader's error varies in neither group: no test of its difference",
    "error_constant": "the error varies in neither phenotype: no test",
    "errors_constant": "all errors are the same: no Mann-Whitney test",
    "errors_constant_in_cohorts": "the error does not vary in either cohort: no test of the ratio",
    "rater_constant_in_groups": "the {0} does not vary within groups",
    "variance_zero": "the variance is estimated as 0",
    # undefined
    "perfect_correlation": "{0} is {1:+.0f}: no confidence limits for it",
    "line_exact": "the differences lie exactly on a line: no test of the slope, no regression-based limits",
    "no_proportional_bias": "no proportional bias: no regression-based limits",
    "no_regression_limits": "several scans were averaged: no regression-based limits",
    "limits_cross": "the regression-based limits would cross: not given",
    "mean_not_positive": "no coefficient of variation: the mean is not positive",
    "too_many_for_normality": "more than {0} pairs: no normality test",
    "no_margin": "no equivalence margin given",
    "no_slope": "the reader does not follow the reference (slope not above 0): no calibrated sample size",
    "no_change": "the reference mean is not above 0: no change to detect",
    "too_many_mice": "{0}: more than {1} per group",
    "no_observer": "no human observer segmented the cohort: no ratio",
    "observer_exact": "the limits of agreement of the observer have zero width: no ratio",
    "internal_zero": "the internal error is zero: no ratio",
    "external_zero": "the external error is zero: no confidence limits and no test of the ratio",
}
# Not shown on printed pages: a setting of the study, and a finding that is reported as such.
SILENT = ("no_margin", "no_proportional_bias")


class Reason(NamedTuple):
    """Why a value is missing, or what it is based on."""

    code: str  # a key of WORDS
    values: tuple[str | int | float, ...] = ()
    mice: tuple[str, ...] = ()


def reason(code: str, *values: str | float, mice: Iterable[str] = ()) -> Reason:
    """Build a reason.

    Parameters
    ----------
    code : str
        A key of WORDS.
    *values : str or float
        Values of the placeholders of the text; NumPy numbers are converted to Python's.
    mice : iterable of str
        The mice concerned.

    Returns
    -------
    Reason
        The reason as data.
    """
    plain = tuple(value.item() if isinstance(value, np.generic) else value for value in values)
    return Reason(code, plain, tuple(mice))


def mice(n: int) -> str:
    """Write a number of mice with its noun: 1 mouse, 2 mice."""
    return f"{n} {'mouse' if n == 1 else 'mice'}"


def words(found: Reason, brief: bool = False) -> str:
    """Put a reason into words.

    Parameters
    ----------
    found : Reason
        The reason.
    brief : bool
        Whether to give the number of the mice instead of their names if there are more than MAX_NAMED.

    Returns
    -------
    str
        The text of its code, filled in, followed by the mice concerned.
    """
    text = WORDS[found.code].format(*found.values)
    if not found.mice:
        return text
    return f"{text}: {f'n = {len(found.mice)}' if brief and len(found.mice) > MAX_NAMED else ', '.join(found.mice)}"


def note(reasons: Iterable[Reason]) -> str:
    """Put several reasons into words, without repetition."""
    return "; ".join(dict.fromkeys(map(words, reasons)))


def annotate(table: pd.DataFrame) -> pd.DataFrame:
    """Complete a table by its notes.

    Parameters
    ----------
    table : DataFrame
        Its column `reasons` holds a list of reasons per row, or NaN.

    Returns
    -------
    DataFrame
        The table with `note` in words and `reasons` as JSON; both are empty where there is no reason.
    """
    found = [() if isinstance(cell, float) else tuple(dict.fromkeys(cell)) for cell in table["reasons"]]
    packed = [json.dumps(reasons, ensure_ascii=False) if reasons else "" for reasons in found]
    return table.assign(note=[note(reasons) for reasons in found], reasons=packed)


def reasons_of(cell: object) -> list[Reason]:
    """Parse a cell of the column `reasons`.

    Parameters
    ----------
    cell : object
        JSON as written by `annotate`; NaN or empty where there is no reason.

    Returns
    -------
    list of Reason
        The reasons, in order.
    """
    if not isinstance(cell, str) or not cell:
        return []
    return [Reason(code, tuple(values), tuple(names)) for code, values, names in json.loads(cell)]


def counts_by_reason(excluded: Mapping[str, str]) -> dict[str, int]:
    """Count the excluded mice of each reason; the sentences on invalid files are one reason."""
    brief = [INVALID_FILE if reason.startswith(f"{INVALID_FILE}: ") else reason for reason in excluded.values()]
    return dict(Counter(brief))


def reasons_for_exclusion(excluded: Mapping[str, str]) -> str:
    """Put the reasons of excluded mice into words, each with its number of mice; nothing without excluded mice."""
    return "; ".join(f"{reason}, n = {number}" for reason, number in counts_by_reason(excluded).items())


def exclusion_note(excluded: Mapping[str, str]) -> str:
    """Write a sentence on the excluded mice, with their reasons, for the note of a table; empty without any."""
    were = "was" if len(excluded) == 1 else "were"
    return f"{mice(len(excluded))} {were} excluded ({reasons_for_exclusion(excluded)})." if excluded else ""


def joined(*texts: str) -> str:
    """Join texts by semicolons, as in a note; empty ones are omitted."""
    return "; ".join(filter(None, texts))
