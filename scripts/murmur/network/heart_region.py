"""Where the heart is: the square part of a network's input that is segmented, from the masks of a coarse pass.

Most of a cine is not heart. A region begins and ends at multiples of the network's stride, so that its pixels are
pooled as in the whole image; what the network computes differs only near the border, where context is missing.
"""

from typing import NamedTuple

import numpy as np

COARSE_FRAMES = 3  # evenly spaced over the cine: about ED, ES and filling
COARSE_SLICES = 2  # every second slice
FEWEST_FRAMES = 6  # of a cine in which the coarse pass takes at most a quarter of the time for whole images
LARGEST_DIFFERENCE = 0.004  # one minus the Dice of a structure in the coarse pass, with and without context
MARGIN = 16  # pixels between the heart in the coarse pass and the border of the region, at least
SIDES = 32  # pixels; few different sides, so that few sizes of a network are compiled
SMALLEST_SIDE = 8  # strides; smaller regions are segmented differently, because context is missing
LARGEST_PART = 0.6  # of the pixels of an image; regions that cover more are not worth a second network


class Region(NamedTuple):
    """A square part of a square image: its first row, its first column and its side, in pixels."""

    row: int
    column: int
    side: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """The rows and columns of the region."""
        return slice(self.row, self.row + self.side), slice(self.column, self.column + self.side)


def bounds(masks: np.ndarray) -> list[tuple[int, int]] | None:
    """Return the first and last (excluded) row and column of masks (row, column, slice, frame); None if empty."""
    found = [np.flatnonzero(masks.any(axis=other)) for other in ((1, 2, 3), (0, 2, 3))]
    return [(int(axis[0]), int(axis[-1]) + 1) for axis in found] if found[0].size else None


def regions_around(masks: np.ndarray, stride: int) -> list[Region]:
    """Return the regions that contain the heart and a margin, the smallest first.

    Parameters
    ----------
    masks : ndarray
        Labels of the heart (row, column, slice, frame), on the square grid of the network.
    stride : int
        Stride of the network, in pixels.

    Returns
    -------
    list of Region
        One for each possible side; empty if there is no heart, or if all would be too small or too large.
    """
    heart = bounds(masks)
    if heart is None:
        return []
    size = len(masks)
    regions = []
    for side in sides(size, stride):
        starts = [_start(*axis, side, size, stride) for axis in heart]
        if None not in starts:
            regions.append(Region(*starts, side))
    return regions


def sides(size: int, stride: int) -> list[int]:
    """Return the possible sides of regions of a network with an input of `size` pixels, ascending."""
    step = stride * -(-SIDES // stride)
    largest = int(size * LARGEST_PART**0.5)
    return [side for side in range(step, largest + 1, step) if side >= SMALLEST_SIDE * stride]


def _start(first: int, last: int, side: int, size: int, stride: int) -> int | None:
    """Return where `side` pixels around `first` to `last` begin on an axis of `size` pixels; None if they are too few.

    Of all multiples of the stride, the one that centres the heart best.
    """
    start = min(max(round((first + last - side) / 2 / stride) * stride, 0), size - side)
    fits = start <= max(first - MARGIN, 0) and start + side >= min(last + MARGIN, size)
    return start if fits else None


def is_cut(masks: np.ndarray, region: Region) -> bool:
    """Return whether masks reach a border of their region that is not a border of the image.

    Parameters
    ----------
    masks : ndarray
        Labels of the heart (row, column, slice, frame), on the square grid of the network, 0 outside the region.
    region : Region
        The region that was segmented.
    """
    heart = bounds(masks)
    if heart is None:
        return False
    size = len(masks)
    return any(
        (0 < start == first) or (last == start + region.side < size)
        for (first, last), start in zip(heart, region[:2], strict=True)
    )
