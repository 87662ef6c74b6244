"""Largest connected component of each structure, continued towards apex and base; all other components are removed."""

import numpy as np
from scipy import ndimage

from murmur.vocabulary import STRUCTURES

CORNERS_3D = np.ones((3, 3, 3), bool)
CORNERS_2D = np.ones((3, 3), bool)


def _centroid_and_radius(plane: np.ndarray, pixel_mm: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the centroid of a 2D mask and the radius of the disc of its area, both in mm."""
    centroid = np.argwhere(plane).mean(axis=0) * pixel_mm
    return centroid, float(np.sqrt(plane.sum() * pixel_mm.prod() / np.pi))


def largest_component(mask: np.ndarray, spacing_mm: tuple[float, float, float]) -> np.ndarray:
    """Return the largest connected component of a binary stack, continued beyond its ends.

    Voxels sharing a face, an edge or a corner are connected. Where the largest component (by volume) ends, it is
    continued slice by slice: in the next slice, the piece with the centroid nearest to that of the last slice is kept,
    unless it is farther away than the radius of a disc with the area of the last slice. Islands are thus removed,
    whereas a thin or shifted apex is kept.

    Parameters
    ----------
    mask : ndarray
        Binary stack (row, column, slice).
    spacing_mm : tuple of float
        Voxel spacing along row, column and slice.
    """
    labels, count = ndimage.label(mask, CORNERS_3D)
    if count <= 1:
        return mask.copy()
    sizes = np.bincount(labels.ravel())
    kept = labels == 1 + int(np.argmax(sizes[1:]))
    slices = np.flatnonzero(kept.any(axis=(0, 1)))
    pixel_mm = np.array(spacing_mm[:2])
    for outwards in (range(slices[0] - 1, -1, -1), range(slices[-1] + 1, mask.shape[2])):
        step = outwards.step
        for number in outwards:
            pieces, found = ndimage.label(mask[..., number], CORNERS_2D)
            if not found:
                break
            centroid, radius = _centroid_and_radius(kept[..., number - step], pixel_mm)
            centroids = np.array(ndimage.center_of_mass(pieces > 0, pieces, range(1, found + 1))) * pixel_mm
            distances = np.linalg.norm(centroids - centroid, axis=1)
            if distances.min() > radius:
                break
            kept[..., number] = pieces == 1 + int(np.argmin(distances))
    return kept


def keep_heart(masks: np.ndarray, spacing_mm: tuple[float, float, float]) -> np.ndarray:
    """Apply `largest_component` to every structure of every frame.

    Parameters
    ----------
    masks : ndarray
        Labels (row, column, slice, frame), uint8.
    spacing_mm : tuple of float
        Voxel spacing along row, column and slice.

    Returns
    -------
    ndarray
        Labels of the same shape; removed components are background.
    """
    cleaned = np.zeros_like(masks)
    rows, columns = (np.flatnonzero(masks.any(axis=other)) for other in ((1, 2, 3), (0, 2, 3)))
    if rows.size == 0:
        return cleaned
    window = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    for frame in range(masks.shape[3]):
        stack = masks[(*window, slice(None), frame)]
        for label in STRUCTURES.values():
            cleaned[(*window, slice(None), frame)][largest_component(stack == label, spacing_mm)] = label
    return cleaned
