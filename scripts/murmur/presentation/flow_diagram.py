"""Flow diagrams: rows of boxes of numbers of mice, and what is left out at their right."""

import textwrap
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from murmur.presentation import style
from murmur.statistics.notes import counts_by_reason

MOST_REASONS = 6  # listed in the diagram; the manifest lists all
LINE_MM, PADDING_MM, GAP_MM = 3.6, 2.0, 7.0
LETTERS = 52  # that fit into a line of a box
LETTER_MM = 1.45  # mean width of a letter
NO_BREAK = "\N{NO-BREAK SPACE}"
WIDTH_MM, LEFT_MM = 78.0, 5.0  # of the boxes of the main column; those at its right have the same width
ARROW = {"arrowstyle": "-|>", "linewidth": 0.6, "shrinkA": 0, "shrinkB": 0, "color": style.BLACK}
EMPTY = "#F2F2F2"  # of the box of excluded mice


def left_out_lines(title: str, reasons: Mapping[str, str]) -> list[str]:
    """Return the lines of a box of mice that are left out, given the reason of each: one line per reason."""
    counts = counts_by_reason(reasons)
    lines = [f"{reason} (n = {n})" for reason, n in list(counts.items())[:MOST_REASONS]]
    rest = sum(list(counts.values())[MOST_REASONS:])
    lines += [f"other reasons (n = {rest})"] if rest else []
    return [f"{title} (n = {len(reasons)})", *(part for line in lines for part in textwrap.wrap(line, LETTERS))]


def height(lines: Sequence[str]) -> float:
    """Return the height of a box in mm."""
    return len(lines) * LINE_MM + 2 * PADDING_MM


def column_mm(boxes: int) -> float:
    """Return the width of each of several boxes in a row."""
    return (style.PAGE_MM - 2 * LEFT_MM - (boxes - 1) * 4) / boxes


def fitted(line: str, boxes: int) -> list[str]:
    """Return a line in as many lines as it needs in one of several boxes in a row; numbers (n = 3) are not broken."""
    joined = line.replace("(n = ", f"(n{NO_BREAK}={NO_BREAK}")
    parts = textwrap.wrap(joined, max(6, int(column_mm(boxes) / LETTER_MM)))
    return [part.replace(NO_BREAK, " ") for part in parts] or [line]


def draw_box(axes: Axes, x: float, y: float, width: float, lines: Sequence[str], colour: str = "white") -> None:
    """Draw a box with its upper left corner at (x, y), in mm, and its lines, the first of which is the title."""
    axes.add_patch(Rectangle((x, y), width, height(lines), facecolor=colour, edgecolor=style.BLACK, linewidth=0.6))
    for number, line in enumerate(lines):
        where = (x + width / 2, y + PADDING_MM + (number + 0.5) * LINE_MM)
        axes.text(*where, line, ha="center", va="center", weight="normal" if number else "bold")


def draw_arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Draw an arrow between two points in mm."""
    axes.annotate("", end, start, arrowprops=ARROW)


def draw_flow(
    outputs: list[str],
    rows: Sequence[Sequence[Sequence[str]]],
    sides: Mapping[int, Sequence[str]],
    ends: Collection[int] = (),
) -> None:
    """Draw rows of boxes, each box given by its lines, with arrows from row to row.

    `sides` gives the lines of the box at the right of the arrow below a row, by the number of that row, which has one
    box, as has the next or any number. Without such boxes, single ones are in the middle of the page. From the boxes
    `ends` of the last row but one, by their numbers, no arrow leads on.
    """
    sides = {number: lines for number, lines in sides.items() if lines}
    gaps = [max(GAP_MM, height(sides[number]) + 4) if number in sides else GAP_MM for number in range(len(rows) - 1)]
    total = sum(max(map(height, row)) for row in rows) + sum(gaps) + 3
    with style.printed_figure(outputs, total, layout="none") as figure:
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, style.PAGE_MM), ylim=(total, 0))
        axes.set_axis_off()
        _draw(axes, rows, sides, [*gaps, 0], ends)


def _draw(axes: Axes, rows, sides: Mapping[int, Sequence[str]], gaps: Sequence[float], ends: Collection[int]) -> None:
    left = LEFT_MM if sides else (style.PAGE_MM - WIDTH_MM) / 2
    y, places = 1.0, []
    for row, gap in zip(rows, gaps, strict=True):
        single = len(row) == 1
        width = WIDTH_MM if single else column_mm(len(row))
        starts = [left] if single else [LEFT_MM + (width + 4) * k for k in range(len(row))]
        for x, lines in zip(starts, row, strict=True):
            draw_box(axes, x, y, width, lines)
        tallest = max(map(height, row))
        places.append((y, y + tallest, [x + width / 2 for x in starts], [y + height(lines) for lines in row]))
        y += tallest + gap
    for number, ((_, _, above, bottoms), (top, _, below, _)) in enumerate(pairwise(places)):
        if len(above) == len(below) == 1:
            draw_arrow(axes, (above[0], bottoms[0]), (below[0], top))
            continue
        leading = [place for place in range(len(above)) if number < len(rows) - 2 or place not in ends]
        above, bottoms = [above[place] for place in leading], [bottoms[place] for place in leading]
        bar = top - GAP_MM / 2
        axes.plot([min(above + below), max(above + below)], [bar, bar], color=style.BLACK, linewidth=0.6)
        for x, bottom in zip(above, bottoms, strict=True):
            axes.plot([x, x], [bottom, bar], color=style.BLACK, linewidth=0.6)
        for x in below:
            draw_arrow(axes, (x, bar), (x, top))
    for number, lines in sides.items():
        bottom, top = places[number][1], places[number + 1][0]
        middle = (bottom + top - (0 if len(rows[number + 1]) == 1 else GAP_MM / 2)) / 2
        draw_arrow(axes, (places[number][2][0], middle), (LEFT_MM + WIDTH_MM + 9, middle))
        draw_box(axes, LEFT_MM + WIDTH_MM + 9, middle - height(lines) / 2, WIDTH_MM, lines, EMPTY)
