"""Shape maps: how certainly a pixel belongs to a structure, from its distance to the border.

The map of a structure is the logistic function of 1 - φ, where φ is the distance from the border, zero at the border
and one at the deepest pixel of each connected component; outside the structure, it is zero.
"""

import numpy as np
from scipy import ndimage

from murmur.vocabulary import STRUCTURES

STEEPNESS = 0.2  # k of the logistic function 1 / (1 + exp(-x / k))


def shape_map(mask: np.ndarray) -> np.ndarray:
    """Return the shape map of a mask.

    Parameters
    ----------
    mask : ndarray
        Pixels of a structure (row, column), bool.

    Returns
    -------
    ndarray
        float32, same shape: 0 outside, 1 / (1 + exp(-5)) = 0.993 at the border, 0.5 at the deepest pixel of each
        connected component. Each component is scaled to its own depth, because the wall is thin and the cavity wide.
        Components of which all pixels are at the border have no depth, and 0.993 everywhere.
    """
    distance = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]  # 1 at the border
    components, count = ndimage.label(mask, np.ones((3, 3)))
    deepest = ndimage.maximum(distance, components, np.arange(1, count + 1)) if count else []
    depth = np.maximum(np.concatenate([[1.0], deepest]) - 1, 1e-9)[components]
    inside = np.clip((distance - 1) / depth, 0, 1)
    return np.where(mask, 1 / (1 + np.exp(-(1 - inside) / STEEPNESS)), 0).astype(np.float32)


def with_shapes(labels: np.ndarray) -> np.ndarray:
    """Return labels (row, column) with the shape map of each structure, as float32 (row, column, 1 + structure)."""
    maps = [shape_map(labels == label) for label in STRUCTURES.values()]
    return np.stack([labels.astype(np.float32), *maps], axis=-1)
