"""Function by phenotype: what differs between groups of mice by the reference, and what by the reader.

Only mice with both values of a metric count, so that reference and reader answer for the same mice. A phenotype of
one mouse is described but not tested. Every missing value has its reason in `note`.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import combinations

import numpy as np
import pandas as pd
from scipy import stats
from scipy.interpolate import BarycentricInterpolator
from scipy.optimize import toms748
from statsmodels.stats.oneway import anova_oneway
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from murmur.paired import NAN, constant, holm
from murmur.volumes import METRICS

RATERS = ("reference", "reader")
TESTS = ("anova", "welch_anova", "kruskal_wallis")
# what a test by the reference and one by the reader say together
SIGNIFICANT, NOT_SIGNIFICANT = "same: significant", "same: not significant"
REFERENCE_ONLY, READER_ONLY, OPPOSITE = "reference only", "reader only", "opposite"

# fmt: off
SUMMARY = [
    "metric", "unit", "phenotype", "n", "reference_mean", "reference_sd", "reader_mean", "reader_sd", "note",
]
GROUP_TESTS = [
    "metric", "unit", "rater", "test", "statistic", "df1", "df2", "p", "p_holm", "effect_size", "effect_size_name",
    "note",
]
DIFFERENCES = [
    "metric", "unit", "group_a", "group_b", "n_a", "n_b",
    "reference_difference", "reference_ci_low", "reference_ci_high", "reference_p", "reference_p_mannwhitney",
    "reader_difference", "reader_ci_low", "reader_ci_high", "reader_p", "reader_p_mannwhitney", "conclusion",
    "bias_difference", "bias_difference_ci_low", "bias_difference_ci_high", "bias_difference_p", "note",
]
# fmt: on


@dataclass(frozen=True)
class GroupedMetric:
    """The mice of one metric by phenotype."""

    metric: str
    unit: str
    groups: dict[str, pd.DataFrame]  # phenotype: one row per mouse with both values, columns reference and reader
    incomplete: dict[str, list[str]]  # phenotype: its mice that lack a value
    unknown: int  # mice with both values, but of no known phenotype

    def left_out(self) -> str:
        """Say how many mice are of unknown phenotype."""
        mice = "mouse" if self.unknown == 1 else "mice"
        return f"left out, phenotype unknown: {self.unknown} {mice}" if self.unknown else ""

    def values(self, rater: str) -> dict[str, np.ndarray]:
        """Return the values by `rater` of each phenotype that has at least two mice."""
        return {name: group[rater].to_numpy() for name, group in self.groups.items() if len(group) >= 2}


def group(function: pd.DataFrame, phenotypes: Mapping[str, str]) -> list[GroupedMetric]:
    """Return each metric of `function` (columns mouse, metric, unit, reference, reader), in METRICS' order.

    The phenotypes are those of mice in `function`, sorted by name but with `control` first.
    """
    table = function.astype({rater: float for rater in RATERS})
    table = table.assign(
        phenotype=table["mouse"].map(dict(phenotypes)), complete=table[list(RATERS)].notna().all(axis=1)
    )
    names = sorted(table["phenotype"].dropna().unique(), key=lambda name: (name.casefold() != "control", name))
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
    """Return mean and standard deviation (denominator n - `sd_ddof`) per metric and phenotype, columns SUMMARY."""
    rows = []
    for metric in grouped:
        for phenotype, pairs in metric.groups.items():
            n = len(pairs)
            row = {"metric": metric.metric, "unit": metric.unit, "phenotype": phenotype, "n": n}
            for rater in RATERS:
                row[f"{rater}_mean"] = pairs[rater].mean() if n else NAN
                row[f"{rater}_sd"] = pairs[rater].std(ddof=sd_ddof) if n >= 2 else NAN
            mice = ", ".join(metric.incomplete[phenotype])
            notes = [
                {0: "no mouse with both values", 1: "1 mouse: no standard deviation"}.get(n, ""),
                f"left out, no value by reference or reader: {mice}" if mice else "",
                metric.left_out(),
            ]
            rows.append(row | {"note": "; ".join(filter(None, notes))})
    return pd.DataFrame(rows, columns=SUMMARY)


def run_test(test: str, values: dict[str, np.ndarray]) -> tuple[dict[str, object], str]:
    """Run one of TESTS on the values of at least two phenotypes; return statistic, df1, df2, p, or why there is none.

    The effect size omega squared is df1 (F - 1) / (df1 (F - 1) + n); chance alone can make it negative.
    """
    together = np.concatenate(list(values.values()))
    scale = np.abs(together).max()
    still = [name for name, group in values.items() if constant(group, scale)]
    if test == "kruskal_wallis":
        if constant(together):
            return {}, "the same value in every mouse: no Kruskal-Wallis test"
        found = stats.kruskal(*values.values())
        return {"statistic": found.statistic, "df1": len(values) - 1, "p": found.pvalue}, ""
    if test == "anova" and len(still) == len(values):
        return {}, "no variation within any phenotype: no ANOVA"
    if test == "welch_anova" and still:
        return {}, f"no variation in {', '.join(still)}: no Welch's ANOVA"
    found = anova_oneway(list(values.values()), use_var="equal" if test == "anova" else "unequal")
    result = {"statistic": found.statistic, "df1": found.df_num, "df2": found.df_denom, "p": found.pvalue}
    if test == "anova":
        between = found.df_num * (found.statistic - 1)
        result |= {"effect_size": between / (between + len(together)), "effect_size_name": "omega_squared"}
    return result, ""


def test_groups(grouped: list[GroupedMetric]) -> pd.DataFrame:
    """Return the tests of no difference between phenotypes, by metric and rater, columns GROUP_TESTS.

    One-way ANOVA (df1, df2, omega squared), Welch's ANOVA for unequal variances (df1, df2; Biometrika 1951;38:330)
    and Kruskal and Wallis's (chi-squared with df1, ties corrected) stand side by side: a choice between them by a
    first test on the same data would spoil their error rates. p_holm corrects for the metrics within rater and test.
    """
    rows = []
    for metric in grouped:
        alone = [phenotype for phenotype, pairs in metric.groups.items() if len(pairs) < 2]
        for rater in RATERS:
            values = metric.values(rater)
            for test in TESTS:
                row = {"metric": metric.metric, "unit": metric.unit, "rater": rater, "test": test}
                if len(values) < 2:
                    result, reason = {}, f"{'one' if values else 'no'} phenotype with at least 2 mice, two are needed"
                else:
                    result, reason = run_test(test, values)
                notes = [reason, f"left out, fewer than 2 mice: {', '.join(alone)}" if alone else "", metric.left_out()]
                rows.append(row | result | {"note": "; ".join(filter(None, notes))})
    table = pd.DataFrame(rows, columns=GROUP_TESTS)
    table["df1"] = table["df1"].astype("Int64")
    table["p_holm"] = table.groupby(["rater", "test"])["p"].transform(lambda p: holm(p.to_numpy()))
    return table


test_groups.__test__ = False  # a function of the library, not one for pytest


@cache
def widening(groups: int, alpha: float) -> BarycentricInterpolator:
    """Return log(q / (t √2)) as a function of 1 / (df + 1/2): how much Games-Howell intervals exceed Welch's.

    q is the quantile 1 - `alpha` of the studentized range of `groups` means, t the two-sided one of Student's t.
    SciPy needs a tenth of a second for each q, so it is found at 14 df from 1/2 to infinity and interpolated; for up
    to five groups of at least two mice q is right to 1e-8. It lies between a single test's and Bonferroni's.
    """

    def exact(df: float) -> float:
        single, bonferroni = stats.t.isf([alpha / 2, alpha / (groups * (groups - 1))], df)
        q = toms748(
            lambda t: math.log(stats.studentized_range.sf(t * math.sqrt(2), groups, df) / alpha),
            single * (1 - 1e-9),
            bonferroni * (1 + 1e-9),
            rtol=1e-12,
        )
        return math.log(q / single)

    nodes = (1 + np.cos(np.pi * np.arange(14) / 13)) / 3  # Chebyshev's, from 2/3 to 0
    nodes[-1] = 0
    return BarycentricInterpolator(nodes, [exact(1 / x - 0.5 if x else math.inf) for x in nodes])


def games_howell(a: np.ndarray, b: np.ndarray, groups: int, alpha: float) -> dict[str, float]:
    """Compare two of `groups` groups by Games and Howell's test (J Educ Stat 1976;1:113): mean of b - mean of a.

    Returns difference, its simultaneous 1 - alpha confidence limits ci_low and ci_high, and p. The statistic is
    Welch's t, referred to the studentized range of `groups` means; with two groups the test is Welch's. Neither need
    vary, but one must. A p below 1e-13 comes as zero.
    """
    comparison = CompareMeans(DescrStatsW(b), DescrStatsW(a))
    t, p, df = comparison.ttest_ind(usevar="unequal")
    half = comparison.std_meandiff_separatevar * stats.t.isf(alpha / 2, df)
    if groups > 2:
        p = np.clip(stats.studentized_range.sf(abs(t) * math.sqrt(2), groups, df), 0, 1)
        half *= math.exp(widening(groups, alpha)(1 / (df + 0.5)))
    difference = np.mean(b) - np.mean(a)
    return {"difference": difference, "ci_low": difference - half, "ci_high": difference + half, "p": float(p)}


def mann_whitney(a: np.ndarray, b: np.ndarray) -> float:
    """Return the p of Mann and Whitney's test: exact, with ties by the normal approximation."""
    together = np.concatenate([a, b])
    ties = len(np.unique(together)) < len(together)
    return float(stats.mannwhitneyu(a, b, method="asymptotic" if ties else "exact").pvalue)


def conclude(reference: tuple[float, float], reader: tuple[float, float], alpha: float) -> str:
    """Say whether reference and reader agree, from the difference and the p of each; empty where one has no p."""
    if math.isnan(reference[1]) or math.isnan(reader[1]):
        return ""
    match reference[1] < alpha, reader[1] < alpha:
        case True, True:
            return SIGNIFICANT if reference[0] * reader[0] > 0 else OPPOSITE
        case True, False:
            return REFERENCE_ONLY
        case False, True:
            return READER_ONLY
    return NOT_SIGNIFICANT


def compare_pair(a: pd.DataFrame, b: pd.DataFrame, groups: int, alpha: float) -> dict[str, object]:
    """Return DIFFERENCES of two phenotypes' pairs of values but the names, Mann-Whitney's p not yet corrected."""
    row: dict[str, object] = {"n_a": len(a), "n_b": len(b)}
    notes = []
    few = min(len(a), len(b)) < 2
    scale = max(pairs.abs().to_numpy().max(initial=0) for pairs in (a, b))
    errors = [(pairs["reader"] - pairs["reference"]).to_numpy() for pairs in (a, b)]
    columns = {rater: [pairs[rater].to_numpy() for pairs in (a, b)] for rater in RATERS} | {"bias": errors}
    for rater, (x, y) in columns.items():
        prefix, size = ("bias_difference_", 2) if rater == "bias" else (f"{rater}_", groups)
        found = {"difference": np.mean(y) - np.mean(x) if len(x) and len(y) else NAN, "p": NAN}
        if not few and constant(x, scale) and constant(y, scale):
            what = "reader's error" if rater == "bias" else rater
            notes.append(f"the {what} varies in neither group: no confidence limits and p")
        elif not few:
            found = games_howell(x, y, size, alpha)
        row |= {prefix + name: value for name, value in found.items()}
        if rater == "bias":
            row["bias_difference"] = row.pop("bias_difference_difference")
        elif not few and constant(np.concatenate([x, y])):
            notes.append(f"the {rater} is the same in every mouse: no Mann-Whitney test")
        elif not few:
            row[f"{rater}_p_mannwhitney"] = mann_whitney(x, y)
    reference, reader = ((row[f"{rater}_difference"], row[f"{rater}_p"]) for rater in RATERS)
    return row | {"conclusion": conclude(reference, reader, alpha), "note": "; ".join(notes)}


def compare_groups(grouped: list[GroupedMetric], alpha: float) -> pd.DataFrame:
    """Return every pair of phenotypes of every metric, b - a in the metric's unit, columns DIFFERENCES.

    Confidence limits (1 - alpha) and p of a rater are those of Games and Howell, simultaneous for all phenotypes of
    at least two mice; p_mannwhitney is Holm-corrected over the metric's pairs. `conclusion` sets the two p against
    alpha. bias_difference is the difference of the reader's error (reader - reference) by Welch's t-test, by itself.
    """
    rows = []
    for metric in grouped:
        size = len(metric.values("reference"))
        pairs = pd.DataFrame(
            [
                {"metric": metric.metric, "unit": metric.unit, "group_a": a, "group_b": b}
                | compare_pair(metric.groups[a], metric.groups[b], size, alpha)
                for a, b in combinations(metric.groups, 2)
            ],
            columns=DIFFERENCES,
        )
        for rater in RATERS:
            pairs[f"{rater}_p_mannwhitney"] = holm(pairs[f"{rater}_p_mannwhitney"])
        few = [
            [name for name in row if len(metric.groups[name]) < 2] for row in pairs[["group_a", "group_b"]].to_numpy()
        ]
        reasons = [f"fewer than 2 mice: {', '.join(names)}" if names else "" for names in few]
        pairs["note"] = [reason or note for reason, note in zip(reasons, pairs["note"], strict=True)]
        rows += pairs.to_dict("records")
    return pd.DataFrame(rows, columns=DIFFERENCES)
