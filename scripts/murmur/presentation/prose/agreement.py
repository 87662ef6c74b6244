"""Agreement in words: which mice were compared, bias, equivalence, limits, reliability."""

import pandas as pd

from murmur.presentation.number_format import number, p_is
from murmur.presentation.prose.phrases import (
    METRIC,
    aside,
    change_of_unit,
    confidence,
    finding,
    limits,
    listed,
    mean_sd,
    names,
    of_unit,
    paragraph,
    reasons,
    series,
)
from murmur.statistics.agreement import NO_MARGIN, NO_PROPORTIONAL
from murmur.statistics.notes import mice

MEANING = {
    "EDV": "end-diastolic volume (EDV)",
    "ESV": "end-systolic volume (ESV)",
    "SV": "stroke volume (SV)",
    "EF": "ejection fraction (EF)",
    "mass_ED": "myocardial mass at end-diastole (mass at ED)",
    "mass_ES": "myocardial mass at end-systole (mass at ES)",
}


def compared(tables: dict[str, pd.DataFrame], cohort: str, reader: str) -> str:
    """Say how many mice were compared, of which phenotypes, and how many were not and why."""
    agreement, groups = tables["agreement"], tables.get("groups")
    manifest, split = tables.get("manifest"), tables.get("split")
    n = int(agreement["n"].max()) if len(agreement) else 0
    total = n if manifest is None else len(manifest)
    texts = [f"no mouse of the cohort {cohort} was measured by both the reference and the reader {reader}"]
    if n:
        count = f"{n} of the {total} mice" if n < total else mice(n)
        texts = [f"the reader {reader} was compared with the reference in {count} of the cohort {cohort}"]
    if n < total:
        without = int(manifest["es_frame"].isna().sum())
        unread = total - n - without
        why = [f"{without} had no reference at ED and ES"] if without else []
        learning = 0 if split is None else int(split["split"].isin(["train", "validation"]).sum())
        not_tested = " (training and validation mice)" if learning == unread else ""
        why += [f"{unread} {'was' if unread == 1 else 'were'} not measured by {reader}{not_tested}"] if unread else []
        texts.append(f"of {'the others' if n else 'its mice'}, {listed(why)}")
    if groups is not None and n:
        rows = groups[(groups["metric"] == agreement.loc[agreement["n"].idxmax(), "metric"]) & (groups["n"] > 0)]
        sizes = dict(zip(rows["phenotype"], rows["n"], strict=True))
        if unknown := n - sum(sizes.values()):
            sizes["unknown"] = unknown
        kinds = listed(f"{phenotype} ({mice(size)})" for phenotype, size in sizes.items())
        texts.append(f"the {'phenotype was' if len(sizes) == 1 else 'phenotypes were'} {kinds}")
    return paragraph(*texts)


def conventions(agreement: pd.DataFrame, reader: str, sd_ddof: int, alpha: float) -> str:
    """Say what was measured and what the numbers are."""
    spread = (
        f"values are mean ± SD (denominator {'n − 1' if sd_ddof else 'n'}), and the"
        if (agreement["reference_sd"].notna().any())
        else "the"
    )
    several = (
        " after Holm's correction for the number of metrics, which all p have" if agreement["p"].count() > 1 else ""
    )
    return paragraph(
        f"left-ventricular function was described by {listed(MEANING[metric] for metric in agreement['metric'])}",
        f"{spread} bias is the mean of {reader} − reference",
        f"means were compared by two-sided paired t-tests, and significance was judged at the level {alpha:g}{several}"
        if agreement["p"].count()
        else "",
    )


def bias(agreement: pd.DataFrame, reader: str, alpha: float) -> str:
    """Say which metrics the reader over- or underestimates, and give the means of all."""
    significant, tested = agreement["p_holm"] < alpha, agreement["p_holm"].notna()
    verdicts = {
        "overestimated {} significantly": significant & (agreement["bias"] > 0),
        "underestimated {} significantly": significant & (agreement["bias"] < 0),
        "did not differ significantly from the reference in {}": tested & ~significant,
    }
    said = [
        what.format(listed(names(agreement[rows]), "or" if "not differ" in what else "and"))
        for what, rows in verdicts.items()
        if rows.any()
    ]
    if tested.sum() > 1 and not significant.any():
        said = ["did not differ significantly from the reference in any metric"]
    texts = [f"the reader {reader} {'; it '.join(said)}" if said else ""]
    for row in agreement[agreement["n"] > 0].to_dict("records"):
        reference, read = (mean_sd(row[f"{rater}_mean"], row[f"{rater}_sd"]) for rater in ("reference", "reader"))
        facts = aside(
            f"bias {change_of_unit(number(row['bias']), row['unit'])}",
            confidence(alpha, limits(row["bias_ci_low"], row["bias_ci_high"])),
            p_is(row["p_holm"]),
            f"n = {row['n']}" if agreement["n"].nunique() > 1 else "",
        )
        texts.append(
            f"{METRIC[row['metric']]} was {of_unit(reference, row['unit'])} by the reference and "
            f"{of_unit(read, row['unit'])} by {reader}{facts}"
        )
    return paragraph(*texts)


def equivalence(agreement: pd.DataFrame, alpha: float) -> str:
    """Say which metrics are equivalent within their margins, and what that means."""
    tested = agreement[agreement["tost_p_holm"].notna()]
    within = [
        METRIC[row["metric"]]
        + aside(f"±{change_of_unit(number(row['equivalence_margin']), row['unit'])}", p_is(row["tost_p_holm"]))
        for row in tested.to_dict("records")
    ]
    shown = tested["tost_p_holm"] < alpha
    yes = [metric for metric, is_shown in zip(within, shown, strict=True) if is_shown]
    no = [metric for metric in within if metric not in yes]
    both = names(tested[shown & (tested["p_holm"] < alpha)])
    what = "equivalence (a mean difference within the margin, by two one-sided paired t-tests)"
    return paragraph(
        f"{what} was shown for {listed(yes)}" if yes else "",
        f"{'it' if yes else what} was not shown for {listed(no, 'or')}" if no else "",
        f"thus the bias of {listed(both)} was significant, but smaller than the margin" if both else "",
    )


def spread(agreement: pd.DataFrame, reader: str, alpha: float) -> str:
    """Give the limits of agreement, and the metrics whose difference depends on their size."""
    between, of, sloping = [], [], {}
    for row in agreement.to_dict("records"):
        range_of_limits = limits(row["loa_low"], row["loa_high"])
        between.append(range_of_limits and change_of_unit(range_of_limits, row["unit"]))
        low, high = (limits(row[f"loa_{side}_ci_low"], row[f"loa_{side}_ci_high"]) for side in ("low", "high"))
        of.append(METRIC[row["metric"]] + aside(confidence(alpha, f"{low} and {high}" if low and high else "")))
        if row["slope_p_holm"] < alpha:
            slope = f"slope {number(row['slope'], 2)}"
            slope = finding(slope, row["slope_ci_low"], row["slope_ci_high"], row["slope_p_holm"], alpha, 2)
            sloping.setdefault("rose" if row["slope"] > 0 else "fell", []).append(METRIC[row["metric"]] + slope)
    difference = f"the difference {reader} − reference"
    texts = [series("the 95% limits of agreement", between, of).replace(" was ", " were ", 1)]
    texts += [f"{difference} {moved} with the mean of the two for {listed(found)}" for moved, found in sloping.items()]
    if agreement["slope_p_holm"].count() and not sloping:
        texts.append(f"{difference} did not change significantly with the mean of the two")
    return paragraph(*texts)


def reliability(agreement: pd.DataFrame, alpha: float) -> str:
    """Give ICC, concordance and the coefficient of variation, and say which statistics are missing and why."""
    metrics = names(agreement)
    icc, ccc, cv = [], [], []
    for row in agreement.to_dict("records"):
        interval = aside(confidence(alpha, limits(row["icc2_ci_low"], row["icc2_ci_high"], 2)))
        icc.append(mean_sd(row["icc2"], decimals=2) and mean_sd(row["icc2"], decimals=2) + interval)
        ccc.append(mean_sd(row["ccc"], decimals=2))
        cv.append(mean_sd(row["cv_percent"]) and mean_sd(row["cv_percent"]) + "%")
    return paragraph(
        series("the intraclass correlation coefficient ICC(2,1)", icc, metrics),
        series("Lin's concordance correlation coefficient", ccc, metrics),
        series("the within-subject coefficient of variation", cv, metrics),
        reasons(agreement, metrics, silent=(NO_MARGIN, NO_PROPORTIONAL)),
    )
