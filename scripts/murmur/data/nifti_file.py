"""Single NIfTI files: their headers, values and grids, and masks brought to the grid of an image.

Functions import nibabel when they need it, because most studies have no NIfTI files, and each call of Snakemake would
wait for it.
"""

from __future__ import annotations

import gzip
import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from murmur.data.headers import agreed, check_size
from murmur.data.mouse_file import check_range
from murmur.errors import BadInput
from murmur.files import reading
from murmur.logs import log

if TYPE_CHECKING:
    import nibabel

MILLISECONDS = {"sec": 1000.0, "msec": 1.0, "usec": 0.001}
MILLIMETRES = {"mm": 1.0, "meter": 1000.0, "micron": 0.001}
TOLERANCE = 0.25  # voxels by which grids may differ
KIND = "NIfTI image"


def open_nifti(path: Path) -> nibabel.Nifti1Pair:
    """Open a NIfTI file without reading its values.

    Parameters
    ----------
    path : Path
        NIfTI file.

    Returns
    -------
    nibabel.Nifti1Pair
        The image.

    Raises
    ------
    BadInput
        If the file cannot be read, is not NIfTI, holds no real numbers, or is smaller than its header announces.
    """
    import nibabel

    with reading(path, KIND):
        image = nibabel.load(path)
        if not isinstance(image, nibabel.Nifti1Pair):
            raise BadInput(f"{path}: found a file of the kind {type(image).__name__}, expected NIfTI; convert it")
        kind, shape = image.get_data_dtype(), image.shape
        if kind.kind not in "uif" or min(shape, default=0) < 1:
            raise BadInput(f"{path}: found values of shape {shape} and type {kind}, expected numbers; export it again")
        if has_code(image) and not (np.isfinite(image.affine).all() and abs(np.linalg.det(image.affine[:3, :3])) > 0):
            raise BadInput(f"{path}: found an affine that maps no voxels to positions, expected one; export it again")
        _check_forms(path, image)
        check_size(path, "an image", shape, kind.itemsize)
        expected = image.dataobj.offset + int(np.prod(shape)) * kind.itemsize
        size = _size(Path(image.file_map["image"].filename), expected)
        if size < expected:
            raise BadInput(
                f"{path}: found a truncated file of {size:,} bytes, expected {expected:,} for the shape {shape}; copy "
                "it again"
            )
        return image


def _check_forms(path: Path, image: nibabel.Nifti1Pair) -> None:
    """Raise BadInput if qform and sform place voxels differently: programs disagree on which of them they use."""
    if min(image.header["qform_code"], image.header["sform_code"]) < 1 or len(image.shape) < 3:
        return
    qform, sform = image.header.get_qform(), image.header.get_sform()
    if not np.isfinite(qform).all():
        raise BadInput(f"{path}: found a qform that is no position, expected one; export it again")
    corners = np.array(np.meshgrid(*[(0, side - 1) for side in image.shape[:3]], [1], indexing="ij")).reshape(4, -1)
    apart = np.linalg.norm((qform - sform)[:3] @ corners, axis=0).max()
    if apart > TOLERANCE * min(sides(sform)):
        raise BadInput(
            f"{path}: found a qform and an sform that place a voxel {apart * millimetres(image):.3g} mm apart, "
            "expected one position; find out in a viewer which of them is right, and copy it to the other"
        )


def _size(path: Path, expected: int) -> int:
    """Return the size of the file's content in bytes. It is decompressed only if it may not be as `expected`."""
    if path.suffix != ".gz":
        return path.stat().st_size if path.suffix in (".nii", ".img") else expected
    with open(path, "rb") as file:
        file.seek(-4, os.SEEK_END)
        if int.from_bytes(file.read(4), "little") == expected % 2**32:  # the size in the last bytes
            return expected
    with gzip.open(path) as file:
        return sum(map(len, iter(partial(file.read, 2**20), b"")))


def read_values(path: Path, image: nibabel.Nifti1Pair | None = None) -> np.ndarray:
    """Read the values of a NIfTI file.

    Parameters
    ----------
    path : Path
        NIfTI file.
    image : nibabel.Nifti1Pair, optional
        The opened file.

    Returns
    -------
    ndarray
        Values scaled as the header specifies, on the grid of the file.

    Raises
    ------
    BadInput
        If the file is damaged.
    """
    image = image or open_nifti(path)
    with reading(path, KIND):
        return np.asarray(image.dataobj)


def spacing_of(path: Path, image: nibabel.Nifti1Pair) -> list[float] | None:
    """Return the voxel spacing of the header in mm; None unless it is positive and agrees with the affine."""
    file = image.file_map.get("header", image.file_map["image"])
    if file.filename is None:  # slices that were joined by their affines, which were compared with their headers
        return (sides(image.affine) * millimetres(image)).tolist()
    with reading(path, KIND), file.get_prepare_fileobj() as file:
        # Without checks: nibabel replaces 0 by 1 and drops signs when it loads an image.
        pixdim = type(image.header).from_fileobj(file, check=False)["pixdim"][1:4].astype(float)
    if not (np.isfinite(pixdim) & (pixdim > 0)).all():
        log.warning("%s: found the voxel spacing %s in the header, which is ignored", path, pixdim.tolist())
        return None
    if is_placed(image) and not np.allclose(edges := sides(image.affine), pixdim, rtol=0.01):
        log.warning(
            "%s: found the voxel spacing %s in the header, but %s in its affine; both are ignored",
            path,
            pixdim.tolist(),
            edges.tolist(),
        )
        return None
    return (pixdim * millimetres(image)).tolist()


def interval_of(image: nibabel.Nifti1Pair) -> float | None:
    """Return the time between frames of the header in ms; None unless it is positive and has a unit."""
    interval = float(image.header.get_zooms()[3]) * MILLISECONDS.get(_units(image)[1], np.nan)
    return interval if np.isfinite(interval) and interval > 0 else None


def read_header(
    path: Path,
    spacing_mm: list[float] | None,
    frame_interval_ms: float | None,
    override: bool,
    image: nibabel.Nifti1Pair | None = None,
) -> tuple[nibabel.Nifti1Pair, list[float], float]:
    """Open the 4D image of a mouse and determine its spacing and frame interval.

    Parameters
    ----------
    path : Path
        NIfTI file.
    spacing_mm : list of float or None
        Spacing along row, column and slice in the study file, in mm.
    frame_interval_ms : float or None
        Time between frames in the study file, in ms.
    override : bool
        Whether the study file overrides the header.
    image : nibabel.Nifti1Pair, optional
        The image, if it has been opened.

    Returns
    -------
    image : nibabel.Nifti1Pair
        The image, whose values have not been read.
    spacing_mm : list of float
        Voxel spacing along row, column and slice, in mm.
    frame_interval_ms : float
        Time between frames, in ms.

    Raises
    ------
    BadInput
        If the file is not a 4D image, or if header and study file contradict each other or give no value.
    """
    image = image or open_nifti(path)
    if image.ndim != 4:
        raise BadInput(
            f"{path}: found {image.ndim} dimensions {image.shape}, "
            "expected 4 (row, column, slice, frame); export the full cine"
        )
    spacing = agreed(path, "spacing_mm", spacing_mm, spacing_of(path, image), override)
    if spacing is None:
        raise BadInput(
            f"{path}: found no voxel spacing above 0 on which the header's pixdim "
            f"{[float(f'{size:g}') for size in image.header['pixdim'][1:4]]} and affine agree, expected one; correct "
            "the header, or give the cohort's spacing_mm in the study file"
        )
    interval = agreed(path, "frame_interval_ms", frame_interval_ms, interval_of(image), override)
    if interval is None:
        raise BadInput(
            f"{path}: found no frame time with a unit in the header, expected one; "
            "give the cohort's frame_interval_ms in the study file"
        )
    return image, spacing, interval


def scaled_to_uint16(path: Path, image: nibabel.Nifti1Pair) -> np.ndarray:
    """Return the intensities of an image as uint16, axes (row, column, slice, frame).

    Parameters
    ----------
    path : Path
        NIfTI file.
    image : nibabel.Nifti1Pair
        The opened file.

    Returns
    -------
    ndarray of uint16
        Intensities, on the grid of the file.

    Raises
    ------
    BadInput
        If the file is damaged or contains values that are not finite or all the same.

    Notes
    -----
    Integers within the range of uint16 are kept; other values are rescaled to that range. Each slice is later
    normalised to its own range, so that only rounding is lost.
    """
    values = read_values(path, image)
    if not np.isfinite(values).all():
        raise BadInput(f"{path}: found values that are not finite, expected numbers; export it again")
    lowest, highest = float(values.min()), float(values.max())
    check_range(path, lowest, highest)
    whole = np.issubdtype(values.dtype, np.integer) or bool((values == np.round(values)).all())
    if not (whole and lowest >= 0 and highest <= 65535):
        values = np.round((values - lowest) * (65535 / max(highest - lowest, np.finfo(float).tiny)))
    return values.astype(np.uint16)


def is_placed(image: nibabel.Nifti1Pair) -> bool:
    """Return whether the affine of an image gives its position: identity matrices are written for want of one."""
    return has_code(image) and not np.array_equal(image.affine, np.eye(4))


def has_code(image: nibabel.Nifti1Pair) -> bool:
    """Return whether the header of an image declares its affine as valid."""
    return bool(image.header["sform_code"] > 0 or image.header["qform_code"] > 0)


def orientation_to(path: Path, mask: nibabel.Nifti1Pair, image: nibabel.Nifti1Pair) -> np.ndarray:
    """Determine how the axes of a mask must be permuted and flipped to match those of an image.

    Parameters
    ----------
    path : Path
        File of the mask.
    mask, image : nibabel.Nifti1Pair
        The mask, 3D or 4D, and the 4D image.

    Returns
    -------
    ndarray
        Orientation (3, 2), as for `nibabel.orientations.apply_orientation`. The identity if one of the files has no
        meaningful affine.

    Raises
    ------
    BadInput
        If the permuted and flipped grid of the mask is not that of the image, to within a quarter of a voxel.
    """
    from nibabel.orientations import inv_ornt_aff, io_orientation

    if not (is_placed(mask) and is_placed(image)):
        log.info("%s: the affine of mask or image gives no position; their voxels are compared in order", path)
        _expect_shape(path, mask.shape[:3], image.shape[:3])
        return io_orientation(np.eye(4))
    affines = [_affine_mm(mask, image), _affine_mm(image, mask)]
    to_image = np.linalg.inv(affines[1]) @ affines[0]  # voxels of the mask to voxels of the image
    orientation = io_orientation(to_image)
    if np.isnan(orientation).any():
        orientation = io_orientation(np.eye(4))
    shape = tuple(mask.shape[axis] for axis in np.argsort(orientation[:, 0]))
    _expect_shape(path, shape, image.shape[:3])
    corners = np.array(np.meshgrid(*[(0, side - 1) for side in shape], [1], indexing="ij")).reshape(4, -1)
    apart = np.abs(to_image @ inv_ornt_aff(orientation, mask.shape[:3]) @ corners - corners)[:3].max()
    if apart > TOLERANCE:
        raise BadInput(
            f"{path}: found a grid {_described(affines[0])}, up to {apart:.3g} voxels from that of the image, "
            f"{_described(affines[1])}, expected the same grid; resample the mask onto the image, or, if their voxels "
            "correspond, copy the affine of the image to the mask"
        )
    if not np.array_equal(orientation, io_orientation(np.eye(4))):
        log.info("%s: the axes of the mask were permuted or flipped to match the image, by their affines", path)
    return orientation


def on_grid(path: Path, mask: nibabel.Nifti1Pair, image: nibabel.Nifti1Pair) -> np.ndarray:
    """Read a mask on the grid of an image.

    Parameters
    ----------
    path : Path
        File of the mask, for messages.
    mask : nibabel.Nifti1Pair
        The opened file, with three or four axes.
    image : nibabel.Nifti1Pair
        The 4D image of the mouse.

    Returns
    -------
    ndarray
        Values of the mask, with the axes in the order and direction of those of the image.

    Raises
    ------
    BadInput
        As `orientation_to`, and as `read_values`.
    """
    from nibabel.orientations import apply_orientation

    return apply_orientation(read_values(path, mask), orientation_to(path, mask, image))


def _units(image: nibabel.Nifti1Pair) -> tuple[str, str]:
    """Return the units of length and time of an image; `unknown` also for codes that NIfTI does not define."""
    try:
        return image.header.get_xyzt_units()
    except KeyError:
        return "unknown", "unknown"


def millimetres(image: nibabel.Nifti1Pair, other: nibabel.Nifti1Pair | None = None) -> float:
    """Return the unit of length of an image in mm: if it is unknown, that of `other`, or mm."""
    known = MILLIMETRES.get(_units(image)[0])
    return known or (1.0 if other is None else millimetres(other))


def _affine_mm(image: nibabel.Nifti1Pair, other: nibabel.Nifti1Pair) -> np.ndarray:
    """Return the affine of an image with positions in mm."""
    return np.diag([*[millimetres(image, other)] * 3, 1.0]) @ image.affine


def sides(affine: np.ndarray) -> np.ndarray:
    """Return the lengths of the edges of a voxel.

    Parameters
    ----------
    affine : ndarray
        Affine, shape (4, 4).

    Returns
    -------
    ndarray
        Lengths along the three axes, in the unit of the affine.
    """
    from nibabel.affines import voxel_sizes

    return voxel_sizes(affine)


def _described(affine: np.ndarray) -> str:
    """Return voxel size and origin of a grid in words."""
    size = " x ".join(f"{side:.4g}" for side in sides(affine))
    return f"of {size} mm from ({', '.join(f'{place:.4g}' for place in affine[:3, 3])})"


def _expect_shape(path: Path, found: tuple[int, ...], expected: tuple[int, ...]) -> None:
    """Raise BadInput if the shape of a mask is not that of its image."""
    if tuple(found) != tuple(expected):
        raise BadInput(
            f"{path}: found the shape {tuple(found)}, expected {tuple(expected)} as in the image; export both on one "
            "grid"
        )
