"""The cine of a scan session as a mouse has it: found among the images of a folder or zip archive, and its pixels.

This is common to all formats of scanners; a module for each reads headers and pixels.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from murmur.data.cine_stack import Cine, cine_of
from murmur.data.headers import MOST_VALUES, agreed
from murmur.data.mouse_file import as_uint16
from murmur.data.scan_files import Files, files_in
from murmur.data.scan_findings import oddities
from murmur.data.scan_images import Contents, Image, Words
from murmur.data.stacks import choose
from murmur.errors import BadInput
from murmur.files import check_name, remembered

# Images of a file as stored, and the slope and intercept of each from stored to real values.
Decoded = tuple[list[np.ndarray], list[tuple[float, float]]]


class Session(NamedTuple):
    """The cine in the scan session of a mouse.

    Attributes
    ----------
    path : str
        Folder or zip archive.
    cine : Cine
        What was taken.
    passed_over : list of str
        The other stacks of images, and what else is not used, in words.
    odd : list of (str, str, str)
        Check, found and expected of what is odd about the cine or passed over.
    names : list of str
        The files of the cine within the folder or archive, with those of its headers.
    """

    path: str
    cine: Cine
    passed_over: list[str]
    odd: list[tuple[str, str, str]]
    names: list[str]

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Numbers of rows, columns, slices and frames."""
        slices = self.cine.images
        return *slices[0][0].shape, len(slices), len(slices[0])

    @property
    def files(self) -> list[str]:
        """The files of the cine, or the archive."""
        if not Path(self.path).is_dir():
            return [self.path]
        return [str(Path(self.path) / name) for name in self.names]


def sessions(folder: str | Path) -> dict[str, str]:
    """Return the path of each mouse, by the name of the mouse: the folders and zip archives in a folder.

    A folder without any is the session of one mouse, with the name of the folder. Raises BadInput if a name cannot be
    used, or if two mice have the same.
    """
    folder = Path(folder)
    found: dict[str, str] = {}
    inside = [path for path in sorted(folder.iterdir()) if not path.name.startswith(".")]
    for path in [path for path in inside if path.is_dir() or path.suffix.lower() == ".zip"] or [folder] * bool(inside):
        name = path.stem if path.is_file() else name_of_folder(path)
        check_name(path)
        if name in found:
            raise BadInput(f"{path}: found two scan sessions named {name}, expected one; remove or rename one")
        found[name] = str(path)
    return found


def name_of_folder(path: str | Path) -> str:
    """Return the name of a folder, or of a link to one: what it links to may have the name of a patient."""
    return Path(os.path.abspath(path)).name


def session_of(path: str, words: Words, contents: Contents) -> Session:
    """Return the cine in a scan session.

    Parameters
    ----------
    path : str
        Folder or zip archive of the session.
    words, contents
        As for `choose`.

    Returns
    -------
    Session
        The cine among the images.

    Raises
    ------
    BadInput
        If there is no short-axis cine or more than one, or if it is incomplete.
    """
    stack, others = choose(path, words, contents)
    cine = cine_of(path, stack)
    passed_over = [other.text for other in others] + [one.text for one in contents.left_out]
    names = dict.fromkeys(image.file for images in cine.images for image in images)
    return Session(path, cine, passed_over, list(oddities(cine, others, contents.left_out)), list(names))


def remembered_session(path: str, what: str, find: Callable[[], Session], code: str) -> Session:
    """Return the session in a folder or archive; it is found again only if a file or the code changes.

    Parameters
    ----------
    path : str
        Folder or zip archive.
    what : str
        Name of the note in which it is kept.
    find : callable
        Finds it.
    code : str
        Digest of the code that finds it.

    Returns
    -------
    Session
        What `find` returns, now or earlier.

    Raises
    ------
    BadInput
        If the folder is empty, or as `find`.
    """
    files = files_in(path)
    if not files:
        raise BadInput(f"{path}: found an empty folder, expected the files of a scan session; remove it, or fill it")
    found = remembered(files, what, lambda _: find(), code=code)
    cine = Cine(*found[1])
    images = [[_image(values) for values in images] for images in cine.images]
    path, _, passed_over, odd, names = found
    return Session(path, cine._replace(images=images), passed_over, [*map(tuple, odd)], names)


def _image(values: Sequence) -> Image:
    """Return an image from its values in a note."""
    image = Image(*values)
    tuples = {name: tuple(getattr(image, name)) for name in ("shape", "pixel_mm", "orientation", "position")}
    return image._replace(**tuples)


def read_cine(session: Session, decode: Callable[[Files, str, Sequence[int]], Decoded]) -> np.ndarray:
    """Read the intensities of a cine.

    Parameters
    ----------
    session : Session
        The cine.
    decode : callable
        Returns some images of a file (axes row, column), by their indices, with slope and intercept of each.

    Returns
    -------
    ndarray of uint16
        Axes (row, column, slice, frame). Slope and intercept are applied where they differ between images; otherwise
        the stored values are kept, because each slice is later normalised to its own range. Negative values are shifted
        to start at 0, and fractions and values outside the range of uint16 are rescaled to it.

    Raises
    ------
    BadInput
        If a file cannot be decoded, or is not as its header says.
    """
    shape = session.shape
    if np.prod(shape, dtype=np.int64) > MOST_VALUES:
        raise BadInput(f"{session.path}: found a cine of shape {shape}, expected at most {MOST_VALUES:,} values")
    places: dict[str, list[tuple[int, int, int]]] = {}
    for number, images in enumerate(session.cine.images):
        for frame, image in enumerate(images):
            places.setdefault(image.file, []).append((image.frame, number, frame))
    values, scales = np.zeros(shape, np.float64), set()
    with Files(session.path) as files:
        for name, wanted in places.items():
            stored, found = decode(files, name, [index for index, _, _ in wanted])
            if stored[0].shape != shape[:2]:
                raise BadInput(
                    f"{files.where(name)}: found an image of {stored[0].shape} pixels, expected {shape[:2]} as in the "
                    "header; export it again"
                )
            for array, (slope, intercept), (_, number, frame) in zip(stored, found, wanted, strict=True):
                values[:, :, number, frame] = array * slope + intercept
                scales.add((slope, intercept, array.dtype.kind in "iu"))
    if len(scales) == 1:
        slope, intercept, are_integers = scales.pop()
        values = (values - intercept) / slope
        values = np.round(values) if are_integers else values
    return as_uint16(values)


def grid_of(
    session: Session, spacing_mm: list[float] | None, frame_interval_ms: float | None, override: bool
) -> tuple[list[float], float]:
    """Return the grid of a cine according to its headers and the study file.

    Parameters
    ----------
    session : Session
        The cine.
    spacing_mm : list of float or None
        Spacing of rows, columns and slices in mm, if the study file gives it.
    frame_interval_ms : float or None
        Time between frames in ms, if the study file gives it.
    override : bool
        Whether these replace different values of the headers, instead of being an error.

    Returns
    -------
    spacing_mm : list of float
        Spacing of rows, columns and slices in mm.
    frame_interval_ms : float
        Time between frames in ms.

    Raises
    ------
    BadInput
        If headers and study file contradict each other, or if neither gives a frame interval.
    """
    cine = session.cine
    spacing = agreed(session.path, "spacing_mm", spacing_mm, cine.spacing_mm, override)
    interval = agreed(session.path, "frame_interval_ms", frame_interval_ms, cine.frame_interval_ms, override)
    if interval is None:
        raise BadInput(
            f"{session.path}: found neither delays after the R wave nor the length of the cardiac cycle, expected one; "
            "give the cohort's frame_interval_ms in the study file"
        )
    return spacing, interval


def attributes_of(session: Session, spacing_mm: list[float], frame_interval_ms: float) -> Mapping:
    """Return the attributes of the mouse file: spacing, frame interval, affine and, if it is known, the cycle."""
    cycle = {} if session.cine.cycle_ms is None else {"cycle_ms": session.cine.cycle_ms}
    affine = np.array(session.cine.affine)
    return {"spacing_mm": spacing_mm, "frame_interval_ms": frame_interval_ms, "affine": affine, **cycle}
