"""Best, median and worst mouse of a cohort, with their slices arranged side by side.

Used by the figure of the cases and by the movies, which show the same mice in the same way.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import pandas as pd

from murmur.data.manifest import Mouse
from murmur.statistics.notes import mice
from murmur.statistics.overlap_summary import combined_dice, select_cases
from murmur.vocabulary import PHASES

GAP = 3  # pixels between the tiles of a mosaic


@dataclass(frozen=True)
class Case:
    """A mouse cropped to its heart; arrays have the axes (row, column, slice, frame).

    `images` lie between 0 and 1; `reference` holds masks at the annotated frames only, `masks` (the reader's)
    at all of them.
    """

    mouse: Mouse
    images: np.ndarray
    reference: np.ndarray
    masks: np.ndarray

    @property
    def pixel_aspect(self) -> float:
        """Height of a pixel over its width."""
        return self.mouse.spacing_mm[0] / self.mouse.spacing_mm[1]

    @property
    def shown_frame(self) -> int:
        """The frame to print: ES as in the published study, else the first annotated one."""
        return self.mouse.annotated_frames[0] if self.mouse.es_frame is None else self.mouse.es_frame


def titles_of_cases(overlap: pd.DataFrame, described: Mapping[str, Mouse]) -> dict[str, tuple[str, str]]:
    """Return mouse and title of the best, median and worst case; empty if no mouse was compared with the reference.

    The title names all cases that the mouse is: of two mice, one is median and worst.
    """
    n, selected = len(combined_dice(overlap)), select_cases(overlap)
    compared = overlap.dropna(subset="dice")
    titles = {}
    for case, (mouse, dice) in selected.items():
        names = [name for name, (chosen, _) in selected.items() if chosen == mouse]
        which = ", ".join([*names[:-2], " and ".join(names[-2:])]).capitalize()
        phenotype = f" ({described[mouse].phenotype})" if described[mouse].phenotype else ""
        found = set(compared.loc[compared["mouse"] == mouse, "phase"])
        phases = " and ".join(phase for phase in PHASES[:2] if phase in found)
        at = f" at {phases}" if phases else ""
        titles[case] = (mouse, f"{which} of {mice(n)}: {mouse}{phenotype}, mean Dice{at} {dice:.2f}")
    return titles


def read_case(mouse: Mouse, file: str | Path, segmentation: str | Path) -> Case:
    """Read the images of a mouse and both masks, cropped to a square around everything that was segmented.

    `file` is that of the mouse, `segmentation` that of the reader.

    The grey-level window is set for each slice over all frames, from the 1st to the 99.5th percentile of the crop,
    because surface coils and slice-wise scaling cause intensities to differ between slices.
    """
    with h5py.File(segmentation, "r") as segmented:
        masks = segmented["Masks"][()]
    with h5py.File(file, "r") as expert:
        reference = expert["Masks"][()].astype(np.uint8)
        box = heart_box((reference > 0).any(axis=(2, 3)) | (masks > 0).any(axis=(2, 3)))
        images = expert["Images"][box].astype(np.float32)
    low, high = np.percentile(images, (1, 99.5), axis=(0, 1, 3), keepdims=True)
    images = np.clip((images - low) / np.maximum(high - low, 1e-6), 0, 1)
    return Case(mouse, images, reference[box], masks[box])


def heart_box(footprint: np.ndarray, margin: float = 0.25) -> tuple[slice, slice]:
    """Return the square of rows and columns around a 2D `footprint`, with a margin proportional to its side."""
    if not footprint.any():
        return slice(0, footprint.shape[0]), slice(0, footprint.shape[1])
    spans = [np.flatnonzero(footprint.any(axis=1 - axis))[[0, -1]] for axis in (0, 1)]
    side = int(max(last - first + 1 for first, last in spans) * (1 + margin))
    box = []
    for (first, last), length in zip(spans, footprint.shape, strict=True):
        start = int(np.clip((first + last + 1 - side) // 2, 0, max(length - side, 0)))
        box.append(slice(start, min(start + side, length)))
    return box[0], box[1]


def mosaic(stack: np.ndarray, columns: int, fill: float = 0) -> np.ndarray:
    """Arrange a stack (row, column, slice) in tiles from left to right, with `fill` between them."""
    height, width, slices = stack.shape
    lines = -(-slices // columns)
    picture = np.full((lines * (height + GAP) - GAP, columns * (width + GAP) - GAP), fill, dtype=stack.dtype)
    for index in range(slices):
        top, left = index // columns * (height + GAP), index % columns * (width + GAP)
        picture[top : top + height, left : left + width] = stack[:, :, index]
    return picture
