"""A folder of DICOM scan sessions as a source of mice: one folder or zip archive per mouse, with any tree of files."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from murmur.data.dicom_cine import Cine, choose, cine_of
from murmur.data.dicom_headers import Files, Image, read_images
from murmur.data.headers import MOST_VALUES, agreed
from murmur.errors import BadInput
from murmur.files import check_name, remembered


class Session(NamedTuple):
    """The cine in the scan session of a mouse.

    Attributes
    ----------
    path : str
        Folder or zip archive.
    cine : Cine
        What was taken.
    passed_over : list of str
        The other stacks of images, in words.
    """

    path: str
    cine: Cine
    passed_over: list[str]

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
        names = dict.fromkeys(image.file for images in self.cine.images for image in images)
        return [str(Path(self.path) / name) for name in names]


def sessions(folder: str | Path) -> dict[str, str]:
    """Return the path of each mouse, by the name of the mouse: the folders and zip archives in a folder.

    A folder without any is the session of one mouse, with the name of the folder. Raises BadInput if a name cannot be
    used, or if two mice have the same.
    """
    folder = Path(folder)
    found: dict[str, str] = {}
    inside = [path for path in sorted(folder.iterdir()) if not path.name.startswith(".")]
    for path in [path for path in inside if path.is_dir() or path.suffix.lower() == ".zip"] or [folder] * bool(inside):
        name = path.stem if path.is_file() else path.resolve().name
        check_name(path)
        if name in found:
            raise BadInput(f"{path}: found two scan sessions named {name}, expected one; remove or rename one")
        found[name] = str(path)
    return found


def find_session(path: str, series: Sequence[int] | None = None, names: Sequence[str] | None = None) -> Session:
    """Return the cine in a scan session; `series` are the numbers of its series, if the study file names them.

    All files of the folder or archive are read, or only those called `names`. Raises BadInput if a file cannot be read,
    or if there is no short-axis cine or more than one.
    """
    stack, others = choose(path, read_images(path, names), series)
    return Session(path, cine_of(path, stack), [other.text for other in others])


def remembered_session(path: str, series: Sequence[int] | None = None) -> Session:
    """Return `find_session`, which is computed again only if a file has changed."""
    what = f"short-axis cine in DICOM files, series {series}"
    files = [path] if Path(path).is_file() else sorted(str(file) for file in Path(path).rglob("*"))
    if not files:
        raise BadInput(f"{path}: found an empty folder, expected the DICOM files of a mouse; remove it, or fill it")
    found = remembered(files, what, lambda _: find_session(path, series))
    cine = Cine(*found[1])
    images = [[_image(values) for values in images] for images in cine.images]
    return Session(found[0], cine._replace(images=images), found[2])


def _image(values: Sequence) -> Image:
    """Return an image from its values in a note."""
    image = Image(*values)
    tuples = {name: tuple(getattr(image, name)) for name in ("shape", "pixel_mm", "orientation", "position")}
    return image._replace(**tuples)


def read_pixels(session: Session) -> np.ndarray:
    """Return the intensities of a cine as uint16, axes (row, column, slice, frame).

    The rescale slope and intercept are applied where they differ between images; otherwise the stored values are kept,
    because each slice is later normalised to its own range. Negative values are shifted to start at 0, and others
    outside the range of uint16 are rescaled to it.

    Raises BadInput if a file cannot be decoded, or is not as its header says.
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
            stored, found = _decode(files, name, [index for index, _, _ in wanted])
            if stored[0].shape != shape[:2]:
                raise BadInput(
                    f"{files.where(name)}: found an image of {stored[0].shape} pixels, expected {shape[:2]} as in the "
                    "header; export it again"
                )
            for array, (slope, intercept), (_, number, frame) in zip(stored, found, wanted, strict=True):
                values[:, :, number, frame] = array * slope + intercept
                scales.add((slope, intercept))
    if len(scales) == 1:
        slope, intercept = scales.pop()
        values = np.round((values - intercept) / slope)
    return _as_uint16(values)


def _as_uint16(values: np.ndarray) -> np.ndarray:
    lowest, highest = values.min(), values.max()
    if (values != np.round(values)).any() or highest - min(lowest, 0) > 65535:
        return np.round((values - lowest) * (65535 / max(highest - lowest, np.finfo(float).tiny))).astype(np.uint16)
    return (values - min(lowest, 0)).astype(np.uint16)


def _decode(files: Files, name: str, frames: Sequence[int]) -> tuple[list[np.ndarray], list[tuple[float, float]]]:
    """Return images of a file as stored, and the rescale slope and intercept of each."""
    dataset = files.read(name)
    try:
        pixels = dataset.pixel_array
        pixels = pixels[None] if pixels.ndim == 2 else pixels
        return [pixels[frame] for frame in frames], [_rescale(dataset, frame) for frame in frames]
    except Exception as error:  # decoders raise many kinds
        syntax = getattr(getattr(dataset, "file_meta", None), "TransferSyntaxUID", None)
        compressed = bool(syntax and syntax.is_compressed)
        what = f"pixels compressed as {syntax.name}" if compressed else "damaged pixels"
        todo = "decompress the files, for example with gdcmconv --raw" if compressed else "copy or export it again"
        reason = " ".join(str(error).split())[:200]
        raise BadInput(
            f"{files.where(name)}: found {what} ({reason}), expected values that can be read; {todo}"
        ) from None


def _rescale(dataset, frame: int) -> tuple[float, float]:
    """Return the slope and intercept from stored to real values, 1 and 0 if there are none."""
    groups = [dataset]
    if "PerFrameFunctionalGroupsSequence" in dataset:
        per_frame = dataset.PerFrameFunctionalGroupsSequence
        groups = [per_frame[frame] if frame < len(per_frame) else dataset]
        groups += [*(dataset.get("SharedFunctionalGroupsSequence") or []), dataset]
    for group in groups:
        for item in [*(group.get("PixelValueTransformationSequence") or []), group]:
            slope = item.get("RescaleSlope")
            if slope not in (None, "") and float(slope) != 0:
                return float(slope), float(item.get("RescaleIntercept") or 0)
    return 1.0, 0.0


def grid_of(
    session: Session, spacing_mm: list[float] | None, frame_interval_ms: float | None, override: bool
) -> tuple[list[float], float]:
    """Return the voxel spacing in mm and the frame interval in ms, of the headers and the study file.

    The arguments are those of the study file, as for `agreed`. Raises BadInput if the two contradict each other, or if
    neither gives a frame interval.
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
