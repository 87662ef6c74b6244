"""Mouse files: one HDF5 file per mouse, in the layout of the published study.

`Images` (uint16) and `Masks` (uint8) have the axes (row, column, slice, frame); `Frames_with_ROI` lists the annotated
frames, counted from 0. The same layout is used for the phantom, converted NIfTI files and Murmur's own segmentations,
so that all later steps read a single file format.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np

from murmur.data.headers import check_size
from murmur.errors import BadInput
from murmur.files import atomic_write, reading
from murmur.vocabulary import STRUCTURES, numbered

LABELS = {0, *STRUCTURES.values()}
SHOWN = 5  # names or labels in a message


@contextlib.contextmanager
def open_mouse(path: str | Path) -> Iterator[h5py.File]:
    """Open a mouse file for reading, as a context manager.

    Parameters
    ----------
    path : str or Path
        HDF5 file.

    Yields
    ------
    h5py.File
        The open file.

    Raises
    ------
    BadInput
        If the file is absent or no HDF5 file, or if an exception of any kind ends the block that reads it.
    """
    with reading(path, "HDF5 file"), h5py.File(path, "r") as file:
        yield file


def check_header(path: str | Path) -> dict:
    """Check a mouse file without reading images and masks.

    Parameters
    ----------
    path : str or Path
        Mouse file.

    Returns
    -------
    dict
        Values of JSON: `shape` (row, column, slice, frame) and `type` of the images, `has_masks`, the attributes
        `spacing_mm`, `frame_interval_ms` and `affine` (None if absent), `frames`, as listed in `Frames_with_ROI` (None
        without list), and `unused`, the names of everything else in the file.

    Raises
    ------
    BadInput
        If the file cannot be read, or a dataset or an attribute does not meet the requirements.
    """
    with open_mouse(path) as file:
        images = images_of(file)
        masks = masks_of(file)
        return {
            "shape": list(images.shape),
            "type": str(images.dtype),
            "has_masks": masks is not None,
            "spacing_mm": attribute(file, "spacing_mm", 3),
            "frame_interval_ms": attribute(file, "frame_interval_ms", 1),
            "affine": None if (affine := affine_of(file)) is None else affine.tolist(),
            "frames": listed_frames(file, images.shape[3]) if masks is not None else None,
            "unused": [name for name in file if name not in ("Images", "Masks", "Frames_with_ROI")],
        }


def images_of(file: h5py.File) -> h5py.Dataset:
    """Return the images of an open mouse file. Raises BadInput if there are none with four axes."""
    if "Images" not in file:
        names = ", ".join(list(file)[:SHOWN]) or "none"
        raise BadInput(f"{file.filename}: found the datasets {names}, expected Images (and Masks); rename the dataset")
    images = numeric_dataset(file, "Images")
    if images.ndim != 4 or 0 in images.shape or images.dtype.kind not in "uif":
        raise BadInput(
            f"{file.filename}: found Images of shape {images.shape} and type {images.dtype}, "
            "expected numbers with 4 axes (row, column, slice, frame); write them with these axes"
        )
    if min(images.shape[2:]) > images.shape[1]:
        raise BadInput(
            f"{file.filename}: found Images of shape {images.shape}, expected (row, column, slice, frame); the axes "
            "look reversed, as MATLAB writes them: set the source's axes: reversed, or transpose Images and Masks"
        )
    return images


def masks_of(file: h5py.File, name: str = "Masks", shape: tuple[int, ...] | None = None) -> h5py.Dataset | None:
    """Return the masks of an open file, None if it has no dataset `name`.

    Raises BadInput unless they are numbers with the shape of the images or, if it is given, with `shape`.
    """
    if name not in file:
        return None
    shape = shape or images_of(file).shape
    masks = numeric_dataset(file, name)
    if masks.shape != shape or masks.dtype.kind not in "uifb":
        raise BadInput(
            f"{file.filename}: found {name} of shape {masks.shape} and type {masks.dtype}, "
            f"expected numbers of shape {shape}, as for Images; write both on one grid"
        )
    return masks


def numeric_dataset(file: h5py.File, name: str) -> h5py.Dataset:
    """Return a dataset of a user's file whose values are in this file and can be decoded.

    Raises BadInput for groups, for data in other files, for filters that are not available and for more values than a
    cine or the file can hold.
    """
    path, link = file.filename, file.get(name, getlink=True)
    if isinstance(link, h5py.ExternalLink):
        raise BadInput(f"{path}: found {name} linked to the file '{link.filename}', expected it in this file; copy it")
    try:
        found = file[name]
    except (KeyError, OSError, RuntimeError):
        target = f"linked to '{link.path}'" if isinstance(link, h5py.SoftLink) else "damaged"
        raise BadInput(f"{path}: found {name} {target}, expected a dataset in this file; write it again") from None
    if not isinstance(found, h5py.Dataset):
        raise BadInput(f"{path}: found a group {name}, expected a dataset; write it as one array")
    if found.file.filename != path or found.is_virtual or found.external:
        raise BadInput(f"{path}: found {name} stored in other files, expected it in this file; copy it")
    filters = found.id.get_create_plist()
    for number, _, _, label in (filters.get_filter(i) for i in range(filters.get_nfilters())):
        if not h5py.h5z.filter_avail(number):
            raise BadInput(
                f"{path}: found {name} compressed by the filter {number} ({label.decode(errors='replace')}), expected "
                "gzip; compress it again, for example with h5repack -f GZIP=1"
            )
    if found.shape is None:
        raise BadInput(f"{path}: found {name} without values, expected an array; write it again")
    check_size(path, name, found.shape, found.dtype.itemsize)
    return found


def check_range(path: str | Path, lowest: float, highest: float) -> None:
    """Raise BadInput if the lowest and the highest intensity of a mouse are equal."""
    if lowest == highest:
        raise BadInput(f"{path}: found the constant value {lowest:g} in the images, expected an image; export it again")


def check_labels(masks: h5py.Dataset, number: int, values: np.ndarray) -> None:
    """Check the labels of a slice of the masks.

    Parameters
    ----------
    masks : h5py.Dataset
        The masks, for messages.
    number : int
        Index of the slice, counted from 0.
    values : ndarray
        Its labels.

    Raises
    ------
    BadInput
        If there are other labels than background and the structures.
    """
    if unknown := sorted(set(np.unique(values).tolist()) - LABELS):
        some = ", ".join(map(str, unknown[:SHOWN])) + (", ..." if len(unknown) > SHOWN else "")
        raise BadInput(
            f"{masks.file.filename}: found the labels {some} in {masks.name.strip('/')}, "
            f"{numbered('slice', number, masks.shape[2])}, expected 0 background, 1 myocardium, 2 blood_pool; relabel "
            "them"
        )


def listed_frames(file: h5py.File, frames: int) -> list[int] | None:
    """Return `Frames_with_ROI` of a file with so many `frames`, counted from 0, ascending; None if there is none.

    Raises BadInput unless they are distinct frames of the file.
    """
    path, name = file.filename, "Frames_with_ROI"
    if name not in file:
        return None
    found = numeric_dataset(file, name)
    if found.size > frames:
        raise BadInput(
            f"{path}: found {found.size} values in {name}, expected at most {frames}, one per frame; remove the others"
        )
    listed = np.atleast_1d(found[()])
    if listed.ndim != 1 or listed.dtype.kind not in "ui" or len(set(listed.tolist())) != listed.size:
        raise BadInput(
            f"{path}: found {name} {listed.tolist()}, expected distinct integers; write whole numbers, each once"
        )
    if listed.size and not (listed.min() >= 0 and listed.max() < frames):
        raise BadInput(f"{path}: found {name} {listed.tolist()}, expected 0 to {frames - 1}; count frames from 0")
    return sorted(listed.tolist())


def attribute(file: h5py.File, name: str, count: int) -> list[float] | float | None:
    """Return an attribute of `count` positive numbers; None if it is absent. Raises BadInput for anything else."""
    if name not in file.attrs:
        return None
    values = np.atleast_1d(file.attrs[name])
    if values.shape != (count,) or values.dtype.kind not in "uif" or not (np.isfinite(values) & (values > 0)).all():
        raise BadInput(
            f"{file.filename}: found the attribute {name} {file.attrs[name]}, expected {count} "
            f"number{'s' * (count > 1)} above 0; correct it"
        )
    return values.tolist() if count > 1 else float(values[0])


def affine_of(file: h5py.File) -> np.ndarray | None:
    """Return the affine of an open mouse file.

    Parameters
    ----------
    file : h5py.File
        The mouse file.

    Returns
    -------
    ndarray or None
        The attribute `affine`, shape (4, 4), which maps indices (row, column, slice) to positions in mm in the frame of
        the patient, as in NIfTI (right, anterior, superior). None if it is absent.

    Raises
    ------
    BadInput
        If it has another shape, or cannot be inverted.
    """
    if "affine" not in file.attrs:
        return None
    affine = np.asarray(file.attrs["affine"])
    numeric = affine.shape == (4, 4) and affine.dtype.kind in "uif" and np.isfinite(affine).all()
    if not numeric or np.linalg.matrix_rank(affine[:3, :3]) < 3 or affine[3].tolist() != [0, 0, 0, 1]:
        raise BadInput(
            f"{file.filename}: found an attribute affine that maps no voxels to positions, expected 4 x 4 numbers; "
            "correct or remove it"
        )
    return affine.astype(float)


def affine_to_write(affine: np.ndarray | None, spacing_mm: tuple[float, float, float]) -> np.ndarray:
    """Return the affine that is written with a spacing.

    Parameters
    ----------
    affine : ndarray or None
        Affine of the mouse file, shape (4, 4).
    spacing_mm : tuple of float
        Spacing of rows, columns and slices in mm.

    Returns
    -------
    ndarray
        `affine` if it has this spacing, otherwise the affine of the spacing alone, shape (4, 4).
    """
    if affine is None or not np.allclose(np.linalg.norm(affine[:3, :3], axis=0), spacing_mm, rtol=0.01):
        return np.diag([*spacing_mm, 1.0])
    return affine


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
    with open_mouse(path) as file:
        stack = numeric_dataset(file, dataset)[:, :, :, frame]
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
    with open_mouse(path) as file:
        frames = numeric_dataset(file, "Masks").shape[3]
        listed = listed_frames(file, frames)
    return list(range(frames)) if listed is None else listed


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
        If the file does not meet the requirements on masks and list.
    """
    with open_mouse(path) as file:
        masks = masks_of(file)
        if masks is None:
            return []
        listed = listed_frames(file, masks.shape[3])
        if listed is not None:
            return listed
        labelled = [masks[:, :, number, :].any(axis=(0, 1)) for number in range(masks.shape[2])]
        return np.flatnonzero(np.any(labelled, axis=0)).tolist()


def as_uint16(values: np.ndarray) -> np.ndarray:
    """Return intensities as uint16.

    Parameters
    ----------
    values : ndarray
        Finite numbers, of any shape.

    Returns
    -------
    ndarray of uint16
        The same integers, shifted to start at 0 if there are negative ones; fractions, and values with a larger range
        than uint16, are rescaled to all of it.
    """
    lowest, highest = values.min(), values.max()
    if (values != np.round(values)).any() or highest - min(lowest, 0) > 65535:
        return np.round((values - lowest) * (65535 / max(highest - lowest, np.finfo(float).tiny))).astype(np.uint16)
    return (values - min(lowest, 0)).astype(np.uint16)


def write_cine(
    path: str | Path,
    images: np.ndarray | None = None,
    masks: np.ndarray | None = None,
    frames: list[int] | None = None,
    attributes: dict | None = None,
    entropy: np.ndarray | None = None,
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
    entropy : ndarray of uint8, optional
        `Entropy`, how much the readers of an ensemble disagree (0 to 100), with the axes of the masks.
    """
    with atomic_write(path) as partial, h5py.File(partial, "w", track_order=False) as file:
        for name, values in (("Images", images), ("Masks", masks), ("Entropy", entropy)):
            if values is not None:
                # One chunk is one image, so that single slices and frames can be read.
                chunks = (*values.shape[:2], 1, 1)
                packed = {"compression": "gzip", "compression_opts": 1, "shuffle": True}
                file.create_dataset(name, data=values, chunks=chunks, **packed)
        if masks is not None:
            file["Frames_with_ROI"] = np.asarray(frames, np.int64)
        file.attrs.update(attributes or {})
