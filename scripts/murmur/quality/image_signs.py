"""Signs of errors in each slice and frame of a cine, from the signal of the images inside the masks."""

import numpy as np
from scipy import ndimage

from murmur.vocabulary import BLOOD_POOL, MYOCARDIUM

FEWEST_PIXELS = 20  # of each structure, for a median of its signal; on and next to a border, for a mean gradient
NAMES = ("dark_blood", "bright_muscle", "contrast", "inner_edge", "outer_edge")
SMOOTHING = 0.7  # SD in pixels of the filter before the gradient is taken
GRADIENT_WIDTH = 3  # pixels on either side of a border in which the gradient is measured
_SIDES = np.zeros((1, 1, 3, 3), bool)  # neighbours that share an edge
_SIDES[..., 1, :] = _SIDES[..., :, 1] = True


def image_signs(images: np.ndarray, masks: np.ndarray) -> dict[str, np.ndarray]:
    """Compute the signs of the signal in each slice and frame.

    Parameters
    ----------
    images : ndarray
        Signal in any unit, axes (row, column, slice, frame).
    masks : ndarray of uint8
        Labels, with the same axes.

    Returns
    -------
    dict of str to ndarray
        Values by the name of the sign, axes (slice, frame): `contrast`, the median signal of the myocardium in % of
        that of the blood pool; `dark_blood` and `bright_muscle`, the share (%) of the pixels of the blood pool and of
        the myocardium whose signal is nearer to the median of the other structure; `inner_edge` and `outer_edge`, the
        mean gradient of the signal two to GRADIENT_WIDTH pixels from the border of the blood pool (within the heart)
        and of the heart, in % of that within a pixel of this border. NaN with fewer than FEWEST_PIXELS pixels.
    """
    found = {name: np.full(masks.shape[2:], np.nan) for name in NAMES}
    rows, columns = (np.flatnonzero(masks.any(axis=other)) for other in ((1, 2, 3), (0, 2, 3)))
    if rows.size == 0:
        return found
    margin = GRADIENT_WIDTH + round(4 * SMOOTHING) + 1  # that of the filter, and of the gradient
    box = tuple(slice(max(places[0] - margin, 0), places[-1] + margin + 1) for places in (rows, columns))
    # One slice and frame after the other, contiguous
    planes = [np.ascontiguousarray(np.moveaxis(stack[box], (0, 1), (2, 3))) for stack in (images, masks)]
    found |= _edges(*planes)
    for place in np.ndindex(masks.shape[2:]):
        signal, labels = (stack[place].ravel() for stack in planes)
        blood, muscle = (signal[labels == label].astype(float) for label in (BLOOD_POOL, MYOCARDIUM))
        if min(blood.size, muscle.size) < FEWEST_PIXELS:
            continue
        bright, dark = np.median(blood), np.median(muscle)
        middle = (bright + dark) / 2
        found["contrast"][place] = 100 * dark / bright if bright > 0 else np.inf
        found["dark_blood"][place] = 100 * np.mean(blood < middle)
        found["bright_muscle"][place] = 100 * np.mean(muscle > middle)
    return found


def _edges(images: np.ndarray, masks: np.ndarray) -> dict[str, np.ndarray]:
    """Return `inner_edge` and `outer_edge`, axes (slice, frame), from stacks with axes (slice, frame, row, column)."""
    smooth = ndimage.gaussian_filter(images.astype(np.float32), SMOOTHING, axes=(2, 3))
    gradient = np.hypot(*np.gradient(smooth, axis=(2, 3))) if min(images.shape[2:]) > 1 else np.zeros_like(smooth)
    heart, blood = masks > 0, masks == BLOOD_POOL
    return {
        "inner_edge": _gradient_ratio(gradient, blood, heart),
        "outer_edge": _gradient_ratio(gradient, heart, np.ones_like(heart)),
    }


def _gradient_ratio(gradient: np.ndarray, structure: np.ndarray, within: np.ndarray) -> np.ndarray:
    """Return the mean gradient next to the border of a structure, in % of that on it, within the region `within`."""
    grown, shrunk = [structure], [structure]
    for _ in range(GRADIENT_WIDTH):
        grown.append(ndimage.binary_dilation(grown[-1], _SIDES))
        shrunk.append(ndimage.binary_erosion(shrunk[-1], _SIDES, border_value=1))
    on = grown[1] & ~shrunk[1] & within
    next_to = ((grown[-1] & ~grown[1]) | (shrunk[1] & ~shrunk[-1])) & within
    means, enough = [], np.ones(structure.shape[:2], bool)
    for band in (next_to, on):
        pixels = band.sum(axis=(2, 3))
        enough &= pixels >= FEWEST_PIXELS
        means.append(np.where(band, gradient, 0).sum(axis=(2, 3), dtype=float) / np.maximum(pixels, 1))
    enough &= structure.any(axis=(2, 3)) & (means[1] > 0)
    return np.divide(100 * means[0], means[1], out=np.full(enough.shape, np.nan), where=enough)
