"""Figure 4: volume of the left-ventricular blood pool over the cardiac cycle.

Inputs: volumes.csv (µL, all frames; times in ms), function.csv, frames.csv, manifest.csv, overlap.csv (if there is a
reference).
Left: one mouse, the one with the median Dice or, failing that, the median EF. Right: all mice of the cohort.
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from scipy.interpolate import PchipInterpolator

from murmur.csv_tables import read_csv
from murmur.data.chosen_phases import phases_by_mouse
from murmur.data.manifest import read_manifest
from murmur.data.mouse import Mouse
from murmur.job import job
from murmur.presentation import style
from murmur.presentation.case_titles import titles_of_cases
from murmur.presentation.cases import named
from murmur.subject import in_print, printed_unit, printed_value
from murmur.vocabulary import UNITS

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

COLOUR = style.STRUCTURE_COLOURS["blood_pool"]
LEGEND = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.18), "ncols": 2}


def ed_and_es(cine: pd.DataFrame, mouse: Mouse, measured: tuple[int, int] | None) -> dict[str, int]:
    """Return the frames of ED and ES: the reference's or, without them, those at which the reader was `measured`.

    Where neither are known, they are those of the largest and the smallest volume.
    """
    if mouse.ed_frame is not None:
        return {"ED": mouse.ed_frame, "ES": mouse.es_frame}
    if measured:
        return dict(zip(("ED", "ES"), measured, strict=True))
    volume = cine.set_index("frame")["blood_pool_uL"]
    return {"ED": int(volume.idxmax()), "ES": int(volume.idxmin())}


def plot_mouse(axes: Axes, cine: pd.DataFrame, frames: dict[str, int], reference: pd.Series) -> None:
    """Draw one cine, a segmented frame a point, and mark the `frames` of ED and ES; `reference` has its EDV and ESV.

    A reader, such as a second observer who chose other frames, need not have segmented ED and ES of the reference; each
    mark is drawn where its volume is known.
    """
    segmented = cine.dropna(subset="blood_pool_uL")
    time, volume = segmented["time_ms"].to_numpy(), segmented["blood_pool_uL"].to_numpy()
    # monotone between the frames, so the guide never shows an extreme that was not measured
    fine = np.linspace(time[0], time[-1], 20 * len(time))
    axes.plot(
        fine,
        PchipInterpolator(time, volume)(fine),
        color=style.GREY,
        linewidth=0.8,
        label="guide to the eye",
    )
    axes.plot(time, volume, "o", color=COLOUR, markersize=3, label="reader, every frame")
    marks = cine.set_index("frame").reindex(list(frames.values())).set_axis(list(frames))
    reader = marks["blood_pool_uL"]
    known = reference.reindex(["EDV", "ESV"]).set_axis(list(frames))
    marker = {"linestyle": "none", "marker": "o", "markersize": 7, "markerfacecolor": "none"}
    if reader.notna().any():
        axes.plot(marks["time_ms"], reader, color=COLOUR, label="reader, ED and ES", **marker)
    if known.notna().any():
        marker |= {"marker": "x", "markersize": 5, "markeredgewidth": 1.2, "zorder": 4}
        axes.plot(marks["time_ms"], known, color=style.BLACK, label="reference, ED and ES", **marker)
    # the names stand outside of both marks
    both = pd.concat([reader, known], axis=1).dropna(how="all")
    for phase, values in both.iterrows():
        axes.annotate(
            phase,
            (marks.loc[phase, "time_ms"], values.max() if phase == "ED" else values.min()),
            xytext=(0, 9 if phase == "ED" else -9),
            textcoords="offset points",
            ha="center",
            va="center",
        )
    axes.margins(y=0.15)
    axes.legend(**LEGEND)


def plot_cohort(axes: Axes, volumes: pd.DataFrame, example: str) -> None:
    """Draw each cine in % of its largest volume, the example heavier; leave out a mouse without any volume."""
    for mouse, cine in volumes.groupby("mouse", sort=False):
        largest = cine["blood_pool_uL"].max()
        if len(cine) > 1 and largest > 0:
            shown = mouse == example
            axes.plot(
                cine["time_ms"],
                100 * cine["blood_pool_uL"] / largest,
                color=COLOUR if shown else style.LIGHT_GREY,
                linewidth=1.6 if shown else 0.6,
                zorder=3 if shown else 2,
                label=style.abbreviate(example, 30) if shown else "other scans",
            )
    handles, labels = axes.get_legend_handles_labels()
    lines = dict(zip(labels, handles, strict=True))  # one of each
    axes.legend(lines.values(), lines, **LEGEND)


def main(volumes: str, function: str, at: str, manifest: str, overlap: str | None, outputs: list[str]) -> None:
    """Draw the example and the cohort, or say why there is no curve; `at` is frames.csv."""
    cines = read_csv(volumes).sort_values(["mouse", "frame"])
    cines["blood_pool_uL"] = printed_value(cines["blood_pool_uL"], "uL")
    segmented = cines.dropna(subset="blood_pool_uL")
    frames = segmented["mouse"].value_counts()
    described, values = read_manifest(manifest), read_csv(function)
    cases = titles_of_cases(read_csv(overlap) if overlap else None, values, described)
    example = cases[1][0] if cases else cines["mouse"].iloc[0]
    reference = in_print(values[values["mouse"] == example]).set_index("metric")["reference"]
    with style.printed_figure(outputs, height_mm=75) as figure:
        left, right = figure.subplots(1, 2)
        style.letter_panels((left, right))
        left.set_title(f"One scan: {named(described[example]) if example in described else example}")
        right.set_title(f"All scans (n = {len(frames)}), each in % of its largest volume")
        if frames.get(example, 0) > 1:
            cine = cines[cines["mouse"] == example]
            marked = ed_and_es(cine, described[example], phases_by_mouse(read_csv(at)).get(example))
            plot_mouse(left, cine, marked, reference)
            left.set(xlabel="Time (ms)", ylabel=f"Blood-pool volume ({UNITS[printed_unit('uL')]})")
        else:
            style.write_in_panel(left, "Fewer than two frames of this cine are segmented, so there is no curve.")
        if (frames > 1).any():
            plot_cohort(right, segmented, example)
            right.set(xlabel="Time (ms)", ylabel="Blood-pool volume (% of the largest)", ylim=(0, 105))
        else:
            style.write_in_panel(right, "No cine has two segmented frames, so there are no curves.")


if __name__ == "__main__":
    with job(snakemake):
        main(
            volumes=snakemake.input.volumes,
            function=snakemake.input.function,
            at=snakemake.input.frames,
            manifest=snakemake.input.manifest,
            overlap=snakemake.input.overlap or None,
            outputs=list(snakemake.output),
        )
