"""The contact sheets of all scans of a reader in one PDF, as many as fit on a page, in the order of the cohort.

Inputs: the sheets (PNG), all of the same width. A few pages are held in memory at a time.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib
from PIL import Image, ImageDraw, ImageFont

from murmur.files import atomic_write
from murmur.job import job
from murmur.logs import progress
from murmur.provenance.stamp import stamp

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

PAGE_MM, MARGIN_MM, GAP_MM = (210, 297), 15, 4  # A4
AT_ONCE = 20  # pages in memory
QUALITY = {"quality": 85, "subsampling": 0}  # of the images, which are JPEG
FONT = Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")


def pages(sheets: Sequence[str], mm: float) -> list[list[str]]:
    """Return the sheets of each page, at least one; `mm` is the number of pixels of a millimetre."""
    found, used = [[]], 0.0
    for sheet in sheets:
        with Image.open(sheet) as image:
            height = image.height / mm
        if found[-1] and used + height > PAGE_MM[1] - 2 * MARGIN_MM:
            found.append([])
            used = 0.0
        found[-1].append(sheet)
        used += height + GAP_MM
    return found


def draw_page(sheets: Sequence[str], words: str, mm: float) -> Image.Image:
    """Return a page with its sheets from top to bottom and `words` at the bottom; a sheet that is too high is cut."""
    page = Image.new("RGB", tuple(round(side * mm) for side in PAGE_MM), "white")
    top = MARGIN_MM * mm
    for sheet in sheets:
        with Image.open(sheet) as image:
            page.paste(image.convert("RGB"), (round(MARGIN_MM * mm), round(top)))
            top += image.height + GAP_MM * mm
    place = tuple((side - margin) * mm for side, margin in zip(PAGE_MM, (MARGIN_MM, MARGIN_MM / 2), strict=True))
    ImageDraw.Draw(page).text(place, words, fill="black", font=ImageFont.truetype(FONT, round(2.5 * mm)), anchor="rs")
    return page


def main(sheets: Sequence[str], title: str, output: str) -> None:
    """Write `output`, a PDF with all `sheets`; `title` is at the bottom of each page, with the number of the page."""
    with Image.open(sheets[0]) as image:
        mm = image.width / (PAGE_MM[0] - 2 * MARGIN_MM)
    about = {"title": title, "subject": stamp().encode(), "creationDate": None, "modDate": None}
    found = pages(sheets, mm)
    with atomic_write(output) as partial:
        for start in progress(range(0, len(found), AT_ONCE), "drawing", f"{AT_ONCE} pages"):
            drawn = [
                draw_page(page, f"{title}, page {number} of {len(found)}", mm)
                for number, page in enumerate(found[start : start + AT_ONCE], start=start + 1)
            ]
            kept = {"append": True} if start else about
            save = {"save_all": True, "append_images": drawn[1:], "resolution": 25.4 * mm}
            drawn[0].save(partial, format="PDF", **save, **kept, **QUALITY)
            for page in drawn:
                page.close()  # frees its memory


if __name__ == "__main__":
    with job(snakemake):
        main(
            sheets=list(snakemake.input.sheets),
            title=f"{snakemake.wildcards.cohort} cohort, reader {snakemake.wildcards.reader}",
            output=snakemake.output.animals,
        )
