"""Mouse files: one HDF5 file per mouse, in the layout of the published study.

`Images` (uint16) and `Masks` (uint8) have the axes (row, column, slice, frame); `Frames_with_ROI` lists the annotated
frames, counted from 0. The same layout is used for the phantom, converted NIfTI files and Murmur's own segmentations,
so that all later steps read a single file format.
"""

from pathlib import Path

import h5py
import numpy as np

from murmur.errors import BadInput
from murmur.files import atomic_write


def open_mouse(path: str | Path) -> h5py.File:
    """Open a mouse file for reading.

    Parameters
    ----------
    path : str or Path
        HDF5 file.

    Returns
    -------
    h5py.File
        The open file, a context manager.

    Raises
    ------
    BadInput
        If it is absent or no HDF5 file.
    """
    try:
        return h5py.File(path, "r")
    except OSError:
        raise BadInput(f"{path}: found no readable HDF5 file, expected one; copy or export it again") from None


def read_frame(path: str | Path, dataset: str, frame: int) -> np.ndarray:
    """Read one frame of a mouse file.

    Parameters
    ----------
    path : str or Path
        Mouse file.
    dataset : str
        Name of a 4D dataset, such as `Images` or `Masks`.
    frame : int
        Frame, counted from 0.

    Returns
    -------
    ndarray
        Stack with the axes (row, column, slice); masks as uint8.
    """
    with h5py.File(path, "r") as file:
        stack = file[dataset][:, :, :, frame]
    return stack.astype(np.uint8) if dataset == "Masks" else stack


def segmented_frames(path: str | Path) -> list[int]:
    """Return the frames segmented by a reader.

    Parameters
    ----------
    path : str or Path
        File of masks.

    Returns
    -------
    list of int
        Frames listed in `Frames_with_ROI`, ascending and counted from 0; all frames if there is no list.
    """
    with h5py.File(path, "r") as file:
        if "Frames_with_ROI" in file:
            return _listed(file)
        return list(range(file["Masks"].shape[3]))


def contoured_frames(path: str | Path) -> list[int]:
    """Return the frames contoured by the expert.

    Parameters
    ----------
    path : str or Path
        Mouse file.

    Returns
    -------
    list of int
        Frames listed in `Frames_with_ROI` or, if there is no list, those with at least one label; ascending and counted
        from 0.

    Raises
    ------
    BadInput
        If the file cannot be read.
    """
    with open_mouse(path) as file:
        if "Masks" not in file:
            return []
        if "Frames_with_ROI" in file:
            return _listed(file)
        masks = file["Masks"]
        labelled = [masks[:, :, number, :].any(axis=(0, 1)) for number in range(masks.shape[2])]
        return np.flatnonzero(np.any(labelled, axis=0)).tolist()


def _listed(file: h5py.File) -> list[int]:
    """Return the frames in `Frames_with_ROI`, ascending."""
    return sorted(int(frame) for frame in np.atleast_1d(file["Frames_with_ROI"][()]))


def write_cine(
    path: str | Path,
    images: np.ndarray | None = None,
    masks: np.ndarray | None = None,
    frames: list[int] | None = None,
    attributes: dict | None = None,
) -> None:
    """Write a mouse file, which appears under its name only once it is complete.

    Parameters
    ----------
    path : str or Path
        HDF5 file to write.
    images : ndarray of uint16, optional
        `Images`, axes (row, column, slice, frame); omitted in files of masks.
    masks : ndarray of uint8, optional
        `Masks`, with the same axes.
    frames : list of int, optional
        `Frames_with_ROI`, the frames with a mask, counted from 0; required with masks.
    attributes : dict, optional
        Attributes of the file, such as `spacing_mm` and `frame_interval_ms`.
    """
    with atomic_write(path) as partial, h5py.File(partial, "w", track_order=False) as file:
        for name, values in (("Images", images), ("Masks", masks)):
            if values is not None:
                # One chunk is one image, so that single slices and frames can be read.
                chunks = (*values.shape[:2], 1, 1)
                packed = {"compression": "gzip", "compression_opts": 1, "shuffle": True}
                file.create_dataset(name, data=values, chunks=chunks, **packed)
        if masks is not None:
            file["Frames_with_ROI"] = np.asarray(frames, np.int64)
        file.attrs.update(attributes or {})
