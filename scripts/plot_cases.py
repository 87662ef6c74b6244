"""Figure 2: best, median and worst mouse by mean Dice: contours of the reference above those of the reader.

All slices are shown, from base to apex. Inputs: overlap.csv (if there is a reference), function.csv, frames.csv,
manifest.csv, mouse files, segmentations of the reader. The frame shown is ES, as in the published study, or the first
annotated frame of a mouse without ES. Without a reference, the mice of lowest, median and highest EF are shown with the
contours of the reader only.
"""

from collections.abc import Mapping
from string import ascii_uppercase
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from murmur.csv_tables import read_csv
from murmur.data.chosen_phases import phases_by_mouse
from murmur.data.manifest import read_manifest
from murmur.job import job
from murmur.presentation import style
from murmur.presentation.case_titles import titles_of_cases
from murmur.presentation.cases import Case, from_base, read_case
from murmur.presentation.strips import (
    LABEL_MM,
    add_scale_bar,
    add_strip,
    draw_contours,
    draw_slices,
    strip_height,
    structure_lines,
    tiles_per_line,
)
from murmur.vocabulary import numbered

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

TITLE_MM = 6
LEGEND_MM = 5


def shown(case: Case) -> str:
    """Name the frame that is shown."""
    phase = case.phases[case.shown_frame]
    frame = numbered("frame", case.shown_frame, case.images.shape[3])
    single = "single annotated frame" if case.mouse.annotated_frames else "single frame"
    return f"shown: {single if phase == 'single' else phase}, {frame}"


def strips(case: Case) -> list[tuple[str, np.ndarray]]:
    """Return who drew each strip of a case, and the masks: the reference, if there is one, above the reader."""
    reference = [] if case.reference is None else [("Reference", case.reference)]
    return [*reference, ("Reader", case.masks)]


def draw_cases(figure: Figure, cases: list[tuple[str, Case]], columns: int, heights_mm: list[float]) -> None:
    """Fill `figure` with a title and the strips of each (title, case), and a legend."""
    height = figure.get_size_inches()[1] / style.MM
    y = height
    figure.legend(
        handles=structure_lines(),
        loc="lower right",
        bbox_to_anchor=(0.995, 1 / height),
        ncols=2,
        borderpad=0,
        borderaxespad=0,
    )
    for (title, case), strip, letter in zip(cases, heights_mm, ascii_uppercase, strict=False):
        case, labels = from_base(case)  # as on the contact sheets
        y -= TITLE_MM
        if len(cases) > 1:
            figure.text(0, (y + 1.5) / height, letter, fontsize=9, weight="bold")
        figure.text(LABEL_MM / style.PAGE_MM, (y + 1.5) / height, title, fontsize=8)
        for number, (who, masks) in enumerate(strips(case)):
            y -= strip + 1
            axes = add_strip(figure, y + 1, strip, who)
            draw_slices(axes, case, case.shown_frame, columns, labels)
            draw_contours(axes, masks[..., case.shown_frame], columns)
            if number == 0:
                add_scale_bar(axes, case)


def main(
    overlap: str | None,
    function: str,
    frames: str,
    manifest: str,
    mice: Mapping[str, str],
    segmentations: Mapping[str, str],
    outputs: list[str],
) -> None:
    """Select the cases and draw them on as high a page as they need; `mice` and `segmentations` are files by mouse."""
    described, measured = read_manifest(manifest), phases_by_mouse(read_csv(frames))
    titles = dict(titles_of_cases(read_csv(overlap) if overlap else None, read_csv(function), described))
    if not titles:
        style.print_sentence(outputs, "No mouse has masks of both reference and reader, or an EF.")
        return
    cases = []
    for mouse, title in titles.items():
        case = read_case(described[mouse], mice[mouse], segmentations[mouse], measured.get(mouse))
        cases.append((f"{title}; {shown(case)}", case))
    columns = tiles_per_line(max(case.images.shape[2] for _, case in cases))
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
            frames=snakemake.input.frames,
            manifest=snakemake.input.manifest,
            mice=dict(zip(snakemake.params.mice, snakemake.input.mice, strict=True)),
            segmentations=dict(zip(snakemake.params.mice, snakemake.input.segmentations, strict=True)),
            outputs=list(snakemake.output),
        )
