"""Generalisation in words: the errors of a reader in an external cohort relative to those in its internal cohort."""

import pandas as pd

from murmur.presentation.number_format import number
from murmur.presentation.prose.phrases import METRIC, STRUCTURE, enumerate_words, estimate, paragraph


def name_of(row: dict) -> str:
    """Name the quantity of a row of cohort_comparison.csv."""
    is_dice = row["measure"] == "dice_error"
    return f"the Dice coefficient of {STRUCTURE[row['structure']]}" if is_dice else METRIC[row["metric"]]


def generalisation(table: pd.DataFrame, cohort: str, reader: str, alpha: float) -> str:
    """Report how much larger or smaller the errors are than in the internal cohort.

    `table` is cohort_comparison.csv; empty where it does not compare the reader in this cohort.
    """
    rows = table[(table["reader"] == reader) & (table["external"] == cohort) & table["p_holm"].notna()]
    if rows.empty:
        return ""
    found: dict[str, list[str]] = {}
    for row in rows.to_dict("records"):
        change = "differ" if row["p_holm"] >= alpha else "larger" if row["ratio"] > 1 else "smaller"
        facts = estimate(
            f"ratio {number(row['ratio'], 2)}", row["ratio_ci_low"], row["ratio_ci_high"], row["p_holm"], alpha, 2
        )
        found.setdefault(change, []).append(name_of(row) + facts)
    internal = rows["internal"].iloc[0]
    errors = "mean errors (1 − Dice, or the absolute error of a parameter)"
    texts = []
    for change in filter(found.get, ("larger", "smaller", "differ")):
        verdict = f"were significantly {change} in the {cohort} cohort than in the {internal} cohort"
        if change == "differ":
            verdict = f"did not differ significantly between the {cohort} and the {internal} cohort"
        texts.append(f"{'mean errors' if texts else errors} in {enumerate_words(found[change])} {verdict}")
    return paragraph("p values are Holm-corrected across the quantities, CI are not" if len(rows) > 1 else "", *texts)
