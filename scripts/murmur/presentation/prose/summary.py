"""The results in short: who was compared, agreement, overlap, phenotypes, and extremes."""

from collections.abc import Iterable, Mapping

import pandas as pd

from murmur.presentation.number_format import number
from murmur.presentation.prose.overlap import PHASE
from murmur.presentation.prose.phenotypes import deviating, little_power
from murmur.presentation.prose.phrases import (
    METRIC,
    STRUCTURE,
    difference_with_unit,
    enumerate_words,
    interval,
    metric_names,
    paragraph,
    parenthesis,
)
from murmur.presentation.prose.segmentation_methods import SIMULATED
from murmur.statistics.conclusions import NOT_SIGNIFICANT, OPPOSITE, READER_ONLY, REFERENCE_ONLY, SIGNIFICANT
from murmur.statistics.notes import mice
from murmur.subject import in_scans
from murmur.vocabulary import METRIC_MEANINGS

# Metrics whose names share words.
VOLUMES = {"EDV": "end-diastolic", "ESV": "end-systolic", "SV": "stroke"}
MASSES = {"mass_ED": "end-diastole (ED)", "mass_ES": "end-systole (ES)"}


def summary(tables: dict[str, pd.DataFrame], cohort: str, reader: str, alpha: float, simulated: bool = False) -> str:
    """Summarise the results in a few sentences; empty without a mouse measured by both.

    `simulated` tells whether the images are.
    """
    agreement = tables["agreement"]
    if not agreement["n"].sum():
        return ""
    n, scans = int(agreement["n"].max()), int(agreement["scans"].max())
    return paragraph(
        f"left-ventricular {measured(agreement['metric'])}, as measured by reader {reader}, "
        f"{'was' if len(agreement) == 1 else 'were'} compared with the reference in "
        f"{mice(n)}{f' ({scans} scans)' if scans > n else ''} of the {cohort} cohort",
        main_agreement(agreement, reader, alpha),
        main_overlap(tables["overlap_summary"]) if "overlap_summary" in tables else "",
        agreement_on_phenotypes(tables["group_tests"], tables["group_differences"], reader, alpha)
        if "group_differences" in tables
        else "",
        extremes(tables, alpha),
        f"all images were simulated; {SIMULATED}" if simulated else "",
    )


def measured(metrics: Iterable[str]) -> str:
    """Define the abbreviations of `metrics`: "end-diastolic and stroke volume (EDV, SV) and ejection fraction (EF)"."""
    metrics = list(metrics)
    volumes = {metric: name for metric, name in VOLUMES.items() if metric in metrics}
    masses = [name for metric, name in MASSES.items() if metric in metrics]
    found = [f"{enumerate_words(volumes.values())} volume ({', '.join(volumes)})"] if volumes else []
    found += ["ejection fraction (EF)"] if "EF" in metrics else []
    found += [f"myocardial mass at {enumerate_words(masses)}"] if masses else []
    found += [METRIC_MEANINGS[metric] for metric in metrics if metric not in {*VOLUMES, "EF", *MASSES}]
    return enumerate_words(found)


def main_agreement(agreement: pd.DataFrame, reader: str, alpha: float) -> str:
    """Report bias and limits of agreement of EF, and the metrics with significant bias and with equivalence."""
    ef = agreement[(agreement["metric"] == "EF") & (agreement["n"] > 0)]
    texts = []
    for row in ef.to_dict("records"):
        limits = interval(row["loa_low"], row["loa_high"])
        facts = parenthesis(f"95% limits of agreement {limits}" if limits else "")
        texts.append(f"the bias in EF was {difference_with_unit(number(row['bias']), row['unit'])}{facts}")
    if agreement["p_holm"].notna().any():
        biased = metric_names(agreement[agreement["p_holm"] < alpha])
        subject = "bias" if texts else f"the bias of {reader}"
        only = " only" if len(biased) == 1 and agreement["p_holm"].count() > 1 else ""
        texts.append(
            f"{subject} was significant for {enumerate_words(biased)}{only}"
            if biased
            else "no parameter showed significant bias"
        )
    return "; ".join(filter(None, [*texts, about_margins(agreement, alpha)]))


def about_margins(agreement: pd.DataFrame, alpha: float) -> str:
    """Report for which parameters equivalence of the means was shown, whether biased or not."""
    tested = agreement[agreement["tost_p_holm"].notna()]
    shown = tested["tost_p_holm"] < alpha
    if tested.empty:
        return ""
    depends = tested["slope_p_holm"] < alpha
    steady, sloping = (
        enumerate_words(metric_names(tested[rows])) if rows.any() else ""
        for rows in (shown & ~depends, shown & depends)
    )
    if shown.all() and len(tested) > 1:
        but = f", although bias depended on size for {sloping}" if sloping else ""
        return f"equivalence of the means was shown for all parameters{but}"
    found = steady or f"{sloping}, although bias depended on size"
    if steady and sloping:
        found += f", and, although bias depended on size, for {sloping}"
    if shown.all():
        return f"equivalence of the means was shown for {found}"
    beyond = enumerate_words(metric_names(tested[~shown]), "or")
    if not shown.any():
        return f"equivalence of the means was not shown for {'any parameter' if len(tested) > 1 else beyond}"
    return f"equivalence of the means was shown for {found}, but not for {beyond}"


def main_overlap(dice: pd.DataFrame) -> str:
    """Report the mean Dice coefficient of each structure at ED and ES."""
    rows = dice[dice["phase"].isin(["ED", "ES"]) & dice["mean"].notna()]
    found = []
    for structure, name in STRUCTURE.items():
        values = rows[rows["structure"] == structure].itertuples()
        means = [f"{number(row.mean, 2)} {PHASE[row.phase]}" for row in values]
        found += [f"{enumerate_words(means)} for {name}"] if means else []
    return f"the mean Dice coefficient was {enumerate_words(found)}" if found else ""


def agreement_on_phenotypes(tests: pd.DataFrame, differences: pd.DataFrame, reader: str, alpha: float) -> str:
    """Report how many pairs of phenotypes differ for reference and reader, and which of these differences deviate."""
    tested = differences[differences["conclusion"].notna()]
    if tested.empty:
        return "too few mice per phenotype were available to compare phenotypes" if len(differences) else ""
    found = deviating(differences, alpha)
    apart = (
        f"{len(found)} {'difference' if len(found) == 1 else 'differences'} between phenotypes as measured by {reader} "
        f"deviated significantly from {'that' if len(found) == 1 else 'those'} measured by the reference "
        f"({enumerate_words(METRIC[metric] for metric in found['metric'].unique())})"
        if len(found)
        else ""
    )
    return "; ".join(filter(None, (verdicts_on_pairs(tests, tested, reader, alpha), apart, little_power(differences))))


def verdicts_on_pairs(tests: pd.DataFrame, tested: pd.DataFrame, reader: str, alpha: float) -> str:
    """Count the conclusions on pairs of phenotypes, in the parameters in which both raters compare pairs.

    With three or more phenotypes, these are those in which the ANOVA is significant for both.
    """
    welch = tests[tests["test"] == "welch_anova"]
    where = "pairwise comparisons of phenotypes"
    if welch["df1"].max() > 1:
        largest = welch.groupby("metric")["p_holm"].max()
        tested = tested[tested["metric"].map(largest) < alpha]
        if tested.empty:
            return (
                f"no parameter differed significantly between phenotypes according to both the reference and {reader}"
            )
        metrics = enumerate_words(METRIC[metric] for metric in tested["metric"].unique())
        where += f" in parameters in which they differed according to both ({metrics})"
    counts = tested["conclusion"].value_counts()
    yes, no = (int(counts.get(conclusion, 0)) for conclusion in (SIGNIFICANT, NOT_SIGNIFICANT))
    which = f"{yes} significant, {no} not" if yes and no else "significant" if yes else "not significant"
    same = [f"{yes + no} led to the same conclusion with the reference and {reader} ({which})"] if yes + no else []
    others = {
        OPPOSITE: f"in opposite directions with the reference and {reader}",
        REFERENCE_ONLY: "according to the reference only",
        READER_ONLY: f"according to {reader} only",
    }
    found = [(int(counts[each]), whose) for each, whose in others.items() if each in counts]
    apart = [f"{n} {whose}" for n, whose in found]
    if found:
        n, whose = found[0]
        apart[0] = f"{n} {'was' if n == 1 else 'were'} significant {whose}"
    return f"of {len(tested)} {where}, {enumerate_words([*same, *apart])}"


def place(row: Mapping) -> str:
    """Name the structure and phase of a row of overlap_summary.csv."""
    return f"{STRUCTURE[row['structure']].removeprefix('the ')} {PHASE[row['phase']]}"


def extremes(tables: dict[str, pd.DataFrame], alpha: float) -> str:
    """Name the largest significant bias, proportional bias, empty masks and the lowest Dice coefficient."""
    agreement, dice = tables["agreement"], tables.get("overlap_summary")
    points = []
    biased = agreement[agreement["p_holm"] < alpha]
    if len(biased):
        row = biased.loc[(biased["bias"] / biased["reference_mean"]).abs().idxmax()]
        size = difference_with_unit(number(row["bias"]), row["unit"])
        share = number(100 * row["bias"] / row["reference_mean"])
        largest = "largest " if len(biased) > 1 else ""
        points.append(
            f"relative to the mean of the reference, the {largest}significant bias was {share}% "
            f"({METRIC[row['metric']]}, {size})"
        )
    if (sloping := agreement["slope_p_holm"] < alpha).any():
        points.append(f"bias was proportional for {enumerate_words(metric_names(agreement[sloping]))}")
    if dice is not None:
        rows = dice[dice["phase"].isin(list(PHASE))]
        failed = rows[rows["failed"] > 0]
        empty = [f"{place(row)} in {mice(row['failed'])}" for row in failed.to_dict("records")]
        of_scans = in_scans if (agreement["scans"] > agreement["n"]).any() else str
        points += [of_scans(f"masks were empty for the {enumerate_words(empty)}")] if empty else []
        if rows["min"].notna().any() and failed.empty:
            lowest = rows.loc[rows["min"].idxmin()]
            of_any = of_scans("the lowest Dice coefficient in any mouse")
            points.append(f"{of_any} was {number(lowest['min'], 2)} ({place(lowest)})")
    return "; ".join(points)
