"""Changes from the first session in words: within each group, and compared between groups.

The verdicts are those of the table changes.csv, so that text, table and figure agree.
"""

import pandas as pd

from murmur.comparison.verdicts import BETWEEN, SIGNIFICANT, UNCONFIRMED, WITHIN
from murmur.presentation.comparison_words import in_sentence
from murmur.presentation.number_format import p_at_least, p_is
from murmur.presentation.prose.differences import Compared, facts
from murmur.presentation.prose.phrases import enumerate_words, paragraph


def changes_in(measure: str, found: Compared) -> str:
    """Report the changes of a measure within groups, and their differences between groups."""
    rows = found.changes[found.changes["measure"] == measure].dropna(subset="p_adjusted")
    within, between = (rows[rows["effect"] == effect] for effect in (WITHIN, BETWEEN))
    return paragraph(
        *changed(within, found), rest(within, measure, "change in {} from {}"),
        *differed(between, found), rest(between, measure, "difference between groups in the change in {} from {}"),
    )  # fmt: skip


def conventions(found: Compared) -> str:
    """Say on which animals changes rest, and for how many tests they are corrected."""
    tested = found.changes.dropna(subset="p_adjusted")
    if tested.empty:
        return ""
    most = tested.groupby("effect")["comparisons"].max()
    parts = [
        f"{most[effect]} {name}"
        for effect, name in ((WITHIN, "changes within groups"), (BETWEEN, "differences in change between groups"))
        if effect in most and most[effect] > 1
    ]
    first = tested["from_session"].iloc[0]
    holm = ", and those called significant remain so with Holm correction for the number of measures"
    corrected = f"; CI and p of each measure are corrected for the {enumerate_words(parts)}" if parts else ""
    return paragraph(
        f"changes are those from {first}, in the animals measured at both sessions{corrected}"
        f"{holm if corrected and tested['measure'].nunique() > 1 else ''}"
    )


def where(row: pd.Series, found: Compared) -> str:
    """Name both sessions, and the level of the second factor: "from baseline to day 7 within sex F"."""
    factor = found.settings["factor"]
    within = f" within {factor} {row['level']}" if row["level"] else f" on average over {factor}" if factor else ""
    return f"from {row['from_session']} to {row['session']}{within}"


def changed(rows: pd.DataFrame, found: Compared) -> list[str]:
    """Write the changes within groups that are significant or unconfirmed, by session and direction."""
    sentences = []
    rows = rows[rows["verdict"].isin([SIGNIFICANT, UNCONFIRMED])].assign(higher=lambda table: table["difference"] > 0)
    for (_, _, verdict, higher), alike in rows.groupby(["session", "level", "verdict", "higher"], sort=False):
        groups = [f"{row['group_b']}{facts(row, found, False, 'change')}" for row in alike.to_dict("records")]
        verb = "increased" if higher else "decreased"
        adverb = "significantly " if verdict == SIGNIFICANT else ""
        first = alike.iloc[0]
        sentences.append(
            f"{where(first, found)}, {in_sentence(first['measure'])} {verb} {adverb}in {enumerate_words(groups)}"
            f"{left_open(first) if verdict == UNCONFIRMED else ''}"
        )
    return sentences


def differed(rows: pd.DataFrame, found: Compared) -> list[str]:
    """Write the differences in change between groups that are significant or unconfirmed, by session."""
    sentences = []
    rows = rows[rows["verdict"].isin([SIGNIFICANT, UNCONFIRMED])]
    for (_, _, verdict, reference), alike in rows.groupby(["session", "level", "verdict", "group_a"], sort=False):
        groups = [
            f"{row['group_b']}{facts(row, found, what='difference in change')}" for row in alike.to_dict("records")
        ]
        first = alike.iloc[0]
        adverb = "significantly " if verdict == SIGNIFICANT else ""
        sentences.append(
            f"the change in {in_sentence(first['measure'])} {where(first, found)} differed {adverb}from that of "
            f"{reference} in {enumerate_words(groups)}{left_open(first) if verdict == UNCONFIRMED else ''}"
        )
    return sentences


def left_open(row: pd.Series) -> str:
    """Say that a finding does not hold after correction for the number of measures."""
    return f", which was not significant after correction for the number of measures ({p_is(row['p_measure'])})"


def rest(rows: pd.DataFrame, measure: str, what: str) -> str:
    """Report that no further change is significant, with the smallest p."""
    left = rows[~rows["verdict"].isin([SIGNIFICANT, UNCONFIRMED])]
    if left.empty:
        return ""
    other = "no other" if len(left) < len(rows) else "no"
    least = left["p_adjusted"].min()
    p = p_is(least) if len(left) == 1 else p_at_least(least)
    return f"{other} {what.format(in_sentence(measure), rows['from_session'].iloc[0])} was significant ({p})"
