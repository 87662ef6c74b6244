"""Pictures of the first findings in review.csv, worst mouse first: a row for each, on the page that review.csv names.

Inputs: review.csv and findings.csv, frames.csv (ED and ES), manifest.csv, the mouse files and the segmentations; only
those of mice that are shown are read. The row of a slice shows the frame with the most findings and, where a finding
compares them, the neighbouring slices and frames. The row of a scan shows the largest slice at ED and ES and, where a
finding is about them, the first and the last slice at ED, and the volume of the blood pool.
"""

import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache, partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from murmur.csv_tables import read_csv
from murmur.data.chosen_phases import phases_by_mouse
from murmur.data.manifest import read_manifest
from murmur.job import job
from murmur.logs import progress
from murmur.presentation import style
from murmur.presentation.cases import Case, read_case
from murmur.presentation.strips import ON_IMAGE, outline, structure_lines
from murmur.quality.review import PLACE
from murmur.quality.signs import SIGNS
from murmur.quality.slice_score import PREDICTED
from murmur.subject import printed_unit, printed_value
from murmur.vocabulary import BLOOD_POOL, STRUCTURE_NAMES, STRUCTURES, UNITS, numbered

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

PAGE_MM, MARGIN_MM = (210, 297), 15  # A4
TILE_MM, GAP_MM, TITLE_MM, ROW_MM = 18, 0.7, 4, 26.5
TILES = 6
WORDS_MM = TILES * (TILE_MM + GAP_MM) + 2  # left of the words
LINE_MM, LINES, LETTERS = 2.8, 7, 50  # of the words: height, number and length of lines
ENDS = {"short_axis", "blunt_apex", "open_base"}  # signs about the slices at apex and base


class Tile(NamedTuple):
    """A picture in a row: a slice and frame, its name, and whether to show the entropy instead of the contours."""

    slice: int
    frame: int
    name: str = ""
    entropy: bool = False


def tiles_of_slice(place: tuple[int, int], signs: set[str], shape: tuple[int, int], entropy: bool) -> list[Tile]:
    """Return the tiles of a slice and frame: itself, its `entropy`, the neighbours with which the `signs` compare it.

    `shape` is the number of slices and frames of the cine.
    """
    number, frame = place
    known = SIGNS | PREDICTED
    compared = {word for sign in signs for word in known[sign].neighbours}
    found = [Tile(number, frame), *[Tile(number, frame, "entropy", True)] * entropy]
    if "slices" in compared:
        found += [Tile(n, frame, f"slice {n + 1}") for n in (number - 1, number + 1) if 0 <= n < shape[0]]
    if "frames" in compared:
        found += [Tile(number, f, f"frame {f + 1}") for f in (frame - 1, frame + 1) if 0 <= f < shape[1]]
    return found


def tiles_of_scan(case: Case, phases: Mapping[str, int], signs: set[str]) -> list[Tile]:
    """Return the tiles of a scan: the largest slice at each of the `phases`, and the first and last slice at ED."""
    first = next(iter(phases.values()))
    areas = np.count_nonzero(case.masks[..., first], axis=(0, 1))
    found = [
        Tile(int(areas.argmax()), frame, f"{phase}, slice {areas.argmax() + 1}") for phase, frame in phases.items()
    ]
    masked = np.flatnonzero(areas)
    if signs & ENDS and masked.size:
        name = next(iter(phases))
        found += [Tile(int(number), first, f"{name}, slice {number + 1}") for number in masked[[0, -1]]]
    return found


def draw_tile(axes: Axes, case: Case, tile: Tile) -> None:
    """Draw a slice and frame with its name, and the contours of the reader or the entropy of an ensemble."""
    image, masks = (stack[:, :, tile.slice, tile.frame] for stack in (case.images, case.masks))
    if tile.entropy:
        share = case.entropy[:, :, tile.slice, tile.frame, None] / 100
        image = (1 - share) * image[..., None] + share * to_rgb(style.YELLOW)
    axes.imshow(image, cmap="gray", vmin=0, vmax=1, aspect=case.pixel_aspect, interpolation="none")
    for structure, label in () if tile.entropy else STRUCTURES.items():
        x, y = outline(np.pad((masks == label).astype(float), 1))
        axes.plot(x - 1, y - 1, color=style.STRUCTURE_COLOURS[structure], linewidth=0.8)
    axes.text(0.04, 0.97, tile.name, transform=axes.transAxes, va="top", **ON_IMAGE)
    axes.set(xlim=(-0.5, image.shape[1] - 0.5), ylim=(image.shape[0] - 0.5, -0.5))
    axes.set_axis_off()


def draw_curve(axes: Axes, case: Case) -> None:
    """Draw the volume of the blood pool against the frame."""
    frames = list(case.segmented)
    counts = np.count_nonzero(case.masks[..., frames] == BLOOD_POOL, axis=(0, 1, 2))
    volume = [printed_value(float(value), "uL") for value in counts * np.prod(case.mouse.spacing_mm)]
    axes.plot([frame + 1 for frame in frames], volume, "o-", color=style.STRUCTURE_COLOURS["blood_pool"], markersize=2)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("frame", labelpad=1)
    axes.set_ylabel(f"blood pool ({UNITS[printed_unit('uL')]})", labelpad=1)


def words_of(row, reasons: Iterable[str]) -> list[str]:
    """Return the lines to the right of the tiles: the predicted Dice coefficients and the reasons."""
    dice = [f"{name.lower()} {getattr(row, f'dice_{structure}'):.2f}" for structure, name in STRUCTURE_NAMES.items()]
    lines = [f"Predicted Dice: {', '.join(dice)}"]
    for reason in reasons:
        lines += textwrap.wrap(f"{reason[0].upper()}{reason[1:]}", LETTERS, subsequent_indent="  ")
    return lines if len(lines) <= LINES else [*lines[: LINES - 1], "..."]


def title_of(row, case: Case) -> str:
    """Return what a row is about: the number of the row, the mouse, slice and frames."""
    start = f"{row.Index + 1}. {case.mouse.name}"
    if pd.isna(row.slice):
        return start
    slices, frames = case.images.shape[2:]
    others = {1: "", 2: " and another"}.get(row.frames, f" and {row.frames - 1} other frames")
    return f"{start}, {numbered('slice', row.slice, slices)}, {numbered('frame', row.frame, frames)}{others}"


def draw_row(
    figure: Figure, top_mm: float, row, case: Case, phases: Mapping[str, int], reasons: Mapping[str, str]
) -> None:
    """Draw a row of review.csv: title, tiles and words, from `top_mm` below the upper edge of the page.

    `reasons` are by sign.
    """
    width, height = PAGE_MM
    signs = set(reasons)

    def box(left_mm: float, below_mm: float, size_mm: tuple[float, float]) -> tuple[float, ...]:
        bottom = height - top_mm - below_mm - size_mm[1]
        return (MARGIN_MM + left_mm) / width, bottom / height, size_mm[0] / width, size_mm[1] / height

    figure.text(*box(0, TITLE_MM - 1, (0, 0))[:2], title_of(row, case), fontsize=8, fontweight="bold")
    if pd.isna(row.slice):
        tiles = tiles_of_scan(case, phases, signs)
    else:
        tiles = tiles_of_slice((row.slice, row.frame), signs, case.images.shape[2:], case.entropy is not None)
    for place, tile in enumerate(tiles):
        axes = figure.add_axes(box(place * (TILE_MM + GAP_MM), TITLE_MM, (TILE_MM, TILE_MM)))
        draw_tile(axes, case, tile)
    if pd.isna(row.slice) and "curve_residual" in signs and len(tiles) < TILES - 1:
        left = len(tiles) * (TILE_MM + GAP_MM) + 9
        draw_curve(figure.add_axes(box(left, TITLE_MM, (2 * TILE_MM - 9, TILE_MM - 6))), case)
    for place, line in enumerate(words_of(row, reasons.values())):
        figure.text(*box(WORDS_MM, TITLE_MM + (place + 0.9) * LINE_MM, (0, 0))[:2], line)


def draw_page(figure: Figure, rows: Callable[[Figure], None], words: str, number: str) -> None:
    """Fill a page with `rows`, which draws in the figure, with words and legend at the bottom."""
    width, height = PAGE_MM
    rows(figure)
    bottom = MARGIN_MM / 2 / height
    figure.text(MARGIN_MM / width, bottom, words, va="center")
    figure.text(1 - MARGIN_MM / width, bottom, number, ha="right", va="center")
    figure.legend(handles=structure_lines(), loc="center", bbox_to_anchor=(0.68, bottom), ncols=2, borderpad=0)


def pages_of(
    shown: pd.DataFrame, reasons: Mapping[tuple, dict], read: Callable[[str], Case], phases: Mapping[str, dict]
) -> Iterator[Callable[[Figure], None]]:
    """Yield a function for each page that draws its rows; `reasons` are by mouse and slice, None for the scan."""

    def draw(figure: Figure, rows: pd.DataFrame) -> None:
        for place, row in enumerate(rows.itertuples()):
            case = read(row.mouse)
            key = row.mouse, None if pd.isna(row.slice) else int(row.slice)
            at = phases.get(row.mouse) or first_frame(case)
            draw_row(figure, MARGIN_MM + place * ROW_MM, row, case, at, reasons[key])

    for _, rows in shown.groupby("page", sort=False):
        yield partial(draw, rows=rows)


def reasons_by_place(findings: pd.DataFrame) -> dict[tuple, dict[str, str]]:
    """Return the reason of each sign, that of its first frame, by mouse and slice, None for the scan."""
    by_place = findings.drop_duplicates(["mouse", "slice", "sign"]).groupby(["mouse", "slice"], dropna=False)
    return {
        (mouse, None if pd.isna(number) else int(number)): dict(zip(rows["sign"], rows["reason"], strict=True))
        for (mouse, number), rows in by_place
    }


def first_frame(case: Case) -> dict[str, int]:
    """Return the first segmented frame, for a mouse whose ED and ES are not known."""
    frame = case.segmented[0] if case.segmented else 0
    return {f"frame {frame + 1}": frame}


def main(
    review: str,
    findings: str,
    frames: str,
    manifest: str,
    mice: Mapping[str, str],
    segmentations: Mapping[str, str],
    title: str,
    output: str,
) -> None:
    """Write `output`; `mice` and `segmentations` are files by mouse, and `title` is at the bottom of each page."""
    table = read_csv(review).astype(dict.fromkeys((*PLACE, "frames"), "Int64"))
    table[["slice", "frame"]] = table[PLACE] - 1
    described = read_manifest(manifest)
    found = table["reasons"].notna().sum()
    shown = table.dropna(subset="page")
    reasons = reasons_by_place(read_csv(findings))
    phases = {
        mouse: dict(zip(("ED", "ES"), at, strict=True)) for mouse, at in phases_by_mouse(read_csv(frames)).items()
    }

    @lru_cache(maxsize=1)
    def read(mouse: str) -> Case:
        return read_case(described[mouse], mice[mouse], segmentations[mouse])

    pages = list(pages_of(shown, reasons, read, phases)) or [partial(say_nothing, mice=len(mice))]
    words = f"{title}: {'all' if len(shown) == found else f'the first {len(shown)} of'} {found} rows with findings"
    drawn = (
        partial(draw_page, rows=page, words=words, number=f"page {number} of {len(pages)}")
        for number, page in enumerate(progress(pages, "drawing", "page"), start=1)
    )
    style.print_pages(output, drawn, PAGE_MM)


def say_nothing(figure: Figure, mice: int) -> None:
    """Write that no mouse has findings."""
    words = f"None of {mice} mice has findings." if mice > 1 else "The mouse has no findings."
    figure.text(0.5, 0.9, words, ha="center", fontsize=8)


if __name__ == "__main__":
    with job(snakemake):
        given, names = snakemake.input, snakemake.params.mice
        main(
            review=given.review,
            findings=given.findings,
            frames=given.frames,
            manifest=given.manifest,
            mice=dict(zip(names, given.mice, strict=True)),
            segmentations=dict(zip(names, given.segmentations, strict=True)),
            title=f"{snakemake.wildcards.cohort} cohort, reader {snakemake.wildcards.reader}",
            output=snakemake.output.pages,
        )
