"""Overlap of two masks, and distances between their surfaces."""

import numpy as np

# DeepMind's library (Apache 2.0): surface elements weighted by their area, spacing in mm.
from surface_distance import metrics as surface


def dice(reference: np.ndarray, reader: np.ndarray) -> float:
    """Compute the Dice coefficient of two masks, 2 · |A ∩ B| / (|A| + |B|).

    Parameters
    ----------
    reference, reader : ndarray of bool
        Masks of the same shape.

    Returns
    -------
    float
        Between 0 and 1; NaN if both masks are empty.

    References
    ----------
    Dice, Ecology 1945;26:297.
    """
    total = int(reference.sum()) + int(reader.sum())
    return 2 * int((reference & reader).sum()) / total if total else float("nan")


def surface_distances(
    reference: np.ndarray, reader: np.ndarray, spacing_mm: tuple[float, float, float]
) -> tuple[float, float]:
    """Compute two distances between the surfaces of two masks.

    Parameters
    ----------
    reference, reader : ndarray of bool
        Masks of the same shape, axes (row, column, slice).
    spacing_mm : tuple of float
        Spacing of rows, columns and slices in mm.

    Returns
    -------
    hd95 : float
        The larger of the two directed 95th percentiles of the distance from one surface to the other, in mm.
    assd : float
        Average symmetric surface distance, the mean over both surfaces, in mm. Both are NaN if one mask is empty.

    Notes
    -----
    Surface elements are weighted by their area.

    References
    ----------
    Nikolov et al., J Med Internet Res 2021;23:e26151.
    """
    if not (reference.any() and reader.any()):
        return float("nan"), float("nan")
    either = np.argwhere(reference | reader)
    window = tuple(slice(low, high + 1) for low, high in zip(either.min(axis=0), either.max(axis=0), strict=True))
    found = surface.compute_surface_distances(reference[window], reader[window], spacing_mm)
    distances = np.concatenate([found["distances_gt_to_pred"], found["distances_pred_to_gt"]])
    areas = np.concatenate([found["surfel_areas_gt"], found["surfel_areas_pred"]])
    hd95 = surface.compute_robust_hausdorff(found, 95)
    return float(hd95), float(np.average(distances, weights=areas))
