"""The results of one reader of one cohort in words, ready to paste into a results section.

Inputs: agreement.csv and, where the cohort has them, manifest.csv and the tables of overlap, phenotypes and sample
size. Output: results.md. Every number is filled in from these tables, and every word that says more, less, significant
or not follows from them. Values have one decimal, coefficients and Dice two, p, HD95 and differences of Dice three.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from murmur.agreement import NO_MARGIN, NO_PROPORTIONAL
from murmur.groups import NOT_SIGNIFICANT, SIGNIFICANT
from murmur.logs import job_log
from murmur.prose import (
    METRIC,
    STRUCTURE,
    aside,
    change_of_unit,
    confidence,
    finding,
    limits,
    listed,
    mean_sd,
    mice,
    of_unit,
    p_is,
    paragraph,
    reasons,
    series,
)
from murmur.rounding import number
from murmur.tables import read_csv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

MEANING = {
    "EDV": "end-diastolic volume (EDV)",
    "ESV": "end-systolic volume (ESV)",
    "SV": "stroke volume (SV)",
    "EF": "ejection fraction (EF)",
    "mass_ED": "myocardial mass at end-diastole (mass at ED)",
    "mass_ES": "myocardial mass at end-systole (mass at ES)",
}
PHASE = {"ED": "at ED", "ES": "at ES", "single": "in a single annotated frame"}
EFFECT = {"phase": "phase", "structure": "structure", "phase:structure": "the interaction of phase and structure"}
# a contrast of Dice: where, and its two sides with their preposition
SIDES = {
    "blood_pool: ED - ES": ("in the blood pool", "at", "ED", "ES"),
    "myocardium: ED - ES": ("in the myocardium", "at", "ED", "ES"),
    "ED: blood_pool - myocardium": ("at ED", "in", "the blood pool", "the myocardium"),
    "ES: blood_pool - myocardium": ("at ES", "in", "the blood pool", "the myocardium"),
    "ED and ES: blood_pool - myocardium": ("over both phases", "in", "the blood pool", "the myocardium"),
}


def names(table: pd.DataFrame) -> list[str]:
    """Return the metrics of the rows of `table` as they are called in a sentence."""
    return [METRIC[metric] for metric in table["metric"]]


def compared(tables: dict[str, pd.DataFrame], cohort: str, reader: str) -> str:
    """Say how many mice were compared, of which phenotypes, and how many were not and why."""
    agreement, manifest, groups = tables["agreement"], tables.get("manifest"), tables.get("groups")
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
        why += [f"{unread} {'was' if unread == 1 else 'were'} not measured by {reader}"] if unread else []
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
    several = " after Holm's correction for the number of metrics" if agreement["p"].count() > 1 else ""
    return paragraph(
        f"left-ventricular function was described by {listed(MEANING[metric] for metric in agreement['metric'])}",
        f"{spread} bias is the mean of {reader} − reference",
        f"means were compared by two-sided paired t-tests, and significance was judged at the level {alpha:g}{several}"
        if agreement["p"].count()
        else "",
    )


def bias(agreement: pd.DataFrame, reader: str, alpha: float) -> str:
    """Say which metrics the reader over- or underestimates, and give the means of all."""
    significant, at_first = agreement["p_holm"] < alpha, agreement["p"] < alpha
    tested = agreement["p"].notna()
    verdicts = {
        "overestimated {} significantly": significant & (agreement["bias"] > 0),
        "underestimated {} significantly": significant & (agreement["bias"] < 0),
        "differed from the reference in {}, but not significantly after Holm's correction": at_first & ~significant,
        "did not differ significantly from the reference in {}": tested & ~at_first,
    }
    said = [
        what.format(listed(names(agreement[rows]), "or" if "not differ" in what else "and"))
        for what, rows in verdicts.items()
        if rows.any()
    ]
    if tested.sum() > 1 and not at_first.any():
        said = ["did not differ significantly from the reference in any metric"]
    texts = [f"the reader {reader} {'; it '.join(said)}" if said else ""]
    for row in agreement[agreement["n"] > 0].to_dict("records"):
        reference, read = (mean_sd(row[f"{rater}_mean"], row[f"{rater}_sd"]) for rater in ("reference", "reader"))
        facts = aside(
            f"bias {change_of_unit(number(row['bias']), row['unit'])}",
            confidence(alpha, limits(row["bias_ci_low"], row["bias_ci_high"])),
            p_is(row["p"]),
            p_is(row["p_holm"], "Holm-corrected p") if tested.sum() > 1 else "",
            f"n = {row['n']}" if agreement["n"].nunique() > 1 else "",
        )
        texts.append(
            f"{METRIC[row['metric']]} was {of_unit(reference, row['unit'])} by the reference and "
            f"{of_unit(read, row['unit'])} by {reader}{facts}"
        )
    return paragraph(*texts)


def equivalence(agreement: pd.DataFrame, alpha: float) -> str:
    """Say which metrics are equivalent within their margins, and what that means."""
    tested = agreement[agreement["tost_p"].notna()]
    within = [
        METRIC[row["metric"]]
        + aside(f"±{change_of_unit(number(row['equivalence_margin']), row['unit'])}", p_is(row["tost_p"]))
        for row in tested.to_dict("records")
    ]
    shown = tested["tost_p"] < alpha
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
        if row["slope_p"] < alpha:
            slope = f"slope {number(row['slope'], 2)}"
            slope = finding(slope, row["slope_ci_low"], row["slope_ci_high"], row["slope_p"], alpha, 2)
            sloping.setdefault("rose" if row["slope"] > 0 else "fell", []).append(METRIC[row["metric"]] + slope)
    difference = f"the difference {reader} − reference"
    texts = [series("the 95% limits of agreement", between, of).replace(" was ", " were ", 1)]
    texts += [f"{difference} {moved} with the mean of the two for {listed(found)}" for moved, found in sloping.items()]
    if agreement["slope_p"].count() and not sloping:
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


def overlap(dice: pd.DataFrame, surface: pd.DataFrame, reader: str) -> str:
    """Give Dice and HD95 by structure and phase, and what is missing or failed."""
    texts, said = [], ""
    hd95 = surface[surface["measure"] == "hd95_mm"]
    distance = "the 95th percentile of the surface distance (HD95)"
    for what, unit, decimals, table in (("Dice", "", 2, dice), (distance, " mm", 3, hd95)):
        rows = table[table["phase"].isin(list(PHASE)) & (table["n"] > 0)]
        unequal = rows["n"].nunique() > 1
        where = []
        for structure, name in STRUCTURE.items():
            values = [
                f"{mean_sd(row['mean'], row['sd'], decimals)}{unit} {PHASE[row['phase']]}"
                + aside(f"n = {row['n']}" if unequal else "")
                for row in rows[rows["structure"] == structure].to_dict("records")
            ]
            where += [f"{listed(values)} in {name}"] if values else []
        if where:
            n = "" if unequal else f"in {mice(rows['n'].iloc[0])}, "
            texts.append(f"{'' if n == said else n}{what} was {', and '.join(where)}")
            said = n
    counts = {"failed": [], "missing": []}
    for row in dice[dice["phase"].isin(list(PHASE))].to_dict("records"):
        for column, found in counts.items():
            if row[column]:
                found.append(f"{STRUCTURE[row['structure']]} {PHASE[row['phase']]} in {mice(row[column])}")
    if counts["failed"]:
        texts.append(f"the mask by {reader} was empty for {listed(counts['failed'])}, a Dice of 0 without HD95")
    if counts["missing"]:
        texts.append(f"there was no Dice for {listed(counts['missing'])}, not annotated or not read")
    return paragraph(*texts)


def effects(anova: pd.DataFrame, alpha: float) -> str:
    """Say whether Dice depends on phase and structure."""
    texts = []
    tested = anova[anova["p"].notna()]
    for rows, verb, last in (
        (tested[tested["p"] < alpha], "depended", "and"),
        (tested[tested["p"] >= alpha], "did not depend", "or"),
    ):
        found = [
            EFFECT[row["effect"]]
            + aside(
                f"F({row['df1']:.0f}, {row['df2']:.0f}) = {number(row['F'], 2)}",
                p_is(row["p"]),
                f"generalised η² = {number(row['eta_squared_generalized'], 2)}",
            )
            for row in rows.to_dict("records")
        ]
        texts += [f"Dice {verb} significantly on {listed(found, last)}"] if found else []
    if texts:
        texts[0] = f"in a two-way repeated-measures ANOVA, {texts[0]}"
    return paragraph(*texts, reasons(anova, list(anova["effect"].map(EFFECT))))


def contrasts(pairwise: pd.DataFrame, alpha: float) -> str:
    """Say between which phases and structures Dice differs."""
    texts = []
    for row in pairwise[pairwise["p_holm"].notna()].to_dict("records"):
        where, at, first, second = SIDES[row["contrast"]]
        difference = f"difference {number(row['mean_difference'], 3)}"
        facts = finding(difference, row["ci_low"], row["ci_high"], row["p_holm"], alpha, 3)
        verdict = f"did not differ significantly between {first} and {second}"
        if row["p_holm"] < alpha:
            side = "higher" if row["mean_difference"] > 0 else "lower"
            verdict = f"was significantly {side} {at} {first} than {at} {second}"
        texts.append(f"Dice {where} {verdict}{facts}")
    if texts:
        texts[0] = f"by paired t-tests (p with Holm's correction, CI without), {texts[0]}"
    return paragraph(*texts)


def model(table: pd.DataFrame, groups: pd.DataFrame | None, alpha: float) -> str:
    """Say whether 1 − Dice depends on the phenotype, where the model compares phenotypes."""
    joint = table[(table["term"] == "phenotype") & table["p"].notna()]
    if joint.empty:
        return ""
    row = joint.iloc[0]
    test = aside(f"χ²({row['df']:.0f}) = {number(row['chi2'], 2)}", p_is(row["p"]))
    verdict = "depended" if row["p"] < alpha else "did not depend"
    terms = table[table["term"].str.startswith("phenotype[") & (table["p"] < alpha)]
    found = [
        f"{'larger' if term['estimate'] > 0 else 'smaller'} in {term['term'][len('phenotype[') : -1]}"
        + finding(f"by {number(term['estimate'], 3)}", term["ci_low"], term["ci_high"], term["p"], alpha, 3)
        for term in terms.to_dict("records")
    ]
    others = set(table["term"].str.removeprefix("phenotype[").str.removesuffix("]"))
    first = listed(name for name in groups["phenotype"].unique() if name not in others) if groups is not None else ""
    counted = "; ".join(text for text in (mice(row["mice"]), row["note"]) if not pd.isna(text))
    return paragraph(
        "in a linear mixed model of 1 − Dice by phenotype, phase and structure, with the mouse as random intercept "
        f"({counted}), the error {verdict} significantly on the phenotype{test}",
        f"against {first} it was {listed(found)}" if found and row["p"] < alpha else "",
    )


def errors(dice_error: pd.DataFrame, alpha: float) -> str:
    """Say whether a low Dice means a large error."""
    tested = dice_error[dice_error["p_holm"].notna()]
    significant = tested["p_holm"] < alpha
    verdicts = {
        "a lower Dice went with a larger absolute error of": significant & (tested["spearman_rho"] < 0),
        "a higher Dice went with a larger absolute error of": significant & (tested["spearman_rho"] > 0),
        "Dice was not significantly correlated with the absolute error of": ~significant,
    }
    texts = []
    for what, rows in verdicts.items():
        found = [
            METRIC[row["metric"]]
            + finding(f"ρ = {number(row['spearman_rho'], 2)}", row["ci_low"], row["ci_high"], row["p_holm"], alpha, 2)
            for row in tested[rows].to_dict("records")
        ]
        texts += [f"{what} {listed(found, 'or' if 'not' in what else 'and')}"] if found else []
    if texts:
        texts[0] = f"by Spearman's rank correlation (p with Holm's correction, CI without), {texts[0]}"
    return paragraph(*texts, reasons(dice_error, names(dice_error)))


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


def sample_size(table: pd.DataFrame, reader: str, alpha: float, power: float | None) -> str:
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
        at = f"with a power of {100 * power:g}% at the level {alpha:g}" if power else f"at the level {alpha:g}"
        texts.insert(0, f"numbers of mice were estimated for a two-sided t-test of two groups of equal size, {at}")
    return paragraph(*texts, reasons(table, names(table), "the sample size was uncertain"))


def sections(
    tables: dict[str, pd.DataFrame], cohort: str, reader: str, sd_ddof: int, alpha: float, power: float | None
) -> dict[str, list[str]]:
    """Return the paragraphs under each heading; one whose table is not there is empty."""
    agreement = tables["agreement"]

    def from_table(name: str, paragraph_of, *more) -> str:
        return paragraph_of(tables[name], *more) if name in tables else ""

    return {
        "Mice": [compared(tables, cohort, reader)],
        "Agreement": [
            conventions(agreement, reader, sd_ddof, alpha),
            bias(agreement, reader, alpha),
            equivalence(agreement, alpha),
            spread(agreement, reader, alpha),
            reliability(agreement, alpha),
        ]
        if agreement["n"].sum()
        else [],
        "Overlap": [
            from_table("overlap_summary", overlap, tables.get("surface_summary"), reader),
            from_table("overlap_anova", effects, alpha),
            from_table("overlap_pairwise", contrasts, alpha),
            from_table("overlap_model", model, tables.get("groups"), alpha),
            from_table("dice_error", errors, alpha),
        ],
        "Phenotypes": [
            from_table("group_tests", phenotypes, reader, alpha),
            from_table("group_differences", pairs_of_phenotypes, reader, alpha),
        ],
        "Sample size": [from_table("sample_size", sample_size, reader, alpha, power)],
    }


def main(
    agreement: str,
    output: str,
    cohort: str,
    reader: str,
    sd_ddof: int,
    alpha: float,
    power: float | None = None,
    **others: str | None,
) -> None:
    """Write `output` (results.md) from the table `agreement` and those of `others` that the cohort has.

    `others` are named as their files: manifest, overlap_summary, surface_summary, overlap_anova, overlap_pairwise,
    overlap_model, dice_error, groups, group_tests, group_differences, sample_size. `power` is that of sample_size.
    """
    paths = {"agreement": agreement} | others
    tables = {name: read_csv(path) for name, path in paths.items() if path}
    text = [f"# Results: {reader} on {cohort}"]
    for heading, paragraphs in sections(tables, cohort, reader, sd_ddof, alpha, power).items():
        if any(paragraphs):
            text += [f"## {heading}", *filter(None, paragraphs)]
    Path(output).write_text("\n\n".join(text) + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        main(
            output=snakemake.output[0],
            cohort=snakemake.wildcards.cohort,
            reader=snakemake.wildcards.reader,
            sd_ddof=snakemake.params.sd_ddof,
            alpha=snakemake.params.alpha,
            power=snakemake.params.get("power"),
            **dict(snakemake.input.items()),
        )
