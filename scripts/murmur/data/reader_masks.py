"""Masks of a second observer or another tool: HDF5 files with the grid of the images and the reference's labels."""

from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np

from murmur.data.mouse_file import (
    check_labels,
    listed_frames,
    masks_of,
    numeric_dataset,
    open_mouse,
    segmented_frames,
)
from murmur.errors import BadInput


def check_masks(path: str, dataset: str) -> list[int] | None:
    """Check the masks of a mouse by a reader, except for the shape of the images.

    Parameters
    ----------
    path : str
        HDF5 file.
    dataset : str
        Name of the masks.

    Returns
    -------
    list of int or None
        Shape of the masks (row, column, slice, frame); None without the dataset.

    Raises
    ------
    BadInput
        If the file cannot be read, or axes, labels or frames are invalid.
    """
    with open_mouse(path) as file:
        if dataset not in file:
            return None
        found = numeric_dataset(file, dataset)
        if found.ndim != 4:
            raise BadInput(
                f"{path}: found {dataset} of shape {found.shape}, expected 4 axes (row, column, slice, frame); "
                "write all"
            )
        _check(path, file, dataset, found.shape)
        return list(found.shape)


def datasets(path: str) -> list[str]:
    """Return the names of everything in an HDF5 file. Raises BadInput if it cannot be read."""
    with open_mouse(path) as file:
        return list(file)


def read_masks(path: str, dataset: str, shape: tuple[int, ...]) -> tuple[np.ndarray, list[int]] | None:
    """Read the masks of a mouse by a reader.

    Parameters
    ----------
    path : str
        HDF5 file, which may be absent.
    dataset : str
        Name of the masks.
    shape : tuple of int
        Shape of the images (row, column, slice, frame).

    Returns
    -------
    masks : ndarray of uint8
        Labels (row, column, slice, frame): 0 background, 1 myocardium, 2 blood pool.
    frames : list of int
        Frames that were segmented, counted from 0: those in `Frames_with_ROI` or, without it, all. Instead of both,
        None without the file or the dataset.

    Raises
    ------
    BadInput
        If shape, labels or frames are invalid.
    """
    if not Path(path).exists():
        return None
    with open_mouse(path) as file:
        if dataset not in file:
            return None
        frames = _check(path, file, dataset, shape)
        return file[dataset][()].astype(np.uint8), frames


def check_shape(path: str, dataset: str, found: tuple[int, ...], expected: tuple[int, ...]) -> None:
    """Check that masks have the shape of the images.

    Parameters
    ----------
    path : str
        File of the masks, for messages.
    dataset : str
        Name of the masks, for messages.
    found, expected : tuple of int
        Shapes of the masks and of the images (row, column, slice, frame).

    Raises
    ------
    BadInput
        If they differ.
    """
    if tuple(found) != tuple(expected):
        raise BadInput(
            f"{path}: found {dataset} of shape {tuple(found)}, expected {tuple(expected)} as for the images; resample "
            "them"
        )


def _check(path: str, file: h5py.File, dataset: str, shape: tuple[int, ...]) -> list[int]:
    """Check masks slice by slice; return the frames that were segmented."""
    check_shape(path, dataset, numeric_dataset(file, dataset).shape, shape)
    masks = masks_of(file, dataset, shape)
    listed = listed_frames(file, shape[3])
    for number in range(shape[2]):
        check_labels(masks, number, masks[:, :, number, :])
    return list(range(shape[3])) if listed is None else listed


def read_segmentations(paths: Sequence[str]) -> tuple[np.ndarray, list[int]]:
    """Read the masks of a mouse by several readers, as the workflow writes them.

    Parameters
    ----------
    paths : sequence of str
        Segmentations of the same mouse.

    Returns
    -------
    masks : ndarray of uint8
        Labels, axes (reader, row, column, slice, frame); 0 in frames that a reader did not segment.
    frames : list of int
        The frames that all readers segmented.
    """
    masks, segmented = [], []
    for path in paths:
        with open_mouse(path) as file:
            masks.append(numeric_dataset(file, "Masks")[()].astype(np.uint8))
        segmented.append(segmented_frames(path))
    frames = [frame for frame in segmented[0] if all(frame in others for others in segmented)]
    stack = np.stack(masks)
    stack[..., np.setdiff1d(np.arange(stack.shape[-1]), frames)] = 0
    return stack, frames
