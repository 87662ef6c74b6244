"""Signs of errors in each slice and frame of a cine, from the masks only.

Each function returns arrays with the axes (slice, frame). A value is NaN where the sign cannot be assessed, for example
in slices without a mask.
"""

import numpy as np
from scipy import ndimage

from murmur.vocabulary import BLOOD_POOL, MYOCARDIUM

_EDGES = np.zeros((3, 3, 3, 3), bool)  # neighbours within a slice that share an edge
_EDGES[:, 1, 1, 1] = _EDGES[1, :, 1, 1] = True
_CORNERS = np.zeros((3, 3, 3, 3), bool)  # or a corner
_CORNERS[:, :, 1, 1] = True


def slice_signs(
    masks: np.ndarray, spacing_mm: tuple[float, float, float], input_size: int | None = None
) -> dict[str, np.ndarray]:
    """Compute the signs that each slice and frame of the masks has.

    Parameters
    ----------
    masks : ndarray of uint8
        Labels, axes (row, column, slice, frame), frames in the order of time.
    spacing_mm : tuple of float
        Spacing of rows, columns and slices in mm.
    input_size : int, optional
        Side length in pixels of the centre of the images that the network segments; None for the whole images.

    Returns
    -------
    dict of str to ndarray
        Values by the name of the sign (`signs.SIGNS`, which gives their units), axes (slice, frame).
    """
    heart = masks > 0
    found = {"image_border": _at_border(heart, input_size)}
    rows, columns = (np.flatnonzero(heart.any(axis=other)) for other in ((1, 2, 3), (0, 2, 3)))
    if rows.size == 0:
        return {name: np.full(masks.shape[2:], np.nan) for name in NAMES} | found
    masks = masks[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    masks = np.pad(masks, ((1, 1), (1, 1), (0, 0), (0, 0)))
    heart, blood = masks > 0, masks == BLOOD_POOL
    heart_area, blood_area = (structure.sum(axis=(0, 1), dtype=float) for structure in (heart, blood))
    centres, elongation, off_ellipse = _form(heart, spacing_mm[:2])
    return found | {
        "holes": _share(_holes(heart), heart_area),
        "islands": _share(_islands(heart), heart_area),
        "blood_islands": _share(_islands(blood), blood_area),
        "open_ring": _open_ring(masks),
        "elongation": elongation,
        "off_ellipse": off_ellipse,
        "off_axis": _off_axis(centres),
        "moved": _distance(centres - _median(centres, axis=1)),
        "area_slices": _outside_neighbours(heart_area, axis=0),
        "blood_slices": _outside_neighbours(blood_area, axis=0),
        "area_frames": _outside_neighbours(heart_area, axis=1),
        "blood_frames": _outside_neighbours(blood_area, axis=1),
        "missing_slice": _missing(heart_area),
        "no_blood": _missing(blood_area, heart_area),
    }


NAMES = (
    "image_border",
    "holes",
    "islands",
    "blood_islands",
    "open_ring",
    "elongation",
    "off_ellipse",
    "off_axis",
    "moved",
    "area_slices",
    "blood_slices",
    "area_frames",
    "blood_frames",
    "missing_slice",
    "no_blood",
)


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Return 100 · part / whole, NaN where the whole is 0."""
    return np.divide(100.0 * part, whole, out=np.full(whole.shape, np.nan), where=whole > 0)


def _median(values: np.ndarray, axis: int) -> np.ndarray:
    """Return the median of the values that are not NaN along an axis, which is kept; NaN where there are none."""
    ordered = np.ma.masked_invalid(values)
    return np.ma.median(ordered, axis=axis, keepdims=True).filled(np.nan)


def _distance(vectors: np.ndarray) -> np.ndarray:
    """Return the length of the vectors along the last axis."""
    return np.hypot(vectors[..., 0], vectors[..., 1])


def _at_border(heart: np.ndarray, size: int | None) -> np.ndarray:
    """Count the pixels of the heart in the outermost rows and columns of the segmented part of the image."""
    if size:
        row, column = (max(0, (side - size) // 2) for side in heart.shape[:2])
        heart = heart[row : row + size, column : column + size]
    whole = heart[[0, -1]].sum(axis=(0, 1), dtype=float) + heart[1:-1, [0, -1]].sum(axis=(0, 1), dtype=float)
    whole[~heart.any(axis=(0, 1))] = np.nan
    return whole


def _holes(heart: np.ndarray) -> np.ndarray:
    """Count the pixels outside the heart that are enclosed by it; the outermost pixels are outside."""
    labels, _ = ndimage.label(~heart, _EDGES)
    return ((labels > 0) & (labels != labels[0, 0])).sum(axis=(0, 1))


def _islands(structure: np.ndarray) -> np.ndarray:
    """Count the pixels outside the largest connected component."""
    labels, _ = ndimage.label(structure, _CORNERS)
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    return structure.sum(axis=(0, 1)) - sizes[labels].max(axis=(0, 1))


def _open_ring(masks: np.ndarray) -> np.ndarray:
    """Return the share of the pixels next to the blood pool that are not myocardium, in %."""
    blood = masks == BLOOD_POOL
    border = np.zeros_like(blood)
    border[1:-1, 1:-1] = blood[2:, 1:-1] | blood[:-2, 1:-1] | blood[1:-1, 2:] | blood[1:-1, :-2]
    border &= ~blood
    touched = border.sum(axis=(0, 1), dtype=float)
    return _share(touched - (border & (masks == MYOCARDIUM)).sum(axis=(0, 1)), touched)


def _form(heart: np.ndarray, pixel_mm: tuple[float, float]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the centroid of each slice and frame in mm, axes (slice, frame, 2), its elongation, and `off_ellipse`.

    The elongation is the ratio of the standard deviations of the pixels along the two principal axes, and `off_ellipse`
    the share of the pixels outside the ellipse with the same centroid, variances and covariance.
    """
    area = heart.sum(axis=(0, 1), dtype=float)
    area[area == 0] = np.nan
    row, column = (np.arange(size) * side for size, side in zip(heart.shape[:2], pixel_mm, strict=True))
    by_row, by_column = (heart.sum(axis=axis, dtype=np.float64) for axis in (1, 0))
    mean_row, mean_column = (
        np.einsum("i,isf->sf", place, sums) / area for place, sums in ((row, by_row), (column, by_column))
    )
    variance_row = np.einsum("i,isf->sf", row**2, by_row) / area - mean_row**2 + pixel_mm[0] ** 2 / 12
    variance_column = np.einsum("i,isf->sf", column**2, by_column) / area - mean_column**2 + pixel_mm[1] ** 2 / 12
    along = np.tensordot(row, heart, (0, 0))  # column, slice, frame
    covariance = np.einsum("j,jsf->sf", column, along) / area - mean_row * mean_column
    middle, half = (variance_row + variance_column) / 2, np.hypot((variance_row - variance_column) / 2, covariance)
    elongation = np.sqrt((middle + half) / np.maximum(middle - half, 1e-12))
    # In an ellipse of uniform density, squared distances in units of the variance are at most 4
    down, across = row[:, None, None] - mean_row, column[:, None, None] - mean_column
    determinant = variance_row * variance_column - covariance**2
    squared = (variance_column * down**2)[:, None] + (variance_row * across**2)[None]
    squared -= 2 * covariance * down[:, None] * across[None]
    outside = (heart & (squared > 4 * determinant)).sum(axis=(0, 1), dtype=float)
    return np.stack([mean_row, mean_column], axis=-1), elongation, 100 * outside / area


def _off_axis(centres: np.ndarray) -> np.ndarray:
    """Return the distance of each centre from the long axis of its frame, in the unit of the centres.

    The long axis is the Theil-Sen line through the centres of all slices: the median of the slopes of all pairs of
    slices, and the median of the intercepts. NaN in frames with fewer than four slices.
    """
    slices = np.arange(len(centres))
    first, second = np.triu_indices(len(centres), 1)
    if not len(first):
        return np.full(centres.shape[:2], np.nan)
    steps = (second - first)[:, None, None]
    slope = _median((centres[second] - centres[first]) / steps, axis=0)
    straight = centres - slope * slices[:, None, None]
    found = _distance(straight - _median(straight, axis=0))
    found[:, (~np.isnan(centres[..., 0])).sum(axis=0) < 4] = np.nan
    return found


def _outside_neighbours(area: np.ndarray, axis: int) -> np.ndarray:
    """Return how far an area is outside the range of its two neighbours along an axis, in % of the largest slice.

    The largest slice is that of the same frame. NaN where there is no mask in the slice or in one of the neighbours.
    """
    found = np.full(area.shape, np.nan)
    middle, before, after = (np.moveaxis(area, axis, 0)[part] for part in (np.s_[1:-1], np.s_[:-2], np.s_[2:]))
    outside = np.maximum(middle - np.maximum(before, after), np.minimum(before, after) - middle).clip(min=0)
    outside[(middle == 0) | (before == 0) | (after == 0)] = np.nan
    np.moveaxis(found, axis, 0)[1:-1] = outside
    return _share(found, np.broadcast_to(area.max(axis=0), area.shape))


def _missing(area: np.ndarray, of: np.ndarray | None = None) -> np.ndarray:
    """Return 1 where a structure is missing between two slices or two frames that contain it, otherwise 0.

    With the area `of` the whole heart, only slices that contain the heart count; the others are NaN.
    """
    present = area > 0
    above, below = np.maximum.accumulate(present), np.maximum.accumulate(present[::-1])[::-1]
    found = above & below & ~present
    found[:, 1:-1] |= present[:, :-2] & present[:, 2:] & ~present[:, 1:-1]
    return found.astype(float) if of is None else np.where(of > 0, found.astype(float), np.nan)
