"""Phenotypes in words: their differences as measured by reference and reader, and sample sizes."""

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from murmur.presentation.number_format import number, p_is
from murmur.presentation.prose.phrases import (
    METRIC,
    confidence_interval,
    difference_with_unit,
    enumerate_clauses,
    enumerate_words,
    estimate,
    metric_names,
    missing_values,
    paragraph,
    parenthesis,
    with_unit,
)
from murmur.statistics.conclusions import (
    MIN_MICE,
    NOT_SIGNIFICANT,
    OPPOSITE,
    RATERS,
    READER_ONLY,
    REFERENCE_ONLY,
    SIGNIFICANT,
)
from murmur.statistics.notes import SILENT, mice, reasons_of

FEW_MICE = 5  # per phenotype: with fewer, the text warns of little power


def phenotypes(
    tests: pd.DataFrame, differences: pd.DataFrame, agreement: pd.DataFrame, reader: str, alpha: float
) -> list[str]:
    """Report in which metrics phenotypes differ for reference and reader, and which conclusions change.

    `agreement` is agreement.csv, with the means of the reference.
    """
    welch = tests[(tests["test"] == "welch_anova")]
    tested = welch[welch["p_holm"].notna()]
    if tested.empty:
        few = f"fewer than two of them had at least {MIN_MICE} mice measured by both reference and reader"
        return [paragraph(f"phenotypes were not compared because {few}")] if len(differences) else []
    several = " with Holm correction across parameters" if tested["metric"].nunique() > 1 else ""
    if tested["df1"].max() == 1:
        pairs = [two_phenotypes(differences, welch, reader, several, alpha)]
    else:
        pairs = [
            several_phenotypes(welch, differences, reader, several, alpha),
            pairs_of_phenotypes(differences, welch, reader, alpha),
        ]
    means = agreement.set_index("metric")["reference_mean"]
    return [*pairs, deviations(differences, means, reader, alpha)]


def little_power(differences: pd.DataFrame) -> str:
    """Warn of little power where a phenotype that is tested has few mice; empty otherwise."""
    tested = differences[differences["conclusion"].notna()]
    sizes = {int(n) for column in ("n_a", "n_b") for n in tested[column]}
    if not sizes or min(sizes) >= FEW_MICE:
        return ""
    least = "" if len(sizes) == 1 else "as few as "
    return f"with {least}{mice(min(sizes))} per phenotype, these tests have little power"


def several_phenotypes(welch: pd.DataFrame, differences: pd.DataFrame, reader: str, several: str, alpha: float) -> str:
    """Report the Welch ANOVA of each metric by reference and reader."""
    found: dict[tuple[bool, ...], list[str]] = {}
    for metric, rows in welch.groupby("metric", sort=False):
        raters = rows.set_index("rater").loc[["reference", "reader"]]
        if raters["p_holm"].notna().all():
            facts = [
                f"F({row.df1:.0f}, {number(row.df2)}) = {number(row.statistic, 2)}, {p_is(row.p_holm)}"
                for row in raters.itertuples()
            ]
            found.setdefault(tuple(raters["p_holm"] < alpha), []).append(f"{METRIC[metric]} ({'; '.join(facts)})")
    differed = "differed significantly between phenotypes according to"
    verdicts = {
        (True, True): f"{differed} both the reference and {reader}",
        (True, False): f"{differed} the reference but not according to {reader}",
        (False, True): f"{differed} {reader} but not according to the reference",
        (False, False): f"did not {differed.replace('differed', 'differ')} either the reference or {reader}",
    }
    return paragraph(
        f"phenotypes were compared by Welch's ANOVA{several} (Table 3, Figure 6; results are given as reference, then "
        f"{reader})",
        *(f"{enumerate_words(found[which])} {what}" for which, what in verdicts.items() if which in found),
        little_power(differences),
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
        SIGNIFICANT: f"{by_reference} according to both the reference{reference} and {reader}{read}",
        OPPOSITE: f"{by_reference} according to the reference{reference}, but the opposite was found with "
        f"{reader}{read}",
        REFERENCE_ONLY: f"{by_reference} according to the reference{reference} but not according to {reader}{read}",
        READER_ONLY: f"{by_reader} according to {reader}{read} but not according to the reference{reference}",
        NOT_SIGNIFICANT: f"{metric} did not differ significantly between {b} and {a} according to the "
        f"reference{reference} or {reader}{read}",
    }[row["conclusion"]]


def two_phenotypes(differences: pd.DataFrame, welch: pd.DataFrame, reader: str, several: str, alpha: float) -> str:
    """Report the one comparison of each metric between the two phenotypes that can be tested."""
    tested = differences[differences["conclusion"].notna()]
    if tested.empty:
        return ""
    order = [SIGNIFICANT, OPPOSITE, REFERENCE_ONLY, READER_ONLY, NOT_SIGNIFICANT]
    rows = tested.sort_values("conclusion", key=lambda found: found.map(order.index), kind="stable")
    return paragraph(
        f"the phenotypes were compared by Welch's t-test{several} (Table 3, Figure 6)",
        *(verdict(row, reader, alpha) for row in rows.to_dict("records")),
        caveat(tested["conclusion"]),
        little_power(differences),
        missing_values(welch, metric_names(welch)),
    )


def caveat(conclusions: pd.Series) -> str:
    """Warn against a comparison of p values where a pair differs according to the reference or the reader only."""
    one_only = conclusions.isin([REFERENCE_ONLY, READER_ONLY]).any()
    return (
        "a difference that is significant according to only one of them does not show that they disagree"
        if one_only
        else ""
    )


def pairs_in(rows: pd.DataFrame) -> str:
    """Write pairs of phenotypes of one metric with their differences for reference and reader."""
    return enumerate_words(
        f"between {row['group_b']} and {row['group_a']} ({number(row['reference_difference'])}; "
        f"{difference_with_unit(number(row['reader_difference']), row['unit'])})"
        for row in rows.to_dict("records")
    )


def pairs_in_metric(rows: pd.DataFrame, omnibus: Mapping[str, float], reader: str, alpha: float) -> str:
    """Report the pairs of one metric that differ for both, for the reference or for the reader.

    `omnibus` is the p of its Welch ANOVA by rater: pairs were compared for those only where it is significant.
    """
    metric = METRIC[rows["metric"].iloc[0]]
    raters = {"reference": "the reference", "reader": reader}
    compared = [name for rater, name in raters.items() if omnibus[rater] < alpha]
    only = f", for which the ANOVA was significant according to {compared[0]} only," if len(compared) == 1 else ""
    whose = {
        SIGNIFICANT: "according to both",
        OPPOSITE: "in opposite directions according to the two",
        REFERENCE_ONLY: "according to the reference" + " only" * (not only),
        READER_ONLY: f"according to {reader}" + " only" * (not only),
    }
    found = [
        f"{pairs_in(rows[rows['conclusion'] == conclusion])} {by}"
        for conclusion, by in whose.items()
        if (rows["conclusion"] == conclusion).any()
    ]
    return f"{metric}{only} differed significantly {enumerate_clauses(found)}"


def pairs_of_phenotypes(differences: pd.DataFrame, welch: pd.DataFrame, reader: str, alpha: float) -> str:
    """Report the pairs of phenotypes that differ for the reference, for the reader or for both, by metric."""
    tested = differences[differences["conclusion"].notna()]
    omnibus = welch.set_index(["metric", "rater"])["p_holm"]
    if tested.empty or not (omnibus < alpha).any():
        return ""
    differing = tested[tested["conclusion"] != NOT_SIGNIFICANT]
    how = (
        "pairs of phenotypes were compared by Welch's t-test with Bonferroni correction and could differ significantly "
        "only where the ANOVA was significant"
    )
    if differing.empty:
        return paragraph(how, f"no two phenotypes differed significantly according to the reference or {reader}")
    how += (
        f"; differences (first minus second phenotype) are given as reference, then {reader}, and their CIs and p "
        "values in the supplementary tables"
    )
    texts = [
        pairs_in_metric(rows, {rater: omnibus.get((metric, rater), math.nan) for rater in RATERS}, reader, alpha)
        for metric, rows in differing.groupby("metric", sort=False)
    ]
    others = f"no other pair differed significantly according to the reference or {reader}"
    texts += [others] if len(differing) < len(tested) else []
    return paragraph(how, *texts, caveat(differing["conclusion"]))


def deviations(differences: pd.DataFrame, means: pd.Series, reader: str, alpha: float) -> str:
    """Report the pairs of phenotypes whose difference by the reader is not that by the reference.

    Without any, the pair is named whose difference deviates most, relative to `means`, those of the reference by
    metric, because with few mice a large deviation need not be significant.
    """
    tested = differences[differences["bias_difference_p_adjusted"].notna()]
    if tested.empty:
        return ""
    found = deviating(tested, alpha)
    if found.empty:
        relative = (tested["bias_difference"] / tested["metric"].map(means)).abs()
        verdict = (
            f"no difference between phenotypes as measured by {reader} deviated significantly from that measured by "
            "the reference"
        )
        if relative.notna().any():
            largest = deviations_in_metric(tested.loc[[relative.idxmax()]], alpha)
            verdict += f"; relative to the mean of the reference, the largest deviation was found {largest}"
    else:
        by_metric = [deviations_in_metric(rows, alpha) for _, rows in found.groupby("metric", sort=False)]
        verdict = (
            f"differences between phenotypes as measured by {reader} deviated significantly from those measured by the "
            f"reference {enumerate_clauses(by_metric)}"
        )
    holm = "Holm-corrected " if tested["metric"].nunique() > 1 else ""
    intervals = "these CIs are" if len(found) > 1 else "this CI is"
    return paragraph(
        verdict,
        f"{intervals} Bonferroni-corrected for the pairs of a parameter; p is the larger of the Bonferroni-corrected p "
        f"and the {holm}p of Welch's ANOVA of the differences {reader} − reference"
        if tested["metric"].duplicated().any()
        else "",
    )


def deviations_in_metric(rows: pd.DataFrame, alpha: float) -> str:
    """Write pairs of phenotypes of one metric with how far their difference by the reader deviates."""
    pairs = enumerate_words(
        f"between {row['group_b']} and {row['group_a']}{deviation(row, alpha)}" for row in rows.to_dict("records")
    )
    return f"in {METRIC[rows['metric'].iloc[0]]} {pairs}"


def deviation(row: dict, alpha: float) -> str:
    """Write a difference between two phenotypes by the reader and by the reference, and how far they are apart."""
    unit = row["unit"]
    instead = f"{number(row['reader_difference'])} instead of {number(row['reference_difference'])}"
    apart = difference_with_unit(number(row["bias_difference"]), unit)
    limits = row["bias_difference_ci_low"], row["bias_difference_ci_high"]
    value = f"{difference_with_unit(instead, unit)}; deviation {apart}"
    return estimate(value, *limits, row["bias_difference_p_adjusted"], alpha)


def deviating(differences: pd.DataFrame, alpha: float) -> pd.DataFrame:
    """Return the pairs of phenotypes between which the reader's error differs significantly."""
    return differences[differences["bias_difference_p_adjusted"] < alpha]


def mice_needed(row: dict, reader: str, alpha: float) -> str:
    """Report how many mice per group show one difference by the reference, and by the reader where that is known."""
    change = with_unit(f"{row['change']:g}", {"points": "percentage points"}.get(row["change_unit"], "%"))
    if row["change_unit"] == "%":
        change += f" ({with_unit(number(row['change_absolute']), row['unit'])})"
    sd, reader_sd = (difference_with_unit(number(row[f"{rater}_sd"]), row["unit"]) for rater in ("reference", "reader"))
    low, high = (row[f"reference_mice_per_group_ci_{side}"] for side in ("low", "high"))
    limits = "" if pd.isna(low) or pd.isna(high) else confidence_interval(alpha, f"{low:.0f} to {high:.0f}")
    text = (
        f"to detect a difference of {change} in {METRIC[row['metric']]}, {row['reference_mice_per_group']:.0f} mice "
        f"per group{parenthesis(limits)} would be required with the reference (SD {sd})"
    )
    if uncertain(row):
        return text
    slope = "" if pd.isna(row["slope"]) else f"slope {number(row['slope'], 2)}"
    if pd.isna(row["calibrated_mice_per_group"]):
        why = parenthesis(slope)
        if row["slope"] <= 0:
            why = f", because the slope was not positive ({number(row['slope'], 2)})"
        return f"{text}; the number for {reader} could not be estimated{why}"
    return f"{text} and about {row['calibrated_mice_per_group']:.0f} with {reader} (SD {reader_sd}, {slope})"


def uncertain(row: Mapping) -> str:
    """Return how many mice in how many groups are too few to know SD and slope; empty if they are enough."""
    return "".join(" in ".join(why.values) for why in reasons_of(row["reasons"]) if why.code == "sd_uncertain")


def uncertain_sds(rows: Sequence[Mapping], reader: str) -> list[str]:
    """Write which SDs are very uncertain, so that no number with the reader is given."""
    found: dict[str, list[str]] = {}
    for row in rows:
        if where := uncertain(row):
            found.setdefault(where, []).append(METRIC[row["metric"]])
    texts = []
    for where, names in found.items():
        of_these = "" if len(names) == len(rows) else f" of {enumerate_words(names)}"
        sds, are = ("SD", "is") if len(names) == 1 else ("SDs", "are")
        texts.append(
            f"the {sds}{of_these}, estimated from {where}, {are} very uncertain, so that no number with {reader} is "
            "given"
        )
    return texts


UNREPORTED = (
    *SILENT,
    "sd_of_means",
    "sd_uncertain",
    "no_slope",
    "values_missing",
)  # reasons that the text has given, or need not


def averages_scans(sample_size: pd.DataFrame) -> bool:
    """Return whether the SDs of a table of sample sizes are those of means over several scans of an animal."""
    return any(why.code == "sd_of_means" for cell in sample_size["reasons"] for why in reasons_of(cell))


def sample_size(table: pd.DataFrame, reader: str, alpha: float, power: float, simulated: bool = False) -> str:
    """Report how many mice a study of two groups would need with the reference and with the reader.

    `simulated` tells whether the mice are.
    """
    rows = [row for row in table.to_dict("records") if not pd.isna(row["reference_mice_per_group"])]
    texts = [mice_needed(row, reader, alpha) for row in rows]
    if texts:
        within = " within phenotypes" if (table["groups"] > 1).any() else ""
        several = averages_scans(table)
        of_means = " of the means over the scans of each mouse" if several else ""
        like_these = ", for studies with the same number of scans per mouse," if several else ""
        scaled = (
            f"; with {reader}, the difference was scaled by the slope of {reader} on the reference{within}"
            if not all(map(uncertain, rows))
            else ""
        )
        texts.insert(
            0,
            f"sample sizes were estimated{like_these} for a two-sided t-test of two groups of equal size with a power "
            f"of {100 * power:g}% and a significance level of {alpha:g} from the SDs{of_means}{within}{scaled}",
        )
    if table["reference_mice_per_group_ci_high"].notna().any():
        texts.append("these CIs take only the uncertainty of the SDs of the reference into account")
    if texts and simulated:
        texts.append("the SDs are those of the simulation, and these numbers must not be used to plan experiments")
    estimated = table["reference_mice_per_group"].notna()
    caution = "these estimates should be interpreted with caution"
    others = table.assign(reasons=table["reasons"].mask(estimated, ""))  # the names of all are those that may be meant
    return paragraph(
        *texts,
        missing_values(table[estimated], metric_names(table[estimated]), caution, UNREPORTED),
        *uncertain_sds(rows, reader),
        missing_values(
            others, metric_names(table), "sample sizes could not be estimated", UNREPORTED if texts else SILENT
        ),
    )
