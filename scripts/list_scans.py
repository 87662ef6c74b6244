"""List what lies in the scan sessions of a cohort, before anything is measured: a table and a contact sheet.

Each stack of images is a row and a picture, with its size, spacing, frames and heart rate, and whether it is taken or
why not. Nothing is refused. The table can be edited, and named in the study file as `chosen`.
"""

import contextlib
import textwrap
from collections.abc import Mapping, Sequence
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from murmur.csv_tables import write_csv
from murmur.data import bruker, dicom
from murmur.data.scan_files import Files
from murmur.data.scan_images import Image, Words
from murmur.data.scan_listing import COLUMNS, YES, Found, listing
from murmur.data.stacks import named
from murmur.errors import BadInput
from murmur.job import job, processes
from murmur.logs import log, progress
from murmur.presentation import style

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

SOURCES = {"dicom": dicom, "bruker": bruker}
ACROSS, DOWN = 5, 6  # pictures on a page
PAGE_MM = (style.PAGE_MM, 260.0)
LINE, MOST_LINES = 33, 5  # characters in a line of a caption, and lines


def picture(path: str, image: Image | None, source: ModuleType) -> np.ndarray | None:
    """Return the intensities of an image, from 0 to 1; None if it cannot be read."""
    if image is None:
        return None
    with contextlib.suppress(BadInput), Files(path) as files:
        values = source.decode(files, image.file, [image.frame])[0][0].astype(float)
        lowest, highest = np.percentile(values, (1, 99.5))
        return np.clip((values - lowest) / (highest - lowest or 1.0), 0, 1)
    return None


def caption(cells: Mapping, words: Words) -> list[str]:
    """Return the lines below a picture; a long reason is cut."""
    known = {name: cells.get(name) for name in COLUMNS}
    lines = [f"{known['mouse']}, {named(words, known['scan'].split())}" if known["scan"] else known["mouse"]]
    if known["slices"]:
        counts = ((known["slices"], "slice"), (known["frames"], "frame"))
        lines.append(", ".join(f"{count} {noun}{'' if count == 1 else 's'}" for count, noun in counts))
    if known["frame_interval_ms"]:
        lines.append(f"{known['frame_interval_ms']:.3g} ms" + f", {known['slice_mm']:.3g} mm" * bool(known["slice_mm"]))
    reason = (known["reason"] or "").removeprefix(f"{words.one} {known['scan']}").lstrip(": ")
    reason = "; ".join(filter(None, ["taken" if known["taken"] == YES else "", reason]))
    return [*lines, *textwrap.wrap(reason, LINE, max_lines=MOST_LINES - len(lines), placeholder=" ...")]


def draw_page(figure: Figure, rows: Sequence[tuple[Found, np.ndarray | None]], words: Words) -> None:
    """Draw the pictures of a page, with captions in blue for those taken."""
    grid = figure.subplots(DOWN, ACROSS, gridspec_kw={"left": 0.01, "right": 0.99, "bottom": 0.06, "top": 0.99})
    for axes in grid.flat:
        axes.set_axis_off()
    figure.subplots_adjust(hspace=0.5, wspace=0.06)
    for axes, (found, values) in zip(grid.flat, rows, strict=False):
        taken = found.cells["taken"] == YES
        if values is None:
            style.write_in_panel(axes, "no picture")
        else:
            axes.imshow(values, cmap="gray", vmin=0, vmax=1, aspect=found.image.pixel_mm[0] / found.image.pixel_mm[1])
        colour = style.BLUE if taken else style.GREY
        axes.text(
            0.5, -0.04, "\n".join(caption(found.cells, words)), transform=axes.transAxes, ha="center", va="top",
            fontsize=5.5, color=colour,
        )  # fmt: skip


def list_session(kind: str, mouse: str, path: str, choice: Mapping) -> list[tuple[str, Found]]:
    """Return the rows of a scan session, each with the path of the session."""
    return [(path, found) for found in listing(mouse, path, SOURCES[kind], choice)]


def main(
    kind: str, sessions: Mapping[str, str], choices: Mapping[str, Mapping], table: str, sheet: str, threads: int = 1
) -> None:
    """Write `table` (CSV) and `sheet` (PDF) for the scan sessions of the kind `dicom` or `bruker`.

    `sessions` has the folder or archive of each mouse, `choices` what the study file chooses for it.
    """
    source, chosen = SOURCES[kind], [choices[mouse] for mouse in sessions]
    with processes(threads) as pool:
        found = pool.map(partial(list_session, kind), sessions, sessions.values(), chosen)
        rows = [row for each in progress(found, "listing", "mouse", len(sessions)) for row in each]
    write_csv(pd.DataFrame([found.cells for _, found in rows], columns=COLUMNS, dtype=object), table)
    pages = [rows[first : first + ACROSS * DOWN] for first in range(0, len(rows), ACROSS * DOWN)]

    def drawing(page):
        return lambda figure: draw_page(
            figure, [(found, picture(path, found.image, source)) for path, found in page], source.WORDS
        )

    style.print_pages(sheet, map(drawing, pages), PAGE_MM)
    taken = sum(found.cells["taken"] == YES for _, found in rows)
    log.info("mice: %d; rows of the table: %d, of which taken: %d", len(sessions), len(rows), taken)


if __name__ == "__main__":
    with job(snakemake):
        main(
            kind=snakemake.params.kind,
            sessions=snakemake.params.sessions,
            choices=snakemake.params.choices,
            table=snakemake.output.table,
            sheet=snakemake.output.sheet,
            threads=snakemake.threads,
        )
