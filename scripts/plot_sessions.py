"""Repeated sessions: the values of each animal joined by a line, and the means of the model with their intervals.

Inputs: values.csv, differences.csv, changes.csv and model_means.csv of a comparison. Each measure has a row and each
group a panel; the dashed line repeats the means of the control or, without one, of the first group. A star marks a
significant difference from it, in the session or in the change from the first one, as the comparison asks, or the
significant change of a single group. Sessions lie at the times that their names give ("day 7"), and otherwise at equal
distances.
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from murmur.comparison.verdicts import IN_CHANGES, SIGNIFICANT, answers, question_of
from murmur.csv_tables import read_csv
from murmur.job import job
from murmur.presentation import style
from murmur.presentation.comparison_words import axis_title, name_of
from murmur.presentation.groups import Groups, column_titles, groups_of, name_columns, names_height_mm
from murmur.subject import in_print

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

MOST_ROWS = 6  # that fit on a page
ROW_MM, HEAD_MM, LINE_MM, LEFT_MM, GAP_MM = 33.0, 14.0, 3.5, 16.0, 4.0
NUMBERED = re.compile(r"(\D*?)((?:(?<!\S)-)?\d+(?:\.\d+)?)(\D*)")  # the number in the name of a session
CLOSEST = 0.08  # of the width: distance of two sessions


def places_of(sessions: list[str]) -> dict[str, float]:
    """Return the place of each session, from 0 to their number - 1, in proportion to the numbers in their names.

    A first session "baseline" is at 0. Sessions lie at equal distances if a name has no number, if numbers have
    different words, as of days and weeks, or do not increase, or if two would be too close to each other.
    """
    names = sessions[1:] if sessions[0].casefold().startswith("baseline") else sessions
    found = [NUMBERED.fullmatch(name) for name in names]
    equal = dict(zip(sessions, map(float, range(len(sessions))), strict=True))
    if not all(found) or len({match.group(1, 3) for match in found}) > 1:
        return equal
    times = np.array([0.0] * (len(sessions) - len(names)) + [float(match[2]) for match in found])
    shares = np.diff(times) / (times[-1] - times[0]) if times[-1] > times[0] else np.zeros(1)
    if shares.min() < CLOSEST:
        return equal
    places = (len(sessions) - 1) * (times - times[0]) / (times[-1] - times[0])
    return dict(zip(sessions, places.tolist(), strict=True))


def draw_animals(axes: Axes, values: pd.DataFrame, sessions: Mapping[str, float], colour: str) -> None:
    """Draw the values of each animal, in the mean of a session where it was scanned twice, joined by a line."""
    table = values.pivot_table(index="animal", columns="session", values="value", sort=False).reindex(
        columns=list(sessions)
    )
    many = len(table) > 15
    for _, row in table.iterrows():
        known = row.dropna()
        places = [sessions[session] for session in known.index]
        look = {"marker": "o", "markersize": 1.8 if many else 2.4, "linewidth": 0.4 if many else 0.7}
        axes.plot(places, known, color=colour, alpha=0.45 if many else 0.7, zorder=2, clip_on=False, **look)


def draw_means(axes: Axes, means: pd.DataFrame, sessions: Mapping[str, float], colour: str, marker: str) -> None:
    """Draw the means of the model with their confidence intervals; a mean without limits has no bar."""
    found = means.set_index("session").reindex(list(sessions))
    places = list(sessions.values())
    axes.vlines(places, found["ci_low"], found["ci_high"], color=style.BLACK, linewidth=1, zorder=4)
    look = {"markersize": 5.5, "markeredgecolor": style.BLACK, "markeredgewidth": 0.7}
    axes.plot(places, found["mean"], color=style.BLACK, linewidth=1.3, zorder=4)
    axes.plot(places, found["mean"], linestyle="none", marker=marker, color=colour, zorder=5, clip_on=False, **look)


def marked_sessions(answered: pd.DataFrame, groups: Groups, group: str) -> list[str]:
    """Return the sessions in which a group differs from the dashed one or, alone, from the first session."""
    of_group = (answered["group_b"] == group) & (answered["group_a"] == groups.zero)
    return list(answered.loc[of_group & (answered["verdict"] == SIGNIFICANT), "session"])


def draw_marks(axes: Axes, marked: list[str], sessions: Mapping[str, float]) -> None:
    """Write a star for the marked sessions at the upper end of the panel."""
    for session in marked:
        where = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points", "ha": "center", "va": "top"}
        axes.annotate("*", (sessions[session], 1), (0, 1), fontsize=8, zorder=6, **where)


def draw_zero(axes: Axes, means: pd.DataFrame, sessions: Mapping[str, float]) -> None:
    """Repeat the means of the control."""
    found = means.set_index("session").reindex(list(sessions))
    look = {"color": style.GREY, "linewidth": 1, "linestyle": (0, (3, 2)), "zorder": 3}
    axes.plot(list(sessions.values()), found["mean"], **look)


def explained(groups: Groups, settings: Mapping) -> Line2D:
    """Return the entry of the legend for stars."""
    of_changes = question_of(settings) == IN_CHANGES
    meaning = f"change from {style.abbreviate(settings['sessions'][0])}" if of_changes else "value"
    if len(groups.names) > 1:
        meaning = f"{meaning} differs significantly from that of {style.abbreviate(groups.zero)}"
    else:
        meaning = f"significant {meaning}"
    look = {"linestyle": "none", "marker": "$*$", "markersize": 4, "markeredgewidth": 0}
    return Line2D([], [], color=style.BLACK, label=meaning, **look)


def add_legend(
    figure: Figure, groups: Groups, modelled: bool, left_out: list[str], marked: bool, settings: Mapping
) -> None:
    """Explain the lines, and stars where sessions are `marked`, above the panels."""
    thin = Line2D([], [], color=style.GREY, marker="o", markersize=2.4, linewidth=0.7, label="one animal")
    look = {"color": style.BLACK, "marker": "o", "markersize": 5.5, "markerfacecolor": style.LIGHT_GREY}
    entries = [thin]
    if modelled:
        label = f"mean of the mixed model with {100 * (1 - settings['alpha']):g}% confidence interval"
        entries.append(Line2D([], [], linewidth=1.3, label=label, **look))
        dashed = {"color": style.GREY, "linewidth": 1, "linestyle": (0, (3, 2))}
        entries.append(Line2D([], [], label=f"mean of {style.abbreviate(groups.zero)} by the model", **dashed))
    entries += [explained(groups, settings)] if marked else []
    title = f"Not shown: {', '.join(left_out)}" if left_out else None
    figure.legend(handles=entries, title=title, loc="outside upper left", ncols=2 if marked else 3, alignment="left")


def main(values: str, differences: str, changes: str, model_means: str, outputs: list[str], settings: Mapping) -> None:
    """Draw the sessions of each measure and group."""
    table, means = in_print(read_csv(values)).dropna(subset="value"), in_print(read_csv(model_means))
    both = (read_csv(path).fillna({"level": ""}) for path in (differences, changes))
    answered, marked = answers(*both, settings), False
    groups, sessions = groups_of(settings), settings["sessions"]
    found = list(table["measure"].unique())
    measures, left_out = found[:MOST_ROWS], [name_of(measure) for measure in found[MOST_ROWS:]]
    if not measures:
        style.print_sentence(outputs, "No animal of a known group has a value.")
        return
    width = (style.PAGE_MM - LEFT_MM) / len(groups.names) - GAP_MM
    places = places_of(sessions)
    column = width / len(sessions) * min(np.diff(list(places.values())))
    names = names_height_mm(sessions, column)
    titles, lines_mm = column_titles(groups.names, width)
    with style.printed_figure(outputs, HEAD_MM + LINE_MM + lines_mm + ROW_MM * len(measures) + names) as figure:
        panels = figure.subplots(len(measures), len(groups.names), squeeze=False, sharey="row")
        for row, measure in zip(panels, measures, strict=True):
            of_measure, modelled = table[table["measure"] == measure], means[means["measure"] == measure]
            row[0].set_ylabel(axis_title(measure))
            for axes, group, title in zip(row, groups.names, titles, strict=True):
                draw_animals(axes, of_measure[of_measure["group"] == group], places, groups.colour(group))
                draw_zero(axes, modelled[modelled["group"] == groups.zero], places)
                own = modelled[modelled["group"] == group]
                draw_means(axes, own, places, groups.colour(group), groups.marker(group))
                stars = marked_sessions(answered[answered["measure"] == measure], groups, group)
                draw_marks(axes, stars, places)
                marked = marked or bool(stars)
                axes.margins(y=0.15)  # for the marks
                axes.set_xlim(-0.35, len(sessions) - 0.65)
                axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
                axes.set_xticks(list(places.values()), [])
                if measure == measures[0]:
                    n = of_measure.loc[of_measure["group"] == group, "animal"].nunique()
                    axes.set_title(f"{title}\nn = {n}", fontsize=7, loc="center", linespacing=1.05)
                if measure == measures[-1]:
                    name_columns(axes, list(places.values()), sessions, column)
        figure.align_ylabels()
        style.letter_panels(panels[:, 0])
        add_legend(figure, groups, len(means.dropna(subset="mean")) > 0, left_out, marked, settings)


if __name__ == "__main__":
    with job(snakemake):
        main(
            values=snakemake.input.values,
            differences=snakemake.input.differences,
            changes=snakemake.input.changes,
            model_means=snakemake.input.model_means,
            outputs=list(snakemake.output),
            settings=snakemake.params.settings,
        )
