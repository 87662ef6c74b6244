"""Headers of the user's files: how much data they may announce, and their agreement with the study file."""

import math
from pathlib import Path

import numpy as np

from murmur.errors import BadInput

MOST_VALUES = 2**30  # of a cine, such as 512 x 512 pixels, 40 slices and 100 frames
MOST_COMPRESSED = 1100  # bytes per byte of a file; deflate, as in gzip, reaches 1032
SMALLEST = 2**20  # bytes that any file may announce: values that were never written take no space


def check_size(path: str | Path, what: str, shape: tuple[int, ...], bytes_per_value: int) -> None:
    """Check the size of data before memory is allocated for them.

    Parameters
    ----------
    path : str or Path
        The file.
    what : str
        Name of the data in messages.
    shape : tuple of int
        Shape in the header.
    bytes_per_value : int
        Size of a value in bytes.

    Raises
    ------
    BadInput
        If the data are larger than any cine, or than a compressed file of this size can hold.
    """
    values, size = math.prod(map(int, shape)), Path(path).stat().st_size
    if values > MOST_VALUES:
        raise BadInput(
            f"{path}: found {what} of shape {shape}, {values:,} values, expected at most {MOST_VALUES:,}; "
            "correct the file, or split it"
        )
    if values * bytes_per_value > SMALLEST + MOST_COMPRESSED * size:
        raise BadInput(
            f"{path}: found {what} of shape {shape} in a truncated file of {size:,} bytes, expected a larger file; "
            "copy or export it again"
        )


def agreed(path: str | Path, key: str, given, found, override: bool):
    """Choose between the study file and the header of a file.

    Parameters
    ----------
    path : str or Path
        The user's file.
    key : str
        Key of the study file: `spacing_mm` or `frame_interval_ms`.
    given, found : list of float, float or None
        Value in the study file and in the header.
    override : bool
        Whether the study file overrides the header (key `override_headers`).

    Returns
    -------
    list of float, float or None
        `given` or, if it is None, `found`.

    Raises
    ------
    BadInput
        If the two differ by more than 1% and `override` is false.
    """
    if given is None:
        return found
    if not override and found is not None and not np.allclose(given, found, rtol=0.01):
        shown = [f"{value:g}" for value in np.atleast_1d(found)]
        raise BadInput(
            f"{path}: found {key} {' x '.join(shown)} in the header, expected "
            f"{' x '.join(f'{value:g}' for value in np.atleast_1d(given))} as in the study file; correct one of them, "
            "or set the cohort's override_headers: true if the header is wrong"
        )
    return given
