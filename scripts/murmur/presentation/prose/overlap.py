"""Overlap in words: Dice and surface distance, their dependence on phase, structure and phenotype, and the error."""

import pandas as pd

from murmur.presentation.number_format import number, p_is
from murmur.presentation.prose.phrases import (
    METRIC,
    STRUCTURE,
    confidence_interval,
    enumerate_words,
    estimate,
    interval,
    mean_sd,
    metric_names,
    missing_values,
    paragraph,
    parenthesis,
)
from murmur.statistics.dice_cells import EFFECTS_OF
from murmur.statistics.notes import mice

PHASE = {"ED": "at ED", "ES": "at ES", "single": "in the single annotated frame"}
INTERACTION = "phase:structure"
EFFECT = {"phase": "phase", "structure": "structure", INTERACTION: "the interaction of phase and structure"}
# a main effect: its two sides with their preposition, and the contrasts whose differences have its sign
MAIN_EFFECT = {
    "phase": ("at", "ED", "ES", ("blood_pool: ED - ES", "myocardium: ED - ES")),
    "structure": ("for", "the blood pool", "the myocardium", ("ED and ES: blood_pool - myocardium",)),
}
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
    distance = "the 95th-percentile Hausdorff distance (HD95; median with quartiles)"
    for what, written, table in (("the Dice coefficient (mean ± SD)", with_sd, dice), (distance, with_quartiles, hd95)):
        rows = table[table["phase"].isin(list(PHASE)) & (table["n"] > 0)]
        tiny = rows["sd"].between(0, 0.005, inclusive="neither").any()
        decimals = 3 if tiny and written is with_sd else 2  # no SD of 0.00
        unequal = rows["n"].nunique() > 1
        where = []
        for structure, name in STRUCTURE.items():
            values = [
                f"{written(row, decimals)} {PHASE[row['phase']]}" + parenthesis(f"n = {row['n']}" if unequal else "")
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
    return paragraph(
        *texts,
        "Table 2 and Figure 5 give all measures of overlap and surface distance, and Figure 2 shows examples"
        if stated
        else "",
    )


def with_sd(row: dict, decimals: int) -> str:
    """Write the mean of a row with its SD."""
    return mean_sd(row["mean"], row["sd"], decimals)


def with_quartiles(row: dict, decimals: int) -> str:
    """Write the median of a row in mm with its quartiles, if there are any."""
    quartiles = interval(row["q1"], row["q3"], decimals) if row["n"] > 1 else ""
    return f"{number(row['median'], decimals)}{parenthesis(quartiles)} mm"


def eta_squared(value: float) -> str:
    """Write generalised eta squared with two decimals, or as below the last value that these can show."""
    return "generalised η² < 0.01" if value < 0.005 else f"generalised η² = {number(value, 2)}"


def over_both(row: dict, pairwise: pd.DataFrame | None, alpha: float) -> tuple[str, str]:
    """Write the difference of a main effect over both levels of the other factor, and its interval, if known."""
    parts = MAIN_EFFECT[row["effect"]][-1]
    rows = [] if pairwise is None else pairwise[pairwise["contrast"].isin(parts)].to_dict("records")
    if len(parts) > 1 or not rows:
        return "", ""
    limits = confidence_interval(alpha, interval(rows[0]["ci_low"], rows[0]["ci_high"], 3))
    return f"difference {number(rows[0]['mean_difference'], 3)}", limits


def main_effect(row: dict, differences: pd.Series, alpha: float) -> str:
    """Report whether Dice differs between phases or structures over both levels of the other factor."""
    at, first, second, parts = MAIN_EFFECT[row["effect"]]
    difference = differences.reindex(list(parts)).mean(skipna=False)
    if row["p_holm"] >= alpha:
        return f"did not differ significantly between {first} and {second}"
    if pd.isna(difference):
        return f"differed significantly between {first} and {second}"
    return f"was significantly {'higher' if difference > 0 else 'lower'} {at} {first} than {at} {second}"


def effects(anova: pd.DataFrame, pairwise: pd.DataFrame | None, alpha: float) -> str:
    """Report whether Dice depends on phase and structure, in the direction of the contrasts of `pairwise`."""
    differences = pd.Series(dtype=float) if pairwise is None else pairwise.set_index("contrast")["mean_difference"]
    verdicts, interaction, simple = [], "", has_interaction(anova, alpha)
    for row in anova[anova["p_holm"].notna()].to_dict("records"):
        facts = (
            f"F({row['df1']:.0f}, {row['df2']:.0f}) = {number(row['F'], 2)}",
            p_is(row["p_holm"]),
            eta_squared(row["eta_squared_generalized"]),
        )
        if row["effect"] in MAIN_EFFECT:
            if not simple:  # otherwise the effect of a factor is that in each level of the other one
                difference = over_both(row, pairwise, alpha)
                verdicts.append(main_effect(row, differences, alpha) + parenthesis(*facts, *difference))
        elif simple:
            interaction = (
                "the effect of phase on the Dice coefficient differed significantly between structures"
                f"{parenthesis(*facts)}"
            )
        else:
            interaction = f"there was no significant interaction between phase and structure{parenthesis(*facts)}"
    name = "in a two-way repeated-measures ANOVA (p values Holm-corrected for its three effects), "
    joined = " but ".join(sorted(verdicts, reverse=True))  # "was" before "did not differ"
    if len({verdict.split()[0] for verdict in verdicts}) == 1:
        joined = enumerate_words(verdicts).replace(" and was ", " and ")
    text = f"{name}the Dice coefficient {joined}" if verdicts else ""
    if interaction:
        text = f"{text}; {interaction}" if text else name + interaction
    why = missing_values(anova, list(anova["effect"].map(EFFECT)), "the ANOVA of the Dice coefficient is incomplete")
    return paragraph(text, why if text else why.replace("is incomplete", "could not be computed", 1))


def has_interaction(anova: pd.DataFrame | None, alpha: float) -> bool:
    """Return whether the effects of phase and structure on Dice depend on each other."""
    return anova is not None and bool((anova.loc[anova["effect"] == INTERACTION, "p_holm"] < alpha).any())


def gated(contrast: str, anova: pd.DataFrame | None, alpha: float) -> bool:
    """Return whether no effect to which `contrast` belongs is significant, so that it is not."""
    if anova is None:
        return False
    return bool(anova.loc[anova["effect"].isin(EFFECTS_OF[contrast]), "p_holm"].min() >= alpha)


def contrasts(pairwise: pd.DataFrame, anova: pd.DataFrame | None, alpha: float) -> str:
    """Report between which phases and structures Dice differs, in one sentence where none of their effects does.

    The difference between structures over both phases is left out: its test is that of the effect in the ANOVA.
    """
    tested, gated_by_effect = {}, {}
    in_anova = anova is not None and anova.loc[anova["effect"] == "structure", "p_holm"].notna().any()
    over_phases = "ED and ES: blood_pool - myocardium" if in_anova else ""
    reported = pairwise["p_adjusted"].notna() & (pairwise["contrast"] != over_phases)
    for row in pairwise[reported].to_dict("records"):
        where, at, first, second = SIDES[row["contrast"]]
        difference = f"difference {number(row['mean_difference'], 3)}"
        if gated(row["contrast"], anova, alpha):
            limits = confidence_interval(alpha, interval(row["ci_low"], row["ci_high"], 3))
            given = number(row["mean_difference"], 3) + parenthesis(limits, f"adjusted {p_is(row['p_adjusted'])}")
            gated_by_effect.setdefault(f"{first} and {second}", []).append(f"{given} {where}")
            continue
        facts = estimate(difference, row["ci_low"], row["ci_high"], row["p_adjusted"], alpha, 3)
        verdict = f"did not differ significantly between {first} and {second}"
        if row["p_adjusted"] < alpha:
            side = "higher" if row["mean_difference"] > 0 else "lower"
            verdict = f"were significantly {side} {at} {first} than {at} {second}"
        tested.setdefault(verdict, []).append(where + facts)
    texts = [
        f"Dice coefficients {verdict} {enumerate_words(found, 'or' if 'not' in verdict else 'and')}"
        for verdict, found in tested.items()
    ]
    if texts:
        texts[0] = f"in paired t-tests (p values adjusted for multiple comparisons, CIs not adjusted), {texts[0]}"
    texts += [
        f"the mean difference in Dice between {sides} was {enumerate_words(found)}"
        for sides, found in gated_by_effect.items()
    ]
    caveat = (
        "because the Dice coefficient also depends on the size and shape of a structure, its differences between "
        "structures and phases are not differences in accuracy alone"
    )
    return paragraph(*texts, caveat if texts else "")


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
        texts.append(f"it was significantly {enumerate_words(found)}")
    if found and len(terms) > 1:
        texts.append(
            "these CIs are Bonferroni-corrected; p is the larger of the Bonferroni-corrected p and the p of the ANOVA"
        )
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
    texts, named = [], False
    for what, rows in verdicts.items():
        found = []
        for row in tested[rows].to_dict("records"):
            limits = confidence_interval(alpha, interval(row["ci_low"], row["ci_high"], 2))
            facts = [f"ρ = {number(row['spearman_rho'], 2)}", limits, p_is(row["p_holm"])]
            if not named:  # the abbreviated forms follow
                facts = [f"Spearman's {facts[0]}", limits and f"unadjusted {limits}", f"Holm-corrected {facts[2]}"]
            found.append(METRIC[row["metric"]] + parenthesis(*facts))
            named = True
        texts += [f"{what} {enumerate_words(found, 'or' if 'not' in what else 'and')}"] if found else []
    untested = dice_error[dice_error["p_holm"].isna()]
    what = "the association of the Dice coefficient with the absolute error could not be tested"
    own = (
        "associations were tested between the absolute error in a parameter and the Dice coefficient of the structure "
        "and phase from which it was measured"
    )
    return paragraph(own if texts else "", *texts, missing_values(untested, metric_names(untested), what))
