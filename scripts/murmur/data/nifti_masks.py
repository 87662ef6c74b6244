"""Masks as NIfTI files in a folder: of the reference, a second observer or another tool, on the grid of the images."""

import re
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from murmur.data.nifti_file import on_grid, open_nifti, orientation_to, read_values
from murmur.data.nifti_stack import open_slices
from murmur.errors import BadInput
from murmur.files import check_name

if TYPE_CHECKING:
    from nibabel import Nifti1Pair

SHOWN = 5  # labels listed in a message


def name_pattern(name: str, mouse: str | None = None) -> re.Pattern:
    """Turn a name such as `{mouse}_*_frame{frame}_gt.nii.gz` into a regular expression."""
    parts = {
        "{mouse}": re.escape(mouse) if mouse else r"(?P<mouse>.+)",
        "{slice}": r"(?P<slice>\d+)",
        "{frame}": r"(?P<frame>\d+)",
        "*": ".*?",
    }
    pieces = re.split(r"(\{mouse\}|\{slice\}|\{frame\}|\*)", name)
    return re.compile("".join(parts.get(piece, re.escape(piece)) for piece in pieces))


def check_template(key: str, name: str) -> None:
    """Raise BadInput unless a template is a file name with `{mouse}` once, and `{slice}` and `{frame}` at most once."""
    if name.count("{mouse}") != 1 or max(name.count("{frame}"), name.count("{slice}")) > 1 or "/" in name:
        raise BadInput(
            f"{key}: found '{name}', expected a file name that contains {{mouse}} once; all files must be in one folder"
        )


class NiftiMasks:
    """The masks of mice as NIfTI files in a folder.

    Parameters
    ----------
    folder : str
        The folder.
    masks : str or None
        Template of the names of the masks, with `{mouse}` once, `{slice}` if there is one file per slice, `{frame}` if
        there is one per frame, and `*` for any text; None without masks.
    labels : dict of str to int
        Labels of `myocardium` and `blood_pool`.
    frames_from : int
        Number of the first frame in the names.
    ignore : list of int, optional
        Labels of other structures, which count as background.
    mice : list of str, optional
        Names of the mice.
    key : str
        Key of the template in the study file, for messages.

    Raises
    ------
    BadInput
        If the template is not a file name with `{mouse}` once, and `{slice}` and `{frame}` at most once, or if a label
        has two meanings.
    """

    def __init__(
        self,
        folder: str,
        masks: str | None,
        labels: dict[str, int],
        frames_from: int = 1,
        ignore: Sequence[int] = (),
        mice: Sequence[str] = (),
        key: str = "source.masks",
    ):
        self.folder, self.masks, self.key = Path(folder), masks, key
        self.labels, self.ignore, self.frames_from = labels, tuple(ignore), frames_from
        self._mice = mice
        if masks is not None:
            check_template(key, masks)
        named = [*labels.values(), *self.ignore]
        if twice := sorted({label for label in named if named.count(label) > 1}):
            raise BadInput(
                f"{key.rpartition('.')[0]}.labels: found the label {twice[0]} for two structures, expected a different "
                f"label for each of {', '.join(labels)} and for those under ignore; look up the labels of the masks"
            )

    def mice(self) -> list[str]:
        """Return the names of the mice."""
        return list(self._mice)

    @cached_property
    def _files(self) -> list[Path]:
        """The files of the folder that are not hidden, in order."""
        return sorted(path for path in self.folder.iterdir() if not path.name.startswith("."))

    @cached_property
    def _masks(self) -> dict[str, dict[int | None, dict[int, Path]]]:
        """Mask files of each mouse by frame, counted from 0, and by slice; None stands for all frames in a file.

        Without `{slice}` in the names, the files are those of slice 0.

        A name that fits several mice belongs to the one with the longest name: M1_week4_frame01 to M1_week4, not to M1.
        """
        found: dict[str, dict[int | None, dict[int, Path]]] = {}
        if self.masks is None:
            return found
        patterns = [(mouse, name_pattern(self.masks, mouse)) for mouse in sorted(self.mice(), key=len, reverse=True)]
        for path in self._files:
            fits = ((mouse, pattern.fullmatch(path.name)) for mouse, pattern in patterns)
            mouse, match = next(((mouse, match) for mouse, match in fits if match), (None, None))
            if match is None:
                continue
            parts = {name: int(number) for name, number in match.groupdict().items()}
            check_name(path)
            frame = parts["frame"] - self.frames_from if "frame" in parts else None
            slices = found.setdefault(mouse, {}).setdefault(frame, {})
            other = slices.setdefault(parts.get("slice", 0), path)
            if other != path:
                raise BadInput(f"{path}: found the same frame of {mouse} in {other}, expected one file; remove one")
        if not found:
            raise BadInput(
                f"{self.folder}: found no masks {self.masks} of any mouse, expected at least one; correct {self.key}, "
                "or remove it if the mice have no contours"
            )
        return found

    def mask_files(self, mouse: str) -> list[Path]:
        """Return the mask files of a mouse, in order; empty if it has no contours."""
        return [path for slices in self._masks.get(mouse, {}).values() for path in slices.values()]

    def mouse_of_mask(self, path: Path) -> tuple[str, str | None]:
        """Return the name of a file and, if it has the form of a mask, the name of its mouse."""
        match = name_pattern(self.masks).fullmatch(path.name) if self.masks else None
        return path.name, match["mouse"] if match else None

    def contoured_frames(self, mouse: str) -> list[int]:
        """Return the frames with a mask, counted from 0; files with all frames are read to find them."""
        files = self.masks_of_all_frames(mouse)
        if not files:
            return sorted(self._masks.get(mouse, {}))
        return sorted({frame for path in files for frame in self.labelled_frames(path)})

    def masks_of_all_frames(self, mouse: str) -> list[Path]:
        """Return the mask files of a mouse that have all frames: one, or one per slice; empty without."""
        return list(self._masks.get(mouse, {}).get(None, {}).values())

    def labelled_frames(self, path: str | Path) -> list[int]:
        """Return the frames of a mask file, its last axis, with a label of the two structures, counted from 0."""
        return _labelled_frames(self._labelled(Path(path), read_values(Path(path))))

    def check_masks(self, mouse: str, image: "Nifti1Pair") -> None:
        """Check the headers of the masks of a mouse. Raises BadInput unless they have grid and frames of the image."""
        for frame, files in self._masks.get(mouse, {}).items():
            path, mask = self._open_mask(mouse, files, frame, image)
            orientation_to(path, mask, image)

    def read_masks(self, mouse: str, image: "Nifti1Pair") -> tuple[np.ndarray, list[int]]:
        """Read the masks of a mouse on the grid of its image.

        Parameters
        ----------
        mouse : str
            Name of the mouse.
        image : nibabel.Nifti1Pair
            The 4D image of the mouse.

        Returns
        -------
        masks : ndarray
            Labels (row, column, slice, frame), uint8: 0 background, 1 myocardium, 2 blood pool.
        frames : list of int
            Annotated frames, counted from 0; in a 4D file, those with at least one label.

        Raises
        ------
        BadInput
            If a grid, a frame number or a value is wrong.
        """
        masks, frames = np.zeros(image.shape, np.uint8), []
        for frame, files in self._masks.get(mouse, {}).items():
            path, mask = self._open_mask(mouse, files, frame, image)
            values = on_grid(path, mask, image)
            if frame is None:
                masks[:] = self._labelled(path, values).reshape(image.shape)
                frames += _labelled_frames(masks)
            else:
                masks[..., frame] = self._labelled(path, values).reshape(image.shape[:3])
                frames.append(frame)
        return masks, sorted(frames)

    def _open_mask(
        self, mouse: str, files: dict[int, Path], frame: int | None, image: "Nifti1Pair"
    ) -> tuple[Path, "Nifti1Pair"]:
        """Open the mask of a frame or, with None, of all frames, in one file or in one per slice.

        Returns a file for messages, and the mask. Raises BadInput unless frames and axes fit the image. A mask of one
        frame may have three axes, or four; the grid is compared in `orientation_to`.
        """
        path, frames = next(iter(files.values())), image.shape[3]
        if "{slice}" in self.masks:
            mask = open_slices(f"{self.folder}, {mouse}", {number: [file] for number, file in files.items()}, False)
        else:
            mask = open_nifti(path)
        if frame is not None and not 0 <= frame < frames:
            raise BadInput(
                f"{path}: found frame {frame + self.frames_from} in the name, expected {self.frames_from} to "
                f"{frames - 1 + self.frames_from}; set frames_from or rename the file"
            )
        expected = image.shape if frame is None else (*image.shape[:3], 1)
        if mask.ndim not in (3, 4) or (*mask.shape, 1)[3] != expected[3]:
            shape = expected if frame is None else image.shape[:3]
            raise BadInput(
                f"{path}: found the shape {mask.shape}, expected {shape} as in the image; export both on one grid"
            )
        return path, mask

    def _labelled(self, path: Path, values: np.ndarray) -> np.ndarray:
        """Translate the labels of a mask to Murmur's, 1 myocardium and 2 blood pool."""
        meaning = {self.labels["myocardium"]: 1, self.labels["blood_pool"]: 2}
        mask = np.zeros_like(values, np.uint8, subok=False)  # in the order of the file, which is faster
        unknown = []
        for value in np.unique(values.ravel(order="K")):
            if not float(value).is_integer():
                raise BadInput(
                    f"{path}: found the value {value:g}, expected integer labels; export masks, not probabilities"
                )
            if value in meaning:
                mask[values == value] = meaning[value]
            elif value != 0 and value not in self.ignore:
                unknown.append(f"{value:g}")
        if unknown:
            some = ", ".join(unknown[:SHOWN]) + (", ..." if len(unknown) > SHOWN else "")
            raise BadInput(
                f"{path}: found the label {some}, expected 0 background, {self.labels['myocardium']} myocardium, "
                f"{self.labels['blood_pool']} blood_pool; correct labels in the study file, or list other structures "
                "under ignore"
            )
        return mask


def _labelled_frames(masks: np.ndarray) -> list[int]:
    """Return the frames with at least one label, counted from 0."""
    return np.flatnonzero(masks.any(axis=tuple(range(masks.ndim - 1)))).tolist()
