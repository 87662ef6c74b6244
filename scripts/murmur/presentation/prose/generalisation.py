"""Generalisation in words: the errors of a reader in an external cohort relative to those in its internal cohort."""

import pandas as pd

from murmur.presentation.number_format import number
from murmur.presentation.prose.phrases import METRIC, STRUCTURE, enumerate_words, estimate, paragraph


def name_of(row: dict) -> str:
    """Name the quantity of a row of cohort_comparison.csv."""
    return f"Dice of {STRUCTURE[row['structure']]}" if row["measure"] == "dice_error" else METRIC[row["metric"]]


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
    where = f"in the {cohort} cohort than in the {internal} cohort for"
    errors = "mean errors (1 − Dice, or the absolute error of a parameter)"
    texts = [
        f"{errors} were significantly {change} {where} {enumerate_words(found[change])}"
        for change in ("larger", "smaller")
        if change in found
    ]
    if "differ" in found:
        between = "" if texts else f" between the {cohort} and the {internal} cohort"
        who = "they" if texts else errors
        texts.append(f"{who} did not differ significantly{between} for {enumerate_words(found['differ'], 'or')}")
    return paragraph(*texts)
