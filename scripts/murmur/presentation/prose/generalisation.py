"""Generalisation in words: the errors of a reader in an external cohort relative to those in its internal cohort."""

import pandas as pd

from murmur.presentation.number_format import number
from murmur.presentation.prose.phrases import METRIC, STRUCTURE, enumerate_words, estimate, paragraph

CHANGES = ("larger", "smaller", "differ")
ERRORS = {"dice_error": "mean Dice errors (1 − Dice) of", "absolute_error": "mean absolute errors in"}


def name_of(row: dict) -> str:
    """Name the quantity of a row of cohort_comparison.csv."""
    return STRUCTURE[row["structure"]] if row["measure"] == "dice_error" else METRIC[row["metric"]]


def of_reader(table: pd.DataFrame, cohort: str, reader: str) -> pd.DataFrame:
    """Return the tested rows of cohort_comparison.csv about a reader in an external cohort."""
    return table[(table["reader"] == reader) & (table["external"] == cohort) & table["p_holm"].notna()]


def number_of(mice: pd.Series) -> str:
    """Write the number of mice of a cohort; empty where it differs between quantities."""
    return f" (n = {mice.iloc[0]})" if mice.nunique() == 1 else ""


def generalisation(table: pd.DataFrame, cohort: str, reader: str, alpha: float) -> str:
    """Report how much larger or smaller the errors are than in the internal cohort.

    `table` is cohort_comparison.csv; empty where it does not compare the reader in this cohort.
    """
    rows = of_reader(table, cohort, reader)
    if rows.empty:
        return ""
    found: dict[tuple[str, str], list[str]] = {}
    for row in rows.to_dict("records"):
        change = "differ" if row["p_holm"] >= alpha else "larger" if row["ratio"] > 1 else "smaller"
        facts = estimate(
            f"ratio {number(row['ratio'], 2)}", row["ratio_ci_low"], row["ratio_ci_high"], row["p_holm"], alpha, 2
        )
        found.setdefault((change, row["measure"]), []).append(name_of(row) + facts)
    internal = rows["internal"].iloc[0]
    texts = []
    for change, measure in sorted(found, key=lambda each: (CHANGES.index(each[0]), [*ERRORS].index(each[1]))):
        here, there = ("", "") if texts else (number_of(rows["n_external"]), number_of(rows["n_internal"]))
        verdict = f"were significantly {change} in the {cohort} cohort{here} than in the {internal} cohort{there}"
        if change == "differ":
            verdict = f"did not differ significantly between the {cohort} cohort{here} and the {internal} cohort{there}"
        texts.append(f"{ERRORS[measure]} {enumerate_words(found[change, measure])} {verdict}")
    return paragraph(
        "p values are Holm-corrected across the quantities; CIs are not" if len(rows) > 1 else "",
        *texts,
        "Figure 8 shows these ratios" if len(rows) > 1 else "",
    )
