"""Mouse files: one HDF5 file per mouse, in the layout of the published study.

`Images` uint16 and `Masks` uint8 have the axes (row, column, slice, frame); `Frames_with_ROI` lists the
annotated frames, counted from 0. The same layout serves the phantom, converted NIfTI files and Murmur's own
segmentations, so every later step reads one kind of file.
"""

from pathlib import Path

import h5py
import numpy as np

MYOCARDIUM = 1
BLOOD_POOL = 2
STRUCTURES = {"myocardium": MYOCARDIUM, "blood_pool": BLOOD_POOL}


def read_frame(path: str | Path, dataset: str, frame: int) -> np.ndarray:
    """Return one stack, axes (row, column, slice), of the 4D `dataset` in the mouse file `path`."""
    with h5py.File(path, "r") as file:
        return file[dataset][:, :, :, frame]


def annotated_frames(path: str | Path) -> list[int]:
    """Return the frames with a mask, ascending and counted from 0; every frame where the file has no list."""
    with h5py.File(path, "r") as file:
        if "Frames_with_ROI" in file:
            return sorted(int(frame) for frame in np.atleast_1d(file["Frames_with_ROI"][()]))
        return list(range(file["Masks"].shape[3]))
