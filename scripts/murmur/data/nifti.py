"""NIfTI files as mouse files: 4D images, with masks as 4D files or as one file per annotated frame."""

import re
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from nibabel import Nifti1Pair

from murmur.data.nifti_file import on_grid, open_nifti, orientation_to, read_header, read_values
from murmur.errors import BadInput
from murmur.files import check_name

SHOWN = 5  # labels listed in a message


def _pattern(name: str, mouse: str | None = None) -> re.Pattern:
    """Turn a name such as `{mouse}_*_frame{frame}_gt.nii.gz` into a regular expression."""
    parts = {
        "{mouse}": re.escape(mouse) if mouse else r"(?P<mouse>.+)",
        "{frame}": r"(?P<frame>\d+)",
        "*": ".*?",
    }
    pieces = re.split(r"(\{mouse\}|\{frame\}|\*)", name)
    return re.compile("".join(parts.get(piece, re.escape(piece)) for piece in pieces))


class NiftiFolder:
    """A folder of NIfTI files.

    Parameters
    ----------
    nifti : str
        The folder.
    images : str
        Template of the names of the images, with `{mouse}` once.
    labels : dict of str to int
        Labels of `myocardium` and `blood_pool` in the masks.
    frames_from : int
        Number of the first frame in the names of masks.
    masks : str, optional
        Template of the names of the masks, with `{mouse}` once, `{frame}` if there is one file per frame, and `*` for
        any text; None without contours.
    ignore : list of int, optional
        Labels of other structures, which count as background.

    Raises
    ------
    BadInput
        If a template is not a file name with `{mouse}` once and `{frame}` at most once, or if a label has two meanings.
    """

    KEYS = ("nifti", "images", "masks", "labels", "ignore", "frames_from")

    def __init__(
        self,
        nifti: str,
        images: str,
        labels: dict[str, int],
        frames_from: int = 1,
        masks: str | None = None,
        ignore: Sequence[int] = (),
    ):
        self.folder, self.images, self.masks = Path(nifti), images, masks
        self.labels, self.ignore, self.frames_from = labels, tuple(ignore), frames_from
        named = [*labels.values(), *self.ignore]
        if twice := sorted({label for label in named if named.count(label) > 1}):
            raise BadInput(
                f"source.labels: found the label {twice[0]} for two structures, expected a different label for each of "
                f"{', '.join(labels)} and for those under ignore; look up the labels of the masks"
            )
        for key, name in (("images", images), ("masks", masks)):
            if name is not None and (name.count("{mouse}") != 1 or name.count("{frame}") > 1 or "/" in name):
                raise BadInput(
                    f"source.{key}: found '{name}', expected a file name that contains {{mouse}} once; "
                    "all files must be in one folder"
                )

    def mice(self) -> list[str]:
        """Return the mice with an image; files that also match the mask template are not images."""
        image = _pattern(self.images)
        mask = _pattern(self.masks) if self.masks else None
        found = (image.fullmatch(path.name) for path in self._files)
        return sorted(m["mouse"] for m in found if m and not (mask and mask.fullmatch(m.string)))

    @cached_property
    def _files(self) -> list[Path]:
        """The files of the folder that are not hidden, in order."""
        return sorted(path for path in self.folder.iterdir() if not path.name.startswith("."))

    def image_file(self, mouse: str) -> Path:
        """Return the path of the 4D image of a mouse."""
        return self.folder / self.images.replace("{mouse}", mouse)

    @cached_property
    def _masks(self) -> dict[str, dict[int | None, Path]]:
        """Mask files of each mouse by frame, counted from 0; None stands for a 4D file.

        A name that fits several mice belongs to the one with the longest name: M1_week4_frame01 to M1_week4, not to M1.
        """
        found: dict[str, dict[int | None, Path]] = {}
        if self.masks is None:
            return found
        patterns = [(mouse, _pattern(self.masks, mouse)) for mouse in sorted(self.mice(), key=len, reverse=True)]
        for path in self._files:
            fits = ((mouse, pattern.fullmatch(path.name)) for mouse, pattern in patterns)
            mouse, match = next(((mouse, match) for mouse, match in fits if match), (None, None))
            if match is None:
                continue
            number = match.groupdict().get("frame")
            check_name(path)
            frame = None if number is None else int(number) - self.frames_from
            other = found.setdefault(mouse, {}).setdefault(frame, path)
            if other != path:
                raise BadInput(f"{path}: found the same frame of {mouse} in {other}, expected one file; remove one")
        if not found:
            raise BadInput(
                f"{self.folder}: found no masks {self.masks} of any mouse, expected at least one; correct "
                "source.masks, or remove it if the mice have no contours"
            )
        return found

    def mask_files(self, mouse: str) -> list[Path]:
        """Return the mask files of a mouse, in order; empty if it has no contours."""
        return list(self._masks.get(mouse, {}).values())

    def mouse_of_mask(self, path: Path) -> tuple[str, str | None]:
        """Return the name of a file and, if it has the form of a mask, the name of its mouse."""
        match = _pattern(self.masks).fullmatch(path.name) if self.masks else None
        return path.name, match["mouse"] if match else None

    def contoured_frames(self, mouse: str) -> list[int]:
        """Return the frames with a mask, counted from 0; a 4D file is read to find them."""
        file = self.mask_4d(mouse)
        return self.labelled_frames(file) if file else sorted(self._masks.get(mouse, {}))

    def mask_4d(self, mouse: str) -> Path | None:
        """Return the 4D mask file of a mouse; None if there is one file per frame, or none."""
        return self._masks.get(mouse, {}).get(None)

    def labelled_frames(self, path: str | Path) -> list[int]:
        """Return the frames of a 4D mask file with at least one label of the two structures, counted from 0."""
        return _labelled_frames(self._labelled(Path(path), read_values(Path(path))))

    def files(self, mouse: str) -> list[Path]:
        """Return all files of a mouse."""
        return [self.image_file(mouse), *self.mask_files(mouse)]

    def check_headers(
        self,
        mouse: str,
        spacing_mm: list[float] | None = None,
        frame_interval_ms: float | None = None,
        override: bool = False,
    ) -> dict:
        """Check the files of a mouse without reading their values.

        Parameters
        ----------
        mouse : str
            Name of the mouse.
        spacing_mm, frame_interval_ms, override
            As for `read_header`.

        Returns
        -------
        dict
            Values of JSON: `shape` (row, column, slice, frame) and `type` of the image, `has_masks`, `spacing_mm` and
            `frame_interval_ms`.

        Raises
        ------
        BadInput
            If a file cannot be read, the image is not 4D, or a mask does not have its grid or frames.
        """
        image, spacing, interval = read_header(self.image_file(mouse), spacing_mm, frame_interval_ms, override)
        masks = self._masks.get(mouse, {})
        for frame, path in masks.items():
            orientation_to(path, self._open_mask(path, frame, image), image)
        return {
            "shape": list(image.shape),
            "type": str(image.get_data_dtype()),
            "has_masks": bool(masks),
            "spacing_mm": spacing,
            "frame_interval_ms": interval,
        }

    def read_masks(self, mouse: str, image: Nifti1Pair) -> tuple[np.ndarray, list[int]]:
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
        for frame, path in self._masks.get(mouse, {}).items():
            values = on_grid(path, self._open_mask(path, frame, image), image)
            if frame is None:
                masks[:] = self._labelled(path, values).reshape(image.shape)
                frames += _labelled_frames(masks)
            else:
                masks[..., frame] = self._labelled(path, values).reshape(image.shape[:3])
                frames.append(frame)
        return masks, sorted(frames)

    def _open_mask(self, path: Path, frame: int | None, image: Nifti1Pair) -> Nifti1Pair:
        """Open the mask of a frame or, with None, of all frames. Raises BadInput unless frames and axes fit the image.

        A mask of one frame may have three axes, or four; the grid is compared in `orientation_to`.
        """
        mask, frames = open_nifti(path), image.shape[3]
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
        return mask

    def _labelled(self, path: Path, values: np.ndarray) -> np.ndarray:
        """Translate the labels of a mask to Murmur's, 1 myocardium and 2 blood pool."""
        meaning = {self.labels["myocardium"]: 1, self.labels["blood_pool"]: 2}
        mask, unknown = np.zeros(values.shape, np.uint8), []
        for value in np.unique(values):
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
                f"{self.labels['blood_pool']} blood_pool; correct the source's labels, or list other structures under "
                "ignore"
            )
        return mask


def _labelled_frames(masks: np.ndarray) -> list[int]:
    """Return the frames with at least one label, counted from 0."""
    return np.flatnonzero(masks.any(axis=(0, 1, 2))).tolist()
