"""Results of a comparison of groups in words: all paragraphs by heading."""

import pandas as pd

from murmur.comparison.verdicts import ON_SIMULATED_MICE
from murmur.presentation.comparison_words import column_name, in_sentence, meanings, too_small, unit_notes
from murmur.presentation.number_format import number
from murmur.presentation.prose import descriptive
from murmur.presentation.prose.changes import changes_in
from murmur.presentation.prose.comparison_summary import SILENT, sized, summary
from murmur.presentation.prose.descriptive import f_test
from murmur.presentation.prose.differences import RECORDED, Compared, differences_in
from murmur.presentation.prose.phrases import enumerate_words, missing_values, paragraph, parenthesis
from murmur.vocabulary import REFERENCE

# effects of tests.csv that are reported, as found and as not found; those of groups are reported by their differences
EFFECTS = {
    "group:factor": (
        "the difference between groups depended significantly on {factor} in {measures}",
        "the difference between groups did not depend significantly on {factor} in {measures}",
    ),
    "covariate": (
        "{measures} depended significantly on {covariate} within groups",
        "no significant dependence on {covariate} within groups was found for {measures}",
    ),
}
# Without a verdict: in simulated groups without a difference, it is significant in up to 8% (docs/statistics.md).
SLOPES = (
    "the slopes on {covariate} were compared between groups in {measures}; this F test assumes equal variances, and no "
    "conclusion is based on it"
)


def animals(found: Compared) -> str:
    """Report the numbers of animals in each group and session, missing values and the unit of analysis."""
    counts, primary = "", found.measures[0]
    if found.settings["sessions"]:
        rows = found.summary[found.summary["measure"] == primary].groupby(["session", "group"])["n"].sum()
        parts = [
            f"at {session} in {enumerate_words(str(rows[session, group]) for group in found.settings['groups'])}"
            for session in found.settings["sessions"]
        ]
        of = " animals of these groups, respectively" if len(found.settings["groups"]) > 1 else " animals"
        counts = f"{in_sentence(primary)} was measured {'; '.join(parts[:-1])}; and {parts[-1]}{of}"
        if all(
            rows[session, group] == n for session in found.settings["sessions"] for group, n in found.animals.items()
        ):
            counts = f"{in_sentence(primary)} was measured in all of them at each session"
    names = list(map(in_sentence, found.summary["measure"]))
    return paragraph(
        f"{found.animals.sum()} animals were compared ({sized(found)})",
        counts,
        meanings(found.measures),
        contoured(found),
        *unit_notes(found.summary),
        too_small(found.asked),
        missing_values(found.summary, names, "some values are missing", SILENT),
    )


def contoured(found: Compared) -> str:
    """Say how many scans have reference contours too, if only some have."""
    scans = found.values.drop_duplicates("mouse")
    n = int(scans["contoured"].sum())
    if found.reader == REFERENCE or n in (0, len(scans)):
        return ""
    return f"{n} of the {len(scans)} scans {'has' if n == 1 else 'have'} reference contours"


def conventions(found: Compared) -> str:
    """Say how differences are given, and which are called significant."""
    tested = found.asked.dropna(subset="p_adjusted")
    if tested.empty:
        return ""
    most = int(tested["comparisons"].max())
    simultaneous = "simultaneous " if most > 1 else ""
    p = f"p values, both corrected for the {most} comparisons of a measure" if most > 1 else "p values"
    which = "change" if len(found.settings["groups"]) == 1 else "difference"
    first = found.settings["sessions"][0] if found.of_changes else ""
    paired = f"changes were calculated in the animals measured at {first} and at the session concerned" if first else ""
    g = "" if found.of_changes else ", followed by Hedges' g"
    return paragraph(
        paired,
        f"{which}s are given with {simultaneous}{100 * (1 - found.alpha):g}% confidence intervals (CIs) and {p}{g}",
        "all other estimates below are descriptive" if any(descriptive.sections(found).values()) else "",
    )


def effects(found: Compared) -> str:
    """Report whether differences between groups depend on a second factor, and measures on a covariate."""
    table, sentences = found.tests.dropna(subset="p_holm"), []
    words = {role: column_name(found.settings[role]) for role in ("factor", "covariate")}
    for effect, texts in EFFECTS.items():
        rows = table[table["effect"] == effect].drop_duplicates("measure")
        for text, conjunction, verdict in zip(texts, ("and", "or"), (True, False), strict=True):
            chosen = rows[(rows["p_holm"] < found.alpha) == verdict]
            if len(chosen):
                tested = enumerate_words(map(tested_in, chosen.to_dict("records")), conjunction)
                sentences.append(text.format(measures=tested, **words))
    slopes = table[table["effect"] == "group:covariate"].drop_duplicates("measure")
    if len(slopes):
        tested = enumerate_words(map(tested_in, slopes.to_dict("records")))
        sentences.append(SLOPES.format(measures=tested, **words))
    corrected = "the p values in this paragraph are corrected for the number of measures by Holm's method"
    return paragraph(*sentences, corrected if sentences and table["measure"].nunique() > 1 else "")


def tested_in(row: dict) -> str:
    """Write a measure with the F test of an effect."""
    return f"{in_sentence(row['measure'])} ({f_test(row)})"


def error(found: Compared) -> str:
    """Report what the measurement error of the reader takes from the comparison."""
    if found.reader == REFERENCE:
        return ""
    table = found.measurement_error[found.measurement_error["measure"] != RECORDED]
    known = table[table["reliability"].notna()]
    if known.empty:
        return paragraph(
            f"how much the measurement error of {found.reader} adds to the spread between animals is not known",
            missing_values(table, list(map(in_sentence, table["measure"])), "it could not be determined"),
        )
    parts = [error_in(row, found.of_changes) for row in known.to_dict("records")]
    missing = missing_values(table, list(map(in_sentence, table["measure"])), "this proportion could not be determined")
    changes = "these proportions do not apply to changes" if found.of_changes else ""
    share = "of the variance between the animals of a group in a session" if found.settings["sessions"] else ""
    share = share or "of the variance between the animals of a group"
    if found.error_on_simulated_mice:
        return paragraph(
            f"the measurement error of {found.reader} on these images is not known, because no scan of the study has "
            "reference contours",
            f"if it is at least as large as on simulated mice, the proportion {share} that is not due to measurement "
            f"error was at most {enumerate_words(parts)}",
            changes,
            missing,
        )
    return paragraph(
        f"the proportion {share} that is not due to measurement error of {found.reader}, estimated from its "
        f"differences from the reference, was {enumerate_words(parts)}",
        changes,
        missing,
    )


def error_in(row: dict, of_changes: bool) -> str:
    """Write the share of the variance of a measure that is not error, and, of values, how much error widens intervals.

    It widens those of changes by less, as far as it is the same in both scans.
    """
    share = 100 * row["reliability"]
    percent = f"{number(share, 0)}%" if share <= 99.5 else f"{number(share)}%" if share < 99.95 else "more than 99.9%"
    percent = f"{percent} for {in_sentence(row['measure'])}"
    if of_changes or pd.isna(row["ci_inflation"]):
        return percent
    wider = 100 * (row["ci_inflation"] - 1)
    by = number(wider, 0) if wider >= 0.5 else "less than 1"
    if row["error_source"] == ON_SIMULATED_MICE:
        by = f"at least {number(wider, 0 if wider >= 0.95 else 1)}"
    return f"{percent}{parenthesis(f'intervals wider by {by}%')}"


def sections(found: Compared) -> dict[str, list[str]]:
    """Return the paragraphs under each heading; those that concern several groups are empty for a single one."""
    several = len(found.settings["groups"]) > 1
    heading = f"Changes from {found.settings['sessions'][0]}" if found.of_changes else "Differences between groups"
    if several and found.of_changes:
        heading = f"Differences between groups in the change from {found.settings['sessions'][0]}"
    answers = differences_in if several else changes_in
    return {
        "Summary": [summary(found)],
        "Animals": [animals(found)],
        heading: [conventions(found), *(answers(measure, found) for measure in found.measures)],
        f"Effects of {further_factors(found)}": [effects(found)],
        **descriptive.sections(found),
        "Measurement error": [error(found)],
    }


def further_factors(found: Compared) -> str:
    """Name the second factor and the covariate: "sex and body weight"; empty without either."""
    names = [column_name(found.settings[role]) for role in ("factor", "covariate") if found.settings[role]]
    return enumerate_words(names) if names else ""
