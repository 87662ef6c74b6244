"""Phenotypes in words: what differs between them by reference and reader, and how many mice a study needs."""

import pandas as pd

from murmur.presentation.number_format import number, p_is
from murmur.presentation.prose.phrases import (
    METRIC,
    change_of_unit,
    finding,
    listed,
    names,
    of_unit,
    paragraph,
    reasons,
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
    """Report in which metrics phenotypes differ, by the reference and by the reader, and which conclusions change."""
    welch = tests[(tests["test"] == "welch_anova")]
    tested = welch[welch["p_holm"].notna()]
    if tested.empty:
        few = f"fewer than two of them had {MIN_MICE} mice or more with both values"
        return [paragraph(f"phenotypes were not compared, because {few}")] if len(differences) else []
    several = " after Holm's correction for the number of metrics" if tested["metric"].nunique() > 1 else ""
    if tested["df1"].max() == 1:
        return [two_phenotypes(differences, welch, reader, several, alpha)]
    return [several_phenotypes(welch, reader, several, alpha), pairs_of_phenotypes(differences, reader, alpha)]


def several_phenotypes(welch: pd.DataFrame, reader: str, several: str, alpha: float) -> str:
    """Report the Welch ANOVA of each metric by both raters."""
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
        (True, True): f"phenotypes differed significantly by both the reference and {reader} in",
        (True, False): f"phenotypes differed significantly by the reference, but not by {reader}, in",
        (False, True): f"phenotypes differed significantly by {reader}, but not by the reference, in",
        (False, False): f"phenotypes differed significantly neither by the reference nor by {reader} in",
    }
    return paragraph(
        f"phenotypes were compared by Welch's ANOVA{several} (in brackets first the reference, then {reader})",
        *(f"{what} {listed(found[verdict])}" for verdict, what in verdicts.items() if verdict in found),
        reasons(welch, names(welch)),
    )


def by(row: dict, rater: str, alpha: float) -> str:
    """Write the difference between two phenotypes by a rater with its interval and p, in brackets."""
    difference = change_of_unit(number(row[f"{rater}_difference"]), row["unit"])
    limits = row[f"{rater}_ci_low"], row[f"{rater}_ci_high"]
    return finding(f"difference {difference}", *limits, row[f"{rater}_p_adjusted"], alpha)


def verdict(row: dict, reader: str, alpha: float) -> str:
    """Report how two phenotypes differ in a metric by the reference and by the reader."""
    what = f"{METRIC[row['metric']]} in {row['group_b']} was"
    than = f"than in {row['group_a']}"
    reference, read = (by(row, rater, alpha) for rater in ("reference", "reader"))
    higher, also = ("higher" if row[f"{rater}_difference"] > 0 else "lower" for rater in ("reference", "reader"))
    return {
        SIGNIFICANT: f"{what} significantly {higher} {than} by the reference{reference} and by {reader}{read}",
        OPPOSITE: f"{what} significantly {higher} {than} by the reference{reference}, but {also} by {reader}{read}",
        REFERENCE_ONLY: f"{what} significantly {higher} {than} by the reference{reference}, but not by {reader}{read}",
        READER_ONLY: f"{what} significantly {also} {than} by {reader}{read}, but not by the reference{reference}",
        NOT_SIGNIFICANT: f"{what} not significantly different from {row['group_a']} by the reference{reference} or by "
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
        f"the phenotypes were compared by Welch's t-test{several} (CI without correction)",
        *(verdict(row, reader, alpha) for row in rows.to_dict("records")),
        reasons(welch, names(welch)),
    )


def pairs_of_phenotypes(differences: pd.DataFrame, reader: str, alpha: float) -> str:
    """Report the pairs of phenotypes that differ by the reference, by the reader or by both."""
    tested = differences[differences["conclusion"].notna()]
    if tested.empty:
        return ""
    differing = tested[tested["conclusion"] != NOT_SIGNIFICANT]
    how = (
        "pairs of phenotypes were compared by Welch's t-test within each metric that differed, with Bonferroni's "
        "correction of CI and p for the number of pairs"
    )
    if differing.empty:
        return paragraph(how, f"no two phenotypes differed significantly by the reference or by {reader}")
    texts = [verdict(row, reader, alpha) for row in differing.to_dict("records")]
    if len(differing) < len(tested):
        others = f"no other pair differed significantly by the reference or by {reader}"
        texts.append(others)
    return paragraph(how, *texts)


def sample_size(table: pd.DataFrame, reader: str, alpha: float, power: float) -> str:
    """Report how many mice a study of two groups would need, by the reference and by the reader."""
    texts = []
    for row in table.to_dict("records"):
        counts = [row[f"{which}_mice_per_group"] for which in ("reference", "reader", "calibrated")]
        if pd.isna(counts[:2]).any():
            continue
        change = of_unit(f"{row['change']:g}", {"points": "percentage points"}.get(row["change_unit"], "%"))
        if row["change_unit"] == "%":
            change += f" ({of_unit(number(row['change_absolute']), row['unit'])})"
        reference_sd, reader_sd = (number(row[f"{rater}_sd"]) for rater in ("reference", "reader"))
        text = (
            f"to detect a difference of {change} in {METRIC[row['metric']]}, {counts[0]:.0f} mice per group would be "
            f"needed by the reference and {counts[1]:.0f} by {reader} (SD "
            f"{'within phenotypes ' if row['groups'] > 1 else ''}{reference_sd} and "
            f"{change_of_unit(reader_sd, row['unit'])})"
        )
        if not pd.isna(counts[2]):
            slope = f"the difference scaled by the slope of {reader} on the reference ({number(row['slope'], 2)})"
            text += f", or {counts[2]:.0f} with {slope}"
        texts.append(text)
    if texts:
        test = f"a two-sided t-test of two groups of equal size, a power of {100 * power:g}% and the level {alpha:g}"
        texts.insert(0, f"numbers of mice were estimated for {test}")
    return paragraph(*texts, reasons(table, names(table), "the sample size was uncertain"))
