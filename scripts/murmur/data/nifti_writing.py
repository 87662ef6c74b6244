"""NIfTI images that are made here: files of arrays, and empty images with the grid of a cine.

Functions import nibabel when they need it, as in `nifti_file`.
"""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from murmur.files import atomic_write

if TYPE_CHECKING:
    import nibabel


def grid_image(shape: tuple[int, ...], affine: np.ndarray | None) -> nibabel.Nifti1Image:
    """Return an empty image with the grid of a cine, to bring masks to.

    Parameters
    ----------
    shape : tuple of int
        Shape of the cine (row, column, slice, frame).
    affine : ndarray or None
        Affine of the cine in mm, shape (4, 4); without one, the image has no position.

    Returns
    -------
    nibabel.Nifti1Image
        The image, whose values are not to be read.
    """
    import nibabel

    image = nibabel.Nifti1Image(np.broadcast_to(np.uint8(0), shape), affine)
    if affine is not None:
        image.header.set_xyzt_units("mm", "msec")
        image.set_sform(affine, code=1)
    return image


def write_nifti(
    values: np.ndarray, affine: np.ndarray, interval_ms: float | None, description: str, path: str | Path
) -> None:
    """Write a NIfTI file, with lengths in mm and times in ms.

    Parameters
    ----------
    values : ndarray
        Axes (row, column, slice), or also frame. Types that not all programs open are written as float32.
    affine : ndarray
        Affine in mm, shape (4, 4).
    interval_ms : float or None
        Time between frames in ms; not used with three axes.
    description : str
        Text for the header; at most 79 bytes are kept.
    path : str or Path
        File to write, compressed.
    """
    import nibabel

    values = values if values.dtype in (np.uint8, np.int16, np.uint16) else values.astype(np.float32)
    image = nibabel.Nifti1Image(values, affine)
    image.header.set_xyzt_units("mm", "msec")
    if values.ndim == 4:
        image.header["pixdim"][4] = interval_ms
    image.set_sform(affine, code=1)
    image.set_qform(affine, code=1)
    image.header["descrip"] = description.encode()[:79]
    with atomic_write(path) as partial:
        partial.write_bytes(gzip.compress(image.to_bytes(), compresslevel=6, mtime=0))
