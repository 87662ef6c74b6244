"""Movies of the best, median and worst mouse, with the contours of the reader and of the reference side by side.

Inputs: overlap.csv (if there is a reference), function.csv, frames.csv, manifest.csv, mouse files, segmentations of the
reader. Outputs: three GIF movies, as large as 3 MB allow; a very long cine may exceed this at the smallest size. All
slices are shown side by side through the cine, at ten frames per second. Each annotated frame is held for a second with
the reference contours, which are then shown dimmed until the next one. A mouse with a single frame is shown slice by
slice. Without a reference, the mice of lowest, median and highest EF are shown with the contours of the reader only,
held at ED and ES.
"""

import io
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib
import numpy as np
import pandas as pd
from PIL import Image, ImageColor, ImageDraw, ImageFont
from scipy.ndimage import binary_erosion

from murmur.csv_tables import read_csv
from murmur.data.chosen_phases import phases_by_mouse
from murmur.data.manifest import read_manifest
from murmur.files import atomic_write
from murmur.job import job
from murmur.logs import progress
from murmur.presentation import style
from murmur.presentation.case_titles import titles_of_cases
from murmur.presentation.cases import Case, mosaic, read_case
from murmur.provenance.stamp import stamp
from murmur.vocabulary import BLOOD_POOL, STRUCTURES, numbered

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

MOST_BYTES = 3_000_000
PANEL_WIDTHS = (480, 400, 320, 240, 160)  # pixels; the first with a sufficiently small file is used
GAP = 4  # pixels between the panels
FRAME_MS, HELD_MS, SLICE_MS = 100, 1000, 700
DIMMED = 0.45
GREYS = 62  # fewer greys compress better; with one colour per structure, the palette has 64 entries
PALETTE = [
    *(round(number * 255 / (GREYS - 1)) for number in range(GREYS) for _ in "RGB"),
    *(channel for name in STRUCTURES for channel in ImageColor.getrgb(style.STRUCTURE_COLOURS[name])),
]
COLOURS = {name: GREYS + number for number, name in enumerate(STRUCTURES)}
FONT = Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")


@dataclass(frozen=True)
class Panel:
    """A picture (row, column) from 0 to 1 with a mask of the same shape and the words above it."""

    picture: np.ndarray
    mask: np.ndarray
    words: str


@dataclass(frozen=True)
class Still:
    """One image of a movie, shown for `ms` milliseconds; `reference` is None without contours."""

    reader: Panel
    reference: Panel | None
    ms: int

    @property
    def panels(self) -> list[Panel]:
        """The panels, from left to right."""
        return [self.reader] if self.reference is None else [self.reader, self.reference]


def dice_words(overlap: pd.DataFrame | None, mouse: str, phase: str) -> str:
    """Return the Dice coefficients of a mouse in one phase as text; empty if not measured."""
    if overlap is None:
        return ""
    rows = overlap[(overlap["mouse"] == mouse) & (overlap["phase"] == phase)].dropna(subset="dice")
    dice = rows.drop_duplicates("structure").set_index("structure")["dice"]
    words = [f"{name.replace('_', ' ')} {dice[name]:.2f}" for name in STRUCTURES if name in dice]
    return f" · Dice {', '.join(words)}" if words else ""


def stills(case: Case, overlap: pd.DataFrame | None) -> Iterator[Still]:
    """Yield the images of a movie: all frames of a mouse, or its slices if there is only one frame."""
    if case.images.shape[3] == 1:
        yield from stills_of_slices(case, overlap)
    elif case.reference is None:
        yield from stills_of_reader(case)
    else:
        yield from stills_of_both(case, overlap)


def stills_of_slices(case: Case, overlap: pd.DataFrame | None) -> Iterator[Still]:
    """Yield the slices of a mouse with a single frame."""
    slices = case.images.shape[2]
    for index in range(slices):
        image, reference = case.images[:, :, index, 0], None
        if case.reference is not None:
            dice = dice_words(overlap, case.mouse.name, case.phases[0])
            reference = Panel(image, case.reference[:, :, index, 0], f"Reference{dice}")
        reader = Panel(image, case.masks[:, :, index, 0], above_reader(case, numbered("slice", index, slices)))
        yield Still(reader, reference, SLICE_MS)


def above_reader(case: Case, words: str) -> str:
    """Return the words above the masks of the reader, which is named where the reference is shown as well."""
    return words.capitalize() if case.reference is None else f"Reader · {words}"


def panel_of_reader(case: Case, frame: int) -> Panel:
    """Return all slices of a frame with the masks of the reader."""
    slices, frames = case.images.shape[2:]
    columns = math.ceil(math.sqrt(slices))
    words = f"{numbered('frame', frame, frames)} · {frame * case.mouse.frame_interval_ms:g} ms"
    pictures = mosaic(case.images[..., frame], columns), mosaic(case.masks[..., frame], columns)
    return Panel(*pictures, above_reader(case, words))


def stills_of_reader(case: Case) -> Iterator[Still]:
    """Yield the frames of a mouse without contours, held at the reader's ED and ES."""
    for frame in range(case.images.shape[3]):
        panel, phase = panel_of_reader(case, frame), case.phases.get(frame)
        if phase in ("ED", "ES"):
            panel = replace(panel, words=f"{panel.words} · {phase}")
        yield Still(panel, None, HELD_MS if phase in ("ED", "ES") else FRAME_MS)


def stills_of_both(case: Case, overlap: pd.DataFrame | None) -> Iterator[Still]:
    """Yield the frames of a mouse, with the last annotated one on the right."""
    mouse, annotated = case.mouse, case.mouse.annotated_frames
    columns = math.ceil(math.sqrt(case.images.shape[2]))
    for frame in range(case.images.shape[3]):
        # the cine is cyclic: before the first annotated frame, the last one is shown
        shown = max((known for known in annotated if known <= frame), default=annotated[-1])
        phase = mouse.phases[shown]
        named = f"{phase}, " if phase in ("ED", "ES", "inflow") else ""
        yield Still(
            panel_of_reader(case, frame),
            Panel(
                mosaic(case.images[..., shown], columns) * (1 if shown == frame else DIMMED),
                mosaic(case.reference[..., shown], columns),
                f"Reference · {named}frame {shown + 1}{dice_words(overlap, mouse.name, phase)}",
            ),
            HELD_MS if shown == frame else FRAME_MS,
        )


def grey(picture: np.ndarray) -> np.ndarray:
    """Return the palette's indices of a picture from 0 to 1."""
    return np.round(picture * (GREYS - 1)).astype(np.uint8)


def enlarge(values: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resample a picture from 0 to 1 to `size` (width, height)."""
    return np.clip(np.asarray(Image.fromarray(values.astype(np.float32)).resize(size, Image.Resampling.BICUBIC)), 0, 1)


def draw_panel(panel: Panel, size: tuple[int, int]) -> np.ndarray:
    """Return a panel of `size` (width, height) as indices of the palette, its mask's outlines drawn in.

    The outline of the myocardium goes around all that is segmented; that of the blood pool lies on top.
    """
    indices = grey(enlarge(panel.picture, size))
    for outlined, structure in ((panel.mask > 0, "myocardium"), (panel.mask == BLOOD_POOL, "blood_pool")):
        inside = enlarge(outlined, size) >= 0.5
        indices[inside & ~binary_erosion(inside, iterations=2, border_value=1)] = COLOURS[structure]
    return indices


def draw_words(lines: list[tuple[float, str]], width: int, size: int) -> np.ndarray:
    """Return a bar of white words on black, each from its left edge, given as a part of `width`."""
    bar = Image.new("L", (width, round(1.6 * size)))
    draw = ImageDraw.Draw(bar)
    font = ImageFont.truetype(FONT, size)
    for left, words in lines:
        draw.text((left * width + 0.4 * size, 0.2 * size), words, fill=255, font=font)
    return grey(np.asarray(bar) / 255)


def draw_legend(width: int, size: int) -> np.ndarray:
    """Return a bar that names the structures, each after a line of its colour."""
    lefts = {name: 0.01 + 0.2 * number for number, name in enumerate(COLOURS)}
    words = [(left + 2 * size / width, name.replace("_", " ")) for name, left in lefts.items()]
    bar = draw_words(words, width, size)
    for name, left in lefts.items():
        start, middle = round(left * width), len(bar) // 2
        bar[middle - 1 : middle + 1, start : start + 2 * size] = COLOURS[name]
    return bar


def encode(movie: list[Still], title: str, panel_width: int, pixel_aspect: float) -> bytes:
    """Return the GIF file: a title, the words of the panels, the panels side by side, a legend.

    A single panel takes the width of two.
    """
    rows, columns = movie[0].reader.picture.shape
    width, letters = 2 * panel_width + GAP, max(9, panel_width // 32)
    side = panel_width if movie[0].reference else width
    size = (side, round(side * rows * pixel_aspect / columns))
    gap = np.zeros((size[1], GAP), np.uint8)
    top, bottom = draw_words([(0, title)], width, letters), draw_legend(width, letters)
    pictures = []
    for still in movie:
        words = draw_words([(number / 2, panel.words) for number, panel in enumerate(still.panels)], width, letters)
        panels = [part for panel in still.panels for part in (gap, draw_panel(panel, size))][1:]
        picture = Image.fromarray(np.vstack([top, words, np.hstack(panels), bottom]))
        picture.putpalette(PALETTE)
        pictures.append(picture)
    file = io.BytesIO()
    pictures[0].save(
        file,
        format="GIF",
        save_all=True,
        append_images=pictures[1:],
        duration=[still.ms for still in movie],
        loop=0,
        optimize=False,
        comment=stamp().encode(),
    )
    return file.getvalue()


def render(case: Case, title: str, overlap: pd.DataFrame | None) -> bytes:
    """Return the GIF movie of a case, as large as possible within the limit."""
    movie = list(stills(case, overlap))
    for panel_width in PANEL_WIDTHS:
        gif = encode(movie, title, panel_width, case.pixel_aspect)
        if len(gif) <= MOST_BYTES:
            break
    return gif


def main(
    overlap: str | None,
    function: str,
    frames: str,
    manifest: str,
    mice: Mapping[str, str],
    segmentations: Mapping[str, str],
    outputs: list[str],
) -> None:
    """Write the three movies; with fewer than three mice, some show the same mouse, and without any, a message.

    `mice` and `segmentations` are files by mouse; `outputs` are the files of the best, median and worst mouse or,
    without a reference, of those of lowest, median and highest EF.
    """
    overlaps = read_csv(overlap) if overlap else None
    described, measured = read_manifest(manifest), phases_by_mouse(read_csv(frames))
    titles = titles_of_cases(overlaps, read_csv(function), described)
    for number, output in enumerate(progress(outputs, "rendering", "movie")):
        if titles:
            mouse, title = titles[number]
            case = read_case(described[mouse], mice[mouse], segmentations[mouse], measured.get(mouse))
            gif = render(case, title, overlaps)
        else:
            nothing = Panel(np.zeros((1, 8)), np.zeros((1, 8), int), "")
            words = "No mouse has masks of both reference and reader, or an EF."
            gif = encode([Still(nothing, nothing, HELD_MS)], words, 240, 1)
        with atomic_write(output) as partial:
            partial.write_bytes(gif)


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
