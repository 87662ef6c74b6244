"""Contours of the expert in files of their own, next to scans without any: NIfTI files, or HDF5 files MOUSE.h5."""

from pathlib import Path

import numpy as np

from murmur.data.mouse_file import segmented_frames
from murmur.data.nifti_masks import NiftiMasks
from murmur.data.nifti_writing import grid_image
from murmur.data.reader_masks import check_masks, check_shape, read_masks
from murmur.errors import BadInput

DATASET = "Masks"


class Contours:
    """The contours of the mice of a cohort.

    Parameters
    ----------
    folder : str
        The folder.
    masks : str or None
        Template of the names of NIfTI files, as for `NiftiMasks`; None for HDF5 files MOUSE.h5 with `Masks` and,
        optionally, `Frames_with_ROI`.
    **nifti
        With `masks`, the other arguments of `NiftiMasks`.

    Raises
    ------
    BadInput
        As `NiftiMasks`.
    """

    def __init__(self, folder: str, masks: str | None, **nifti):
        self.folder = Path(folder)
        self.nifti = NiftiMasks(folder, masks, **nifti) if masks else None

    def files(self, mouse: str) -> list[str]:
        """The files of a mouse; none if it has no contours."""
        if self.nifti:
            return [str(file) for file in self.nifti.mask_files(mouse)]
        path = self.folder / f"{mouse}.h5"
        return [str(path)] if path.exists() else []

    def frames(self, mouse: str) -> list[int]:
        """The contoured frames of a mouse, counted from 0."""
        if self.nifti:
            return self.nifti.contoured_frames(mouse)
        return [frame for path in self.files(mouse) for frame in segmented_frames(path)]

    def check(self, mouse: str, shape: tuple[int, ...], affine: np.ndarray) -> None:
        """Raise BadInput unless the contours of a mouse have the grid of its images; their values may not be read."""
        if self.nifti:
            self.nifti.check_masks(mouse, grid_image(shape, affine))
        for path in [] if self.nifti else self.files(mouse):
            found = check_masks(path, DATASET)
            if found is None:
                raise BadInput(f"{path}: found no dataset {DATASET}, expected the contours; write them under this name")
            check_shape(path, DATASET, tuple(found), shape)

    def read(self, mouse: str, shape: tuple[int, ...], affine: np.ndarray) -> tuple[np.ndarray, list[int]]:
        """Return the labels of a mouse (row, column, slice, frame) on the grid of its images, and the contoured frames.

        Raises BadInput as `check`, or if a label is unknown.
        """
        if self.nifti:
            return self.nifti.read_masks(mouse, grid_image(shape, affine))
        return read_masks(str(self.folder / f"{mouse}.h5"), DATASET, shape) or (np.zeros(shape, np.uint8), [])
