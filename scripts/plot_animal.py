"""Contact sheet of one scan: all slices at ED and ES with the contours of reader and expert, EF in the title.

Inputs: the mouse file and its segmentation, and not the tables of the cohort, so that a new mouse leaves the sheets of
the others as they are. ED and ES are the frames at which the function of the reader is measured; without both, the
first annotated or segmented frame is shown.
"""

import math
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from murmur.data.manifest import check_mouse
from murmur.job import job
from murmur.measurement.function import function, mass, structure_volumes
from murmur.presentation import style
from murmur.presentation.cases import Case, read_case
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
from murmur.vocabulary import METRICS, UNITS, numbered

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

DPI = 200
TITLE_MM, GAP_MM = 6, 1
PHASES = ("ED", "ES")
MEASURES = {"EF": "{:.1f}", "EDV": "{:.1f}", "ESV": "{:.1f}", "mass_ED": "{:.1f}"}  # in the title
EXPERT = {"color": "white", "linewidth": 0.6, "linestyle": (0, (2, 1.5))}


def shown_frames(case: Case) -> dict[str, int]:
    """Return the frames that are shown, by phase."""
    frames = {phase: frame for frame, phase in case.phases.items()}
    return {phase: frames[phase] for phase in PHASES} if set(PHASES) <= set(frames) else {"": case.shown_frame}


def measured(case: Case, masks: np.ndarray | None, is_reference: bool = False) -> dict[str, float]:
    """Return the function by `masks`, axes (row, column, slice, frame); empty without masks at ED and ES.

    A structure without voxels is missing in the reference, as in its volumes.
    """
    frames = shown_frames(case)
    known = case.mouse.annotated_frames if is_reference else case.segmented
    if masks is None or set(frames) != set(PHASES) or not set(frames.values()) <= set(known):
        return {}
    values = {}
    for phase, frame in frames.items():
        volumes = structure_volumes(masks[..., frame], case.mouse.spacing_mm)
        if is_reference:
            volumes = {name: volume or math.nan for name, volume in volumes.items()}
        values[phase] = {"blood_pool_uL": volumes["blood_pool"], "myocardium_mg": mass(volumes["myocardium"])}
    return function(values["ED"], values["ES"])


def title(case: Case, label: str) -> str:
    """Return the name of the scan, its function by the reader, with the EF by the expert, and the frames shown."""
    reader, expert = measured(case, case.masks), measured(case, case.reference, is_reference=True)
    if not reader:
        return f"{label}: no EF, because ED and ES are not both segmented; {frames_shown(case)}"
    texts = []
    for metric, form in MEASURES.items():
        space = "" if METRICS[metric] == "%" else " "
        words = [form.format(values[metric]) + space + UNITS[METRICS[metric]] for values in (reader, expert) if values]
        shown = words[0] if len(words) == 1 or "nan" in words[1] else f"{words[0]} (expert {words[1]})"
        texts.append(f"{metric.replace('_', ' at ')} {shown if metric == 'EF' else words[0]}")
    return f"{label}: {', '.join(texts)}; {frames_shown(case)}"


def frames_shown(case: Case) -> str:
    """Name the frames of a sheet."""
    frames, count = shown_frames(case), case.images.shape[3]
    if "" in frames:
        return numbered("frame", frames[""], count)
    return f"ED is frame {frames['ED'] + 1}, ES {frames['ES'] + 1} of {count}"


def draw_sheet(figure: Figure, case: Case, label: str, columns: int) -> None:
    """Fill `figure` with the title, a strip for each frame and a legend."""
    strip, y = strip_height(case, columns), figure.get_size_inches()[1] / style.MM - TITLE_MM
    top = 1 - 4.5 * style.MM / figure.get_size_inches()[1]
    figure.text(LABEL_MM / style.PAGE_MM, top, title(case, label), fontsize=8)
    for phase, frame in shown_frames(case).items():
        y -= strip + GAP_MM
        axes = add_strip(figure, y + GAP_MM, strip, phase)
        draw_slices(axes, case, frame, columns)
        draw_contours(axes, case.masks[..., frame], columns)
        if frame in case.mouse.annotated_frames:
            draw_contours(axes, case.reference[..., frame], columns, **EXPERT)
        if len(figure.axes) == 1:
            add_scale_bar(axes, case)
    lines = structure_lines()
    if case.reference is not None:
        lines.append(Line2D([], [], **EXPERT | {"color": style.GREY}, label="Expert"))
    figure.legend(handles=lines, loc="upper right", bbox_to_anchor=(0.995, 1), ncols=len(lines), handlelength=1.5)


def main(
    mouse: str, segmentation: str, label: str, spacing_mm: list[float] | None, override_headers: bool, output: str
) -> None:
    """Write `output`, the sheet of the scan in the file `mouse` with the reader's masks; `label` names the scan."""
    case = read_case(check_mouse(mouse, spacing_mm, override_headers), mouse, segmentation)
    columns = tiles_per_line(case.images.shape[2])
    height_mm = TITLE_MM + len(shown_frames(case)) * (strip_height(case, columns) + GAP_MM)
    with style.printed_figure([output], height_mm, layout="none", dpi=DPI) as figure:
        draw_sheet(figure, case, label, columns)


if __name__ == "__main__":
    with job(snakemake):
        main(
            mouse=snakemake.input.mouse,
            segmentation=snakemake.input.segmentation,
            label=snakemake.params.label,
            spacing_mm=snakemake.params.spacing_mm,
            override_headers=snakemake.params.override_headers,
            output=snakemake.output.sheet,
        )
