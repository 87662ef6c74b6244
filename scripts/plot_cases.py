"""Figure 2: best, median and worst mouse by mean Dice, all slices, contours of the expert above those of the reader.

Inputs: overlap.csv (if there is a reference), function.csv, manifest.csv, mouse files, segmentations of the reader. The
frame shown is ES, as in the published study, or the first annotated frame of a mouse without ES. Without a reference,
the mice of lowest, median and highest EF are shown with the contours of the reader only.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from skimage.measure import find_contours

from murmur.csv_tables import read_csv
from murmur.data.manifest import read_manifest
from murmur.job import job
from murmur.presentation import style
from murmur.presentation.cases import GAP, Case, mosaic, read_case, titles_of_cases
from murmur.vocabulary import STRUCTURE_NAMES, STRUCTURES, numbered

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

TILES_PER_LINE = (8, 12)  # tiles in a line, at least and at most: more slices go on in a second line
TITLE_MM = 6
LABEL_MM = 4
LEGEND_MM = 5
ON_IMAGE = {"color": "white", "path_effects": [withStroke(linewidth=1.2, foreground="black")]}
BAR_LENGTHS_MM = (0.5, 1, 2, 5, 10, 20, 50, 100)


def plot_strip(axes, case: Case, masks: np.ndarray, columns: int) -> None:
    """Draw the shown frame as a strip of tiles with the contours of `masks`, axes (row, column, slice)."""
    frame = case.shown_frame
    height, width = case.images.shape[:2]
    axes.imshow(
        mosaic(case.images[..., frame], columns, fill=np.nan),
        cmap="gray",
        vmin=0,
        vmax=1,
        aspect=case.pixel_aspect,
        interpolation="bicubic",
        interpolation_stage="data",
    )
    for structure, label in STRUCTURES.items():
        for contour in find_contours(mosaic((masks == label).astype(float), columns), 0.5):
            axes.plot(contour[:, 1], contour[:, 0], color=style.STRUCTURE_COLOURS[structure], linewidth=0.7)
    for index in range(masks.shape[2]):
        axes.text(
            index % columns * (width + GAP) + 0.04 * width,
            index // columns * (height + GAP) + 0.04 * height,
            str(index + 1),
            ha="left",
            va="top",
            **ON_IMAGE,
        )
    axes.set_axis_off()


def strip_height(case: Case, columns: int) -> float:
    """Return the height in mm of a strip as wide as the page."""
    rows, row_length = mosaic(case.images[..., 0], columns).shape
    return (style.PAGE_MM - LABEL_MM) * rows * case.pixel_aspect / row_length


def add_scale_bar(axes, case: Case) -> None:
    """Put a bar of a round length, at most a third of a tile, with that length into the first tile."""
    height, width = case.images.shape[:2]
    column_mm = case.mouse.spacing_mm[1]
    length = max((mm for mm in BAR_LENGTHS_MM if mm <= width * column_mm / 3), default=BAR_LENGTHS_MM[0])
    right, y = 0.95 * width, 0.94 * height
    axes.plot([right - length / column_mm, right], [y, y], color="white", linewidth=1.5, solid_capstyle="butt")
    axes.text(right, y - 0.03 * height, f"{length:g} mm", ha="right", va="bottom", **ON_IMAGE)


def shown(case: Case) -> str:
    """Name the frame that is shown."""
    phase = case.phases[case.shown_frame]
    frame = numbered("frame", case.shown_frame, case.images.shape[3])
    single = "single annotated frame" if case.mouse.annotated_frames else "single frame"
    return f"shown: {single if phase == 'single' else phase}, {frame}"


def strips(case: Case) -> list[tuple[str, np.ndarray]]:
    """Return who drew each strip of a case, and the masks: the expert's, if there are any, above the reader's."""
    expert = [] if case.reference is None else [("Expert", case.reference)]
    return [*expert, ("Reader", case.masks)]


def draw_cases(figure: Figure, cases: list[tuple[str, Case]], columns: int, heights_mm: list[float]) -> None:
    """Fill `figure` with a title and the strips of each (title, case), and a legend."""
    height = figure.get_size_inches()[1] / style.MM
    y = height
    figure.legend(
        handles=[
            Line2D([], [], color=style.STRUCTURE_COLOURS[structure], label=name)
            for structure, name in STRUCTURE_NAMES.items()
        ],
        loc="lower right",
        bbox_to_anchor=(0.995, 1 / height),
        ncols=2,
        borderpad=0,
        borderaxespad=0,
    )
    for (title, case), strip in zip(cases, heights_mm, strict=True):
        y -= TITLE_MM
        figure.text(LABEL_MM / style.PAGE_MM, (y + 1.5) / height, title, fontsize=8)
        for number, (who, masks) in enumerate(strips(case)):
            y -= strip + 1
            box = (
                LABEL_MM / style.PAGE_MM,
                (y + 1) / height,
                1 - LABEL_MM / style.PAGE_MM,
                strip / height,
            )
            axes = figure.add_axes(box)
            plot_strip(axes, case, masks[..., case.shown_frame], columns)
            figure.text(0, box[1] + box[3] / 2, who, rotation=90, va="center")
            if number == 0:
                add_scale_bar(axes, case)


def main(
    overlap: str | None,
    function: str,
    manifest: str,
    mice: Mapping[str, str],
    segmentations: Mapping[str, str],
    outputs: list[str],
) -> None:
    """Select the cases and draw them on as high a page as they need; `mice` and `segmentations` are files by mouse."""
    described = read_manifest(manifest)
    titles = dict(titles_of_cases(read_csv(overlap) if overlap else None, read_csv(function), described))
    if not titles:
        with style.printed_figure(outputs, height_mm=30) as figure:
            style.write_in_panel(figure.subplots(), "No mouse has masks of both expert and reader, or an EF.")
        return
    cases = []
    for mouse, title in titles.items():
        case = read_case(described[mouse], mice[mouse], segmentations[mouse])
        cases.append((f"{title}; {shown(case)}", case))
    columns = int(np.clip(max(case.images.shape[2] for _, case in cases), *TILES_PER_LINE))
    heights_mm = [strip_height(case, columns) for _, case in cases]
    drawn = [len(strips(case)) * (strip + 1) for (_, case), strip in zip(cases, heights_mm, strict=True)]
    height_mm = sum(TITLE_MM + height for height in drawn) + LEGEND_MM
    with style.printed_figure(outputs, height_mm, layout="none") as figure:
        draw_cases(figure, cases, columns, heights_mm)


if __name__ == "__main__":
    with job(snakemake):
        main(
            overlap=snakemake.input.overlap or None,
            function=snakemake.input.function,
            manifest=snakemake.input.manifest,
            mice=dict(zip(snakemake.params.mice, snakemake.input.mice, strict=True)),
            segmentations=dict(zip(snakemake.params.mice, snakemake.input.segmentations, strict=True)),
            outputs=list(snakemake.output),
        )
