"""NIfTI files as mouse files: 4D images, with masks as 4D files or as one file per annotated frame."""

import re
import zlib
from functools import cached_property
from pathlib import Path

import nibabel
import numpy as np

from murmur.errors import BadInput

MILLISECONDS = {"sec": 1000.0, "msec": 1.0, "usec": 0.001}
MILLIMETRES = {"mm": 1.0, "meter": 1000.0, "micron": 0.001, "unknown": 1.0}


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

    Raises
    ------
    BadInput
        If a template is not a file name with `{mouse}` once and `{frame}` at most once.
    """

    KEYS = ("nifti", "images", "masks", "labels", "frames_from")

    def __init__(self, nifti: str, images: str, labels: dict[str, int], frames_from: int = 1, masks: str | None = None):
        self.folder, self.images, self.masks = Path(nifti), images, masks
        self.labels, self.frames_from = labels, frames_from
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
        found = (image.fullmatch(path.name) for path in self.folder.iterdir())
        return sorted(m["mouse"] for m in found if m and not (mask and mask.fullmatch(m.string)))

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
        for path in sorted(self.folder.iterdir()):
            fits = ((mouse, pattern.fullmatch(path.name)) for mouse, pattern in patterns)
            mouse, match = next(((mouse, match) for mouse, match in fits if match), (None, None))
            if match is None:
                continue
            number = match.groupdict().get("frame")
            frame = None if number is None else int(number) - self.frames_from
            other = found.setdefault(mouse, {}).setdefault(frame, path)
            if other != path:
                raise BadInput(f"{path}: found the same frame of {mouse} in {other}, expected one file; remove one")
        return found

    def mask_files(self, mouse: str) -> list[Path]:
        """Return the mask files of a mouse, in order; empty if it has no contours."""
        return list(self._masks.get(mouse, {}).values())

    def contoured_frames(self, mouse: str) -> list[int]:
        """Return the frames with a mask, counted from 0; a 4D file is read to find them."""
        file = self.mask_4d(mouse)
        return self.labelled_frames(file) if file else sorted(self._masks.get(mouse, {}))

    def mask_4d(self, mouse: str) -> Path | None:
        """Return the 4D mask file of a mouse; None if there is one file per frame, or none."""
        return self._masks.get(mouse, {}).get(None)

    def labelled_frames(self, path: str | Path) -> list[int]:
        """Return the frames of a 4D mask file with at least one label of the two structures, counted from 0."""
        return _labelled_frames(self._labelled(Path(path), _values(Path(path))))

    def files(self, mouse: str) -> list[Path]:
        """Return all files of a mouse."""
        return [self.image_file(mouse), *self.mask_files(mouse)]

    def read_masks(self, mouse: str, shape: tuple[int, ...]) -> tuple[np.ndarray, list[int]]:
        """Read the masks of a mouse.

        Parameters
        ----------
        mouse : str
            Name of the mouse.
        shape : tuple of int
            Shape of the image (row, column, slice, frame).

        Returns
        -------
        masks : ndarray
            Labels (row, column, slice, frame), uint8: 0 background, 1 myocardium, 2 blood pool.
        frames : list of int
            Annotated frames, counted from 0; in a 4D file, those with at least one label.

        Raises
        ------
        BadInput
            If a shape, a frame number or a value is wrong.
        """
        masks, frames = np.zeros(shape, np.uint8), []
        for frame, path in self._masks.get(mouse, {}).items():
            values = _values(path)
            if frame is None:
                _expect_shape(path, values, shape)
                masks[:] = self._labelled(path, values)
                frames += _labelled_frames(masks)
                continue
            _expect_shape(path, values, shape[:3])
            if not 0 <= frame < shape[3]:
                raise BadInput(
                    f"{path}: found frame {frame + self.frames_from} in the name, expected {self.frames_from} to "
                    f"{shape[3] - 1 + self.frames_from}; set frames_from or rename the file"
                )
            masks[..., frame] = self._labelled(path, values)
            frames.append(frame)
        return masks, sorted(frames)

    def _labelled(self, path: Path, values: np.ndarray) -> np.ndarray:
        """Translate the labels of a mask to Murmur's, 1 myocardium and 2 blood pool."""
        from_label = {0: 0, self.labels["myocardium"]: 1, self.labels["blood_pool"]: 2}
        found = np.unique(values)
        mask = np.zeros(values.shape, np.uint8)
        for value in found:
            if value in from_label:
                mask[values == value] = from_label[value]
            elif not float(value).is_integer():
                raise BadInput(
                    f"{path}: found the value {value:g}, expected integer labels; export masks, not probabilities"
                )
        return mask


def _line(error: Exception) -> str:
    """Return the message of an error on one line."""
    return " ".join(str(error).split())


def _open(path: Path) -> nibabel.spatialimages.SpatialImage:
    """Open a NIfTI file; raise BadInput if it cannot be read."""
    try:
        return nibabel.load(path)
    except (nibabel.filebasedimages.ImageFileError, OSError) as error:
        raise BadInput(
            f"{path}: found no readable NIfTI image ({_line(error)}), expected one; export it again"
        ) from None


def _values(path: Path, image: nibabel.spatialimages.SpatialImage | None = None) -> np.ndarray:
    """Read the voxel values of a NIfTI file; raise BadInput if it is damaged."""
    image = image or _open(path)
    try:
        return np.asarray(image.dataobj)
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise BadInput(
            f"{path}: found a truncated or damaged file ({_line(error)}), expected a complete one; copy it again"
        ) from None


def _labelled_frames(masks: np.ndarray) -> list[int]:
    """Return the frames with at least one label, counted from 0."""
    return np.flatnonzero(masks.any(axis=(0, 1, 2))).tolist()


def _expect_shape(path: Path, values: np.ndarray, shape: tuple[int, ...]) -> None:
    """Raise BadInput if the shape of a mask is not that of its image."""
    if values.shape != tuple(shape):
        raise BadInput(
            f"{path}: found the shape {values.shape}, expected {tuple(shape)} as in the image; export both on one grid"
        )


def read_image(path: Path) -> tuple[np.ndarray, list[float], float]:
    """Read a 4D image.

    Parameters
    ----------
    path : Path
        NIfTI file.

    Returns
    -------
    image : ndarray of uint16
        Intensities, axes (row, column, slice, frame), on the grid of the file.
    spacing_mm : list of float
        Voxel spacing along row, column and slice, in mm.
    frame_interval_ms : float
        Time between frames in ms; NaN if the header gives no unit of time.

    Raises
    ------
    BadInput
        If the file cannot be read, is not 4D or holds values that are not finite.

    Notes
    -----
    Integers within the range of uint16 are kept; other values are rescaled to that range. Each slice is later
    normalised to its own range, so that only rounding is lost.
    """
    image = _open(path)
    if image.ndim != 4:
        raise BadInput(
            f"{path}: found {image.ndim} dimensions {image.shape}, "
            "expected 4 (row, column, slice, frame); export the full cine"
        )
    space, time = image.header.get_xyzt_units()
    zooms = [float(zoom) for zoom in image.header.get_zooms()]
    values = _values(path, image)
    if not np.isfinite(values).all():
        raise BadInput(f"{path}: found values that are not finite, expected numbers; export it again")
    lowest, highest = float(values.min()), float(values.max())
    whole = np.issubdtype(values.dtype, np.integer) or bool((values == np.round(values)).all())
    if not (whole and lowest >= 0 and highest <= 65535):
        values = np.round((values - lowest) * (65535 / max(highest - lowest, np.finfo(float).tiny)))
    spacing = [zoom * MILLIMETRES[space] for zoom in zooms[:3]]
    return values.astype(np.uint16), spacing, zooms[3] * MILLISECONDS.get(time, float("nan"))
