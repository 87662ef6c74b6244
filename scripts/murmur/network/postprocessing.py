"""Keeping the heart, dropping islands: the largest connected component of each structure, followed to the apex."""

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
    """Return the part of a binary stack that belongs to its largest connected component.

    Args:
        mask: (row, column, slice), boolean.
        spacing_mm: voxel spacing along row, column and slice.

    Voxels that touch at a face, an edge or a corner are connected. Where the largest component (by volume) ends, it is
    followed outwards slice by slice: of the next slice, the piece is kept whose centroid lies nearest to the centroid
    of the last one, if it is no farther away than the radius of the disc of the last one's area. So islands go, and an
    apex that is thin or shifted stays.
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

    Args:
        masks: (row, column, slice, frame), uint8 labels.
        spacing_mm: voxel spacing along row, column and slice.

    Returns labels of the same shape; what was dropped is background.
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
