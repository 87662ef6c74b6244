"""Cines in several NIfTI files: one per frame, per slice, or per slice and frame, opened as one 4D image.

Frames are joined in the order of their numbers, slices by their positions, as those of DICOM files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from murmur.data.headers import check_size
from murmur.data.nifti_file import has_code, millimetres, open_nifti, read_values, sides
from murmur.data.slice_positions import SAME_DIRECTION, SAME_POSITION, even_step
from murmur.errors import BadInput

if TYPE_CHECKING:
    import nibabel


class _Joined:
    """The values of some files along an axis of one 4D array, which are read when they are used."""

    ndim = 4

    def __init__(self, paths: Sequence[Path], images: Sequence[nibabel.Nifti1Pair], part: tuple[int, ...], axis: int):
        self.paths, self.images, self.part, self.axis = paths, images, part, axis
        self.shape, self.dtype = (*part[:axis], len(images), *part[axis:]), images[0].get_data_dtype()

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        parts = [read_values(path, image) for path, image in zip(self.paths, self.images, strict=True)]
        values = np.stack([part.reshape(self.part) for part in parts], axis=self.axis)
        return values if dtype is None else values.astype(dtype)


def open_frames(paths: Sequence[Path]) -> nibabel.Nifti1Pair:
    """Open the 3D files of the frames of a mouse as one 4D image, without reading their values.

    Raises BadInput like `open_nifti`, or unless all frames have one grid.
    """
    import nibabel

    images = [open_nifti(path) for path in paths]
    first = images[0]
    for path, image in zip(paths, images, strict=True):
        if image.ndim not in (3, 4) or (*image.shape, 1)[3] != 1:
            raise BadInput(f"{path}: found the shape {image.shape}, expected one frame with 3 axes; correct its name")
        if image.shape[:3] != first.shape[:3] or not np.allclose(image.affine, first.affine, atol=1e-3):
            raise BadInput(f"{path}: found another grid than that of {paths[0]}, expected one of all frames")
    check_size(paths[0], "frames", (1, *first.shape[:3]), first.get_data_dtype().itemsize)
    joined = nibabel.Nifti1Image(_Joined(paths, images, first.shape[:3], 3), first.affine, first.header)
    if first.ndim == 3:
        joined.header["pixdim"][4] = 0  # which would be a time of 1 that no program has written
    joined.file_map = first.file_map
    return joined


def open_slices(where: str, files: Mapping[int, Sequence[Path]], by_frame: bool) -> nibabel.Nifti1Pair:
    """Open the files of the slices of a mouse as one 4D image, without reading their values.

    Parameters
    ----------
    where : str
        What the files are, for messages.
    files : mapping of int to sequence of Path
        The file, or the files of the frames, of each slice by its number.
    by_frame : bool
        Whether there is a file for each frame. Otherwise, frames are the last axis of a file, the third or fourth.

    Returns
    -------
    nibabel.Nifti1Pair
        Axes (row, column, slice, frame). Slices are ordered by their positions along the normal of the plane; the first
        is the end of the stack with the smaller number. The distance of slices is that of their positions, never the
        thickness.

    Raises
    ------
    BadInput
        Like `open_nifti` and `even_step`, or unless the files are single slices of equal size, spacing, orientation and
        number of frames, each with a position of its own.
    """
    import nibabel

    paths = {number: of_slice[0] for number, of_slice in files.items()}
    images = {number: _slice(of_slice, by_frame) for number, of_slice in files.items()}
    one = min(images)
    first = images[one]
    for number, image in images.items():
        _check_slice(paths[number], image, paths[one], first)
    # (4, 4) of each slice, with lengths in mm
    affines = {n: np.diag([*[millimetres(image)] * 3, 1]) @ image.affine for n, image in images.items()}
    normal = np.cross(affines[one][:3, 0], affines[one][:3, 1])
    normal /= np.linalg.norm(normal)
    heights = {number: affine[:3, 3] @ normal for number, affine in affines.items()}
    order = sorted(heights, key=heights.__getitem__)
    pixel_mm = min(sides(affines[one])[:2])
    for before, number in pairwise(order):
        if heights[number] - heights[before] <= SAME_POSITION * pixel_mm:
            raise BadInput(
                f"{paths[max(before, number)]}: found a slice at the position of {paths[min(before, number)]}, "
                "expected one at each; remove one"
            )
    order = order if order[0] < order[-1] else order[::-1]
    positions = np.array([affines[number][:3, 3] for number in order])
    affine = images[order[0]].affine.copy()
    affine[:3, 2] = even_step(where, positions, normal, pixel_mm, order) / millimetres(first)
    in_order = [[each[number] for number in order] for each in (paths, images)]
    parts = _Joined(*in_order, (*first.shape[:2], first.shape[-1]), 2)
    joined = nibabel.Nifti1Image(parts, affine, first.header)
    joined.set_sform(affine, code=1)
    joined.header["pixdim"][4] = first.header["pixdim"][4] if first.ndim == 4 else 0  # a time that a file has given
    return joined


def _slice(files: Sequence[Path], by_frame: bool) -> nibabel.Nifti1Pair:
    return open_frames(files) if by_frame else open_nifti(files[0])


def _check_slice(path: Path, image: nibabel.Nifti1Pair, other: Path, first: nibabel.Nifti1Pair) -> None:
    """Raise BadInput unless an image is a single slice with a position, in the plane of the first."""
    if image.ndim not in (3, 4) or (image.ndim == 4 and image.shape[2] != 1):
        raise BadInput(
            f"{path}: found the shape {image.shape}, expected one slice, with frames as the last axis; correct its name"
        )
    if not has_code(image):
        raise BadInput(
            f"{path}: found no position in the header, expected the affine of a slice, by which slices are ordered; "
            "export it again, or join the slices to one 4D file"
        )
    if not np.allclose(image.header.get_zooms()[:2], sides(image.affine)[:2], rtol=0.01):
        raise BadInput(f"{path}: found a pixel spacing in the header that is not that of the affine, expected one")
    if (*image.shape[:2], image.shape[-1]) != (*first.shape[:2], first.shape[-1]):
        raise BadInput(
            f"{path}: found the shape {image.shape}, expected {first.shape} as in {other}; export all slices of one "
            "acquisition"
        )
    axes = [each.affine[:3, :2] / sides(first.affine)[:2] for each in (image, first)]
    if millimetres(image) != millimetres(first) or not np.allclose(*axes, rtol=0, atol=SAME_DIRECTION):
        raise BadInput(
            f"{path}: found another orientation or pixel spacing than in {other}, expected parallel slices; export "
            "those of one acquisition"
        )
