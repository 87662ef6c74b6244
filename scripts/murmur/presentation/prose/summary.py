"""The results in short: who was compared, agreement, overlap, phenotypes, and what deserves attention."""

from collections.abc import Iterable, Mapping

import pandas as pd

from murmur.presentation.number_format import number
from murmur.presentation.prose.overlap import PHASE
from murmur.presentation.prose.phrases import (
    STRUCTURE,
    difference_with_unit,
    enumerate_words,
    interval,
    metric_names,
    paragraph,
    parenthesis,
)
from murmur.statistics.notes import mice
from murmur.statistics.phenotypes import NOT_SIGNIFICANT, SIGNIFICANT
from murmur.vocabulary import METRIC_MEANINGS

# Metrics whose names share words.
VOLUMES = {"EDV": "end-diastolic", "ESV": "end-systolic", "SV": "stroke"}
MASSES = {"mass_ED": "end-diastole (ED)", "mass_ES": "end-systole (ES)"}


def summary(tables: dict[str, pd.DataFrame], cohort: str, reader: str, alpha: float) -> str:
    """Summarise the results in up to five sentences; empty without a mouse measured by both."""
    agreement = tables["agreement"]
    if not agreement["n"].sum():
        return ""
    return paragraph(
        f"left-ventricular {measured(agreement['metric'])}, as measured by reader {reader}, "
        f"{'was' if len(agreement) == 1 else 'were'} compared with the reference in "
        f"{mice(int(agreement['n'].max()))} of the {cohort} cohort",
        main_agreement(agreement, reader, alpha),
        main_overlap(tables["overlap_summary"]) if "overlap_summary" in tables else "",
        agreement_on_phenotypes(tables["group_differences"], reader) if "group_differences" in tables else "",
        attention(tables, alpha),
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
    """Report bias and limits of agreement of EF, and the metrics with significant bias."""
    ef = agreement[(agreement["metric"] == "EF") & (agreement["n"] > 0)]
    texts = []
    for row in ef.to_dict("records"):
        limits = interval(row["loa_low"], row["loa_high"])
        facts = parenthesis(f"95% limits of agreement {limits}" if limits else "")
        texts.append(f"the bias in EF was {difference_with_unit(number(row['bias']), row['unit'])}{facts}")
    if agreement["p_holm"].notna().any():
        biased = metric_names(agreement[agreement["p_holm"] < alpha])
        subject = "bias" if texts else f"the bias of {reader}"
        texts.append(
            f"{subject} was significant for {enumerate_words(biased)}"
            if biased
            else "no metric showed significant bias"
        )
    return "; ".join(texts)


def main_overlap(dice: pd.DataFrame) -> str:
    """Report the mean Dice coefficient of each structure at ED and ES."""
    rows = dice[dice["phase"].isin(["ED", "ES"]) & dice["mean"].notna()]
    found = []
    for structure, name in STRUCTURE.items():
        values = rows[rows["structure"] == structure].itertuples()
        means = [f"{number(row.mean, 2)} {PHASE[row.phase]}" for row in values]
        found += [f"{enumerate_words(means)} for {name}"] if means else []
    return f"the mean Dice coefficient was {enumerate_words(found)}" if found else ""


def agreement_on_phenotypes(differences: pd.DataFrame, reader: str) -> str:
    """Report for how many pairs of phenotypes reference and reader lead to the same conclusion."""
    conclusions = differences["conclusion"].dropna()
    if conclusions.empty:
        return "too few mice per phenotype were available to compare phenotypes" if len(differences) else ""
    same = int(conclusions.isin([SIGNIFICANT, NOT_SIGNIFICANT]).sum())
    how_many = f"all {same}" if same == len(conclusions) else f"{same} of {len(conclusions)}"
    return f"the reference and {reader} led to the same conclusion in {how_many} pairwise comparisons of phenotypes"


def place(row: Mapping) -> str:
    """Name the structure and phase of a row of overlap_summary.csv."""
    return f"{STRUCTURE[row['structure']].removeprefix('the ')} {PHASE[row['phase']]}"


def attention(tables: dict[str, pd.DataFrame], alpha: float) -> str:
    """Name what deserves a closer look: bias beyond the margin, proportional bias, failures, the lowest Dice."""
    agreement, dice = tables["agreement"], tables.get("overlap_summary")
    points = []
    beyond = (agreement["p_holm"] < alpha) & (agreement["tost_p_holm"] >= alpha)
    if beyond.any():
        names = enumerate_words(metric_names(agreement[beyond]))
        points.append(f"the bias in {names} (significant, equivalence not shown)")
    if (sloping := agreement["slope_p_holm"] < alpha).any():
        points.append(f"the proportional bias in {enumerate_words(metric_names(agreement[sloping]))}")
    if dice is not None:
        rows = dice[dice["phase"].isin(list(PHASE))]
        failed = rows[rows["failed"] > 0]
        points += [f"empty masks ({place(row)}, {mice(row['failed'])})" for row in failed.to_dict("records")]
        if rows["min"].notna().any() and failed.empty:
            lowest = rows.loc[rows["min"].idxmin()]
            points.append(f"the lowest Dice coefficient ({number(lowest['min'], 2)}, {place(lowest)})")
    return f"particular attention should be paid to {enumerate_words(points)}" if points else ""
