"""The positions of slices: whether they are a straight stack of equal distances."""

from collections.abc import Sequence

import numpy as np

from murmur.errors import BadInput

SAME_DIRECTION = 1e-3  # largest difference of direction cosines
SAME_POSITION = 0.01  # of the pixel spacing
UNEVEN = 0.05  # of the distance between slices


def even_step(
    where: str, positions: np.ndarray, normal: np.ndarray, pixel_mm: float, names: Sequence[object]
) -> np.ndarray:
    """Return the vector between neighbouring slices of a stack.

    Parameters
    ----------
    where : str
        What the slices are, for messages.
    positions : ndarray
        Position of each slice in mm, shape (slice, 3), in order along the normal.
    normal : ndarray
        Unit vector perpendicular to the slices, shape (3,).
    pixel_mm : float
        Smaller distance of pixels in mm.
    names : sequence
        How messages call each slice.

    Returns
    -------
    ndarray
        Vector in mm, shape (3,).

    Raises
    ------
    BadInput
        If there is one slice, or if slices are missing, unevenly spaced or shifted in their plane.
    """
    if len(positions) == 1:
        raise BadInput(f"{where}: found one slice, expected at least two, whose distance is measured")
    distances = np.abs(np.diff(positions, axis=0) @ normal)
    usual = float(np.sort(distances)[(len(distances) - 1) // 2])  # of two gaps, the smaller: a slice may be missing
    uneven = np.flatnonzero(np.abs(distances - usual) > UNEVEN * usual)
    if uneven.size:
        after = int(uneven[0])
        missing = distances[after] > 1.5 * usual
        raise BadInput(
            f"{where}: found {distances[after]:.3g} mm between the slices {names[after]} and {names[after + 1]}, "
            f"expected {usual:.3g} mm as between most; "
            + ("export the missing slice" if missing else "export the slices of one acquisition")
        )
    step = (positions[-1] - positions[0]) / (len(positions) - 1)
    sideways = positions - positions[0] - np.outer(np.arange(len(positions)), step)
    if np.abs(sideways).max() > max(pixel_mm / 2, UNEVEN * usual):
        raise BadInput(
            f"{where}: found slices shifted in their plane by up to {np.abs(sideways).max():.2g} mm, "
            "expected a straight stack; export the slices of one acquisition"
        )
    return step
