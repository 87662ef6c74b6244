"""The differences in the scans that an expert contoured, by the reader and by the reference: in words and a table."""

import pandas as pd

from murmur.comparison.verdicts import READER
from murmur.presentation.comparison_words import difference_unit, in_sentence
from murmur.presentation.markdown_page import markdown_table
from murmur.presentation.number_format import number
from murmur.presentation.prose.differences import Compared
from murmur.presentation.prose.phrases import counted, interval, paragraph, parenthesis
from murmur.vocabulary import REFERENCE


def contoured(found: Compared, table: pd.DataFrame) -> dict[str, list[str]]:
    """Return the section about the contoured scans by its heading; empty without any, or for a single group.

    `table` is contoured.csv. The section gives the primary measure, averaged over the levels of a further factor.
    """
    rows = table[(table["measure"] == found.measures[0]) & (table["level"] == "")].dropna(subset="difference")
    by_reference = rows[rows["values"] == REFERENCE].set_index(["session", "group_a", "group_b"])
    cells = [
        [*place(row, found), cell(row, found), cell(by_reference.loc[key].to_dict(), found)]
        for row in rows[rows["values"] == READER].to_dict("records")
        if (key := (row["session"], row["group_a"], row["group_b"])) in by_reference.index
    ]
    scans = found.values.drop_duplicates("mouse")["contoured"].astype(bool)
    if not cells:
        return {}
    heading = f"Differences by {found.reader} and by the reference"
    header = ["session"] if found.settings["sessions"] else []
    header += ["groups", "animals", f"by {found.reader}", "by the reference"]
    return {heading: [introduction(found, scans), markdown_table(header, cells)]}


def introduction(found: Compared, scans: pd.Series) -> str:
    """Say which scans are compared, and what the table is for."""
    n, measure = int(scans.sum()), found.measures[0]
    which = f"all {counted(n, 'scan')}" if scans.all() else f"{n} of the {counted(len(scans), 'scan')}"
    unit, in_these = difference_unit(measure), "" if scans.all() else " in these"
    return paragraph(
        f"reference contours were available for {which}; the table gives the differences in "
        f"{found.quantity(in_sentence(measure))}{parenthesis(unit)}{in_these}, as measured by {found.reader} and by "
        f"the reference, with {100 * (1 - found.alpha):g}% confidence intervals corrected as above"
    )


def place(row: dict, found: Compared) -> list[str]:
    """Return the cells of the session, where there are any, the groups and their numbers of animals."""
    session = [row["session"]] if found.settings["sessions"] else []
    return [*session, f"{row['group_b']} − {row['group_a']}", f"{row['n_b']:g}, {row['n_a']:g}"]


def cell(row: dict, found: Compared) -> str:
    """Return the cell of a difference: its value, with its interval where there is one."""
    decimals = found.decimals(row["measure"])
    limits = interval(row["ci_low"], row["ci_high"], decimals)
    return f"{number(row['difference'], decimals)}{parenthesis(limits)}"
