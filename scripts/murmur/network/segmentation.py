"""Segment the cine of a mouse with a network: whole images, or only the part of them where the heart is."""

from typing import NamedTuple

import h5py
import numpy as np

from murmur.logs import log, progress
from murmur.network.heart_region import (
    COARSE_FRAMES,
    COARSE_SLICES,
    FEWEST_FRAMES,
    Window,
    images_to_complete,
    is_small,
    whole,
    window_around,
)
from murmur.network.inference import Network
from murmur.network.postprocessing import keep_heart
from murmur.network.preprocessing import from_square, scale, to_square
from murmur.quality.ensemble import entropy as entropy_of

NOT_ONLY_HEART = "outside the heart, too, masks are kept"


class Segmentation(NamedTuple):
    """Masks of a cine, and what was segmented.

    Attributes
    ----------
    masks : ndarray
        Labels (row, column, slice, frame), uint8, on the grid of the images.
    rows, columns : tuple of int
        First and last (excluded) row and column of the rectangle that was segmented in all images.
    entropy : ndarray or None
        Entropy of the mean probabilities of a combined network (`ensemble.entropy`), with the axes of the masks.
    """

    masks: np.ndarray
    rows: tuple[int, int]
    columns: tuple[int, int]
    entropy: np.ndarray | None = None


def segment(
    images: h5py.Dataset | np.ndarray,
    network: Network,
    window: Window | None = None,
    chosen: np.ndarray | None = None,
    entropy: np.ndarray | None = None,
) -> np.ndarray:
    """Segment images, read slice by slice.

    Parameters
    ----------
    images : Dataset or ndarray
        Images (row, column, slice, frame). Each is normalised as a whole, whatever the window.
    network : Network
        The network.
    window : Window, optional
        Part of the square input of the network that is segmented; the whole by default.
    chosen : ndarray of bool, optional
        Whether to segment each image (slice, frame); all are segmented by default.
    entropy : ndarray of uint8, optional
        Array to be filled with the entropy of the probabilities, with the axes of the masks.

    Returns
    -------
    ndarray
        Labels (row, column, slice, frame), uint8, before post-processing; background outside the window and in images
        that were not chosen.
    """
    part = network.limited_to(window) if window else network
    window = window or whole(network.size)
    chosen = np.ones(images.shape[2:], bool) if chosen is None else chosen
    masks = np.zeros(images.shape, np.uint8)
    for number in progress(np.flatnonzero(chosen.any(axis=1)), "segmenting", "slice"):
        frames = np.flatnonzero(chosen[number])
        squares = to_square(scale(np.moveaxis(images[:, :, number, :][..., frames], 2, 0)), network.size)
        probabilities = part.probabilities(squares)
        masks[:, :, number, frames] = _on_images(np.argmax(probabilities, axis=-1), window, network.size, masks.shape)
        if entropy is not None:
            entropy[:, :, number, frames] = _on_images(entropy_of(probabilities), window, network.size, masks.shape)
    return masks


def _on_images(values: np.ndarray, window: Window, size: int, shape: tuple[int, ...]) -> np.ndarray:
    """Return values (image, row, column) of a window on the grid of the images (row, column, image), 0 outside."""
    squares = np.zeros((len(values), size, size), np.uint8)
    squares[:, *window.slices] = values
    return np.moveaxis(from_square(squares, shape[:2]), 0, 2)


def segment_cine(
    images: h5py.Dataset | np.ndarray,
    network: Network,
    spacing_mm: tuple[float, float, float],
    only_heart: bool,
    crop: bool,
) -> Segmentation:
    """Segment all slices and frames; with `only_heart`, remove all but the largest component of each structure.

    With `crop`, only a part of the images is segmented: a coarse pass over few frames and slices finds the heart, and
    only the window around it is computed, as it is in whole images. Images in which the heart is larger than expected
    are segmented whole, as are all images if no heart is found, if other components are not removed, in short cines,
    and by networks that compute whole images only.

    Parameters
    ----------
    images : Dataset or ndarray
        Images (row, column, slice, frame).
    network : Network
        The network.
    spacing_mm : tuple of float
        Voxel spacing along row, column and slice.
    only_heart : bool
        Whether to apply `keep_heart`.
    crop : bool
        Whether to segment only a part of the images.

    Returns
    -------
    Segmentation
        Masks, and what was segmented.
    """
    window, reason = None, ""
    entropy = np.zeros(images.shape, np.uint8) if network.combined else None
    if crop:
        window, reason = find_heart(images, network, spacing_mm) if only_heart else (None, NOT_ONLY_HEART)
    masks = segment(images, network, window, entropy=entropy)
    if window:
        masks = complete(masks, images, network, window, spacing_mm, entropy)
    else:
        log.info("whole images were segmented%s", f": {reason}" if reason else "")
        masks = keep_heart(masks, spacing_mm) if only_heart else masks
    return Segmentation(masks, *on_images(window or whole(network.size), network.size, images.shape), entropy)


def complete(
    masks: np.ndarray,
    images: h5py.Dataset | np.ndarray,
    network: Network,
    window: Window,
    spacing_mm: tuple[float, float, float],
    entropy: np.ndarray | None,
) -> np.ndarray:
    """Segment images whole in which the heart reaches the border of their window; return the masks of the heart.

    An image is also segmented whole if the heart reaches the border of its window in a neighbouring slice.

    Parameters
    ----------
    masks : ndarray
        Labels (row, column, slice, frame) in the window, to be completed.
    images, network, window, spacing_mm, entropy
        As for `segment`.
    """
    completed = np.zeros(masks.shape[2:], bool)
    heart = keep_heart(masks, spacing_mm)
    while (cut := images_to_complete(on_square(heart, network.size), window) & ~completed).any():
        masks[:, :, cut] = segment(images, network, chosen=cut, entropy=entropy)[:, :, cut]
        completed |= cut
        heart = keep_heart(masks, spacing_mm)
    log.info("only %d x %d pixels around the heart were segmented%s", *window.shape, in_how_many(completed))
    return heart


def in_how_many(completed: np.ndarray) -> str:
    """State how many of the images (slice, frame) were segmented whole; empty if none was."""
    return f", and {completed.sum()} of {completed.size} images as a whole" if completed.any() else ""


def on_images(window: Window, size: int, shape: tuple[int, ...]) -> list[tuple[int, int]]:
    """Return the first and last (excluded) row and column of a window of the square grid on the grid of the images."""
    limits = []
    for axis, length in zip(window, shape[:2], strict=True):
        outside = (length - size) // 2
        limits.append((max(axis.first + outside, 0), min(axis.last + outside, length)))
    return limits


def find_heart(
    images: h5py.Dataset | np.ndarray, network: Network, spacing_mm: tuple[float, float, float]
) -> tuple[Window | None, str]:
    """Return the window around the heart, or None and the reason why whole images are to be segmented."""
    slices, frames = images.shape[2:]
    if not network.limited_to:
        return None, "the network computes whole images only"
    if frames < FEWEST_FRAMES:
        return None, f"finding the heart first does not pay in {frames} frames"
    some = slice((slices - 1) // 2 % COARSE_SLICES, None, COARSE_SLICES), slice(None, None, -(-frames // COARSE_FRAMES))
    chosen = np.zeros((slices, frames), bool)
    chosen[some] = True
    coarse = keep_heart(segment(images, network, chosen=chosen)[:, :, *some], spacing_mm)
    window = window_around(on_square(coarse, network.size))
    if not window:
        return None, "no heart was found in some of them"
    return (window, "") if is_small(window, network.size) else (None, "a part would hardly be smaller")


def on_square(masks: np.ndarray, size: int) -> np.ndarray:
    """Return masks (row, column, slice, frame) of images on the square grid of a network."""
    return np.moveaxis(to_square(np.moveaxis(masks, (0, 1), (2, 3)), size), (2, 3), (0, 1))
