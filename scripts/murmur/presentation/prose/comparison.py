"""Results of a comparison of groups in words: all paragraphs by heading."""

import pandas as pd

from murmur.comparison.verdicts import ON_SIMULATED_MICE
from murmur.presentation.comparison_words import column_name, in_sentence, too_small, unit_notes
from murmur.presentation.number_format import number, p_is
from murmur.presentation.prose import changes
from murmur.presentation.prose.comparison_summary import SILENT, sized, summary
from murmur.presentation.prose.differences import Compared, differences_in
from murmur.presentation.prose.phrases import enumerate_words, missing_values, paragraph, parenthesis
from murmur.vocabulary import REFERENCE

# effects of tests.csv that are reported, as found and as not found; those of groups are reported by their differences
EFFECTS = {
    "session": (
        "{measures} changed significantly over sessions{average}",
        "no significant change over sessions{average} was found in {measures}",
    ),
    "group:session": (
        "the change over sessions differed significantly between groups in {measures}",
        "the change over sessions did not differ significantly between groups in {measures}",
    ),
    "group:factor": (
        "the difference between groups depended significantly on {factor} in {measures}",
        "the difference between groups did not depend significantly on {factor} in {measures}",
    ),
    "group:factor:session": (
        "the difference between groups in the change over sessions depended significantly on {factor} in {measures}",
        "the difference between groups in the change over sessions did not depend significantly on {factor} in "
        "{measures}",
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
        contoured(found),
        *(unit_notes(found.summary) or ["the unit of analysis is the animal"]),
        too_small(found.differences),
        missing_values(found.summary, names, "some values are missing", SILENT),
    )


def contoured(found: Compared) -> str:
    """Say how many scans an expert contoured too, if only some are."""
    scans = found.values.drop_duplicates("mouse")
    n = int(scans["contoured"].sum())
    if found.reader == REFERENCE or n in (0, len(scans)):
        return ""
    return f"an expert contoured {n} of the {len(scans)} scans"


def conventions(found: Compared) -> str:
    """Say how differences are given, and which are called significant."""
    tested = found.differences.dropna(subset="p_adjusted")
    if tested.empty:
        return ""
    most = int(tested["comparisons"].max())
    simultaneous = "simultaneous " if most > 1 else ""
    p = f"p, both corrected for the {most} comparisons of a measure" if most > 1 else "p"
    holm = ""
    if tested["measure"].nunique() > 1:
        holm = (
            f"a difference is called significant if both its p and, after Holm correction for the "
            f"{tested['measure'].nunique()} measures, the smallest p of its measure are below {found.alpha:g}"
        )
    return paragraph(
        f"differences are given with {simultaneous}{100 * (1 - found.alpha):g}% confidence intervals (CI) and {p}, "
        "followed by Hedges' g",
        holm,
    )


def effects(found: Compared) -> str:
    """Report changes over sessions, and whether they, or levels of a second factor, differ between groups."""
    table, sentences = found.tests.dropna(subset="p_holm"), []
    several = len(found.settings["groups"]) > 1
    words = {role: column_name(found.settings[role]) for role in ("factor", "covariate")}
    words |= {"average": ", on average over groups," if several else ""}
    for effect, texts in EFFECTS.items():
        rows = table[table["effect"] == effect].drop_duplicates("measure")
        for text, conjunction, verdict in zip(texts, ("and", "or"), (True, False), strict=True):
            chosen = rows[(rows["p_holm"] < found.alpha) == verdict]
            if len(chosen):
                tested = enumerate_words(map(tested_in, chosen.to_dict("records")), conjunction)
                sentences.append(text.format(measures=tested, **words).removesuffix(","))
    slopes = table[table["effect"] == "group:covariate"].drop_duplicates("measure")
    if len(slopes):
        tested = enumerate_words(map(tested_in, slopes.to_dict("records")))
        sentences.append(SLOPES.format(measures=tested, **words))
    corrected = "the p values in this paragraph are corrected for the number of measures by Holm's method"
    return paragraph(*sentences, corrected if sentences and table["measure"].nunique() > 1 else "")


def tested_in(row: dict) -> str:
    """Write a measure with the F test of an effect."""
    df1 = number(row["df1"], 0 if float(row["df1"]).is_integer() else 1)
    f = f"F({df1}, {number(row['df2'])}) = {number(row['statistic'], 2)}"
    return f"{in_sentence(row['measure'])} ({f}, {p_is(row['p_holm'])})"


def error(found: Compared) -> str:
    """Report what the measurement error of the reader takes from the comparison."""
    if found.reader == REFERENCE:
        return ""
    table = found.measurement_error
    known = table[table["reliability"].notna()]
    if known.empty:
        return paragraph(
            f"how much the measurement error of {found.reader} adds to the spread between animals is not known",
            missing_values(table, list(map(in_sentence, table["measure"])), "it could not be determined"),
        )
    parts = [error_in(row) for row in known.to_dict("records")]
    if found.error_on_simulated_mice:
        return paragraph(
            f"the measurement error of {found.reader} on these images is not known, because no scan of the study was "
            "contoured by an expert; on simulated mice it is known, and on acquired images it is at least as large",
            f"of the variance between the animals of a group, the part that is not measurement error was therefore at "
            f"most {enumerate_words(parts)}",
            missing_values(table, list(map(in_sentence, table["measure"])), "this part could not be determined"),
        )
    return paragraph(
        f"of the variance between the animals of a group, the part that is not measurement error of {found.reader}, "
        f"estimated from its differences from the reference, was {enumerate_words(parts)}",
        missing_values(table, list(map(in_sentence, table["measure"])), "this part could not be determined"),
    )


def error_in(row: dict) -> str:
    """Write the share of the variance of a measure that is not error, and how much wider error makes the intervals."""
    share = 100 * row["reliability"]
    percent = f"{number(share, 0)}%" if share <= 99.5 else f"{number(share)}%" if share < 99.95 else "more than 99.9%"
    percent = f"{percent} for {in_sentence(row['measure'])}"
    if pd.isna(row["ci_inflation"]):
        return percent
    wider = 100 * (row["ci_inflation"] - 1)
    by = number(wider, 0) if wider >= 0.5 else "less than 1"
    if row["error_source"] == ON_SIMULATED_MICE:
        by = f"at least {number(wider, 0 if wider >= 0.95 else 1)}"
    return f"{percent}{parenthesis(f'intervals wider by {by}%')}"


def sections(found: Compared) -> dict[str, list[str]]:
    """Return the paragraphs under each heading; those that concern several groups are empty for a single one."""
    several = len(found.settings["groups"]) > 1
    return {
        "Summary": [summary(found)],
        "Animals": [animals(found)],
        "Differences between groups": [
            conventions(found),
            *(differences_in(measure, found) for measure in found.measures),
        ]
        if several
        else [],
        "Sessions and further factors": [effects(found)],
        "Changes from the first session": [
            changes.conventions(found),
            *(changes.changes_in(measure, found) for measure in found.measures),
        ],
        "Measurement error": [error(found)],
    }
