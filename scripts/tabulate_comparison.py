"""Table of a comparison: each measure by group, with the differences between groups, ready to paste.

Inputs: summary.csv, differences.csv and changes.csv. Outputs: the same cells as CSV, HTML, LaTeX and Word. Each measure
and session has a row of means ± SD, followed by a row of the differences that were asked for, from the control or from
each earlier group.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from murmur.comparison.verdicts import DESCRIPTIVE, SIGNIFICANT, UNCONFIRMED, of_question
from murmur.csv_tables import read_csv
from murmur.job import job
from murmur.presentation.comparison_words import (
    TOO_SMALL,
    UNIT,
    column_name,
    decimals_of,
    difference_unit,
    meanings,
    methods_of,
    name_of,
    place_of,
    title_of,
    too_small,
    unit_notes,
)
from murmur.presentation.number_format import DASH, mean_and_sd, number, p_is
from murmur.presentation.printed_table import PrintedTable, write_table
from murmur.presentation.prose.phrases import missing_values, paragraph, parenthesis
from murmur.subject import in_print

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

MARKS = {SIGNIFICANT: "*", UNCONFIRMED: "†"}
NOT_SHOWN = ("no_value", "one_value", TOO_SMALL, *UNIT)  # n and the dash for the SD say as much


def described(rows: pd.DataFrame, sizes: Mapping[str, int], decimals: int) -> list[str]:
    """Return the cells of a row of means ± SD, with n where it is not that of the header, in `sizes`."""
    found = rows.set_index("group")
    cells = []
    for group, usual in sizes.items():
        row = found.loc[group]
        cell = mean_and_sd(row["mean"], row["sd"], decimals)
        cells.append(cell if row["n"] in (usual, 0) else f"{cell} (n = {row['n']})")
    return cells


def difference(row: Mapping, decimals: int) -> str:
    """Return the cell of a difference: its value, interval and, unless descriptive, p and the mark of the verdict."""
    value = number(row["difference"], decimals)
    if pd.isna(row["p_adjusted"]):
        return value
    interval = f"({number(row['ci_low'], decimals)} to {number(row['ci_high'], decimals)})"
    tested = "" if row["verdict"] == DESCRIPTIVE else f", {p_is(row['p_adjusted'])}{MARKS.get(row['verdict'], '')}"
    return f"{value} {interval}{tested}"


def rows_of_differences(pairs: pd.DataFrame, groups: Sequence[str], where: str, decimals: int) -> Iterator[list[str]]:
    """Yield a row for each group from which others differ, with a cell for each of the others."""
    for reference, rows in pairs.groupby("group_a", sort=False):
        cells = {row["group_b"]: difference(row, decimals) for row in rows.to_dict("records")}
        unit = difference_unit(rows["measure"].iloc[0])
        of = f" in change from {rows['from_session'].iloc[0]}" if "from_session" in rows else ""
        name = f"Difference from {reference}{of}{parenthesis(unit)}"
        yield [f"{name}{f', {where}' if where else ''}", *(cells.get(group, "") for group in groups)]


def rows_of_measure(
    summary: pd.DataFrame, differences: pd.DataFrame, sizes: Mapping[str, int], decimals: int
) -> Iterator[list[str]]:
    """Yield the rows of a measure: by session and level, and then the differences of the mean over levels."""
    levels = list(summary["level"].unique())
    for session, of_session in summary.groupby("session", sort=False):
        pairs = differences[differences["session"] == session]
        for level, rows in of_session.groupby("level", sort=False):
            where = place_of(session, level)
            name = title_of(rows["measure"].iloc[0])
            yield [f"{name}{f', {where}' if where else ''}", *described(rows, sizes, decimals)]
            yield from rows_of_differences(pairs[pairs["level"] == level], list(sizes), "", decimals)
        if len(levels) > 1:
            where = f"mean of {' and '.join(levels)}"
            yield from rows_of_differences(pairs[pairs["level"] == ""], list(sizes), where, decimals)


def footnote(summary: pd.DataFrame, differences: pd.DataFrame, settings: Mapping) -> str:
    """Explain the values of the table and why some are missing."""
    names = [name_of(measure) for measure in differences["measure"]]
    verdicts, alpha = set(differences["verdict"]), settings["alpha"]
    adjusted = f", adjusted for {column_name(settings['covariate'])}," if settings["covariate"] else ""
    tested = differences["p_adjusted"].notna().any()
    several = summary["measure"].nunique() > 1
    holm = f", and the smallest p of the measure < {alpha:g} after Holm correction for the number of measures"
    return paragraph(
        "values are mean ± SD of each group",
        *unit_notes(summary),
        f"differences{adjusted} are given with simultaneous {100 * (1 - alpha):g}% confidence intervals and p "
        f"values{methods_of(differences)}"
        if tested
        else "",
        f"*, significant: p < {alpha:g}{holm if several else ''}" if SIGNIFICANT in verdicts else "",
        f"†, unconfirmed: p < {alpha:g}, but not the smallest p of the measure after Holm correction"
        if UNCONFIRMED in verdicts
        else "",
        meanings(summary["measure"].unique()),
        too_small(differences),
        missing_values(differences, names, "not everything could be compared", NOT_SHOWN),
    )


def tabulate(summary: pd.DataFrame, differences: pd.DataFrame, settings: Mapping) -> PrintedTable:
    """Return the table as it is printed."""
    texts = {"session": "", "level": "", "verdict": ""}
    summary, differences = (
        table.fillna({k: v for k, v in texts.items() if k in table}) for table in (summary, differences)
    )
    sizes = summary.groupby("group")["n"].max().reindex(settings["groups"]).astype(int).to_dict()
    if several := summary["level"].nunique() > 1:
        sizes = dict.fromkeys(sizes, -1)  # n is then given in each cell
    rows = [
        cells
        for measure, of_measure in summary.groupby("measure", sort=False)
        for cells in rows_of_measure(
            of_measure, differences[differences["measure"] == measure], sizes, decimals_of(summary, measure)
        )
    ]
    return PrintedTable(
        number="Table",
        title="Groups and their differences.",
        header=["Measure", *(group if several else f"{group} (n = {n})" for group, n in sizes.items())],
        rows=[[cell or DASH if index else cell for index, cell in enumerate(row)] for row in rows],
        footnote=footnote(summary, differences, settings),
    )


def main(
    summary: str,
    differences: str,
    changes: str,
    outputs: Sequence[str],
    settings: Mapping,
    excluded: Mapping[str, str] | None = None,
) -> None:
    """Write the table to `outputs`; the `excluded` mice, with their reasons, are named in it."""
    asked = of_question(read_csv(differences), read_csv(changes), settings)
    write_table(tabulate(in_print(read_csv(summary)), in_print(asked), settings), outputs, excluded)


if __name__ == "__main__":
    with job(snakemake):
        main(
            summary=snakemake.input.summary,
            differences=snakemake.input.differences,
            changes=snakemake.input.changes,
            outputs=list(snakemake.output),
            settings=snakemake.params.settings,
            excluded=snakemake.params.excluded,
        )
