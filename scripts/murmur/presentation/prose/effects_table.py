"""The F tests of a comparison as a table: effects of group, session and further factor, and their interactions."""

from murmur.presentation.comparison_words import column_name, name_of
from murmur.presentation.markdown_page import markdown_table
from murmur.presentation.number_format import number, p_value
from murmur.presentation.prose.differences import Compared

TESTS = {
    "welch_anova": "Welch's ANOVA",
    "welch_james": "Welch-James",
    "anova_type3": "ANOVA of type III",
    "block_anova": "ANOVA within blocks",
    "ancova": "ANCOVA",
    "mixed_model": "mixed model",
}


def effects_in_full(found: Compared) -> list[str]:
    """Return each F test of an effect as a table; empty if there is none."""
    tested = found.tests[found.tests["test"].isin(TESTS)].dropna(subset="p")
    words = {role: column_name(found.settings[role]) for role in ("factor", "covariate")}
    rows = [
        [
            name_of(row["measure"]),
            " × ".join(words.get(part, part) for part in row["effect"].split(":")),
            TESTS[row["test"]],
            f"{number(row['statistic'], 2)} ({number(row['df1'])}, {number(row['df2'])})",
            p_value(row["p"]),
            p_value(row["p_holm"]),
        ]
        for row in tested.to_dict("records")
    ]
    table = markdown_table(["measure", "effect", "test", "F (df)", "p", "p corrected"], rows)
    return ["F tests, p corrected for the number of measures:", table] if rows else []
