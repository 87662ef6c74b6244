"""Masks of a reader corrected by a person in another program, in the files described in `murmur.data.review`."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import nibabel
import numpy as np

from murmur.data.mouse_file import affine_of, affine_to_write, attribute, numeric_dataset, open_mouse
from murmur.data.nifti_file import on_grid, open_nifti
from murmur.data.review import FILE
from murmur.errors import BadInput
from murmur.vocabulary import BLOOD_POOL, STRUCTURES, numbered


def ends(masks: np.ndarray) -> dict[str, int]:
    """Find the ends of systole and diastole in the masks of a cine.

    Parameters
    ----------
    masks : ndarray of uint8
        Labels, axes (row, column, slice, frame).

    Returns
    -------
    dict of str to int
        `ED` and `ES`, the frames with the largest and the smallest blood pool, counted from 0.
    """
    volumes = np.count_nonzero(masks == BLOOD_POOL, axis=(0, 1, 2))
    return {"ED": int(volumes.argmax()), "ES": int(volumes.argmin())}


def corrected(masks: np.ndarray, files: Sequence[str], affine: np.ndarray) -> tuple[np.ndarray, list[int]]:
    """Replace the frames of masks that a person has changed.

    Parameters
    ----------
    masks : ndarray
        The reader's labels (row, column, slice, frame), uint8.
    files : sequence of str
        Corrected masks, from `murmur.data.review.correction_files`. They are brought to the grid of the masks by their
        affines.
    affine : ndarray
        Affine (4, 4) of the exported masks.

    Returns
    -------
    masks : ndarray
        Labels with the corrections.
    frames : list of int
        Frames that differ from the reader's, counted from 0.

    Raises
    ------
    BadInput
        If a file has another grid, another label or a frame that does not exist, or if two files change one frame
        differently.
    """
    image = nibabel.Nifti1Image(masks, affine)
    image.header.set_xyzt_units("mm", "msec")
    image.set_sform(affine, code=1)
    changed: dict[int, tuple[np.ndarray, str]] = {}
    for file in files:
        for frame, values in _frames(Path(file), image, ends(masks)).items():
            if np.array_equal(values, masks[..., frame]):
                continue
            other, path = changed.setdefault(frame, (values, file))
            if not np.array_equal(values, other):
                raise BadInput(
                    f"{file}: found {numbered('frame', frame, masks.shape[3])} changed differently in {path}, expected "
                    "one correction; remove one of the files"
                )
    result = masks.copy()
    for frame, (values, _) in changed.items():
        result[..., frame] = values
    return result, sorted(changed)


def check_corrections(files: Sequence[str], mouse: str, segmentation: str) -> None:
    """Raise BadInput, as `corrected`, if corrected `files` do not fit the masks in a segmentation of a mouse file."""
    with open_mouse(segmentation) as file:
        masks = numeric_dataset(file, "Masks")[()].astype(np.uint8)
        spacing = attribute(file, "spacing_mm", 3)
    with open_mouse(mouse) as file:
        affine = affine_to_write(affine_of(file), spacing)
    corrected(masks, files, affine)


def _frames(path: Path, image: nibabel.Nifti1Image, phases: Mapping[str, int]) -> dict[int, np.ndarray]:
    """Return the masks of a file by frame, on the grid of the image."""
    what, count = FILE.fullmatch(path.name), image.shape[3]
    mask = open_nifti(path)
    whole = what["what"] == "masks"
    if mask.ndim not in (3, 4) or (*mask.shape, 1)[3] != (count if whole else 1):
        shape = image.shape if whole else image.shape[:3]
        raise BadInput(f"{path}: found the shape {mask.shape}, expected {shape} as exported; save it with this shape")
    values = on_grid(path, mask, image).reshape(*image.shape[:3], -1)
    if unknown := sorted(set(np.unique(values).tolist()) - {0, *STRUCTURES.values()}):
        raise BadInput(
            f"{path}: found the label {unknown[0]:g}, expected 0 background, 1 myocardium, 2 blood_pool; relabel it"
        )
    values = values.astype(np.uint8)
    if whole:
        return {frame: values[..., frame] for frame in range(count)}
    frame = int(what["frame"]) - 1 if what["frame"] else phases[what["what"].removesuffix("_mask")]
    if not 0 <= frame < count:
        raise BadInput(f"{path}: found frame {frame + 1} in the name, expected 1 to {count}; rename the file")
    return {frame: values[..., 0]}
