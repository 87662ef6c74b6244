"""Strips of a page's width with all slices of a frame side by side, and contours on them."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from skimage.measure import find_contours

from murmur.presentation import style
from murmur.presentation.cases import GAP, Case, mosaic
from murmur.vocabulary import STRUCTURE_NAMES, STRUCTURES

TILES_PER_LINE = (8, 12)  # tiles in a line, at least and at most: more slices go on in a second line
LABEL_MM = 4  # left of the strip
ON_IMAGE = {"color": "white", "path_effects": [withStroke(linewidth=1.2, foreground="black")]}
BAR_LENGTHS_MM = (0.5, 1, 2, 5, 10, 20, 50, 100)


def tiles_per_line(slices: int) -> int:
    """Return the number of tiles in a line for so many slices."""
    return int(np.clip(slices, *TILES_PER_LINE))


def strip_height(case: Case, columns: int) -> float:
    """Return the height in mm of a strip as wide as the page."""
    rows, row_length = mosaic(case.images[..., 0], columns).shape
    return (style.PAGE_MM - LABEL_MM) * rows * case.pixel_aspect / row_length


def add_strip(figure: Figure, bottom_mm: float, height_mm: float, label: str) -> Axes:
    """Add a strip to `figure`, as wide as the page, with a `label` on its left."""
    height = figure.get_size_inches()[1] / style.MM
    box = (LABEL_MM / style.PAGE_MM, bottom_mm / height, 1 - LABEL_MM / style.PAGE_MM, height_mm / height)
    figure.text(0, box[1] + box[3] / 2, label, rotation=90, va="center")
    return figure.add_axes(box)


def draw_slices(axes: Axes, case: Case, frame: int, columns: int, labels: Sequence[str] = ()) -> None:
    """Draw the slices of a frame, with `labels` or, by default, numbered from 1."""
    height, width, slices = case.images.shape[:3]
    axes.imshow(
        mosaic(case.images[..., frame], columns, fill=np.nan),
        cmap="gray",
        vmin=0,
        vmax=1,
        aspect=case.pixel_aspect,
        interpolation="bicubic",
        interpolation_stage="data",
    )
    for index in range(slices):
        axes.text(
            index % columns * (width + GAP) + 0.04 * width,
            index // columns * (height + GAP) + 0.04 * height,
            labels[index] if labels else str(index + 1),
            ha="left",
            va="top",
            **ON_IMAGE,
        )
    axes.set_axis_off()


def draw_contours(axes: Axes, masks: np.ndarray, columns: int, **line) -> None:
    """Draw the contours of `masks`, axes (row, column, slice), in the colours of the structures or of `line`."""
    for structure, label in STRUCTURES.items():
        look = {"color": style.STRUCTURE_COLOURS[structure], "linewidth": 0.7} | line
        axes.plot(*outline(mosaic((masks == label).astype(float), columns)), **look)


def outline(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return x and y of the contours of a mask (row, column), 0 or 1, with NaN after each.

    They are drawn as one line: separate lines for the thousand specks of a noisy mask would take ten seconds.
    """
    contours = [np.pad(contour, ((0, 1), (0, 0)), constant_values=np.nan) for contour in find_contours(mask, 0.5)]
    y, x = np.concatenate([np.empty((0, 2)), *contours]).T
    return x, y


def add_scale_bar(axes: Axes, case: Case) -> None:
    """Put a bar of a round length, at most a third of a tile, with that length into the first tile."""
    height, width = case.images.shape[:2]
    column_mm = case.mouse.spacing_mm[1]
    length = max((mm for mm in BAR_LENGTHS_MM if mm <= width * column_mm / 3), default=BAR_LENGTHS_MM[0])
    right, y = 0.95 * width, 0.94 * height
    axes.plot([right - length / column_mm, right], [y, y], color="white", linewidth=1.5, solid_capstyle="butt")
    axes.text(right, y - 0.03 * height, f"{length:g} mm", ha="right", va="bottom", **ON_IMAGE)


def structure_lines() -> list[Line2D]:
    """Return the entries of a legend of the structures."""
    return [
        Line2D([], [], color=style.STRUCTURE_COLOURS[structure], label=name)
        for structure, name in STRUCTURE_NAMES.items()
    ]
