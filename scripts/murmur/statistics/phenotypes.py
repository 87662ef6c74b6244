"""Function by phenotype: differences between groups of mice by the reference and by the reader.

Only mice with both values of a metric are included, so that reference and reader are compared on the same mice. A
phenotype of fewer than MIN_MICE mice is described but not tested. Every missing value has its reason.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.oneway import anova_oneway
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from murmur.statistics.conclusions import (
    MIN_MICE,
    NOT_SIGNIFICANT,
    OPPOSITE,
    RATERS,
    READER_ONLY,
    REFERENCE_ONLY,
    SIGNIFICANT,
)
from murmur.statistics.notes import Reason, annotate, reason
from murmur.statistics.paired import NAN, constant, holm, without_rounding
from murmur.vocabulary import METRICS, in_order

TESTS = ("anova", "welch_anova", "kruskal_wallis")

# fmt: off
SUMMARY = [
    "metric", "unit", "phenotype", "n", "reference_mean", "reference_sd", "reader_mean", "reader_sd", "note",
    "reasons",
]
GROUP_TESTS = [
    "metric", "unit", "rater", "test", "statistic", "df1", "df2", "p", "p_holm", "effect_size", "effect_size_name",
    "note", "reasons",
]
DIFFERENCES = [
    "metric", "unit", "group_a", "group_b", "n_a", "n_b",
    "reference_difference", "reference_ci_low", "reference_ci_high", "reference_p", "reference_p_mannwhitney",
    "reader_difference", "reader_ci_low", "reader_ci_high", "reader_p", "reader_p_mannwhitney", "conclusion",
    "bias_difference", "bias_difference_ci_low", "bias_difference_ci_high", "bias_difference_p", "note",
    "reference_p_adjusted", "reader_p_adjusted", "bias_difference_p_adjusted", "reasons",
]
# fmt: on


@dataclass(frozen=True)
class GroupedMetric:
    """The values of one metric, grouped by phenotype."""

    metric: str
    unit: str
    groups: dict[str, pd.DataFrame]  # by phenotype: one row per mouse with both values, columns reference and reader
    incomplete: dict[str, list[str]]  # by phenotype: mice that lack a value
    unknown: int  # number of mice with both values but unknown phenotype

    def left_out(self) -> list[Reason]:
        """Return the reason that mice of unknown phenotype are excluded; empty if there are none."""
        return [reason("n_of_unknown_phenotype", f"n = {self.unknown}")] if self.unknown else []

    def values(self, rater: str) -> dict[str, np.ndarray]:
        """Return the values by `rater`, in the metric's unit, of each phenotype of at least MIN_MICE mice."""
        return {name: group[rater].to_numpy() for name, group in self.groups.items() if len(group) >= MIN_MICE}

    def errors(self) -> dict[str, np.ndarray]:
        """Return the differences reader - reference of each phenotype of at least MIN_MICE mice, without rounding."""
        reference, reader = self.values("reference"), self.values("reader")
        scale = max((np.abs(values).max() for values in (*reference.values(), *reader.values())), default=0.0)
        return {name: without_rounding(reader[name] - values, scale) for name, values in reference.items()}


def group(function: pd.DataFrame, phenotypes: Mapping[str, str], order: Sequence[str] = ()) -> list[GroupedMetric]:
    """Group the values of each metric by phenotype.

    Parameters
    ----------
    function : DataFrame
        Columns mouse, metric, unit, reference, reader.
    phenotypes : mapping of str to str
        Phenotype of each mouse for which it is known; mice that are not in `function` are ignored.
    order : sequence of str, optional
        Phenotypes that come first, in this order.

    Returns
    -------
    list of GroupedMetric
        In the order of METRICS, phenotypes sorted as by `in_order`.
    """
    table = function.astype({rater: float for rater in RATERS})
    table = table.assign(
        phenotype=table["mouse"].map(dict(phenotypes)), complete=table[list(RATERS)].notna().all(axis=1)
    )
    names = in_order(table["phenotype"].dropna().unique(), order)
    grouped = []
    for metric in METRICS:
        rows = table[table["metric"] == metric]
        if rows.empty:
            continue
        of = {name: rows[rows["phenotype"] == name] for name in names}
        grouped.append(
            GroupedMetric(
                metric=metric,
                unit=rows["unit"].iloc[0],
                groups={name: mice.loc[mice["complete"], list(RATERS)] for name, mice in of.items()},
                incomplete={name: mice.loc[~mice["complete"], "mouse"].to_list() for name, mice in of.items()},
                unknown=int((rows["phenotype"].isna() & rows["complete"]).sum()),
            )
        )
    return grouped


def summarise(grouped: list[GroupedMetric], sd_ddof: int) -> pd.DataFrame:
    """Compute mean and standard deviation of each metric and phenotype.

    Parameters
    ----------
    grouped : list of GroupedMetric
        From `group`.
    sd_ddof : int
        Standard deviations divide by n - sd_ddof.

    Returns
    -------
    DataFrame
        SUMMARY, one row per metric and phenotype, in the metric's unit.
    """
    rows = []
    for metric in grouped:
        for phenotype, pairs in metric.groups.items():
            n = len(pairs)
            row = {"metric": metric.metric, "unit": metric.unit, "phenotype": phenotype, "n": n}
            for rater in RATERS:
                row[f"{rater}_mean"] = pairs[rater].mean() if n else NAN
                row[f"{rater}_sd"] = pairs[rater].std(ddof=sd_ddof) if n >= 2 else NAN
            few = {0: [reason("no_mouse_with_both")], 1: [reason("one_mouse")]}.get(n, [])
            incomplete = metric.incomplete[phenotype]
            lacking = [reason("values_missing", mice=incomplete)] if incomplete else []
            rows.append(row | {"reasons": few + lacking + metric.left_out()})
    return annotate(pd.DataFrame(rows, columns=SUMMARY))


def run_test(test: str, values: dict[str, np.ndarray]) -> tuple[dict[str, object], list[Reason]]:
    """Test whether phenotypes differ.

    Parameters
    ----------
    test : str
        One of TESTS.
    values : dict of str to ndarray, shape (mice,)
        Values of at least two phenotypes, none missing.

    Returns
    -------
    result : dict
        statistic, df1, df2 (ANOVAs only), p, effect_size and effect_size_name; empty if the test is undefined.
    reasons : list of Reason
        Why the test is undefined.

    Notes
    -----
    The effect size of an ANOVA is omega squared, df1 (F - 1) / (df1 (F - 1) + n), which can be negative by chance; that
    of the Kruskal-Wallis test is epsilon squared, H / (n - 1).

    References
    ----------
    Tomczak and Tomczak, Trends Sport Sci 2014;1:19 (effect sizes).
    """
    together = np.concatenate(list(values.values()))
    scale = np.abs(together).max()
    still = [name for name, group in values.items() if constant(group, scale)]
    if test == "kruskal_wallis":
        if constant(together):
            return {}, [reason("no_kruskal_wallis")]
        ranked = np.split(without_rounding(together), np.cumsum([len(group) for group in values.values()])[:-1])
        found = stats.kruskal(*ranked)
        # two groups: the equivalent Mann-Whitney test, because chi-squared is too liberal for 3 + 3 mice
        p = mann_whitney(*values.values()) if len(values) == 2 else found.pvalue
        result = {"statistic": found.statistic, "df1": len(values) - 1, "p": p}
        return result | {
            "effect_size": found.statistic / (len(together) - 1),
            "effect_size_name": "epsilon_squared",
        }, []
    if test == "anova" and len(still) == len(values):
        return {}, [reason("no_anova")]
    if test == "welch_anova" and still:
        return {}, [reason("no_welch_anova", ", ".join(still))]
    found = anova_oneway(list(values.values()), use_var="equal" if test == "anova" else "unequal")
    result = {"statistic": found.statistic, "df1": found.df_num, "df2": found.df_denom, "p": found.pvalue}
    between = found.df_num * (found.statistic - 1)
    return result | {"effect_size": between / (between + len(together)), "effect_size_name": "omega_squared"}, []


def omnibus_tests(grouped: list[GroupedMetric]) -> pd.DataFrame:
    """Test each metric for differences between phenotypes, by rater.

    Parameters
    ----------
    grouped : list of GroupedMetric
        From `group`.

    Returns
    -------
    DataFrame
        GROUP_TESTS, one row per metric, rater and test; p_holm is corrected for the metrics within rater and test.

    Notes
    -----
    One-way ANOVA, Welch's ANOVA for unequal variances and the Kruskal-Wallis test (chi-squared with df1, corrected for
    ties) are all reported: choosing one of them by a preliminary test of the same data would distort their error rates.

    References
    ----------
    Welch, Biometrika 1951;38:330.
    """
    rows = []
    for metric in grouped:
        few = [phenotype for phenotype, pairs in metric.groups.items() if len(pairs) < MIN_MICE]
        for rater in RATERS:
            values = metric.values(rater)
            for test in TESTS:
                row = {"metric": metric.metric, "unit": metric.unit, "rater": rater, "test": test}
                if len(values) < 2:
                    result = {}
                    why = [reason("too_few_phenotypes", "one" if values else "no", MIN_MICE)]
                else:
                    result, why = run_test(test, values)
                small = [reason("phenotypes_too_small", MIN_MICE, ", ".join(few))] if few else []
                rows.append(row | result | {"reasons": why + small + metric.left_out()})
    table = pd.DataFrame(rows, columns=GROUP_TESTS)
    table["df1"] = table["df1"].astype("Int64")
    table["p_holm"] = table.groupby(["rater", "test"])["p"].transform(holm)
    return annotate(table)


def welch(a: np.ndarray, b: np.ndarray, pairs: int, alpha: float, scale: float) -> dict[str, float]:
    """Compare two groups by Welch's t-test.

    Parameters
    ----------
    a, b : ndarray, shape (mice,)
        Values of the two groups, none missing.
    pairs : int
        Number of comparisons for which limits and p are corrected by Bonferroni's method.
    alpha : float
        The limits have the level 1 - alpha / pairs, and p is multiplied by pairs; p < alpha where the limits exclude
        zero.
    scale : float
        Magnitude of the values; variation below 1e-12 of it is attributed to rounding.

    Returns
    -------
    dict of str to float
        difference (mean of b - mean of a), ci_low, ci_high and p. All except the difference are NaN with fewer than
        MIN_MICE values in a or b, or if neither varies.

    References
    ----------
    Welch, Biometrika 1947;34:28.
    """
    result = dict.fromkeys(("difference", "ci_low", "ci_high", "p"), NAN)
    if len(a) and len(b):
        result["difference"] = float(np.mean(b) - np.mean(a))
    if min(len(a), len(b)) < MIN_MICE or (constant(a, scale) and constant(b, scale)):
        return result
    means = CompareMeans(DescrStatsW(b), DescrStatsW(a))  # SciPy's test warns if one of them does not vary
    low, high = means.tconfint_diff(alpha / pairs, usevar="unequal")
    _, p, _ = means.ttest_ind(usevar="unequal")
    return result | {"ci_low": float(low), "ci_high": float(high), "p": min(1.0, pairs * float(p))}


def mann_whitney(a: np.ndarray, b: np.ndarray) -> float:
    """Return the p of the Mann-Whitney test, exact without ties, by the normal approximation with ties.

    Parameters
    ----------
    a, b : ndarray, shape (mice,)
        Values of the two groups, none missing.

    Returns
    -------
    float
        Two-sided p; NaN with fewer than two values in a or b, or if all values are equal.
    """
    together = np.concatenate([a, b])
    if min(len(a), len(b)) < 2 or constant(together):
        return NAN
    ranked = without_rounding(together)
    ties = len(np.unique(ranked)) < len(ranked)
    x, y = np.split(ranked, [len(a)])
    return float(stats.mannwhitneyu(x, y, method="asymptotic" if ties else "exact").pvalue)


def conclude(row: Mapping[str, object], alpha: float) -> str:
    """Return whether reference and reader lead to the same conclusion on a pair; empty without a test."""
    p = row["reference_p_adjusted"], row["reader_p_adjusted"]
    if np.isnan(p).any():
        return ""
    match bool(p[0] < alpha), bool(p[1] < alpha):
        case True, True:
            return SIGNIFICANT if row["reference_difference"] * row["reader_difference"] > 0 else OPPOSITE
        case True, False:
            return REFERENCE_ONLY
        case False, True:
            return READER_ONLY
    return NOT_SIGNIFICANT


def compare_pair(
    metric: GroupedMetric, name_a: str, name_b: str, omnibus: Mapping[tuple[str, str], float], alpha: float
) -> dict[str, object]:
    """Compare two phenotypes on one metric.

    Parameters
    ----------
    metric : GroupedMetric
        From `group`.
    name_a, name_b : str
        The phenotypes; differences are b - a.
    omnibus : mapping of (str, str) to float
        p_holm of Welch's ANOVA by metric and rater; the rater "error" stands for reader - reference.
    alpha : float
        Significance level; the confidence limits have the level 1 - alpha.

    Returns
    -------
    dict
        DIFFERENCES, the p of the Mann-Whitney tests not yet corrected, and `reasons`.
    """
    a, b = metric.groups[name_a], metric.groups[name_b]
    row = {"metric": metric.metric, "unit": metric.unit, "group_a": name_a, "group_b": name_b}
    row |= {"n_a": len(a), "n_b": len(b)}
    few = [name for name in (name_a, name_b) if len(metric.groups[name]) < MIN_MICE]
    reasons = [reason("too_few_per_phenotype", MIN_MICE, ", ".join(few))] if few else []
    scale = max(a.abs().to_numpy().max(initial=0), b.abs().to_numpy().max(initial=0))

    tests = {}
    for rater in RATERS:
        x, y = a[rater].to_numpy(), b[rater].to_numpy()
        tests[rater] = welch(x, y, math.comb(len(metric.values(rater)), 2), alpha, scale)
        row |= {f"{rater}_{name}": value for name, value in tests[rater].items()}
        row[f"{rater}_p_mannwhitney"] = NAN if few else mann_whitney(x, y)
        row[f"{rater}_p_adjusted"] = np.maximum(tests[rater]["p"], omnibus[metric.metric, rater])
        if not few and math.isnan(tests[rater]["p"]):
            reasons.append(reason("no_welch_test", rater))
        if not few and math.isnan(row[f"{rater}_p_mannwhitney"]):
            reasons.append(reason("no_mann_whitney", rater))
    row["conclusion"] = conclude(row, alpha)
    if not few and math.isnan(omnibus[metric.metric, "reference"] + omnibus[metric.metric, "reader"]):
        reasons.append(reason("no_conclusion"))

    errors = [(pairs["reader"] - pairs["reference"]).to_numpy() for pairs in (a, b)]
    bias = welch(*errors, math.comb(len(metric.values("reader")), 2), alpha, scale)
    row["bias_difference"] = bias.pop("difference")
    row |= {f"bias_difference_{name}": value for name, value in bias.items()}
    row["bias_difference_p_adjusted"] = np.maximum(bias["p"], omnibus[metric.metric, "error"])
    if not few and math.isnan(bias["p"]):
        reasons.append(reason("no_test_of_error"))
    return row | {"reasons": reasons}


def compare_groups(grouped: list[GroupedMetric], tests: pd.DataFrame, alpha: float) -> pd.DataFrame:
    """Compare each pair of phenotypes on each metric.

    Parameters
    ----------
    grouped : list of GroupedMetric
        From `group`.
    tests : DataFrame
        From `omnibus_tests`.
    alpha : float
        Significance level; the confidence limits have the level 1 - alpha.

    Returns
    -------
    DataFrame
        DIFFERENCES, one row per metric and pair; differences are b - a in the metric's unit.

    Notes
    -----
    Confidence limits and p of a rater are those of Welch's t-test, corrected by Bonferroni's method for the metric's
    pairs of phenotypes of at least MIN_MICE mice, so that limits and p agree. p_adjusted is the larger of this p and
    the p_holm of the metric's Welch ANOVA: a pair is significant only where its metric is, and with two phenotypes both
    are the same test. `conclusion` compares the two p_adjusted with alpha. p_mannwhitney is corrected by Holm's method
    for the metric's pairs. bias_difference is the difference between the phenotypes of the reader's error (reader -
    reference), with limits, p and p_adjusted as for a rater.
    """
    omnibus = tests[tests["test"] == "welch_anova"].set_index(["metric", "rater"])["p_holm"].to_dict()
    of_errors = [run_test("welch_anova", values)[0] if len(values := m.errors()) > 1 else {} for m in grouped]
    p = holm(np.array([found.get("p", NAN) for found in of_errors]))
    omnibus |= {(metric.metric, "error"): value for metric, value in zip(grouped, p, strict=True)}
    rows = [compare_pair(metric, a, b, omnibus, alpha) for metric in grouped for a, b in combinations(metric.groups, 2)]
    table = pd.DataFrame(rows, columns=DIFFERENCES)
    for column in ("reference_p_mannwhitney", "reader_p_mannwhitney"):
        table[column] = table.groupby("metric")[column].transform(holm)
    return annotate(table)
