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
    is_cut,
    is_small,
    whole,
    window_around,
)
from murmur.network.inference import Network
from murmur.network.postprocessing import keep_heart
from murmur.network.preprocessing import from_square, scale, to_square
from murmur.quality.ensemble import entropy as entropy_of


class Segmentation(NamedTuple):
    """Masks of a cine, and what was segmented.

    Attributes
    ----------
    masks : ndarray
        Labels (row, column, slice, frame), uint8, on the grid of the images.
    rows, columns : tuple of int
        First and last (excluded) row and column of the images that were segmented.
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
    slices: range | None = None,
    frames: range | None = None,
    entropy: np.ndarray | None = None,
) -> np.ndarray:
    """Segment some slices in some frames, or all, read slice by slice.

    Parameters
    ----------
    images : Dataset or ndarray
        Images (row, column, slice, frame). Each is normalised as a whole, whatever the window.
    network : Network
        The network.
    window : Window, optional
        Part of the square input of the network that is segmented; the whole by default.
    slices, frames : range, optional
        Numbers of the slices and frames that are segmented; all by default.
    entropy : ndarray of uint8, optional
        Array to be filled with the entropy of the probabilities, with the axes of the masks.

    Returns
    -------
    ndarray
        Labels (row, column, slice, frame), uint8, before post-processing; background outside the window.
    """
    part = network.limited_to(window) if window else network
    window = window or whole(network.size)
    slices, frames = slices or range(images.shape[2]), frames or range(images.shape[3])
    masks = np.zeros((*images.shape[:2], len(slices), len(frames)), np.uint8)
    for place, number in enumerate(progress(slices, "segmenting", "slice")):
        chosen = np.moveaxis(images[:, :, number, :][..., frames], 2, 0)
        squares = to_square(scale(chosen), network.size)
        probabilities = part.probabilities(squares)
        masks[:, :, place, :] = _on_images(np.argmax(probabilities, axis=-1), window, network.size, masks.shape)
        if entropy is not None:
            entropy[:, :, place, :] = _on_images(entropy_of(probabilities), window, network.size, masks.shape)
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
    only the window around it is computed, as it is in whole images. Whole images are segmented instead if no heart is
    found, if a mask reaches the border of the window, if other components are not removed, in short cines, and by
    networks that compute whole images only.

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
    reason = "" if only_heart else "outside the heart, too, masks are kept"
    entropy = np.zeros(images.shape, np.uint8) if network.combined else None
    if crop and only_heart:
        window, reason = find_heart(images, network, spacing_mm)
        if window:
            masks = keep_heart(segment(images, network, window, entropy=entropy), spacing_mm)
            if not is_cut(on_square(masks, network.size), window):
                log.info("only %d x %d pixels around the heart were segmented", *window.shape)
                return Segmentation(masks, *on_images(window, network.size, images.shape), entropy)
            reason = "the heart reaches beyond the {} x {} pixels in which it was expected".format(*window.shape)
    log.info("whole images were segmented%s", f": {reason}" if crop else "")
    masks = segment(images, network, entropy=entropy)
    masks = keep_heart(masks, spacing_mm) if only_heart else masks
    return Segmentation(masks, *on_images(whole(network.size), network.size, images.shape), entropy)


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
    some_slices = range((slices - 1) // 2 % COARSE_SLICES, slices, COARSE_SLICES)  # with the middle one
    some_frames = range(0, frames, -(-frames // COARSE_FRAMES))
    coarse = keep_heart(segment(images, network, slices=some_slices, frames=some_frames), spacing_mm)
    window = window_around(on_square(coarse, network.size))
    if not window:
        return None, "no heart was found in some of them"
    return (window, "") if is_small(window, network.size) else (None, "a part would hardly be smaller")


def on_square(masks: np.ndarray, size: int) -> np.ndarray:
    """Return masks (row, column, slice, frame) of images on the square grid of a network."""
    return np.moveaxis(to_square(np.moveaxis(masks, (0, 1), (2, 3)), size), (2, 3), (0, 1))
