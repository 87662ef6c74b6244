"""The items of the ARRIVE guidelines 2.0 for a comparison: what the data answer, and what the authors must write.

Percie du Sert et al., PLoS Biol 2020;18:e3000410 (guidelines), e3000411 (explanation).
"""

from collections.abc import Mapping

import pandas as pd

from murmur.comparison.design import POWER
from murmur.comparison.verdicts import BETWEEN, WITHIN
from murmur.measurement.measures import MEASURES, TAKEN
from murmur.presentation.comparison_words import (
    difference_unit,
    in_sentence,
    name_of,
    place_of,
    title_of,
    unit_notes,
)
from murmur.presentation.markdown_page import markdown_table
from murmur.presentation.number_format import DASH, mean_and_sd, number, p_is, p_value
from murmur.presentation.prose.comparison_methods import described
from murmur.presentation.prose.differences import Compared
from murmur.presentation.prose.effects_table import effects_in_full
from murmur.presentation.prose.phrases import counted, enumerate_words, interval, paragraph
from murmur.statistics.notes import reasons_for_exclusion
from murmur.subject import printed_unit, subject
from murmur.vocabulary import REFERENCE

AUTHORS = "*To be written by the authors:* "
DECLARED = {"randomisation": ("random", "allocat"), "blinding": ("blind", "mask")}  # beginnings of columns' names
DIAGNOSTICS = {
    "shapiro_p": "the Shapiro-Wilk test of the residuals",
    "brown_forsythe_p": "the Brown-Forsythe test of equal variances",
}
RECOMMENDED = [
    "11. Abstract",
    "12. Background",
    "13. Objectives",
    "14. Ethical statement: committee, licence or protocol numbers",
    "15. Housing and husbandry",
    "16. Animal care and monitoring: pain and distress, humane endpoints, adverse events",
    "17. Interpretation: limitations, among them the agreement of the reader with an expert",
    "18. Generalisability and translation",
    "19. Protocol registration: whether the comparison and its primary measure were planned in advance, and where",
    "20. Data access: where the data can be found; `snakemake crate` packs those of the study",
    "21. Declaration of interests",
]


def sections(
    found: Compared, scans: pd.DataFrame, assumptions: pd.DataFrame, excluded: Mapping[str, str]
) -> dict[str, list[str]]:
    """Return the paragraphs of each item.

    `scans` is measurements.csv of the cohort, `assumptions` assumptions.csv of the comparison, and `excluded` gives
    reasons by mouse.
    """
    return {
        "1. Study design": [design(found), AUTHORS + "why this control group, and the hypothesis."],
        "2. Sample size": [
            markdown_table(["group", "animals compared"], [*found.animals.items(), ("all", found.animals.sum())]),
            paragraph(power(found), power_method(found)),
            AUTHORS + "how the number of animals was decided, with the calculation if there was one.",
        ],
        "3. Inclusion and exclusion criteria": [
            exclusions(found, scans, excluded),
            f"{found.unit.capitalize()}s in each analysis:",
            analysed(found),
            AUTHORS + "the criteria, and whether they were set before the data were seen.",
        ],
        "4. Randomisation": [
            declared("randomisation", found, scans),
            AUTHORS + "how animals were allocated to groups and cages, and the order of treatments and scans.",
        ],
        "5. Blinding": [
            declared("blinding", found, scans),
            reading(found),
            AUTHORS + "who was aware of the groups during allocation, scanning and analysis.",
        ],
        "6. Outcome measures": [
            outcomes(found),
            AUTHORS + "whether the primary measure was chosen before the data were seen.",
        ],
        "7. Statistical methods": [described(found), diagnostics(found, assumptions)],
        "8. Experimental animals": [
            *characteristics(found, scans),
            AUTHORS + "species, strain, age or developmental stage, genetic modification, source and health status.",
        ],
        "9. Experimental procedures": [
            "The methods section of the study (`tables/methods.md`) describes images, segmentation and measurements.",
            AUTHORS + "interventions, anaesthesia, scanner, coil and sequence, when and where, and why.",
        ],
        "10. Results": [
            "`table_groups` and `summary.csv` give descriptive statistics, `figure_groups` each animal. Pairwise "
            "comparisons:",
            tests_in_full(found.differences, found),
            *changes_in_full(found),
            *effects_in_full(found),
        ],
        "Recommended set": [AUTHORS, "\n".join(f"- {item}" for item in RECOMMENDED)],
    }


def design(found: Compared) -> str:
    """Name the groups, the control, the sessions and the experimental unit."""
    settings = found.settings
    sessions = f"sessions: {', '.join(settings['sessions'])}" if settings["sessions"] else ""
    control = f"control group: {settings['control']}" if settings["control"] else "no group was named as control"
    unit = unit_notes(found.summary) or ["the experimental unit is the animal"]
    return paragraph(f"groups compared: {', '.join(settings['groups'])}", control, sessions, *unit)


def power(found: Compared) -> str:
    """Say which difference in the primary measure would be detected, with and without the reader's error."""
    rows = found.measurement_error[found.measurement_error["measure"] == found.measures[0]]
    asked = "detectable_change" if found.of_changes else "detectable_difference"
    if rows.empty or pd.isna(rows[asked].iloc[0]):
        return ""
    row = rows.iloc[0]
    decimals, unit = found.decimals(row["measure"]), difference_unit(row["measure"])
    size, without = (f"{number(row[name], decimals)} {unit}".strip() for name in (asked, "detectable_without_error"))
    text = (
        f"given the number of {found.unit}s and the standard deviation within groups, a difference between two groups "
        f"in {found.quantity(in_sentence(row['measure']))} of {size} would be detected with a power of "
        f"{100 * POWER:g}%"
    )
    if found.of_changes or pd.isna(row["detectable_without_error"]) or size == without:
        return text
    simulated = " on simulated mice" if found.error_on_simulated_mice else ""
    return f"{text}, and one of {without} without the measurement error of {found.reader}{simulated}"


def power_method(found: Compared) -> str:
    """Describe the detectable difference."""
    detectable = found.measurement_error["detectable_change" if found.of_changes else "detectable_difference"]
    if detectable.isna().all():
        return ""
    of = " of the changes" if found.of_changes else ""
    measures = " and of measures, as if no other measure differed" if len(found.measures) > 1 else ""
    return (
        "detectable differences are those that a two-sided t-test detects with a power of "
        f"{100 * POWER:g}%, for the standard deviation{of} pooled within groups and the harmonic mean of their sizes, "
        f"with Bonferroni correction for the number of comparisons{measures}"
    )


def exclusions(found: Compared, scans: pd.DataFrame, excluded: Mapping[str, str]) -> str:
    """Count the scans of the cohort that are not part of the comparison, with the reasons."""
    settings = found.settings
    groups = scans[settings["group"]].fillna("").astype(str)
    unknown = int((groups == "").sum())
    others = sorted(set(groups[groups != ""]) - set(settings["groups"]))
    left_out = int(groups.isin(others).sum())
    return paragraph(
        f"of {len(scans) + len(excluded)} scans, {len(excluded)} {'was' if len(excluded) == 1 else 'were'} excluded "
        f"({reasons_for_exclusion(excluded)})"
        if excluded
        else f"none of {len(scans)} scans was excluded",
        f"the group of {counted(unknown, 'scan')} is unknown" if unknown else "",
        f"{counted(left_out, 'scan')} of other groups ({', '.join(others)}) {'is' if left_out == 1 else 'are'} not "
        "part of the comparison"
        if others
        else "",
    )


def analysed(found: Compared) -> str:
    """Return the number of animals in each analysis as a table: by measure and session, in each group."""
    rows = []
    for (measure, session, level), of_place in found.summary.groupby(["measure", "session", "level"], sort=False):
        n = of_place.set_index("group")["n"]
        place = place_of(session, level)
        rows.append([f"{name_of(measure)}{f', {place}' if place else ''}", *(n[g] for g in found.settings["groups"])])
    return markdown_table(["analysis", *found.settings["groups"]], rows)


def declared(what: str, found: Compared, scans: pd.DataFrame) -> str:
    """Report what the table of participants says of randomisation or blinding."""
    of_groups = scans[scans[found.settings["group"]].astype(str).isin(found.settings["groups"])]
    given = [name for name in scans if name not in TAKEN]  # the others are computed
    columns = [name for name in given if name.casefold().startswith(DECLARED[what])]
    sentences = []
    for name in columns:
        counts = of_groups[name].fillna("not stated").astype(str).value_counts(sort=False)
        given = enumerate_words(f"{value} for {n}" for value, n in counts.items())
        sentences.append(f"the column {name} of the table of participants gives {given} scans")
    return paragraph(*sentences) or f"The table of participants does not mention {what}."


def reading(found: Compared) -> str:
    """Say who measured, and that a network does not know the groups."""
    if found.reader == REFERENCE:
        return "The measurements are those of the reference contours."
    return (
        f"The measurements are those of reader {found.reader}. A network segments each scan without knowing its group; "
        "a person who contours or corrects masks may know it."
    )


def outcomes(found: Compared) -> str:
    """Define each measure; the first is the primary one."""
    rows = [
        (title_of(name), MEASURES[name].meaning, formula(name), "primary" if name == found.measures[0] else "")
        for name in found.measures
    ]
    return markdown_table(["measure", "meaning", "formula", ""], rows)


def formula(measure: str) -> str:
    """Return the formula of a measure, as printed."""
    text = MEASURES[measure].formula.replace("_", " ")
    if subject().is_large:  # rates and volumes are then printed in mL/s and mL
        text = text.replace("1000 × peak", "peak").replace("mg/µL", printed_unit("mg/uL").replace("uL", "µL"))
    return text


def characteristics(found: Compared, scans: pd.DataFrame) -> list[str]:
    """Return sex and body weight of the animals of each group, at their first scan, as a table where they are known."""
    first = scans.assign(group_compared=scans[found.settings["group"]].astype(str))
    if sessions := found.settings["sessions"]:
        order = first[found.settings["session"]].map({session: number for number, session in enumerate(sessions)})
        first = first.loc[order.sort_values(kind="stable").index]
    first = first.drop_duplicates("animal")
    unit, size = ("kg", 1e-3) if subject().is_large else ("g", 1)
    rows = []
    for group in found.settings["groups"]:
        own = first[first["group_compared"] == group]
        cells = [group, len(own)]
        if "sex" in scans:
            counts = own["sex"].dropna().value_counts(sort=False)
            cells.append("; ".join(f"{sex}, {n}" for sex, n in counts.items()) or DASH)
        if "body_weight_g" in scans:
            weight = size * own["body_weight_g"]
            cells.append(mean_and_sd(weight.mean(), weight.std()))
        rows.append(cells)
    header = ["group", "animals"]
    header += ["sex"] if "sex" in scans else []
    header += [f"body weight at the first scan ({unit}, mean ± SD)"] if "body_weight_g" in scans else []
    return [markdown_table(header, rows)] if len(header) > 2 else []


def diagnostics(found: Compared, assumptions: pd.DataFrame) -> str:
    """Say in which analyses normality or equal variances are doubtful; several are expected among many."""
    sentences = []
    for column, what in DIAGNOSTICS.items():
        known = assumptions.dropna(subset=column)
        low = known[known[column] < found.alpha]
        where = [f"{analysis_of(row, found)} ({p_is(row[column])})" for row in low.to_dict("records")]
        if len(known):
            listed = f": {enumerate_words(where)}" if where else ""
            sentences.append(f"{what} had p < {found.alpha:g} in {len(low)} of {len(known)} tests{listed}")
    return paragraph(*sentences)


def analysis_of(row: Mapping, found: Compared) -> str:
    """Name the measure and the session of a row of assumptions.csv; without a session, it is about the mixed model."""
    place = f" at {row['session']}" if row["session"] else " in the mixed model" if found.settings["sessions"] else ""
    return f"{in_sentence(row['measure'])}{place}"


def changes_in_full(found: Compared) -> list[str]:
    """Return each change from the first session, and each difference in change between groups, as tables."""
    rows = found.changes
    if rows.empty:
        return []
    first = rows["from_session"].iloc[0]
    texts = [f"Changes from {first} within groups, of the animals measured at both sessions:"]
    texts.append(tests_in_full(rows[rows["effect"] == WITHIN], found))
    if (between := rows[rows["effect"] == BETWEEN]).empty:
        return texts
    return [*texts, f"Differences between groups in the change from {first}:", tests_in_full(between, found)]


def tests_in_full(table: pd.DataFrame, found: Compared) -> str:
    """Return each comparison of two groups as a table: n, difference, interval, statistic, p and effect size.

    Changes have no effect size, because it would be relative to their SD, which is small.
    """
    within, changes = len(table) > 0 and (table["group_a"] == table["group_b"]).all(), "effect" in table
    header = [
        "measure",
        *(["group", "n", "change"] if within else ["groups", "n", "difference"]),
        f"{100 * (1 - found.alpha):g}% CI",
        "t (df)",
        "p",
        "p corrected",
    ]
    header += ["verdict"] if changes else ["Hedges' g (CI)", "verdict"]
    rows = []
    for row in table.to_dict("records"):
        decimals, place = found.decimals(row["measure"]), place_of(row["session"], row["level"])
        where = f"{name_of(row['measure'])}{f', {place}' if place else ''}"
        cells = [where, f"{row['group_b']} − {row['group_a']}", f"{row['n_b']}, {row['n_a']}"]
        if row["group_a"] == row["group_b"]:
            cells = [where, row["group_b"], row["n_b"]]
        cells.append(number(row["difference"], decimals))
        if pd.isna(row["p_adjusted"]):
            rows.append([*cells, *[DASH] * (4 if changes else 5), "not tested"])
            continue
        cells += [
            interval(row["ci_low"], row["ci_high"], decimals),
            f"{number(row['statistic'], 2)} ({number(row['df'])})",
        ]
        cells += [p_value(row["p"]), p_value(row["p_adjusted"])]
        if not changes:
            g = interval(row["hedges_g_ci_low"], row["hedges_g_ci_high"], 2)
            cells.append(f"{number(row['hedges_g'], 2)} ({g})")
        rows.append([*cells, row["verdict"]])
    return markdown_table(header, rows)
