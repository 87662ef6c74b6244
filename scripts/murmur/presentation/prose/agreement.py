"""Agreement in words: mice compared, bias, equivalence, limits of agreement, reliability."""

import pandas as pd

from murmur.presentation.number_format import coefficient, number, p_is
from murmur.presentation.prose.phrases import (
    METRIC,
    confidence_interval,
    difference_with_unit,
    enumerate_words,
    interval,
    metric_names,
    missing_values,
    paragraph,
    parenthesis,
    values_for,
)
from murmur.statistics.notes import SILENT, mice
from murmur.subject import in_scans

# the columns of agreement.csv that the text reports for every metric
REPORTED = ["p_holm", "loa_low", "icc2", "ccc", "cv_percent"]
# reasons that concern statistics which the text does not report, or mice that it has counted before
UNREPORTED = (
    "pairs_missing",
    "differences_zero",
    "perfect_correlation",
    "too_few_for_limits",
    "too_many_for_normality",
)


def compared(tables: dict[str, pd.DataFrame], cohort: str, reader: str, animals: int) -> str:
    """Report how many mice were compared, of which phenotypes, and how many were excluded and why.

    `animals` is the number of animals of the cohort if some have several scans, which are then counted, otherwise 0.
    """
    agreement, groups = tables["agreement"], tables.get("groups")
    manifest, split = tables.get("manifest"), tables.get("split")
    n, scans = (int(agreement[column].max()) if len(agreement) else 0 for column in ("n", "scans"))
    total = scans if manifest is None else len(manifest)
    texts = [f"no mouse of the {cohort} cohort was measured by both the reference and reader {reader}"]
    if n:
        count = f"{n} of the {total} mice" if n < total else mice(n)
        if animals:
            count = f"{mice(n)} ({scans} of the {total} scans)" if scans < total else f"{mice(n)} ({scans} scans)"
        texts = [f"reader {reader} was compared with the reference in {count} of the {cohort} cohort"]
    if scans < total:
        without = int(manifest["es_frame"].isna().sum())
        unread = total - scans - without
        learning = 0 if split is None else int(split["split"].isin(["train", "validation"]).sum())
        what = f"{'was' if unread == 1 else 'were'} not measured by {reader}"
        if learning == unread:
            sets = "training or validation set" if unread == 1 else "training and validation sets"
            what = f"belonged to the {sets}"
        why = [f"{without if n else mice(without)} had no reference contours at ED and ES"] if without else []
        why += [f"{unread} {what}"] if unread else []
        others = "of the other mice, " if n and len(why) > 1 else "the other " if n else ""
        left = others + enumerate_words(why)
        if others == "the other ":
            number, _, rest = why[0].partition(" ")
            left = f"the other {'mouse' if number == '1' else f'{number} mice'} {rest}"
        texts.append(in_scans(left) if animals else left)
    if groups is not None and n:
        rows = groups[(groups["metric"] == agreement.loc[agreement["n"].idxmax(), "metric"]) & (groups["n"] > 0)]
        sizes = dict(zip(rows["phenotype"], rows["n"], strict=True))
        if unknown := n - sum(sizes.values()):
            sizes["unknown"] = unknown
        kinds = enumerate_words(f"{phenotype} (n = {size})" for phenotype, size in sizes.items())
        texts.append(f"the {'phenotype was' if len(sizes) == 1 else 'phenotypes were'} {kinds}")
    return paragraph(*texts)


def conventions(agreement: pd.DataFrame, reader: str, alpha: float) -> str:
    """Define the bias and the p values of the paragraphs that follow."""
    intervals = f"{100 * (1 - alpha):g}% confidence intervals (CIs)"
    several = ", of the means over the scans of each mouse" if _several(agreement) else ""
    return paragraph(
        f"bias is the mean difference, {reader} − reference{several}",
        f"p values are Holm-corrected across parameters; {intervals} are not"
        if agreement["p_holm"].count() > 1
        else "",
    )


def _several(agreement: pd.DataFrame) -> bool:
    """Return whether some animals have several scans."""
    return bool((agreement["scans"] > agreement["n"]).any())


def biases(rows: pd.DataFrame, alpha: float, n: bool, conjunction: str = "and") -> str:
    """Enumerate metrics with their bias, its interval and, if this excludes 0, p; with `n` also the number of mice."""
    found = []
    for position, row in enumerate(rows.to_dict("records")):
        value = difference_with_unit(number(row["bias"]), row["unit"])
        facts = parenthesis(
            value if position else f"bias {value}",
            confidence_interval(alpha, interval(row["bias_ci_low"], row["bias_ci_high"])),
            p_is(row["p_holm"]) if row["bias_ci_low"] * row["bias_ci_high"] > 0 else "",
            f"n = {row['n']}" if n else "",
        )
        found.append(METRIC[row["metric"]] + facts)
    return enumerate_words(found, conjunction)


def proportional(agreement: pd.DataFrame, alpha: float) -> str:
    """Name the metrics whose bias depends on their size; empty without any."""
    sloping = agreement[agreement["slope_p_holm"] < alpha]
    return f"bias was proportional for {enumerate_words(metric_names(sloping))} (see below)" if len(sloping) else ""


def bias(agreement: pd.DataFrame, reader: str, alpha: float) -> str:
    """Report which metrics the reader over- or underestimates, and the bias of all; their means are in Table 1."""
    measured = agreement[agreement["n"] > 0]
    significant, tested = measured["p_holm"] < alpha, measured["p_holm"].notna()
    unequal = measured["n"].nunique() > 1
    biased = [
        f"{verb} {biases(measured[rows], alpha, unequal)}"
        for verb, rows in (
            ("overestimated", significant & (measured["bias"] > 0)),
            ("underestimated", significant & (measured["bias"] < 0)),
        )
        if rows.any()
    ]
    verdicts = [f"significantly {enumerate_words(biased)}"] if biased else []
    if (others := tested & ~significant).any():
        listed = biases(measured[others], alpha, unequal, "or")
        verdicts.append(f"did not differ significantly from the reference in {listed}")
    untested = "" if tested.all() else biases(measured[~tested], alpha, unequal)
    return paragraph(
        f"reader {reader} {', but '.join(verdicts)}" if verdicts else "",
        f"bias was not tested in {untested}" if untested else "",
        proportional(measured, alpha),
        "Table 1 gives the means, limits of agreement and p values, and Figure 3 shows all differences",
    )


def by_equivalence(agreement: pd.DataFrame, alpha: float) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return the metrics whose means are equivalent, those in which they only seem so, and those in which not shown.

    They only seem so where bias depends on size: opposite biases of small and large hearts then cancel in the mean.
    """
    tested = agreement[agreement["tost_p_holm"].notna()]
    within, sloping = tested["tost_p_holm"] < alpha, tested["slope_p_holm"] < alpha
    return tested[within & ~sloping], tested[within & sloping], tested[~within]


def equivalence(agreement: pd.DataFrame, alpha: float) -> str:
    """Report in which metrics the means are equivalent within their margins."""
    shown, seeming, beyond = by_equivalence(agreement, alpha)
    yes, no = (
        [
            METRIC[row["metric"]]
            + parenthesis(
                f"margin ±{difference_with_unit(number(row['equivalence_margin']).removesuffix('.0'), row['unit'])}",
                p_is(row["tost_p_holm"]),
            )
            for row in rows.to_dict("records")
        ]
        for rows in (shown, beyond)
    )
    verdicts = [f"shown for {enumerate_words(yes)}"] if yes else []
    verdicts += [f"not {'' if yes else 'shown '}for {enumerate_words(no, 'or')}"] if no else []
    correction = ", Holm-corrected" if agreement["tost_p_holm"].count() > 1 else ""
    cancelling = [METRIC[row["metric"]] + parenthesis(p_is(row["tost_p_holm"])) for row in seeming.to_dict("records")]
    how = "" if yes or no else f" in two one-sided paired t-tests{correction}"
    return paragraph(
        f"equivalence of the means (two one-sided paired t-tests{correction}) was {', but '.join(verdicts)}"
        if verdicts
        else "",
        f"although bias lay within the margin{how} for {enumerate_words(cancelling)}, equivalence was not concluded, "
        "because the difference depended on size (see below), and differences of opposite sign may cancel in the mean"
        if cancelling
        else "",
    )


def line(intercept: float, slope: float) -> str:
    """Write a limit of agreement that depends on the mean, "42.8 − 0.80 × mean"."""
    return f"{number(intercept)} {'−' if slope < 0 else '+'} {number(abs(slope), 2)} × mean"


def sloping_limits(row: dict) -> str:
    """Write the regression-based limits of agreement of a metric; nothing where there are none."""
    lines = [(row[f"loa_{side}_intercept"], row[f"loa_{side}_slope"]) for side in ("low", "high")]
    if pd.isna(lines).any():
        return ""
    low, high = (line(*of) for of in lines)
    return f"regression-based limits {low} to {difference_with_unit(high, row['unit'])}"


def limits_of_agreement(row: dict, alpha: float) -> str:
    """Write a metric with its limits of agreement and their intervals."""
    limits = difference_with_unit(interval(row["loa_low"], row["loa_high"]), row["unit"])
    low, high = (interval(row[f"loa_{side}_ci_low"], row[f"loa_{side}_ci_high"]) for side in ("low", "high"))
    between = confidence_interval(alpha, f"{low} and {high}" if low and high else "")
    return METRIC[row["metric"]] + parenthesis(limits, between)


def extreme_limits(agreement: pd.DataFrame, alpha: float) -> str:
    """Report the narrowest and the widest limits of agreement; Table 1 has all, and Figure 3 their intervals."""
    known = agreement.dropna(subset=["loa_low", "loa_high", "reference_mean"])
    if known.empty:
        return ""
    constant = "constant " if (agreement["slope_p_holm"] < alpha).any() else ""  # regression-based ones follow
    quantity = f"the {constant}95% limits of agreement{' of single scans' if _several(agreement) else ''}"
    relative = (known["loa_high"] - known["loa_low"]) / known["reference_mean"]
    narrow, wide = (known.loc[end].to_dict() for end in (relative.idxmin(), relative.idxmax()))
    if len(known) == 1:
        return f"{quantity} were calculated for {limits_of_agreement(narrow, alpha)}"
    return (
        f"relative to the mean of the reference, {quantity} were narrowest for {limits_of_agreement(narrow, alpha)} "
        f"and widest for {limits_of_agreement(wide, alpha)}"
    )


def spread(agreement: pd.DataFrame, group_tests: pd.DataFrame | None, reader: str, alpha: float) -> str:
    """Report the narrowest and widest limits of agreement, and the metrics with proportional bias.

    `group_tests` is group_tests.csv, where phenotypes are compared.
    """
    sloping = {}
    for row in agreement[agreement["slope_p_holm"] < alpha].to_dict("records"):
        facts = parenthesis(
            f"slope {number(row['slope'], 2)}",
            confidence_interval(alpha, interval(row["slope_ci_low"], row["slope_ci_high"], 2)),
            p_is(row["slope_p_holm"]),
            sloping_limits(row),
        )
        sloping.setdefault("increased" if row["slope"] > 0 else "decreased", []).append(METRIC[row["metric"]] + facts)
    texts = [extreme_limits(agreement, alpha)]
    texts += [
        f"the difference {reader} − reference {changed} significantly with increasing mean of the two measurements for "
        f"{enumerate_words(found)}"
        for changed, found in sloping.items()
    ]
    texts.append("" if group_tests is None else confounded(agreement, group_tests, alpha))
    if sloping and _several(agreement):
        texts.append(
            "the limits of agreement do not take this dependence into account, because regression-based limits are not "
            "available for several scans per mouse"
        )
    if agreement["slope_p_holm"].count() and not sloping:
        slopes = [number(agreement["slope"].min(), 2), number(agreement["slope"].max(), 2)]
        found = f"slope {slopes[0]}" if len(set(slopes)) == 1 else f"slopes of {slopes[0]} to {slopes[1]}"
        texts.append(f"no significant proportional bias was found ({found})")
    return paragraph(*texts)


def confounded(agreement: pd.DataFrame, group_tests: pd.DataFrame, alpha: float) -> str:
    """Name the metrics in which bias may depend on the phenotype instead of the size; empty without any."""
    of_reference = group_tests.query("test == 'welch_anova' and rater == 'reference'")
    differing = set(of_reference.loc[of_reference["p_holm"] < alpha, "metric"])
    found = agreement[(agreement["slope_p_holm"] < alpha) & agreement["metric"].isin(differing)]
    if found.empty:
        return ""
    return (
        f"because phenotypes differed in {enumerate_words(metric_names(found))}, dependence on size cannot be "
        "distinguished from dependence on the phenotype"
    )


def farthest(differences: pd.DataFrame, row: dict) -> tuple[str, str]:
    """Return the animal whose difference lies farthest from the bias of a metric, and the metric with it in words."""
    own = differences.loc[differences["metric"] == row["metric"]].set_index("animal")["difference"]
    name = (own - row["bias"]).abs().idxmax()
    return str(name), METRIC[row["metric"]] + parenthesis(difference_with_unit(number(own[name]), row["unit"]))


def normality(agreement: pd.DataFrame, differences: pd.DataFrame, alpha: float) -> str:
    """Report metrics whose differences are not normal, with the animal farthest from the bias; empty without any.

    `differences` gives the difference reader − reference of each animal: columns animal, metric and difference.
    """
    skewed = agreement[agreement["shapiro_p_holm"] < alpha].to_dict("records")
    if not skewed:
        return ""
    found = [METRIC[row["metric"]] + parenthesis(p_is(row["shapiro_p_holm"])) for row in skewed]
    extremes: dict[str, list[str]] = {}
    for row in skewed:
        name, what = farthest(differences, row)
        extremes.setdefault(name, []).append(what)
    ranked = [f"{p_is(row['wilcoxon_p'])} for {METRIC[row['metric']]}" for row in skewed if pd.notna(row["wilcoxon_p"])]
    disputed = [
        f"{p_is(row['p'])} for {METRIC[row['metric']]}"
        for row in skewed
        if pd.notna(row["wilcoxon_p"]) and (row["p"] < alpha) != (row["wilcoxon_p"] < alpha)
    ]
    depends = (
        f"; uncorrected paired t-tests gave {enumerate_words(disputed)}, so that the significance of bias depends "
        "on the test"
        if disputed
        else ""
    )
    named = enumerate_words(f"of {name} in {enumerate_words(metrics)}" for name, metrics in extremes.items())
    s, were_those = ("s", "were those") if len(skewed) > 1 else ("", "was that")
    return paragraph(
        f"by Shapiro-Wilk tests, differences were not normally distributed in {enumerate_words(found)}, so that the "
        "corresponding t-tests and limits of agreement with their CIs are approximate",
        f"Wilcoxon signed-rank tests of the differences gave {enumerate_words(ranked)} (not corrected){depends}"
        if ranked
        else "",
        f"the difference{s} farthest from the bias {were_those} {named}",
    )


def ranging(quantity: str, table: pd.DataFrame, column: str, unit: str = "") -> str:
    """Report the ends of a column, "... ranged from 0.66 (SV) to 0.98 (EDV)"; without `unit`, of coefficients."""
    if table.empty:
        return ""
    ends = [table.loc[found] for found in (table[column].idxmin(), table[column].idxmax())]
    (low, least), (high, most) = (
        (f"{number(row[column])}{unit}" if unit else coefficient(row[column]), METRIC[row["metric"]]) for row in ends
    )
    if len(table) == 1:
        return f"{quantity} was {low} for {least}"
    return f"{quantity} ranged from {low} ({least}) to {high} ({most})"


def reliability(agreement: pd.DataFrame, alpha: float) -> str:
    """Report ICC, concordance and the coefficient of variation, and why reported statistics are missing."""
    icc = []
    for row in agreement.to_dict("records"):
        low, high = (row[f"icc2_ci_{side}"] for side in ("low", "high"))
        given = "" if pd.isna(low) or pd.isna(high) else f"{coefficient(low)} to {coefficient(high)}"
        limits = parenthesis(confidence_interval(alpha, given))
        icc.append("" if pd.isna(row["icc2"]) else coefficient(row["icc2"]) + limits)
    of_means, of_scans = (" of the means of each mouse", " of single scans") if _several(agreement) else ("", "")
    variation = f"the coefficient of variation{of_scans} between reader and reference, which includes the bias,"
    incomplete = agreement[agreement[REPORTED].isna().any(axis=1)]
    return paragraph(
        values_for(f"the intraclass correlation coefficient ICC(2,1){of_means}", icc, metric_names(agreement)),
        ranging(f"Lin's concordance correlation coefficient{of_means}", agreement.dropna(subset="ccc"), "ccc"),
        ranging(variation, agreement.dropna(subset="cv_percent"), "cv_percent", "%"),
        missing_values(incomplete, metric_names(incomplete), silent=(*SILENT, *UNREPORTED)),
    )


def frames(table: pd.DataFrame, reader: str) -> str:
    """Report in how many mice the reader's own ED and ES are those of the reference; `table` is frames.csv."""
    known = table.dropna(subset=["ed_difference_frames", "es_difference_frames"])
    if known.empty:
        return ""
    found = []
    for phase, extreme in (("ED", f"the blood pool segmented by {reader} was largest"), ("ES", "it was smallest")):
        apart = known[f"{phase.lower()}_difference_frames"].abs()
        n, same, most = len(apart), int((apart == 0).sum()), int(apart.max())
        where = f"in all {mice(n)}" if n > 1 else "in the only mouse"
        if same < n:
            others = "in the other" if n - same == 1 else "in the others"
            where = (
                f"in {same} of {mice(n)}, and within {most} {'frame' if most == 1 else 'frames'} of {phase} {others}"
            )
        found.append(f"{extreme} at {phase} of the reference {where}")
    return paragraph("; ".join(found), "Figure 4 shows the blood-pool volume over the cardiac cycle")
