"""Where the heart is: the window of the images that is segmented, from the masks of a coarse pass."""

from typing import NamedTuple

import numpy as np
from scipy import ndimage

COARSE_FRAMES = 2  # evenly spaced over the cine: about ED and ES
COARSE_SLICES = 3  # every third slice
FEWEST_FRAMES = 6  # of a cine; shorter ones are segmented whole
MARGIN = 8  # pixels between the heart in the coarse pass and the border of the window
LARGEST_PART = 0.8  # of the pixels of an image; a window that covers more is not worth a coarse pass


class Interval(NamedTuple):
    """Pixels along an axis, from `first` to `last` (excluded)."""

    first: int
    last: int

    @property
    def length(self) -> int:
        """Number of pixels."""
        return self.last - self.first


class Window(NamedTuple):
    """Part of images, or of feature maps, in pixels."""

    rows: Interval
    columns: Interval

    @property
    def slices(self) -> tuple[slice, slice]:
        """The rows and columns of the window."""
        return tuple(slice(*axis) for axis in self)

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of rows and columns."""
        return tuple(axis.length for axis in self)


def whole(size: int) -> Window:
    """Return the window that contains all pixels of square images."""
    return Window(Interval(0, size), Interval(0, size))


def bounds(masks: np.ndarray) -> Window | None:
    """Return the smallest window that contains masks (row, column, slice, frame); None if they are empty."""
    found = [np.flatnonzero(masks.any(axis=other)) for other in ((1, 2, 3), (0, 2, 3))]
    return Window(*(Interval(int(axis[0]), int(axis[-1]) + 1) for axis in found)) if found[0].size else None


def window_around(masks: np.ndarray) -> Window | None:
    """Return the window that contains the heart and a margin; None if there is no heart.

    Parameters
    ----------
    masks : ndarray
        Labels of the heart (row, column, slice, frame), on the square grid of the network.
    """
    heart = bounds(masks)
    if heart is None:
        return None
    return Window(*(Interval(max(first - MARGIN, 0), min(last + MARGIN, len(masks))) for first, last in heart))


def is_small(window: Window, size: int) -> bool:
    """Return whether segmenting a window of square images of `size` pixels saves time."""
    return window.rows.length * window.columns.length <= LARGEST_PART * size**2


def images_to_complete(heart: np.ndarray, window: Window) -> np.ndarray:
    """Return in which images the heart, in that slice or a neighbouring one, reaches or crosses a border of the window.

    Borders of the window that are also borders of the image are not counted.

    Parameters
    ----------
    heart : ndarray
        Labels of the heart (row, column, slice, frame), on the square grid of the network.
    window : Window
        The window that was segmented.

    Returns
    -------
    ndarray of bool
        True for such images (slice, frame).
    """
    inside = (
        slice(axis.first + (axis.first > 0), axis.last - (axis.last < size))
        for axis, size in zip(window, heart.shape[:2], strict=True)
    )
    beyond = np.ones(heart.shape[:2], bool)
    beyond[*inside] = False
    reached = heart[beyond].any(axis=0)
    return ndimage.maximum_filter1d(reached, 3, axis=0, mode="constant")
