"""Flow diagram of a cohort: mice found, excluded with reasons, contoured, in each set, and analysed by each reader.

Inputs: manifest.csv and split.csv (for a cohort with images), function.csv and overlap.csv of each reader.
"""

import textwrap
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from murmur.csv_tables import read_csv
from murmur.data.manifest import read_analysed
from murmur.data.split import SPLITS
from murmur.job import job
from murmur.presentation import style
from murmur.statistics.notes import counts_by_reason

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

MOST_REASONS = 6  # listed in the diagram; the manifest lists all
LINE_MM, PADDING_MM, GAP_MM = 3.6, 2.0, 7.0
LETTERS = 52  # that fit into a line of a box
WIDTH_MM, LEFT_MM = 78.0, 5.0  # of the boxes of the main column; those at its right have the same width
ARROW = {"arrowstyle": "-|>", "linewidth": 0.6, "shrinkA": 0, "shrinkB": 0, "color": style.BLACK}
EMPTY = "#F2F2F2"  # of the box of excluded mice


def excluded_lines(excluded: Mapping[str, str]) -> list[str]:
    """Return the lines of the box of the excluded mice, one per reason."""
    counts = counts_by_reason(excluded)
    lines = [f"{reason} (n = {n})" for reason, n in list(counts.items())[:MOST_REASONS]]
    rest = sum(list(counts.values())[MOST_REASONS:])
    lines += [f"other reasons (n = {rest})"] if rest else []
    return [f"Excluded (n = {len(excluded)})", *(part for line in lines for part in textwrap.wrap(line, LETTERS))]


def analysed_lines(n: int, contoured: int | None) -> list[str]:
    """Return the lines of the box of the analysed mice; `contoured` of them have contours, None without images."""
    if contoured is None:
        return [f"Analysed (n = {n})"]
    kinds = {"with reference contours": contoured, "without reference contours": n - contoured}
    return [f"Analysed (n = {n})", *(f"{kind} (n = {number})" for kind, number in kinds.items() if number)]


def reader_lines(reader: str, n: int, images: bool, function, overlap) -> list[str]:
    """Return the lines of the box of a reader of `n` mice; `overlap` is None without images or a reference."""
    values = function.dropna(subset=["reference", "reader"])["mouse"].nunique()
    lines = [reader, f"{'segmented' if images else 'measured'} (n = {n})"]
    if values or overlap is not None:
        lines.append(f"function compared (n = {values})")
    if overlap is not None:
        lines.append(f"overlap compared (n = {overlap.dropna(subset=['dice'])['mouse'].nunique()})")
    return lines


def height(lines: Sequence[str]) -> float:
    """Return the height of a box in mm."""
    return len(lines) * LINE_MM + 2 * PADDING_MM


def draw_box(axes: Axes, x: float, y: float, width: float, lines: Sequence[str], colour: str = "white") -> None:
    """Draw a box with its upper left corner at (x, y), in mm, and its lines, the first of which is the title."""
    axes.add_patch(Rectangle((x, y), width, height(lines), facecolor=colour, edgecolor=style.BLACK, linewidth=0.6))
    for number, line in enumerate(lines):
        where = (x + width / 2, y + PADDING_MM + (number + 0.5) * LINE_MM)
        axes.text(*where, line, ha="center", va="center", weight="normal" if number else "bold")


def draw_arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Draw an arrow between two points in mm."""
    axes.annotate("", end, start, arrowprops=ARROW)


def draw(axes: Axes, rows: Sequence[Sequence[Sequence[str]]], side: Sequence[str]) -> None:
    """Draw rows of boxes, each box given by its lines, with arrows from row to row, and `side` next to the first row.

    The first two rows have one box each; `side`, at the right of the arrow between them, is empty without exclusions.
    Single boxes are then in the middle of the page.
    """
    left = LEFT_MM if side else (style.PAGE_MM - WIDTH_MM) / 2
    y, places = 1.0, []
    for number, row in enumerate(rows):
        single = len(row) == 1
        width = WIDTH_MM if single else (style.PAGE_MM - 2 * LEFT_MM - (len(row) - 1) * 4) / len(row)
        starts = [left] if single else [LEFT_MM + (width + 4) * k for k in range(len(row))]
        for x, lines in zip(starts, row, strict=True):
            draw_box(axes, x, y, width, lines)
        tallest = max(map(height, row))
        places.append((y, y + tallest, [x + width / 2 for x in starts], [y + height(lines) for lines in row]))
        y += tallest + (max(GAP_MM, height(side) + 4) if number == 0 and side else GAP_MM)
    for (_, _, above, ends), (top, _, below, _) in pairwise(places):
        if len(above) == len(below) == 1:
            draw_arrow(axes, (above[0], ends[0]), (below[0], top))
            continue
        bar = top - GAP_MM / 2
        axes.plot([min(above + below), max(above + below)], [bar, bar], color=style.BLACK, linewidth=0.6)
        for x, end in zip(above, ends, strict=True):
            axes.plot([x, x], [end, bar], color=style.BLACK, linewidth=0.6)
        for x in below:
            draw_arrow(axes, (x, bar), (x, top))
    if side:
        centre = places[0][2][0]
        middle = (places[0][1] + places[1][0]) / 2
        draw_arrow(axes, (centre, middle), (LEFT_MM + WIDTH_MM + 9, middle))
        draw_box(axes, LEFT_MM + WIDTH_MM + 9, middle - height(side) / 2, WIDTH_MM, side, EMPTY)


def main(
    outputs: list[str],
    excluded: Mapping[str, str],
    functions: Mapping[str, str],
    overlaps: Mapping[str, str],
    n_read: Mapping[str, int],
    n_analysed: int,
    manifest: str | None = None,
    split: str | None = None,
) -> None:
    """Draw the flow of the mice of a cohort; `functions`, `overlaps` and `n_read`, the number of its mice, by reader.

    Readers that are not compared with a reference have none of the `overlaps`. Without images, there are no `overlaps`,
    no `manifest` and no `split`.
    """
    contoured = None if manifest is None else int(read_analysed(manifest)[0]["annotated_frames"].notna().sum())
    rows = [[[f"Mice found (n = {n_analysed + len(excluded)})"]], [analysed_lines(n_analysed, contoured)]]
    sizes = {} if split is None else read_csv(split)["split"].value_counts().to_dict()
    if len(sizes) > 1:
        names = dict(zip(SPLITS, ("Training", "Validation", "Test"), strict=True))
        rows.append([[f"{names[name]} (n = {sizes[name]})"] for name in SPLITS if name in sizes])
    if functions:
        rows.append([
            reader_lines(
                reader, n_read[reader], manifest is not None, read_csv(path),
                read_csv(overlaps[reader]) if reader in overlaps else None,
            )
            for reader, path in functions.items()
        ])  # fmt: skip
    side = excluded_lines(excluded) if excluded else []
    gaps = (len(rows) - 1) * GAP_MM + (max(0, height(side) + 4 - GAP_MM) if side else 0)
    total = sum(max(map(height, row)) for row in rows) + gaps + 3
    with style.printed_figure(outputs, total, layout="none") as figure:
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, style.PAGE_MM), ylim=(total, 0))
        axes.set_axis_off()
        draw(axes, rows, side)


if __name__ == "__main__":
    with job(snakemake):
        given, params = snakemake.input, snakemake.params
        main(
            outputs=list(snakemake.output),
            excluded=params.excluded,
            functions=dict(zip(params.n_read, given.functions, strict=True)),
            overlaps=dict(zip(params.compared, given.overlaps, strict=True)) if given.overlaps else {},
            n_read=params.n_read,
            n_analysed=params.n_analysed,
            manifest=given.manifest or None,
            split=given.split or None,
        )
