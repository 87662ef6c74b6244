"""Masks of a reader corrected by a person in another program, in the files described in `murmur.data.review`."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import nibabel
import numpy as np

from murmur.data.mouse_file import affine_of, affine_to_write, attribute, numeric_dataset, open_mouse
from murmur.data.nifti_file import on_grid, open_nifti
from murmur.data.review import EXPORT, FILE
from murmur.errors import BadInput
from murmur.files import reading, write_text
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


class Export(NamedTuple):
    """What was exported: with it, corrections are placed, and what was not changed is known.

    Attributes
    ----------
    reader : str
        The reader whose masks were exported.
    phases : dict of str to int
        `ED` and `ES`, the frames in the files of these names, counted from 0.
    digests : dict of int to str
        SHA-256 of the labels of each frame.
    """

    reader: str
    phases: dict[str, int]
    digests: dict[int, str]

    @classmethod
    def of(cls, reader: str, phases: dict[str, int], masks: np.ndarray) -> "Export":
        """Describe the export of labels (row, column, slice, frame)."""
        return cls(reader, phases, {frame: _digest(masks[..., frame]) for frame in range(masks.shape[3])})

    def write(self, path: str) -> None:
        """Write the file; frames are counted from 1 there, as in the names of the others."""
        numbers = {phase: frame + 1 for phase, frame in self.phases.items()}
        found = {"reader": self.reader, "frame_numbers": numbers, "masks_sha256": [*self.digests.values()]}
        write_text(path, json.dumps(found, indent=1) + "\n")

    @classmethod
    def read(cls, path: str | Path) -> "Export":
        """Read the file. Raises BadInput if it is invalid."""
        with reading(path, "JSON file"):
            found = json.loads(Path(path).read_text(encoding="utf-8"))
            phases = {phase: int(number) - 1 for phase, number in found["frame_numbers"].items()}
            return cls(str(found["reader"]), phases, dict(enumerate(map(str, found["masks_sha256"]))))


def _digest(labels: np.ndarray) -> str:
    """Return the SHA-256 of the labels of a frame, axes (row, column, slice), whatever their type."""
    return hashlib.sha256(np.ascontiguousarray(labels, np.uint8)).hexdigest()


def is_changed(files: Sequence[str]) -> bool:
    """Return whether any of the masks from `murmur.data.review.correction_files` differs from the export.

    They do if the export is not known. Raises BadInput if a file is invalid.
    """
    masks, export = _with_export(files)
    return export is None or any(_differs(path, export) for path in masks)


def corrected(masks: np.ndarray, files: Sequence[str], affine: np.ndarray, reader: str) -> tuple[np.ndarray, list[int]]:
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
    reader : str
        The reader.

    Returns
    -------
    masks : ndarray
        Labels with the corrections.
    frames : list of int
        Frames that differ from the reader's, counted from 0.

    Raises
    ------
    BadInput
        If a file has another grid, another label or a frame that does not exist, if two files change one frame
        differently, or if masks have changed since they were exported and corrected.
    """
    image = nibabel.Nifti1Image(masks, affine)
    image.header.set_xyzt_units("mm", "msec")
    image.set_sform(affine, code=1)
    paths, export = _with_export(files)
    if export and export.reader != reader:
        raise BadInput(
            f"{files[-1]}: found masks exported from the reader '{export.reader}', expected those of '{reader}', which "
            "are corrected; export and correct these"
        )
    changed: dict[int, tuple[np.ndarray, Path]] = {}
    for path in paths:
        for frame, values in _frames(path, image, export).items():
            present = _digest(masks[..., frame])
            original = export.digests.get(frame) if export else present
            if _digest(values) in (present, original):
                continue
            words = numbered("frame", frame, masks.shape[3])
            if present != original:
                raise BadInput(
                    f"{path}: found a correction of {words}, whose masks by '{reader}' are no longer those that were "
                    "exported, expected the same; export and correct it again, or remove the file"
                )
            other, first = changed.setdefault(frame, (values, path))
            if not np.array_equal(values, other):
                raise BadInput(
                    f"{path}: found {words} changed differently in {first}, expected one correction; remove one of "
                    "the files"
                )
    result = masks.copy()
    for frame, (values, _) in changed.items():
        result[..., frame] = values
    return result, sorted(changed)


def check_corrections(files: Sequence[str], mouse: str, segmentation: str, reader: str) -> None:
    """Check that corrections fit the masks that they correct.

    Parameters
    ----------
    files : sequence of str
        As for `corrected`.
    mouse, segmentation : str
        Mouse file, and the file with the masks of the reader.
    reader : str
        The reader.

    Raises
    ------
    BadInput
        As `corrected`.
    """
    with open_mouse(segmentation) as file:
        masks = numeric_dataset(file, "Masks")[()].astype(np.uint8)
        spacing = attribute(file, "spacing_mm", 3)
    with open_mouse(mouse) as file:
        affine = affine_to_write(affine_of(file), spacing)
    corrected(masks, files, affine, reader)


def _with_export(files: Sequence[str]) -> tuple[list[Path], Export | None]:
    """Return the masks among the files, and what was exported; None if it is not known."""
    paths = [Path(file) for file in files]
    masks = [path for path in paths if path.name != EXPORT]
    return masks, None if len(masks) == len(paths) else Export.read(paths[-1])


def _frame(path: Path, export: Export | None) -> int:
    """Return the frame of the masks in a file of one frame."""
    name = FILE.fullmatch(path.name)
    if name["frame"]:
        return int(name["frame"]) - 1
    if export is None:
        raise BadInput(
            f"{path}: found no {EXPORT} next to it, which names its frame, expected both as exported; copy it, or "
            "rename the mask to frame1_mask.nii.gz, with the number of the frame"
        )
    return export.phases[name["what"].removesuffix("_mask")]


def _differs(path: Path, export: Export) -> bool:
    """Return whether the labels in a file differ from those that were exported, on the grid of the export."""
    whole = FILE.fullmatch(path.name)["what"] == "masks"
    known = [*export.digests.values()] if whole else [export.digests.get(_frame(path, export))]
    labels = np.asarray(open_nifti(path).dataobj)
    if labels.ndim not in (3, 4) or not np.isin(labels, [0, *STRUCTURES.values()]).all():
        return True
    labels = labels.reshape(*labels.shape[:3], -1)
    return [_digest(labels[..., frame]) for frame in range(labels.shape[3])] != known


def _frames(path: Path, image: nibabel.Nifti1Image, export: Export | None) -> dict[int, np.ndarray]:
    """Return the masks of a file by frame, on the grid of the image."""
    count = image.shape[3]
    mask = open_nifti(path)
    whole = FILE.fullmatch(path.name)["what"] == "masks"
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
    frame = _frame(path, export)
    if not 0 <= frame < count:
        raise BadInput(f"{path}: found frame {frame + 1}, expected 1 to {count}; rename the file")
    return {frame: values[..., 0]}
