"""Phenotypes in words: their differences as measured by reference and reader, and sample sizes."""

import pandas as pd

from murmur.presentation.number_format import number, p_is
from murmur.presentation.prose.phrases import (
    METRIC,
    difference_with_unit,
    enumerate_words,
    estimate,
    metric_names,
    missing_values,
    paragraph,
    with_unit,
)
from murmur.statistics.phenotypes import (
    MIN_MICE,
    NOT_SIGNIFICANT,
    OPPOSITE,
    READER_ONLY,
    REFERENCE_ONLY,
    SIGNIFICANT,
)


def phenotypes(tests: pd.DataFrame, differences: pd.DataFrame, reader: str, alpha: float) -> list[str]:
    """Report in which metrics phenotypes differ for reference and reader, and which conclusions change."""
    welch = tests[(tests["test"] == "welch_anova")]
    tested = welch[welch["p_holm"].notna()]
    if tested.empty:
        few = f"fewer than two of them had at least {MIN_MICE} mice measured by both reference and reader"
        return [paragraph(f"phenotypes were not compared because {few}")] if len(differences) else []
    several = " with Holm correction across metrics" if tested["metric"].nunique() > 1 else ""
    if tested["df1"].max() == 1:
        return [two_phenotypes(differences, welch, reader, several, alpha)]
    return [several_phenotypes(welch, reader, several, alpha), pairs_of_phenotypes(differences, reader, alpha)]


def several_phenotypes(welch: pd.DataFrame, reader: str, several: str, alpha: float) -> str:
    """Report the Welch ANOVA of each metric for both raters."""
    found: dict[tuple[bool, ...], list[str]] = {}
    for metric, rows in welch.groupby("metric", sort=False):
        raters = rows.set_index("rater").loc[["reference", "reader"]]
        if raters["p_holm"].notna().all():
            facts = [
                f"F({row.df1:.0f}, {number(row.df2)}) = {number(row.statistic, 2)}, {p_is(row.p_holm)}"
                for row in raters.itertuples()
            ]
            found.setdefault(tuple(raters["p_holm"] < alpha), []).append(f"{METRIC[metric]} ({'; '.join(facts)})")
    verdicts = {
        (True, True): "significant differences between phenotypes were found for both the reference and "
        f"{reader} in {{}}",
        (True, False): f"significant differences were found for the reference but not for {reader} in {{}}",
        (False, True): f"significant differences were found for {reader} but not for the reference in {{}}",
        (
            False,
            False,
        ): f"no significant differences between phenotypes were found for the reference or {reader} in {{}}",
    }
    return paragraph(
        f"phenotypes were compared by Welch's ANOVA{several} (values for the reference are given first, followed by "
        f"those for {reader})",
        *(
            what.format(enumerate_words(found[verdict], "and" if any(verdict) else "or"))
            for verdict, what in verdicts.items()
            if verdict in found
        ),
        missing_values(welch, metric_names(welch)),
    )


def difference_for(row: dict, rater: str, alpha: float) -> str:
    """Write the difference between two phenotypes for a rater with its interval and p in parentheses."""
    difference = difference_with_unit(number(row[f"{rater}_difference"]), row["unit"])
    limits = row[f"{rater}_ci_low"], row[f"{rater}_ci_high"]
    return estimate(f"difference {difference}", *limits, row[f"{rater}_p_adjusted"], alpha)


def verdict(row: dict, reader: str, alpha: float) -> str:
    """Report how two phenotypes differ in a metric for the reference and for the reader."""
    metric, a, b = METRIC[row["metric"]], row["group_a"], row["group_b"]
    reference, read = (difference_for(row, rater, alpha) for rater in ("reference", "reader"))
    by_reference, by_reader = (
        f"{metric} was significantly {'higher' if row[f'{rater}_difference'] > 0 else 'lower'} in {b} than in {a}"
        for rater in ("reference", "reader")
    )
    return {
        SIGNIFICANT: f"{by_reference} for both the reference{reference} and {reader}{read}",
        OPPOSITE: f"{by_reference} for the reference{reference}, but the opposite was found for {reader}{read}",
        REFERENCE_ONLY: f"{by_reference} for the reference{reference} but not for {reader}{read}",
        READER_ONLY: f"{by_reader} for {reader}{read} but not for the reference{reference}",
        NOT_SIGNIFICANT: f"{metric} did not differ significantly between {b} and {a} for the reference{reference} or "
        f"{reader}{read}",
    }[row["conclusion"]]


def two_phenotypes(differences: pd.DataFrame, welch: pd.DataFrame, reader: str, several: str, alpha: float) -> str:
    """Report the one comparison of each metric between the two phenotypes that can be tested."""
    tested = differences[differences["conclusion"].notna()]
    if tested.empty:
        return ""
    order = [SIGNIFICANT, OPPOSITE, REFERENCE_ONLY, READER_ONLY, NOT_SIGNIFICANT]
    rows = tested.sort_values("conclusion", key=lambda found: found.map(order.index), kind="stable")
    return paragraph(
        f"the phenotypes were compared by Welch's t-test{several}",
        *(verdict(row, reader, alpha) for row in rows.to_dict("records")),
        missing_values(welch, metric_names(welch)),
    )


def both_differ(pairs: pd.DataFrame) -> list[str]:
    """Write the differences of `pairs` in one metric, in which reference and reader agree, by phenotype."""
    compared_with: dict[str, list[str]] = {}
    for row in pairs.to_dict("records"):
        side = "higher" if row["reference_difference"] > 0 else "lower"
        reader_difference = difference_with_unit(number(row["reader_difference"]), row["unit"])
        compared_with.setdefault(f"{side} in {row['group_b']} than in", []).append(
            f"{row['group_a']} ({number(row['reference_difference'])} and {reader_difference})"
        )
    return [f"{what} {enumerate_words(others)}" for what, others in compared_with.items()]


def pairs_of_phenotypes(differences: pd.DataFrame, reader: str, alpha: float) -> str:
    """Report the pairs of phenotypes that differ for the reference, for the reader or for both."""
    tested = differences[differences["conclusion"].notna()]
    if tested.empty:
        return ""
    differing = tested[tested["conclusion"] != NOT_SIGNIFICANT]
    how = (
        "in metrics that differed between phenotypes, pairs of phenotypes were compared by Welch's t-test with "
        "Bonferroni correction of p values and CI for the number of pairs (differences for the reference are given "
        f"first, followed by those for {reader})"
    )
    if differing.empty:
        return paragraph(how, f"no two phenotypes differed significantly for the reference or {reader}")
    same = [
        f"{METRIC[metric]} was significantly {enumerate_words(both_differ(rows))}"
        for metric, rows in differing[differing["conclusion"] == SIGNIFICANT].groupby("metric", sort=False)
    ]
    texts = [f"for both the reference and {reader}, {'; '.join(same)}"] if same else []
    changed = differing[differing["conclusion"] != SIGNIFICANT]
    texts += [verdict(row, reader, alpha) for row in changed.to_dict("records")]
    if len(differing) < len(tested):
        texts.append(f"no other pair differed significantly for the reference or {reader}")
    return paragraph(how, *texts)


def sample_size(table: pd.DataFrame, reader: str, alpha: float, power: float) -> str:
    """Report how many mice a study of two groups would need with the reference and with the reader."""
    texts = []
    for row in table.to_dict("records"):
        counts = [row[f"{which}_mice_per_group"] for which in ("reference", "reader", "calibrated")]
        if pd.isna(counts[:2]).any():
            continue
        change = with_unit(f"{row['change']:g}", {"points": "percentage points"}.get(row["change_unit"], "%"))
        if row["change_unit"] == "%":
            change += f" ({with_unit(number(row['change_absolute']), row['unit'])})"
        reference_sd, reader_sd = (number(row[f"{rater}_sd"]) for rater in ("reference", "reader"))
        text = (
            f"to detect a difference of {change} in {METRIC[row['metric']]}, {counts[0]:.0f} mice per group would be "
            f"required with the reference and {counts[1]:.0f} with {reader} ("
            f"{'within-phenotype ' if row['groups'] > 1 else ''}SD {reference_sd} and "
            f"{difference_with_unit(reader_sd, row['unit'])})"
        )
        if not pd.isna(counts[2]):
            slope = (
                f"after scaling the difference by the slope of {reader} on the reference ({number(row['slope'], 2)})"
            )
            text += f", or {counts[2]:.0f} {slope}"
        texts.append(text)
    if texts:
        test = f"a power of {100 * power:g}% and a significance level of {alpha:g}"
        texts.insert(0, f"sample sizes were estimated for a two-sided t-test of two groups of equal size with {test}")
    return paragraph(
        *texts,
        missing_values(
            table,
            metric_names(table),
            "these estimates should be interpreted with caution" if texts else "sample sizes could not be estimated",
        ),
    )
