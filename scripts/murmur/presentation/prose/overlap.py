"""Overlap in words: Dice and distance, what they depend on, and whether they tell of the error."""

import pandas as pd

from murmur.presentation.number_format import number, p_is
from murmur.presentation.prose.phrases import (
    METRIC,
    STRUCTURE,
    aside,
    finding,
    listed,
    mean_sd,
    names,
    paragraph,
    reasons,
)
from murmur.statistics.notes import mice

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
    tested = anova[anova["p_holm"].notna()]
    for rows, verb, last in (
        (tested[tested["p_holm"] < alpha], "depended", "and"),
        (tested[tested["p_holm"] >= alpha], "did not depend", "or"),
    ):
        found = [
            EFFECT[row["effect"]]
            + aside(
                f"F({row['df1']:.0f}, {row['df2']:.0f}) = {number(row['F'], 2)}",
                p_is(row["p_holm"]),
                f"generalised η² = {number(row['eta_squared_generalized'], 2)}",
            )
            for row in rows.to_dict("records")
        ]
        texts += [f"Dice {verb} significantly on {listed(found, last)}"] if found else []
    if texts:
        texts[0] = f"in a two-way repeated-measures ANOVA (p with Holm's correction for its three effects), {texts[0]}"
    return paragraph(*texts, reasons(anova, list(anova["effect"].map(EFFECT))))


def contrasts(pairwise: pd.DataFrame, alpha: float) -> str:
    """Say between which phases and structures Dice differs."""
    texts = []
    for row in pairwise[pairwise["p_adjusted"].notna()].to_dict("records"):
        where, at, first, second = SIDES[row["contrast"]]
        difference = f"difference {number(row['mean_difference'], 3)}"
        facts = finding(difference, row["ci_low"], row["ci_high"], row["p_adjusted"], alpha, 3)
        verdict = f"did not differ significantly between {first} and {second}"
        if row["p_adjusted"] < alpha:
            side = "higher" if row["mean_difference"] > 0 else "lower"
            verdict = f"was significantly {side} {at} {first} than {at} {second}"
        texts.append(f"Dice {where} {verdict}{facts}")
    if texts:
        correction = "p with Holm's correction, and at least that of the effect in the ANOVA; CI without correction"
        texts[0] = f"by paired t-tests ({correction}), {texts[0]}"
    return paragraph(*texts)


def model(table: pd.DataFrame, alpha: float) -> str:
    """Report whether the error of a mouse depends on its phenotype, where phenotypes could be compared."""
    joint = table[(table["term"] == "phenotype") & table["p"].notna()]
    if joint.empty:
        return ""
    row = joint.iloc[0]
    test = aside(f"F({row['df1']:.0f}, {number(row['df2'])}) = {number(row['F'], 2)}", p_is(row["p"]))
    texts = [
        "the error of a mouse, 1 − Dice averaged over phases and structures, "
        f"{'differed' if row['p'] < alpha else 'did not differ'} significantly between phenotypes{test} by Welch's "
        f"ANOVA"
    ]
    terms = table[table["compared_with"].notna() & table["term"].str.startswith("phenotype[")]
    found = [
        f"{'larger' if term['estimate'] > 0 else 'smaller'} in {term['term'][len('phenotype[') : -1]} than in "
        f"{term['compared_with']}"
        + finding(
            f"difference {number(term['estimate'], 3)}", term["ci_low"], term["ci_high"], term["p_adjusted"], alpha, 3
        )
        for term in terms[terms["p_adjusted"] < alpha].to_dict("records")
    ]
    if found:
        texts.append(f"it was significantly {listed(found)}, with Bonferroni's correction for the number of pairs")
    return paragraph(*texts)


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
