"""MATLAB files in format 7.3 as mouse files: HDF5 with the axes in reverse order, in which MATLAB stores all arrays."""

from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np

from murmur.data.mouse_file import LABELS, SHOWN, as_uint16, check_range, numeric_dataset, open_mouse
from murmur.errors import BadInput
from murmur.vocabulary import numbered


class MatlabMouse(NamedTuple):
    """The variables of a mouse in MATLAB.

    Attributes
    ----------
    shape : tuple of int
        Size of the images (row, column, slice, frame).
    has_masks : bool
        Whether there are masks.
    spacing_mm : list of float or None
        The variable `spacing_mm`: row, column, slice.
    frame_interval_ms : float or None
        The variable `frame_interval_ms`.
    """

    shape: tuple[int, int, int, int]
    has_masks: bool
    spacing_mm: list[float] | None
    frame_interval_ms: float | None


def check_matlab(path: str | Path) -> MatlabMouse:
    """Check the variables of a mouse without reading images and masks.

    `Images` and, optionally, `Masks` have the axes (row, column, slice, frame) in MATLAB. Raises BadInput unless they
    are numbers of one size.
    """
    with open_mouse(path) as file:
        shape = _shape(file, "Images")
        if min(shape[2:]) > shape[1]:
            raise BadInput(
                f"{path}: found Images of size {shape} in MATLAB's order, expected (row, column, slice, frame); write "
                "them with these axes or, if MATLAB did not write the file, remove axes: reversed"
            )
        if "Masks" in file and _shape(file, "Masks") != shape:
            found = _shape(file, "Masks")
            raise BadInput(
                f"{path}: found Masks of size {found}, expected {shape}, as for Images; save both on one grid"
            )
        interval = _numbers(file, "frame_interval_ms", 1)
        return MatlabMouse(shape, "Masks" in file, _numbers(file, "spacing_mm", 3), interval and interval[0])


def read_matlab(path: str | Path) -> tuple[np.ndarray, np.ndarray | None, list[int]]:
    """Read the images and masks of a mouse.

    Returns
    -------
    images : ndarray of uint16
        Intensities (row, column, slice, frame); fractions and values outside the range of uint16 are rescaled to it.
    masks : ndarray of uint8 or None
        Labels with the same axes: 0 background, 1 myocardium, 2 blood pool.
    frames : list of int
        Annotated frames, counted from 0: those in `Frames_with_ROI`, which MATLAB counts from 1, or those with labels.

    Raises
    ------
    BadInput
        If images have one value, a value is not finite, a label is unknown, or a frame does not exist or is not listed.
    """
    checked = check_matlab(path)
    with open_mouse(path) as file:
        images = file["Images"][()].T.reshape(checked.shape)
        masks = file["Masks"][()].T.reshape(checked.shape) if checked.has_masks else None
        listed = _numbers(file, "Frames_with_ROI") if checked.has_masks else None
    if not np.isfinite(images).all():
        raise BadInput(f"{path}: found Images that are not finite, expected numbers; write them again")
    check_range(path, images.min(), images.max())
    if masks is None:
        return as_uint16(images), None, []
    if unknown := sorted(set(np.unique(masks).tolist()) - LABELS):
        some = ", ".join(f"{label:g}" for label in unknown[:SHOWN])
        raise BadInput(
            f"{path}: found the labels {some} in Masks, expected 0 background, 1 myocardium, 2 blood_pool; relabel them"
        )
    masks = masks.astype(np.uint8)
    frames = np.flatnonzero(masks.any(axis=(0, 1, 2))) if listed is None else np.array(listed) - 1
    if not set(frames.tolist()) <= set(range(checked.shape[3])):
        raise BadInput(
            f"{path}: found Frames_with_ROI {listed}, expected numbers from 1 to {checked.shape[3]}, as MATLAB counts; "
            "correct or remove it"
        )
    labelled = np.flatnonzero(masks.any(axis=(0, 1, 2)))
    if len(strays := np.setdiff1d(labelled, frames)):
        frame, among = numbered("frame", strays[0], checked.shape[3]), [int(number) for number in listed]
        raise BadInput(
            f"{path}: found labels in {frame}, which is not in Frames_with_ROI {among}, expected all frames with "
            f"labels; add {strays[0] + 1} (MATLAB counts from 1) or clear its mask"
        )
    return as_uint16(images), masks, sorted(set(frames.astype(int).tolist()))


def _shape(file: h5py.File, name: str) -> tuple[int, int, int, int]:
    """Return the size of a variable in MATLAB, which omits a last axis of length 1."""
    if name not in file:
        names = ", ".join(list(file)[:SHOWN]) or "none"
        raise BadInput(f"{file.filename}: found the variables {names}, expected Images (and Masks); rename them")
    found = numeric_dataset(file, name)
    if found.ndim not in (3, 4) or 0 in found.shape or found.dtype.kind not in "uifb":
        raise BadInput(
            f"{file.filename}: found {name} of size {found.shape[::-1]} and type {found.dtype}, expected numbers with "
            "the axes row, column, slice and frame; save them with these axes"
        )
    return (*found.shape[::-1], 1)[:4]


def _numbers(file: h5py.File, name: str, count: int | None = None) -> list[float] | None:
    """Return a variable of `count` positive numbers, or of any; None if there is none."""
    if name not in file:
        return None
    values = numeric_dataset(file, name)[()].astype(float).ravel()
    if count is not None and (values.size != count or not (np.isfinite(values) & (values > 0)).all()):
        raise BadInput(
            f"{file.filename}: found {name} {values[:SHOWN].tolist()}, expected {count} "
            f"number{'s' * (count > 1)} above 0; correct it"
        )
    return values.tolist()
