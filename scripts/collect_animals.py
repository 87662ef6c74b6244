"""The contact sheets of all scans of a reader in one PDF, as many as fit on a page, in the order of the cohort.

Inputs: the sheets (PNG). They are copied pixel by pixel and read page by page, so that memory does not grow with the
number of scans.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import matplotlib.style
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from PIL import Image

from murmur.files import atomic_write
from murmur.job import job
from murmur.logs import progress
from murmur.presentation import style
from murmur.provenance.stamp import stamp

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

PAGE_MM = (210, 297)  # A4
MARGIN_MM, GAP_MM = 15, 4


def height_mm(sheet: str) -> float:
    """Return the height of a sheet that is as wide as the page without its margins."""
    with Image.open(sheet) as image:
        return image.height / image.width * (PAGE_MM[0] - 2 * MARGIN_MM)


def pages(sheets: Sequence[str]) -> Iterator[list[tuple[str, float]]]:
    """Yield the sheets of each page with their heights in mm; a page has at least one."""
    page, used = [], 0.0
    for sheet in sheets:
        height = height_mm(sheet)
        if page and used + height > PAGE_MM[1] - 2 * MARGIN_MM:
            yield page
            page, used = [], 0.0
        page.append((sheet, height))
        used += height + GAP_MM
    yield page


def draw_page(page: Sequence[tuple[str, float]], words: str) -> Figure:
    """Return a page with its sheets from top to bottom and `words` at the bottom."""
    figure = Figure(figsize=[side * style.MM for side in PAGE_MM])
    width, top = PAGE_MM[0] - 2 * MARGIN_MM, PAGE_MM[1] - MARGIN_MM
    for sheet, height in page:
        shown = min(height, PAGE_MM[1] - 2 * MARGIN_MM)
        axes = figure.add_axes(
            (MARGIN_MM / PAGE_MM[0], (top - shown) / PAGE_MM[1], width / PAGE_MM[0], shown / PAGE_MM[1])
        )
        with Image.open(sheet) as image:
            axes.imshow(image.convert("RGB"), interpolation="none")
        axes.set_axis_off()
        top -= shown + GAP_MM
    figure.text(1 - MARGIN_MM / PAGE_MM[0], 7 / PAGE_MM[1], words, ha="right", fontsize=7)
    return figure


def main(sheets: Sequence[str], title: str, output: str) -> None:
    """Write `output`, a PDF with all `sheets`; `title` is at the bottom of each page, with the number of the page."""
    metadata = style.METADATA[".pdf"] | ({"Subject": stamp()} if stamp() else {})
    look = matplotlib.style.context(["default", style.STYLE])
    with look, atomic_write(output) as partial, PdfPages(partial, metadata=metadata) as pdf:
        for number, page in enumerate(progress(list(pages(sheets)), "drawing", "page"), start=1):
            pdf.savefig(draw_page(page, f"{title}, page {number}"))


if __name__ == "__main__":
    with job(snakemake):
        main(
            sheets=list(snakemake.input.sheets),
            title=f"{snakemake.wildcards.cohort} cohort, reader {snakemake.wildcards.reader}",
            output=snakemake.output.animals,
        )
