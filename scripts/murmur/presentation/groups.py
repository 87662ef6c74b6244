"""Groups of animals in figures: their colours, symbols, names and places, and estimates with their intervals.

The same group has the same colour and symbol in all figures of a comparison; the control is grey.
"""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.lines import Line2D

from murmur.comparison.verdicts import DESCRIPTIVE, SIGNIFICANT, UNCONFIRMED
from murmur.presentation import style

WIDTH = 0.9  # of the groups of a session, whose centres are 1 apart
LETTER_MM, DIGIT_MM = 1.3, 1.05  # mean width of a letter of 7 points, of digits with commas and spaces
SPACE_MM = 0.8  # between names
LINE_MM = 3.0  # height of a line of names
MAX_LINES = 3  # of a name on an axis or above a column


@dataclass(frozen=True)
class Groups:
    """The groups of a comparison in their order; `control` is empty if none is named."""

    names: tuple[str, ...]
    control: str = ""

    def colour(self, name: str) -> str:
        """Return the colour of a group."""
        if name == self.control:
            return style.GREY
        return style.COLOURS[self._number(name) % len(style.COLOURS)]

    def marker(self, name: str) -> str:
        """Return the symbol of a group, which differs between groups of the same colour."""
        if name == self.control:
            return "o"
        number = self._number(name)
        return style.MARKERS[(number + number // len(style.COLOURS) + (self.control != "")) % len(style.MARKERS)]

    def _number(self, name: str) -> int:
        return [other for other in self.names if other != self.control].index(name)

    def place(self, name: str) -> float:
        """Return the place of a group within its session, centred at 0."""
        return self.column * (self.names.index(name) - (len(self.names) - 1) / 2)

    @property
    def column(self) -> float:
        """Width of a group."""
        return WIDTH / len(self.names)

    @property
    def zero(self) -> str:
        """The group from which differences are shown: the control, or the first group."""
        return self.control or self.names[0]

    def symbol(self, name: str) -> Line2D:
        """Return the entry of a legend for a group."""
        return style.symbol(self.colour(name), self.marker(name), style.abbreviate(name))


def groups_of(settings: Mapping) -> Groups:
    """Return the groups of a comparison with these settings."""
    return Groups(tuple(settings["groups"]), settings["control"] or "")


def wrapped(names: Sequence[str], width_mm: float) -> list[str] | None:
    """Return names in lines that fit into a width; None if one has too long a word or too many lines."""
    letters = int((width_mm - SPACE_MM) / LETTER_MM)
    if max(len(word) for name in names for word in name.split()) > letters:
        return None
    found = [balanced(name, letters) for name in names]
    return None if max(name.count("\n") for name in found) >= MAX_LINES else found


def balanced(name: str, letters: int) -> str:
    """Return a name in as few lines of at most that many letters as possible, all of about the same length."""
    least = len(textwrap.wrap(name, letters, break_on_hyphens=False))
    for narrower in range(max(map(len, name.split())), letters):
        if len(lines := textwrap.wrap(name, narrower, break_on_hyphens=False)) == least:
            return "\n".join(lines)
    return textwrap.fill(name, letters, break_on_hyphens=False)


def column_titles(names: Sequence[str], width_mm: float) -> tuple[list[str], float]:
    """Return names as titles of columns of a width, and the height of their lines beyond the first."""
    titles = wrapped(names, width_mm) or [style.abbreviate(name, int(width_mm / LETTER_MM)) for name in names]
    return titles, LINE_MM * max(title.count("\n") for title in titles)


def name_columns(axes: Axes, places: Sequence[float], names: Sequence[str], column_mm: float) -> None:
    """Write names below the columns of a panel: in lines where they fit, at a slant where they do not."""
    lines = wrapped(names, column_mm)
    if lines:
        axes.set_xticks(places, lines, linespacing=1.05)
        return
    slant = {"rotation": 35, "ha": "right", "rotation_mode": "anchor"}
    axes.set_xticks(places, [style.abbreviate(name) for name in names], **slant)


def names_height_mm(names: Sequence[str], column_mm: float) -> float:
    """Return the height that `name_columns` needs for names."""
    lines = wrapped(names, column_mm)
    if lines:
        return LINE_MM * max(name.count("\n") + 1 for name in lines)
    return 0.6 * LETTER_MM * min(style.MAX_LETTERS, max(map(len, names))) + 3


def draw_estimate(
    axes: Axes, x: float, row: Mapping, value: str, look: Mapping, verdict: str, horizontal: bool = False
) -> None:
    """Draw an estimate, in the column `value` of a row, with its interval.

    `look` gives colour and marker. The symbol is filled where the verdict is significant, filled lightly where it is
    unconfirmed, and open otherwise (small where it is descriptive). A missing interval draws no line, and a missing
    estimate nothing.
    """
    if pd.isna(row[value]):
        return
    if not (pd.isna(row["ci_low"]) or pd.isna(row["ci_high"])):
        line = axes.hlines if horizontal else axes.vlines
        line(x, row["ci_low"], row["ci_high"], color=style.BLACK, linewidth=0.8, zorder=2)
    colour = to_rgb(look["color"])
    light = [1 - 0.35 * (1 - part) for part in colour]
    significant = verdict == SIGNIFICANT
    axes.scatter(
        *((row[value], x) if horizontal else (x, row[value])),
        s=9 if verdict == DESCRIPTIVE else 17,
        marker=look["marker"],
        facecolor=colour if significant else light if verdict == UNCONFIRMED else "white",
        edgecolor=style.BLACK if significant else colour,
        linewidth=0.5 if significant else 1.1,
        zorder=3,
        clip_on=False,
    )


def numbers_line(numbers: Sequence[int], width_mm: float) -> str:
    """Write the numbers of animals of several groups below a session, "n = 6, 6, 5", in lines that fit into a width."""
    if len(set(numbers)) == 1:
        return f"n = {numbers[0]} each" if len(numbers) > 1 else f"n = {numbers[0]}"
    return textwrap.fill(f"n = {', '.join(map(str, numbers))}", max(6, int(width_mm / DIGIT_MM)))
