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
from murmur.statistics.phenotypes import NOT_SIGNIFICANT, SIGNIFICANT


def phenotypes(tests: pd.DataFrame, reader: str, alpha: float) -> str:
    """Say in which metrics the phenotypes differ, by the reference and by the reader."""
    welch = tests[tests["test"] == "welch_anova"]
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
    texts = [f"{what} {listed(found[verdict])}" for verdict, what in verdicts.items() if verdict in found]
    if texts:
        how = "phenotypes were compared by Welch's ANOVA, Holm-corrected for the number of metrics"
        texts.insert(0, f"{how} (in brackets first the reference, then {reader})")
    return paragraph(*texts, reasons(welch, names(welch)))


def verdict(row: dict, prefix: str, difference: float, alpha: float) -> str:
    """Say how two phenotypes differ, by the columns of `row` that begin with `prefix`."""
    text = f"difference {change_of_unit(number(difference), row['unit'])}"
    facts = finding(text, row[f"{prefix}_ci_low"], row[f"{prefix}_ci_high"], row[f"{prefix}_p"], alpha)
    if row[f"{prefix}_p"] < alpha:
        return f"was significantly {'higher' if difference > 0 else 'lower'}{facts}"
    return f"did not differ significantly{facts}"


def changes(differences: pd.DataFrame, reader: str, alpha: float) -> list[str]:
    """Say of each pair of phenotypes on which reference and reader disagree what both found."""
    texts = []
    for row in differences[~differences["conclusion"].isin([SIGNIFICANT, NOT_SIGNIFICANT])].to_dict("records"):
        reference, read = (verdict(row, by, row[f"{by}_difference"], alpha) for by in ("reference", "reader"))
        texts.append(
            f"the conclusion changed for {METRIC[row['metric']]} in {row['group_b']} against {row['group_a']}: by the "
            f"reference, it {reference}; by {reader}, it {read}"
        )
    return texts


def pairs_of_phenotypes(differences: pd.DataFrame, reader: str, alpha: float) -> str:
    """Say on which differences between two phenotypes reference and reader agree, and which conclusions change."""
    tested = differences[differences["conclusion"].notna()]
    if tested.empty:
        return ""
    texts = []
    for metric, rows in tested[tested["conclusion"] == SIGNIFICANT].groupby("metric", sort=False):
        found = [
            f"{'higher' if row['reference_difference'] > 0 else 'lower'} in {row['group_b']} than in {row['group_a']} "
            f"({number(row['reference_difference'])} and "
            f"{change_of_unit(number(row['reader_difference']), row['unit'])})"
            for row in rows.to_dict("records")
        ]
        texts.append(f"by both, {METRIC[metric]} was significantly {listed(found)}")
    if disagreed := changes(tested, reader, alpha):
        rest = [f"in all other pairs, the reference and {reader} led to the same conclusion"]
        texts += disagreed + (rest if len(disagreed) < len(tested) else [])
    elif texts:
        texts.append("in no pair did the conclusion change")
    else:
        texts.append(f"no two phenotypes differed significantly in any metric, by the reference or by {reader}")
    return paragraph(
        "pairs of phenotypes were compared by Welch's t-test, with Bonferroni's correction for the number of pairs "
        f"(differences first by the reference, then by {reader})",
        *texts,
        reasons(differences, names(differences)),
    )


def sample_size(table: pd.DataFrame, reader: str, alpha: float, power: float) -> str:
    """Say how many mice a study of two groups would need, by the reference and by the reader."""
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
