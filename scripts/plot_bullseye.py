"""Bull's-eye of wall thickness: the mean of each of 16 segments, by group, session and phase.

Input: mean_wall.csv of a comparison. The outer ring is the base and the inner ring the apex; the upper edge of the
image is at the top.
"""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.patches import Wedge

from murmur.csv_tables import read_csv
from murmur.job import job
from murmur.measurement.measures import LEVELS
from murmur.presentation import style
from murmur.presentation.groups import column_titles, groups_of
from murmur.presentation.number_format import rounded

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

COLOURS = {"ED": "viridis", "ES": "magma"}  # of each phase, because each has its own scale
RADII = {"base": (1.0, 0.27), "mid": (0.73, 0.27), "apex": (0.46, 0.27)}  # of each level: outer radius and width
PHASES = tuple(COLOURS)
LARGEST_MM, LEFT_MM, RIGHT_MM, HEAD_MM, GAP_MM = 44.0, 10.0, 32.0, 14.0, 3.0
NUMBERS_MM = {34.0: 2, 25.0: 1}  # diameters from which values with so many decimals can be written into the segments
MOST_ROWS = 8  # that fit on a page
ORIENTATION = (
    "Outer ring, base; inner ring, apex. Segments can be compared only if all animals were imaged in one orientation."
)


def angles(level: str, number: int) -> tuple[float, float]:
    """Return the angles of a segment in degrees, anticlockwise from the right; the first of a level is at the top."""
    width = 360 / len(LEVELS[level])
    first = 90 - width / 2 + width * (number - LEVELS[level][0])
    return first, first + width


def draw_bullseye(axes: Axes, means: pd.DataFrame, scale: ScalarMappable, decimals: int) -> None:
    """Draw the segments of a group in a session and phase, a segment without a value in white.

    Values are written with `decimals`, unless these are 0.
    """
    values = means.set_index("segment")["mean_mm"]
    for level, segments in LEVELS.items():
        radius, width = RADII[level]
        for segment in segments:
            value = values.get(segment, float("nan"))
            colour = "white" if pd.isna(value) else scale.to_rgba(value)
            look = {"facecolor": colour, "edgecolor": "white" if pd.notna(value) else style.GREY, "linewidth": 0.8}
            axes.add_patch(Wedge((0, 0), radius, *angles(level, segment), width=width, **look))
            if decimals and pd.notna(value):
                draw_number(axes, value, level, segment, scale, decimals)
    axes.set(xlim=(-1.02, 1.02), ylim=(-1.02, 1.02), aspect="equal")
    axes.set_axis_off()


def draw_number(axes: Axes, value: float, level: str, segment: int, scale: ScalarMappable, decimals: int) -> None:
    """Write the thickness into a segment, in black or white, whichever is easier to read."""
    start, end = angles(level, segment)
    radius, width = RADII[level]
    angle, middle = math.radians((start + end) / 2), radius - width / 2
    colour = style.BLACK if scale.norm(value) > 0.55 else "white"
    axes.text(
        middle * math.cos(angle),
        middle * math.sin(angle),
        rounded(value, decimals),
        color=colour,
        ha="center",
        va="center",
    )


def scale_of(table: pd.DataFrame, phase: str) -> ScalarMappable:
    """Return the colour scale of a phase: walls are much thicker at ES, and one scale would hide differences at ED."""
    values = table.loc[table["phase"] == phase, "mean_mm"]
    return ScalarMappable(Normalize(values.min(), values.max()), COLOURS[phase])


def rows_of(means: pd.DataFrame, settings: Mapping) -> list[tuple[str, str]]:
    """Return the sessions and phases that have values, those of a session together."""
    known = set(zip(means["session"], means["phase"], strict=True))
    sessions = settings["sessions"] or [""]
    return [(session, phase) for session in sessions for phase in PHASES if (session, phase) in known][:MOST_ROWS]


def main(means: str, outputs: list[str], settings: Mapping) -> None:
    """Draw the mean thickness of the wall; without values, the figure says so."""
    table = read_csv(means).fillna({"session": ""})
    rows = rows_of(table, settings)
    if not rows:
        style.print_sentence(outputs, "No scan has the wall thickness of segments.")
        return
    groups = groups_of(settings)
    width = (style.PAGE_MM - LEFT_MM - RIGHT_MM) / len(groups.names) - GAP_MM
    size = min(LARGEST_MM, width, 216 / len(rows) - 8)
    titles, lines_mm = column_titles(groups.names, width)
    decimals = next((number for least, number in NUMBERS_MM.items() if size >= least), 0)
    scales = {phase: scale_of(table, phase) for phase in PHASES if phase in {phase for _, phase in rows}}
    with style.printed_figure(outputs, HEAD_MM + lines_mm + (size + 6) * len(rows)) as figure:
        panels = figure.subplots(len(rows), len(groups.names), squeeze=False)
        for line, (session, phase) in zip(panels, rows, strict=True):
            at = table[(table["session"] == session) & (table["phase"] == phase)]
            for axes, group, title in zip(line, groups.names, titles, strict=True):
                own = at[at["group"] == group]
                draw_bullseye(axes, own, scales[phase], decimals)
                n = int(own["n"].max()) if len(own) else 0
                words = f"{title}\nn = {n}" if (session, phase) == rows[0] else f"n = {n}"
                axes.set_title(words, fontsize=7, loc="center", linespacing=1.05, pad=2)
            side = {"xycoords": "axes fraction", "rotation": 90, "ha": "right", "va": "center"}
            line[0].annotate("\n".join(filter(None, [session, phase])), (-0.04, 0.5), **side)
        for phase, scale in reversed(scales.items()):
            look = {"shrink": min(1, 60 / (size * len(rows))), "aspect": 18, "pad": 0.02}
            bar = figure.colorbar(scale, ax=panels, **look)
            bar.set_label(f"Wall thickness at {phase} (mm)")
            bar.outline.set_visible(False)
        figure.supxlabel(ORIENTATION, fontsize=7, x=0.01, ha="left")


if __name__ == "__main__":
    with job(snakemake):
        main(
            means=snakemake.input.means,
            outputs=list(snakemake.output),
            settings=snakemake.params.settings,
        )
