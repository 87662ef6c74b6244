"""Mouse files: one HDF5 file per mouse, in the layout of the published study.

`Images` uint16 and `Masks` uint8 have the axes (row, column, slice, frame); `Frames_with_ROI` lists the
annotated frames, counted from 0. The same layout serves the phantom, converted NIfTI files and Murmur's own
segmentations, so every later step reads one kind of file.
"""

from pathlib import Path

import h5py
import numpy as np

from murmur.errors import BadInput
from murmur.files import atomic_write


def open_mouse(path: str | Path) -> h5py.File:
    """Open an HDF5 file for reading. Raises BadInput when it is none."""
    try:
        return h5py.File(path, "r")
    except OSError:
        raise BadInput(f"{path}: found no readable HDF5 file, expected one; copy or export it again") from None


def read_frame(path: str | Path, dataset: str, frame: int) -> np.ndarray:
    """Return one stack, axes (row, column, slice), of the 4D `dataset` in the mouse file `path`; masks are uint8."""
    with h5py.File(path, "r") as file:
        stack = file[dataset][:, :, :, frame]
    return stack.astype(np.uint8) if dataset == "Masks" else stack


def segmented_frames(path: str | Path) -> list[int]:
    """Return the frames that a reader segmented, ascending and counted from 0; all where the file has no list."""
    with h5py.File(path, "r") as file:
        if "Frames_with_ROI" in file:
            return _listed(file)
        return list(range(file["Masks"].shape[3]))


def contoured_frames(path: str | Path) -> list[int]:
    """Return the frames that an expert contoured, ascending and counted from 0; those with a label without a list.

    Raises BadInput when the file cannot be read.
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
    return sorted(int(frame) for frame in np.atleast_1d(file["Frames_with_ROI"][()]))


def write_cine(
    path: str | Path,
    images: np.ndarray | None = None,
    masks: np.ndarray | None = None,
    frames: list[int] | None = None,
    attributes: dict | None = None,
) -> None:
    """Write a mouse file; it appears under its name only when it is complete.

    Args:
        path: the HDF5 file to write.
        images: `Images`, uint16, axes (row, column, slice, frame); left out of a file of masks.
        masks: `Masks`, uint8, the same axes.
        frames: `Frames_with_ROI`, the frames that have a mask, counted from 0.
        attributes: attributes of the file, such as `spacing_mm` and `frame_interval_ms`.
    """
    with atomic_write(path) as partial, h5py.File(partial, "w", track_order=False) as file:
        for name, values in (("Images", images), ("Masks", masks)):
            if values is not None:
                # One chunk is one image, so that a slice or a frame is read without the rest.
                chunks = (*values.shape[:2], 1, 1)
                packed = {"compression": "gzip", "compression_opts": 1, "shuffle": True}
                file.create_dataset(name, data=values, chunks=chunks, **packed)
        if masks is not None:
            file["Frames_with_ROI"] = np.asarray(frames, np.int64)
        file.attrs.update(attributes or {})
