"""The results in short: who was compared, agreement, overlap, phenotypes, and extremes."""

from collections.abc import Iterable, Mapping

import pandas as pd

from murmur.presentation.number_format import number
from murmur.presentation.prose.agreement import by_equivalence
from murmur.presentation.prose.generalisation import name_of, of_reader
from murmur.presentation.prose.overlap import PHASE
from murmur.presentation.prose.phenotypes import deviating, little_power
from murmur.presentation.prose.phrases import (
    METRIC,
    STRUCTURE,
    difference_with_unit,
    enumerate_clauses,
    enumerate_words,
    interval,
    metric_names,
    paragraph,
    parenthesis,
)
from murmur.presentation.prose.segmentation_methods import SIMULATED
from murmur.statistics.conclusions import OPPOSITE, READER_ONLY, REFERENCE_ONLY, SIGNIFICANT
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
        main_generalisation(tables["cohort_comparison"], cohort, reader, alpha)
        if "cohort_comparison" in tables
        else "",
        agreement_on_phenotypes(tables["group_differences"], reader, alpha) if "group_differences" in tables else "",
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
    if tested.empty:
        return ""
    equivalence = "equivalence of the means within the margins"
    shown, sloping, beyond = by_equivalence(tested, alpha)
    if len(shown) == len(tested) > 1:
        return f"{equivalence} was shown for all parameters"
    if len(beyond) == len(tested) > 1:
        return f"{equivalence} was not shown for any parameter"
    verdicts = [f"shown for {enumerate_words(metric_names(shown))}"] if len(shown) else []
    if len(beyond):
        verdicts.append(f"not {'' if verdicts else 'shown '}for {enumerate_words(metric_names(beyond), 'or')}")
    text = f"{equivalence} was {', but '.join(verdicts)}" if verdicts else ""
    if sloping.empty:
        return text
    names = enumerate_words(metric_names(sloping), "or")
    return (
        f"{text}, and" if text else f"{equivalence} was"
    ) + f" not concluded for {names}, where bias depended on size"


def main_overlap(dice: pd.DataFrame) -> str:
    """Report the mean Dice coefficient of each structure at ED and ES."""
    rows = dice[dice["phase"].isin(["ED", "ES"]) & dice["mean"].notna()]
    found = []
    for structure, name in STRUCTURE.items():
        values = rows[rows["structure"] == structure].itertuples()
        means = [f"{number(row.mean, 2)} {PHASE[row.phase]}" for row in values]
        found += [f"{enumerate_words(means)} for {name}"] if means else []
    return f"the mean Dice coefficient was {enumerate_words(found)}" if found else ""


def main_generalisation(comparison: pd.DataFrame, cohort: str, reader: str, alpha: float) -> str:
    """Report which mean errors are significantly larger or smaller than in the internal cohort."""
    rows = of_reader(comparison, cohort, reader)
    if rows.empty:
        return ""
    internal = rows["internal"].iloc[0]
    if not (rows["p_holm"] < alpha).any():
        return f"no mean error differed significantly from that in the {internal} cohort"
    texts = []
    for measure, of_measure in rows.groupby("measure", sort=False):
        found = of_measure[of_measure["p_holm"] < alpha]
        sides = {"larger": found[found["ratio"] > 1], "smaller": found[found["ratio"] <= 1]}
        changed = [
            f"significantly {side} for "
            + enumerate_words(f"{name_of(row)} (ratio {number(row['ratio'], 2)})" for row in of_side.to_dict("records"))
            for side, of_side in sides.items()
            if len(of_side)
        ]
        errors = {"dice_error": "mean Dice errors (1 − Dice)", "absolute_error": "mean absolute errors in parameters"}
        ratios = " to ".join(dict.fromkeys(number(end(of_measure["ratio"]), 2) for end in (min, max)))
        verdict = f"were {enumerate_words(changed)}" if changed else f"did not differ significantly (ratio {ratios})"
        texts.append(f"{errors[measure]} {verdict}")
    return f"compared with the {internal} cohort, {enumerate_clauses(texts)}"


def agreement_on_phenotypes(differences: pd.DataFrame, reader: str, alpha: float) -> str:
    """Report how many pairs of phenotypes differ for reference and reader, and which of these differences deviate."""
    tested = differences[differences["conclusion"].notna()]
    if tested.empty:
        return "too few mice per phenotype were available to compare phenotypes" if len(differences) else ""
    found = deviating(differences, alpha)
    apart = (
        f"{len(found)} {'difference' if len(found) == 1 else 'differences'} between phenotypes as measured by {reader} "
        f"deviated significantly from {'that' if len(found) == 1 else 'those'} measured by the reference "
        f"({enumerate_words(largest_deviation(rows) for _, rows in found.groupby('metric', sort=False))})"
        if len(found)
        else ""
    )
    return "; ".join(filter(None, (verdicts_on_pairs(tested, reader), apart, little_power(differences))))


def largest_deviation(rows: pd.DataFrame) -> str:
    """Write a metric with the largest of some deviations."""
    row = rows.loc[rows["bias_difference"].abs().idxmax()]
    size = difference_with_unit(number(row["bias_difference"]), row["unit"])
    return f"{METRIC[row['metric']]}, {'by up to ' if len(rows) > 1 else 'by '}{size}"


def verdicts_on_pairs(tested: pd.DataFrame, reader: str) -> str:
    """Count the pairs of phenotypes that differ for the reference, and how many of them do for the reader."""
    counts = {name: int((tested["conclusion"] == name).sum()) for name in (SIGNIFICANT, OPPOSITE, READER_ONLY)}
    reference = int(tested["conclusion"].isin([SIGNIFICANT, OPPOSITE, REFERENCE_ONLY]).sum())
    comparisons = f"of {len(tested)} pairwise differences between phenotypes"
    if not reference and not counts[READER_ONLY]:
        return f"{comparisons}, none was significant according to the reference or {reader}"
    text = f"{comparisons}, {reference or 'none'} {were(reference or 1)} significant according to the reference"
    if reference:
        text += f", {counts[SIGNIFICANT] or 'none'} of them also according to {reader}"
    if counts[OPPOSITE]:
        text += f" and {counts[OPPOSITE]} in the opposite direction"
    if n := counts[READER_ONLY]:
        text += f", and {n} {were(n)} significant according to {reader} only"
    return text


def were(n: int) -> str:
    """Return the verb for a number of things in the past."""
    return "was" if n == 1 else "were"


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
