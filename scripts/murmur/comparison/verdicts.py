"""Words of the tables of a comparison: verdicts, the question that they answer, kinds of change, sources of errors.

Those about the reference are `murmur.vocabulary.REFERENCE`.
"""

from collections.abc import Mapping

import pandas as pd

SIGNIFICANT, NOT_SIGNIFICANT, UNCONFIRMED = "significant", "not significant", "unconfirmed"
DESCRIPTIVE = "descriptive"  # no verdict: an estimate that does not answer the question
IN_SESSIONS, IN_CHANGES = "sessions", "changes"  # what is asked of groups with several sessions
WITHIN, BETWEEN = "change", "difference_in_change"
READER = "reader"  # whose values are compared
ON_SIMULATED_MICE = "simulated_mice"  # source of an error


def question_of(settings: Mapping) -> str:
    """Return what a comparison asks: IN_CHANGES, always for a single group, or IN_SESSIONS, also for a single session.

    `settings` has groups, sessions and, optionally, question.
    """
    return settings.get("question") or (IN_CHANGES if len(settings["groups"]) == 1 else IN_SESSIONS)


def of_question(differences: pd.DataFrame, changes: pd.DataFrame, settings: Mapping) -> pd.DataFrame:
    """Return the rows of differences.csv or changes.csv of the kind asked for; for a single group, its changes."""
    if question_of(settings) == IN_SESSIONS:
        return differences
    return changes[changes["effect"] == (WITHIN if len(settings["groups"]) == 1 else BETWEEN)]


def answers(differences: pd.DataFrame, changes: pd.DataFrame, settings: Mapping) -> pd.DataFrame:
    """Return the rows that answer the question: those `of_question` that are averages over a further factor.

    Only these have verdicts, so that a question is answered once. `level` is text.
    """
    rows = of_question(differences, changes, settings)
    return rows[rows["level"] == ""]
