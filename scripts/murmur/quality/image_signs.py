"""Signs of errors in each slice and frame of a cine, from the signal of the images inside the masks."""

import numpy as np

from murmur.vocabulary import BLOOD_POOL, MYOCARDIUM

FEWEST_PIXELS = 20  # of each structure, for a median of its signal
NAMES = ("dark_blood", "bright_muscle", "contrast")


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
        the myocardium whose signal is nearer to the median of the other structure. NaN with fewer than FEWEST_PIXELS
        pixels of a structure.
    """
    found = {name: np.full(masks.shape[2:], np.nan) for name in NAMES}
    rows, columns = (np.flatnonzero(masks.any(axis=other)) for other in ((1, 2, 3), (0, 2, 3)))
    if rows.size == 0:
        return found
    box = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    # One slice and frame after the other, contiguous
    planes = [np.ascontiguousarray(np.moveaxis(stack[box], (0, 1), (2, 3))) for stack in (images, masks)]
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
