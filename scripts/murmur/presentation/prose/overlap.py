"""Overlap in words: Dice and surface distance, their dependence on phase, structure and phenotype, and the error."""

import pandas as pd

from murmur.presentation.number_format import number, p_is
from murmur.presentation.prose.phrases import (
    METRIC,
    STRUCTURE,
    enumerate_words,
    estimate,
    mean_sd,
    metric_names,
    missing_values,
    paragraph,
    parenthesis,
)
from murmur.statistics.notes import mice

PHASE = {"ED": "at ED", "ES": "at ES", "single": "in the single annotated frame"}
EFFECT = {"phase": "phase", "structure": "structure", "phase:structure": "the interaction of phase and structure"}
# a contrast of Dice: where, and its two sides with their preposition
SIDES = {
    "blood_pool: ED - ES": ("for the blood pool", "at", "ED", "ES"),
    "myocardium: ED - ES": ("for the myocardium", "at", "ED", "ES"),
    "ED: blood_pool - myocardium": ("at ED", "for", "the blood pool", "the myocardium"),
    "ES: blood_pool - myocardium": ("at ES", "for", "the blood pool", "the myocardium"),
    "ED and ES: blood_pool - myocardium": ("over both phases", "for", "the blood pool", "the myocardium"),
}


def overlap(dice: pd.DataFrame, surface: pd.DataFrame, reader: str) -> str:
    """Report Dice and HD95 by structure and phase, and the masks that are empty or missing."""
    texts, stated = [], ""
    hd95 = surface[surface["measure"] == "hd95_mm"]
    distance = "the 95th percentile of the surface distance (HD95)"
    for what, unit, decimals, table in (("the Dice coefficient", "", 2, dice), (distance, " mm", 3, hd95)):
        rows = table[table["phase"].isin(list(PHASE)) & (table["n"] > 0)]
        unequal = rows["n"].nunique() > 1
        where = []
        for structure, name in STRUCTURE.items():
            values = [
                f"{mean_sd(row['mean'], row['sd'], decimals)}{unit} {PHASE[row['phase']]}"
                + parenthesis(f"n = {row['n']}" if unequal else "")
                for row in rows[rows["structure"] == structure].to_dict("records")
            ]
            where += [f"{enumerate_words(values)} for {name}"] if values else []
        if where:
            n = "" if unequal else f"in {mice(rows['n'].iloc[0])}, "
            texts.append(f"{'' if n == stated else n}{what} was {', and '.join(where)}")
            stated = n
    counts = {"failed": [], "missing": []}
    for row in dice[dice["phase"].isin(list(PHASE))].to_dict("records"):
        for column, found in counts.items():
            if row[column]:
                found.append(f"{STRUCTURE[row['structure']]} {PHASE[row['phase']]} in {mice(row[column])}")
    if counts["failed"]:
        texts.append(
            f"the masks of {reader} were empty for {enumerate_words(counts['failed'])} (Dice 0, HD95 undefined)"
        )
    if counts["missing"]:
        missing = enumerate_words(counts["missing"])
        texts.append(f"no Dice coefficient was available for {missing} (not annotated or not segmented)")
    return paragraph(*texts)


def effects(anova: pd.DataFrame, alpha: float) -> str:
    """Report whether Dice depends on phase and structure."""
    verdicts = []
    tested = anova[anova["p_holm"].notna()]
    for rows, verb, conjunction in (
        (tested[tested["p_holm"] < alpha], "depended significantly", "and"),
        (tested[tested["p_holm"] >= alpha], "not", "or"),
    ):
        found = [
            EFFECT[row["effect"]]
            + parenthesis(
                f"F({row['df1']:.0f}, {row['df2']:.0f}) = {number(row['F'], 2)}",
                p_is(row["p_holm"]),
                f"generalised η² = {number(row['eta_squared_generalized'], 2)}",
            )
            for row in rows.to_dict("records")
        ]
        verdicts += [f"{verb} on {enumerate_words(found, conjunction)}"] if found else []
    text = ""
    if verdicts:
        verdicts[0] = verdicts[0].replace("not on", "did not depend significantly on", 1)
        anova_name = "two-way repeated-measures ANOVA (p values Holm-corrected for its three effects)"
        text = f"in a {anova_name}, the Dice coefficient {', but '.join(verdicts)}"
    return paragraph(text, missing_values(anova, list(anova["effect"].map(EFFECT))))


def contrasts(pairwise: pd.DataFrame, alpha: float) -> str:
    """Report between which phases and structures Dice differs."""
    texts = []
    for row in pairwise[pairwise["p_adjusted"].notna()].to_dict("records"):
        where, at, first, second = SIDES[row["contrast"]]
        difference = f"difference {number(row['mean_difference'], 3)}"
        facts = estimate(difference, row["ci_low"], row["ci_high"], row["p_adjusted"], alpha, 3)
        verdict = f"did not differ significantly between {first} and {second}"
        if row["p_adjusted"] < alpha:
            side = "higher" if row["mean_difference"] > 0 else "lower"
            verdict = f"was significantly {side} {at} {first} than {at} {second}"
        texts.append(f"the Dice coefficient {where} {verdict}{facts}")
    if texts:
        correction = "p values Holm-corrected and no smaller than that of the corresponding ANOVA effect"
        texts[0] = f"in paired t-tests ({correction}), {texts[0]}"
    return paragraph(*texts)


def model(table: pd.DataFrame, alpha: float) -> str:
    """Report whether the Dice error of a mouse depends on its phenotype, where phenotypes could be compared."""
    joint = table[(table["term"] == "phenotype") & table["p"].notna()]
    if joint.empty:
        return ""
    row = joint.iloc[0]
    test = parenthesis(
        f"Welch's ANOVA, F({row['df1']:.0f}, {number(row['df2'])}) = {number(row['F'], 2)}", p_is(row["p"])
    )
    verdict = "differed" if row["p"] < alpha else "did not differ"
    texts = [
        "the Dice error of each mouse, 1 − Dice averaged over phases and structures, "
        f"{verdict} significantly between phenotypes{test}"
    ]
    terms = table[table["compared_with"].notna() & table["term"].str.startswith("phenotype[")]
    found = [
        f"{'larger' if term['estimate'] > 0 else 'smaller'} in {term['term'][len('phenotype[') : -1]} than in "
        f"{term['compared_with']}"
        + estimate(
            f"difference {number(term['estimate'], 3)}", term["ci_low"], term["ci_high"], term["p_adjusted"], alpha, 3
        )
        for term in terms[terms["p_adjusted"] < alpha].to_dict("records")
    ]
    if found:
        texts.append(f"with Bonferroni correction, it was significantly {enumerate_words(found)}")
    return paragraph(*texts)


def errors(dice_error: pd.DataFrame, alpha: float) -> str:
    """Report whether a low Dice coefficient goes with a large error."""
    tested = dice_error[dice_error["p_holm"].notna()]
    significant = tested["p_holm"] < alpha
    verdicts = {
        "a lower Dice coefficient was significantly associated with a larger absolute error in": significant
        & (tested["spearman_rho"] < 0),
        "a higher Dice coefficient was significantly associated with a larger absolute error in": significant
        & (tested["spearman_rho"] > 0),
        "the Dice coefficient was not significantly associated with the absolute error in": ~significant,
    }
    texts = []
    for what, rows in verdicts.items():
        found = [
            METRIC[row["metric"]]
            + estimate(f"ρ = {number(row['spearman_rho'], 2)}", row["ci_low"], row["ci_high"], row["p_holm"], alpha, 2)
            for row in tested[rows].to_dict("records")
        ]
        texts += [f"{what} {enumerate_words(found, 'or' if 'not' in what else 'and')}"] if found else []
    if texts:
        texts[0] = f"in Spearman's rank correlation (p values Holm-corrected), {texts[0]}"
    untested = dice_error[dice_error["p_holm"].isna()]
    return paragraph(*texts, missing_values(untested, metric_names(untested)))
