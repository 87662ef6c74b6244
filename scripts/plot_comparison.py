"""Groups of animals: the values of each animal next to the differences between groups with their intervals.

Inputs: values.csv, summary.csv, differences.csv and changes.csv of a comparison. Each measure has a panel of values, by
session if there are several, with mean ± SD at the side of the animals, and a panel of the differences that were asked
for (between values, or between changes from the first session) from the control or the first group, which lies at 0;
without a control, all pairs of a few groups are listed.
"""

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from murmur.comparison.verdicts import (
    DESCRIPTIVE,
    IN_CHANGES,
    NOT_SIGNIFICANT,
    SIGNIFICANT,
    UNCONFIRMED,
    of_question,
    question_of,
)
from murmur.csv_tables import read_csv
from murmur.job import job
from murmur.presentation import style
from murmur.presentation.categorical import spread
from murmur.presentation.comparison_words import (
    axis_title,
    column_name,
    difference_title,
    methods_of,
    name_of,
    unit_of_analysis,
)
from murmur.presentation.groups import Groups, draw_estimate, groups_of, name_columns, names_height_mm, numbers_line
from murmur.subject import in_print

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

MOST_PAIRS = 10  # of groups in a list; of more, the differences from the first group are drawn
MOST_ROWS = 6  # that fit on a page
FEW_COLUMNS = 4  # of values: two measures fit side by side
ROW_MM, NUMBERS_MM, HEAD_MM, LIST_MM = 31.0, 3.5, 15.0, 2.9
LEFT_MM = 13.0  # of a panel, for its axis
MAX_LINE = 122  # letters of a line as wide as the page


@dataclass(frozen=True)
class Tables:
    """Tables of a comparison from `prepared`."""

    values: pd.DataFrame
    summary: pd.DataFrame
    differences: pd.DataFrame

    @property
    def sessions(self) -> list[str]:
        """Columns of the values: sessions, or sessions and levels, in their order."""
        return list(self.summary["session"].unique())

    @property
    def common_n(self) -> int:
        """Number of animals if it is the same for all measures, groups and (several) sessions; otherwise 0."""
        numbers = self.summary.loc[self.summary["n"] > 0, "n"].unique()
        every = len(numbers) == 1 and len(self.sessions) > 1 and not (self.summary["n"] == 0).any()
        return int(numbers[0]) if every else 0

    @property
    def columns(self) -> list[str]:
        """Columns of the differences: as those of the values, then, with a second factor, the means over its levels."""
        place = {name: number for number, name in enumerate(self.sessions)}
        return sorted(self.differences["session"].unique(), key=lambda name: place.get(name, len(place)))


def prepared(table: pd.DataFrame, settings: Mapping) -> pd.DataFrame:
    """Return a table whose `session` names session and level, "day 7, female"; empty where there is neither."""
    if settings["sessions"]:
        table = table.sort_values("session", key=lambda of: of.map(settings["sessions"].index), kind="stable")
    parts = table[["session", "level"]].fillna("").to_numpy()
    return table.assign(session=[", ".join(filter(None, row)) for row in parts])


def lists_pairs(tables: Tables, groups: Groups) -> bool:
    """Return whether the pairs of groups are listed: without control, a single session and few pairs of groups."""
    pairs = len(groups.names) * (len(groups.names) - 1) / 2
    return not groups.control and len(tables.columns) == 1 and 1 < pairs <= MOST_PAIRS


def plot_values(axes: Axes, tables: Tables, groups: Groups, measure: str) -> None:
    """Draw each animal of each group and session and, at its side, mean ± SD."""
    values = tables.values[tables.values["measure"] == measure]
    summary = tables.summary[tables.summary["measure"] == measure]
    largest = values.groupby(["session", "group"]).size().max()
    for (session, group), found in values.groupby(["session", "group"], sort=False):
        middle = tables.sessions.index(session) + groups.place(group)
        axes.scatter(
            middle - 0.1 * groups.column + 0.56 * groups.column * spread(found["value"]),
            found["value"],
            s=13 if largest <= 12 else 8 if largest <= 25 else 4,
            color=groups.colour(group),
            marker=groups.marker(group),
            edgecolor=style.BLACK,
            linewidth=0.3,
            clip_on=False,
            zorder=3,
        )
    for row in summary.dropna(subset="mean").to_dict("records"):
        side = tables.sessions.index(row["session"]) + groups.place(row["group"]) + 0.36 * groups.column
        spread_of = None if pd.isna(row["sd"]) else row["sd"]
        look = {"fmt": "_", "markersize": 5, "markeredgewidth": 1.1, "elinewidth": 0.8, "zorder": 4}
        axes.errorbar(side, row["mean"], spread_of, color=style.BLACK, clip_on=False, **look)
    axes.set_xlim(-0.5, len(tables.sessions) - 0.5)
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10], min_n_ticks=3))


def plot_differences(axes: Axes, tables: Tables, groups: Groups, measure: str) -> None:
    """Draw the differences of each group and session from the group at 0."""
    rows = tables.differences[tables.differences["measure"] == measure]
    for row in rows[rows["group_a"] == groups.zero].to_dict("records"):
        x = tables.columns.index(row["session"]) + groups.place(row["group_b"])
        look = {"color": groups.colour(row["group_b"]), "marker": groups.marker(row["group_b"])}
        draw_estimate(axes, x, row, "difference", look, row["verdict"])
    where = [number + groups.place(groups.zero) for number in range(len(tables.columns))]
    axes.scatter(where, [0] * len(where), s=14, marker="x", linewidth=1, color=groups.colour(groups.zero), zorder=3)
    axes.axhline(0, color=style.GREY, linewidth=0.8, zorder=1)
    axes.set_xlim(-0.5, len(tables.columns) - 0.5)
    axes.margins(y=0.1)
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10], min_n_ticks=3))


def list_differences(axes: Axes, tables: Tables, measure: str) -> None:
    """Draw the difference of each pair of groups in a line of its own."""
    rows = tables.differences[tables.differences["measure"] == measure].reset_index(drop=True)
    for height, row in enumerate(rows.to_dict("records")):
        look = {"color": style.BLACK, "marker": "o"}
        draw_estimate(axes, height, row, "difference", look, row["verdict"], horizontal=True)
    axes.axvline(0, color=style.GREY, linewidth=0.8, zorder=1)
    names = [f"{style.abbreviate(row.group_b, 18)} − {style.abbreviate(row.group_a, 14)}" for row in rows.itertuples()]
    axes.set_yticks(range(len(rows)), names)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10], min_n_ticks=3))


def name_axis(axes: Axes, tables: Tables, groups: Groups, measure: str, width_mm: float, lowest: bool) -> None:
    """Write n below the values of each group, and the names of groups or sessions in the lowest panel."""
    n = tables.summary[tables.summary["measure"] == measure].set_index(["session", "group"])["n"]
    if tables.common_n:
        axes.set_xticks(range(len(tables.sessions)), tables.sessions if lowest else [])
        axes.tick_params(axis="x", length=0)
        return
    if len(tables.sessions) == 1:
        places = [groups.place(group) for group in groups.names]
        axes.set_xticks(places, [str(int(n.get((tables.sessions[0], group), 0))) for group in groups.names])
        axes.tick_params(axis="x", length=0, pad=3)
        look = {"xycoords": "axes fraction", "textcoords": "offset points", "ha": "right", "va": "top"}
        axes.annotate("n =", (0, 0), (0, -3), **look)
        if lowest:
            names = axes.secondary_xaxis(0)
            names.spines["bottom"].set_visible(False)
            names.tick_params(axis="x", length=0, pad=12)
            name_columns(names, places, groups.names, groups.column * width_mm)
        return
    column = width_mm / len(tables.sessions)
    texts = []
    for session in tables.sessions:
        numbers = numbers_line([int(n.get((session, group), 0)) for group in groups.names], column)
        texts.append(f"{session}\n{numbers}" if session else numbers)
    axes.set_xticks(range(len(texts)), texts)
    axes.tick_params(axis="x", length=0)


def name_differences(axes: Axes, tables: Tables, groups: Groups, width_mm: float, lowest: bool) -> None:
    """Write the groups, or the sessions, below the differences."""
    axes.tick_params(axis="x", length=0)
    if len(tables.columns) > 1:
        names = [name or " and ".join(tables.sessions) for name in tables.columns]
        name_columns(axes, range(len(names)), names, width_mm / len(names))
    elif lowest:
        name_columns(axes, [groups.place(group) for group in groups.names], groups.names, groups.column * width_mm)
    else:
        axes.set_xticks([])


def add_legend(
    figure: Figure, tables: Tables, groups: Groups, left_out: list[str], listed: bool, settings: Mapping
) -> None:
    """Explain above the panels what is drawn: groups if sessions are on the axis, means, intervals, open symbols."""
    drawn = tables.differences if listed else tables.differences[tables.differences["group_a"] == groups.zero]
    shown = set(drawn["verdict"])
    entries = [groups.symbol(name) for name in groups.names] if len(tables.sessions) > 1 else []
    entries.append(Line2D([], [], linestyle="none", marker="+", markersize=8, color=style.BLACK, label="mean ± SD"))
    look = {"linestyle": "none", "marker": "o", "markersize": 4, "color": style.BLACK}
    faces = {SIGNIFICANT: style.BLACK, UNCONFIRMED: style.LIGHT_GREY, NOT_SIGNIFICANT: "white", DESCRIPTIVE: "white"}
    sizes = {DESCRIPTIVE: {"markersize": 3}}
    entries += [
        Line2D([], [], label=name, markerfacecolor=face, **look | sizes.get(name, {}))
        for name, face in faces.items()
        if name in shown
    ]
    of_changes = question_of(settings) == IN_CHANGES
    what = "Differences between groups" if listed else f"Differences from {style.abbreviate(groups.zero)} (×)"
    what += f" in the change from {style.abbreviate(settings['sessions'][0])}" if of_changes else ""
    what += f", adjusted for {column_name(settings['covariate'])}," if settings["covariate"] else ""
    title = f"Each symbol is an animal. {what} with {100 * (1 - settings['alpha']):g}% confidence intervals"
    title = textwrap.fill(f"{title}{methods_of(drawn)}.", MAX_LINE)
    unit = unit_of_analysis(tables.summary)
    notes = [] if unit == "animal" else [f"The unit of analysis is the {unit}."]
    if tables.common_n:
        notes.append(f"n = {tables.common_n} for each group, session and measure.")
    if len(drawn) < len(tables.differences):
        notes.append(f"All pairs of groups are in {'changes' if of_changes else 'differences'}.csv.")
    if left_out:
        notes.append(f"Not shown: {', '.join(map(name_of, left_out))}.")
    if drawn["difference"].notna().gt(drawn["ci_low"].notna()).any():
        notes.append("A difference without an interval was not tested.")
    if UNCONFIRMED in shown:
        notes.append("Unconfirmed: the interval excludes 0, but may do so by chance among this number of measures.")
    title = "\n".join([title, *([" ".join(notes)] if notes else [])])
    letters = sum(len(entry.get_label()) + 5 for entry in entries)
    columns = len(entries) if letters < 125 else max(3, len(entries) // -(-letters // 125))
    figure.legend(handles=entries, title=title, loc="outside upper left", ncols=columns, alignment="left")


def main(values: str, summary: str, differences: str, changes: str, outputs: list[str], settings: Mapping) -> None:
    """Draw the values and the differences of each measure of a comparison."""
    asked = of_question(read_csv(differences), read_csv(changes), settings)
    tables = Tables(*(prepared(in_print(table), settings) for table in (read_csv(values), read_csv(summary), asked)))
    if tables.values["value"].notna().sum() == 0:
        style.print_sentence(outputs, "No animal of a known group has a value.")
        return
    groups, of_changes = groups_of(settings), question_of(settings) == IN_CHANGES
    listed = lists_pairs(tables, groups)
    found = list(tables.summary.loc[tables.summary["n"] > 0, "measure"].unique())
    narrow = len(groups.names) * len(tables.sessions) <= FEW_COLUMNS and not listed
    blocks = 2 if narrow and len(found) > 1 else 1
    measures = found[: MOST_ROWS * blocks]
    rows = -(-len(measures) // blocks)
    width = style.PAGE_MM / (2 * blocks) - LEFT_MM
    pairs = len(groups.names) * (len(groups.names) - 1) // 2
    row_mm = max(ROW_MM, 8 + LIST_MM * pairs) if listed else ROW_MM
    below = names_height_mm(groups.names, groups.column * width) if len(tables.sessions) == 1 else 0
    with style.printed_figure(outputs, HEAD_MM + rows * (row_mm + NUMBERS_MM) + below) as figure:
        panels = figure.subplots(rows, 2 * blocks, squeeze=False)
        for number, measure in enumerate(measures):
            row, block = divmod(number, blocks)
            left, right = panels[row, 2 * block : 2 * block + 2]
            lowest = number + blocks >= len(measures)
            plot_values(left, tables, groups, measure)
            left.set_ylabel(axis_title(measure))
            name_axis(left, tables, groups, measure, width, lowest)
            if listed:
                list_differences(right, tables, measure)
                right.set_xlabel(difference_title(measure, of_changes).replace("\n", " "), labelpad=1)
            else:
                plot_differences(right, tables, groups, measure)
                right.set_ylabel(difference_title(measure, of_changes))
                name_differences(right, tables, groups, width, lowest)
        for unused in panels.ravel()[2 * len(measures) :]:
            unused.set_axis_off()
        figure.align_ylabels()
        style.letter_panels(panels[:, ::2].ravel()[: len(measures)])
        add_legend(figure, tables, groups, found[len(measures) :], listed, settings)


if __name__ == "__main__":
    with job(snakemake):
        main(
            values=snakemake.input.values,
            summary=snakemake.input.summary,
            differences=snakemake.input.differences,
            changes=snakemake.input.changes,
            outputs=list(snakemake.output),
            settings=snakemake.params.settings,
        )
