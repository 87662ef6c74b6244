"""Contact sheet of one scan: all slices at ED and ES, from base to apex, with the contours of reader and reference.

Inputs: the mouse file and its segmentation, and not the tables of the cohort, so that a new mouse leaves the sheets of
the others as they are; for corrected masks, also frames.csv of the reader that was corrected. ED and ES are the frames
at which the function of the reader is measured; without both, the first annotated or segmented frame is shown or, if
there is none, the first of the cine.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from murmur.data.chosen_phases import phases_by_mouse
from murmur.data.mouse import check_mouse
from murmur.job import job
from murmur.measurement.function import function, mass, structure_volumes
from murmur.presentation import style
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
from murmur.subject import printed_unit, printed_value
from murmur.vocabulary import METRICS, UNITS, numbered

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

DPI = 200
TITLE_MM, GAP_MM = 9, 1  # two lines above the strips, below each strip
PHASES = ("ED", "ES")
CONTOURED = {"color": "white", "linewidth": 0.6, "linestyle": (0, (2, 1.5))}


def shown_frames(phases: Mapping[int, str]) -> dict[str, int]:
    """Return the frames of ED and ES; without both, the first with masks, or the first of the cine."""
    frames = {phase: frame for frame, phase in phases.items()}
    return {phase: frames[phase] for phase in PHASES} if set(PHASES) <= set(frames) else {"": next(iter(phases), 0)}


def by_reader(case: Case, frames: Mapping[str, int]) -> dict[str, float]:
    """Return the function by the reader; empty unless it segmented ED and ES."""
    if set(frames) != set(PHASES) or not set(frames.values()) <= set(case.segmented):
        return {}
    values = {}
    for phase, frame in frames.items():
        volumes = structure_volumes(case.masks[..., frame], case.mouse.spacing_mm)
        values[phase] = {"blood_pool_uL": volumes["blood_pool"], "myocardium_mg": mass(volumes["myocardium"])}
    return function(values["ED"], values["ES"])


def ef_by_reference(case: Case) -> float | None:
    """Return the EF by the reference in %, at its ED and ES; None without it."""
    if case.mouse.ed_frame is None:
        return None
    ed, es = (structure_volumes(case.reference[..., frame], case.mouse.spacing_mm)["blood_pool"]
              for frame in (case.mouse.ed_frame, case.mouse.es_frame))  # fmt: skip
    return 100 * (ed - es) / ed


def title(case: Case, label: str, frames: Mapping[str, int]) -> str:
    """Return the name of the scan and its function by the reader, with the EF by the reference."""
    reader, reference = by_reader(case, frames), ef_by_reference(case)
    if not reader:
        return f"{label}: no EF, because ED and ES are not both known and segmented"
    texts = [f"EF {reader['EF']:.1f}%" + ("" if reference is None else f" (reference {reference:.1f}%)")]
    for metric in ("EDV", "ESV", "mass_ED"):
        unit = METRICS[metric]
        value = f"{printed_value(reader[metric], unit):.1f} {UNITS[printed_unit(unit)]}"
        texts.append(f"{metric.replace('_', ' at ')} {value}")
    return f"{label}: {', '.join(texts)}"


def subtitle(case: Case, frames: Mapping[str, int]) -> str:
    """Name the frames that are shown."""
    count = case.images.shape[3]
    if "" in frames:
        return numbered("frame", frames[""], count).capitalize()
    return f"ED is frame {frames['ED'] + 1} and ES frame {frames['ES'] + 1} of {count}"


def draw_sheet(figure: Figure, case: Case, label: str, frames: Mapping[str, int], columns: int) -> None:
    """Fill `figure` with the title, a strip for each frame and a legend."""
    strip, y = strip_height(case, columns), figure.get_size_inches()[1] / style.MM - TITLE_MM
    line = style.MM / figure.get_size_inches()[1]  # a millimetre
    figure.text(LABEL_MM / style.PAGE_MM, 1 - 3.5 * line, title(case, label, frames), fontsize=8)
    figure.text(LABEL_MM / style.PAGE_MM, 1 - 7.5 * line, subtitle(case, frames))
    case, labels = from_base(case)
    for phase, frame in frames.items():
        y -= strip + GAP_MM
        axes = add_strip(figure, y + GAP_MM, strip, phase)
        draw_slices(axes, case, frame, columns, labels)
        draw_contours(axes, case.masks[..., frame], columns)
        if frame in case.mouse.annotated_frames:
            draw_contours(axes, case.reference[..., frame], columns, **CONTOURED)
        if len(figure.axes) == 1:
            add_scale_bar(axes, case)
    lines = structure_lines()
    if case.reference is not None:
        lines.append(Line2D([], [], **CONTOURED | {"color": style.GREY}, label="Reference"))
    place = {"loc": "upper right", "bbox_to_anchor": (0.995, 1 - 4.5 * line), "borderpad": 0, "borderaxespad": 0}
    figure.legend(handles=lines, ncols=len(lines), handlelength=1.5, **place)


def main(
    mouse: str,
    segmentation: str,
    label: str,
    own: bool,
    spacing_mm: list[float] | None,
    override_headers: bool,
    output: str,
    chosen: tuple[int, int] | None = None,
) -> None:
    """Write `output`, the sheet of the scan in the file `mouse` with the reader's masks; `label` names the scan.

    With `own`, the reader is measured and shown at its own ED and ES; `chosen` are those chosen by a person, or of the
    reader that this one corrects, None without.
    """
    case = read_case(check_mouse(mouse, spacing_mm, override_headers), mouse, segmentation)
    frames = shown_frames(case.own_phases if own else case.phases)
    if chosen:
        frames = dict(zip(PHASES, chosen, strict=True))
    columns = tiles_per_line(case.images.shape[2])
    height_mm = TITLE_MM + len(frames) * (strip_height(case, columns) + GAP_MM)
    with style.printed_figure([output], height_mm, layout="none", dpi=DPI) as figure:
        draw_sheet(figure, case, label, frames, columns)


if __name__ == "__main__":
    with job(snakemake):
        chosen = snakemake.params.chosen
        if snakemake.input.corrected:
            from murmur.csv_tables import read_csv  # with pandas, which takes longer to import than a sheet to draw

            chosen = phases_by_mouse(read_csv(snakemake.input.corrected[0])).get(snakemake.wildcards.mouse)
        main(
            mouse=snakemake.input.mouse,
            segmentation=snakemake.input.segmentation,
            label=snakemake.params.label,
            own=snakemake.params.own,
            spacing_mm=snakemake.params.spacing_mm,
            override_headers=snakemake.params.override_headers,
            output=snakemake.output.sheet,
            chosen=chosen,
        )
