"""One mouse: its file, checked and described as a row of the manifest."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import h5py
import numpy as np

from murmur.data.headers import agreed
from murmur.data.mouse_file import attribute, check_labels, check_range, images_of, listed_frames, masks_of, open_mouse
from murmur.errors import BadInput
from murmur.files import remembered_sha256
from murmur.vocabulary import BLOOD_POOL, numbered

PAPER_SPACING_MM = (0.1, 0.1, 1.0)
PAPER_FRAME_INTERVAL_MS = 5.0
GRID = ("rows", "columns", "slices", "frames")


@dataclass(frozen=True)
class Mouse:
    """One row of a manifest: the grid of a mouse file and its annotated frames, counted from 0.

    Attributes
    ----------
    name : str
        Name of the mouse.
    sha256 : str
        SHA-256 of the mouse file.
    images_sha256 : str
        SHA-256 of its images, which may be in several files.
    shape : tuple of int
        Size of the image (row, column, slice, frame).
    spacing_mm : tuple of float
        Voxel spacing along row, column and slice, in mm.
    frame_interval_ms : float
        Time between frames, in ms.
    annotated_frames : tuple of int
        Frames with reference contours, ascending.
    ed_frame, es_frame : int or None
        End-diastolic and end-systolic frames; None if unknown.
    phenotype : str or None
        Phenotype; None if unknown.
    inflow_frames : tuple of int
        Annotated frames with inflow artefacts; empty unless the source of the cohort says so.

    Notes
    -----
    The location of the file is not included: a job opens only the files that its rule declares as inputs.
    """

    name: str
    sha256: str
    shape: tuple[int, int, int, int]
    spacing_mm: tuple[float, float, float]
    frame_interval_ms: float
    annotated_frames: tuple[int, ...]
    ed_frame: int | None
    es_frame: int | None
    phenotype: str | None
    inflow_frames: tuple[int, ...] = ()
    images_sha256: str = ""

    @property
    def phases(self) -> dict[int, str]:
        """Phase of each annotated frame: ED, ES, inflow or other; without ED and ES, single (first frame) or other."""
        if self.ed_frame is None:
            return {frame: "other" if number else "single" for number, frame in enumerate(self.annotated_frames)}
        known = dict.fromkeys(self.inflow_frames, "inflow") | {self.ed_frame: "ED", self.es_frame: "ES"}
        return {frame: known.get(frame, "other") for frame in self.annotated_frames}


def _frames(listed) -> tuple[int, ...]:
    """Parse a list of frames separated by semicolons."""
    return tuple(map(int, listed.split(";"))) if listed and not _missing(listed) else ()


def _optional(value, kind: type):
    """Convert a value to `kind`; None if it is missing."""
    return None if _missing(value) else kind(value)


def _missing(value) -> bool:
    """Whether a value is None or NaN; pandas, which would tell, takes longer to import than a short job."""
    return value is None or value != value


def check_mouse(path: str, spacing_mm: list[float] | None = None, override_headers: bool = False) -> Mouse:
    """Check one mouse file, without its manifest.

    Parameters
    ----------
    path : str
        HDF5 file, named after the mouse.
    spacing_mm : list of float, optional
        As for `describe`.
    override_headers : bool
        As for `describe`.

    Returns
    -------
    Mouse
        The mouse as in a manifest, except for its phenotype, which is None.

    Raises
    ------
    BadInput
        If the file does not meet the requirements.

    Notes
    -----
    Used by long-running jobs, which must not be rerun whenever another mouse changes the manifest.
    """
    return mouse_of(SimpleNamespace(**describe(path, spacing_mm, None, None, override_headers=override_headers)))


def mouse_of(row) -> Mouse:
    """Return the mouse in a row of a manifest, an object with its columns as attributes."""
    return Mouse(
        name=row.mouse,
        sha256=row.sha256,
        shape=(row.rows, row.columns, row.slices, row.frames),
        spacing_mm=(row.row_mm, row.column_mm, row.slice_mm),
        frame_interval_ms=row.frame_interval_ms,
        annotated_frames=_frames(row.annotated_frames),
        ed_frame=_optional(row.ed_frame, int),
        es_frame=_optional(row.es_frame, int),
        phenotype=_optional(row.phenotype, str),
        inflow_frames=_frames(row.inflow_frames),
        images_sha256=row.images_sha256,
    )


def find_phases(blood_pool_voxels: dict[int, int]) -> tuple[int | None, int | None]:
    """Identify ED and ES, the frames with the largest and the smallest blood pool (the earlier one of equal frames).

    Parameters
    ----------
    blood_pool_voxels : dict of int to int
        Number of blood-pool voxels of each annotated frame. Frames without blood pool are ignored.

    Returns
    -------
    tuple of (int or None)
        ED and ES frames; (None, None) if fewer than two frames have blood pool.
    """
    counted = {frame: voxels for frame, voxels in sorted(blood_pool_voxels.items()) if voxels > 0}
    if len(counted) < 2:
        return None, None
    ed = max(counted, key=counted.get)
    return ed, min((frame for frame in counted if frame != ed), key=counted.get)


def _check_images(path: str, images: h5py.Dataset) -> str:
    """Check the values of the images, slice by slice; return their SHA-256."""
    lowest, highest, digest = np.inf, -np.inf, hashlib.sha256(str(images.shape).encode())
    for number in range(images.shape[2]):
        values = images[:, :, number, :]
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            raise BadInput(f"{path}: found values in Images that are not finite, expected numbers; export it again")
        lowest, highest = min(lowest, values.min()), max(highest, values.max())
        digest.update(values.tobytes())
    check_range(path, lowest, highest)
    return digest.hexdigest()


def _check_masks(path: str, masks: h5py.Dataset, listed: list[int] | None) -> dict[int, int]:
    """Check the labels; return the number of blood-pool voxels of each annotated frame."""
    shape = masks.shape
    labelled, blood_pool = np.zeros(shape[3], bool), np.zeros(shape[3], int)
    for number in range(shape[2]):
        values = masks[:, :, number, :]
        check_labels(masks, number, values)
        labelled |= values.any(axis=(0, 1))
        blood_pool += np.count_nonzero(values == BLOOD_POOL, axis=(0, 1))
    frames = np.flatnonzero(labelled).tolist()
    if listed is not None and (strays := sorted(set(frames) - set(listed))):
        raise BadInput(
            f"{path}: found labels in {numbered('frame', strays[0], shape[3])}, which is not in Frames_with_ROI "
            f"{listed}, expected all frames with labels; add {strays[0]} (counted from 0 there) or clear its mask"
        )
    return {frame: int(blood_pool[frame]) for frame in frames}


def describe(
    path: str,
    spacing_mm: list[float] | None,
    frame_interval_ms: float | None,
    phenotype: str | None,
    inflow: bool = False,
    override_headers: bool = False,
) -> dict:
    """Check one mouse file and describe it as a row of the manifest.

    Parameters
    ----------
    path : str
        HDF5 file, named after the mouse.
    spacing_mm : list of float or None
        Spacing in mm along row, column and slice as given in the study file. None uses the attribute `spacing_mm` of
        the file or, failing that, the spacing of the published study.
    frame_interval_ms : float or None
        Time between frames in ms, with the same precedence.
    phenotype : str or None
        Phenotype of the mouse, if known.
    inflow : bool, optional
        Whether annotated frames other than ED and ES are inflow frames, as in the published data; otherwise nothing is
        known about them.
    override_headers : bool, optional
        Whether `spacing_mm` and `frame_interval_ms` replace different values in the file, instead of being an error.

    Returns
    -------
    dict
        Row of the manifest, by column.

    Raises
    ------
    BadInput
        If the file does not meet the requirements; one sentence with the file, what was found and what was expected.
    """
    with open_mouse(path) as file:
        images, masks = images_of(file), masks_of(file)
        shape = images.shape
        digest = _check_images(path, images)
        annotated = {} if masks is None else _check_masks(path, masks, listed_frames(file, shape[3]))
        assumed = spacing_mm is None and "spacing_mm" not in file.attrs
        interval_assumed = frame_interval_ms is None and "frame_interval_ms" not in file.attrs
        spacing = agreed(path, "spacing_mm", spacing_mm, attribute(file, "spacing_mm", 3), override_headers)
        found = attribute(file, "frame_interval_ms", 1)
        interval = agreed(path, "frame_interval_ms", frame_interval_ms, found, override_headers)
    spacing, interval = spacing or PAPER_SPACING_MM, interval or PAPER_FRAME_INTERVAL_MS
    ed, es = find_phases(annotated)
    if not annotated:
        status = "not annotated: neither overlap nor the reference's function"
    elif ed is None:
        status = f"{len(annotated)} annotated, fewer than two with blood pool: overlap at one, function missing"
    else:
        status = "annotated"
    if assumed:
        status += f"; spacing assumed to be {' x '.join(map(str, spacing))} mm"
    return {
        "mouse": Path(path).stem,
        "file": path,
        "sha256": remembered_sha256(path),
        **dict(zip(GRID, shape, strict=True)),
        "annotated_frames": ";".join(map(str, annotated)),
        "ed_frame": ed,
        "es_frame": es,
        "inflow_frames": ";".join(str(f) for f in annotated if inflow and ed is not None and f not in (ed, es)),
        "phenotype": phenotype,
        "status": status,
        **dict(zip(("row_mm", "column_mm", "slice_mm"), map(float, spacing), strict=True)),
        "frame_interval_ms": float(interval),
        "spacing_assumed": assumed,
        "frame_interval_assumed": interval_assumed,
        "images_sha256": digest,
        "excluded": None,
    }
