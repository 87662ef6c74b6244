"""The changes of a single group from the first session in words: the question of a comparison without other groups.

The verdicts are those of the table changes.csv, so that text, table and figure agree.
"""

import pandas as pd

from murmur.comparison.verdicts import SIGNIFICANT, UNCONFIRMED
from murmur.presentation.comparison_words import in_sentence
from murmur.presentation.number_format import p_at_least, p_is
from murmur.presentation.prose.differences import Compared, facts
from murmur.presentation.prose.phrases import enumerate_words, paragraph


def changes_in(measure: str, found: Compared) -> str:
    """Report the changes of a measure: significant and unconfirmed ones, by session, and the others."""
    rows = found.asked[found.asked["measure"] == measure].dropna(subset="p_adjusted")
    return paragraph(*changed(rows, found), rest(rows, measure))


def changed(rows: pd.DataFrame, found: Compared) -> list[str]:
    """Write the changes that are significant or unconfirmed."""
    sentences = []
    for row in rows[rows["verdict"].isin([SIGNIFICANT, UNCONFIRMED])].to_dict("records"):
        factor = found.settings["factor"]
        average = f", on average over {factor}," if factor else ""
        verb = "increased" if row["difference"] > 0 else "decreased"
        adverb = " significantly" if row["verdict"] == SIGNIFICANT else ""
        left_open = f", which was not significant after Holm correction for the measures ({p_is(row['p_measure'])})"
        sentences.append(
            f"from {row['from_session']} to {row['session']}, {in_sentence(row['measure'])} {verb}{adverb}{average}"
            f"{facts(row, found, False, 'change')}{'' if adverb else left_open}"
        )
    return sentences


def rest(rows: pd.DataFrame, measure: str) -> str:
    """Report that no further change is significant, with the smallest p."""
    left = rows[~rows["verdict"].isin([SIGNIFICANT, UNCONFIRMED])]
    if left.empty:
        return ""
    other = "no other" if len(left) < len(rows) else "no"
    least = left["p_adjusted"].min()
    p = p_is(least) if len(left) == 1 else p_at_least(least)
    return f"{other} change in {in_sentence(measure)} from {rows['from_session'].iloc[0]} was significant ({p})"


def summary(found: Compared) -> str:
    """Say in which measures the group changed from the first session, and when."""
    tested = found.asked.dropna(subset="p_adjusted")
    significant = tested[tested["verdict"] == SIGNIFICANT]
    first, every = found.settings["sessions"][0], list(tested["session"].unique())
    texts = []
    for measure, rows in significant.groupby("measure", sort=False):
        sessions = list(rows["session"])
        at = f" at {enumerate_words(sessions)}" if len(every) > 1 and sessions != every else ""
        texts.append(f"{in_sentence(str(measure))}{at}")
    left = set(tested["measure"]) - set(significant["measure"])
    others = [in_sentence(measure) for measure in found.measures if measure in left]
    yes = f"significant changes from {first} were found in {enumerate_words(texts)}" if texts else ""
    no = f"no significant change from {first} was found in {enumerate_words(others, 'or')}" if others else ""
    if yes and no:
        return f"{yes}, but none in {enumerate_words(others, 'or')}"
    return yes or no
