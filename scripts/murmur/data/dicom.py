"""A folder of DICOM scan sessions as a source of mice: the cine of a session, and its pixels."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from murmur.data.dicom_headers import read_dataset, read_images
from murmur.data.scan_files import Files
from murmur.data.scan_images import Contents, Words
from murmur.data.scan_session import Decoded, Session, read_cine, session_of
from murmur.errors import BadInput

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

WORDS = Words("series", "series", "MR images in DICOM files", "source.series")


def read_session(path: str, series: Sequence[int] | None = None, names: Sequence[str] | None = None) -> Contents:
    """Return what lies in a scan session; `series` are the numbers that the study file names, if it does.

    All files of the folder or archive are read, or only those called `names`. Raises BadInput if a file cannot be read.
    """
    images, left_out = read_images(path, names)
    if series is None:
        return Contents(images, left_out)
    labels = list(map(str, series))
    return Contents(images, left_out, [image for image in images if image.label in labels], labels)


def find_session(path: str, series: Sequence[int] | None = None, names: Sequence[str] | None = None) -> Session:
    """Return the cine in a scan session; `series` are the numbers of its series, if the study file names them.

    All files of the folder or archive are read, or only those called `names`. Raises BadInput if a file cannot be read,
    or if there is no short-axis cine or more than one.
    """
    return session_of(path, WORDS, read_session(path, series, names))


def decode(files: Files, name: str, frames: Sequence[int]) -> Decoded:
    """Decode images of a DICOM file.

    Parameters
    ----------
    files : Files
        The files of the scan session.
    name : str
        Name of the file among them.
    frames : sequence of int
        Indices of the images in the file, counted from 0.

    Returns
    -------
    images : list of ndarray
        The images as stored, axes (row, column).
    scales : list of (float, float)
        Rescale slope and intercept of each image, from stored to real values.

    Raises
    ------
    BadInput
        If the pixels cannot be decoded.
    """
    dataset = read_dataset(files, name)
    try:
        pixels = _intensities(dataset)
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


read_pixels = partial(read_cine, decode=decode)  # the intensities of a Session


def _intensities(dataset: "Dataset") -> np.ndarray:
    """Return the stored values of all images, of the bits in use; brighter is larger, and padding dark."""
    pixels = dataset.pixel_array
    if pixels.dtype.kind not in "iu":
        return pixels
    padding = dataset.get("PixelPaddingValue") or None
    is_padded = pixels == padding
    pixels = ~pixels if dataset.PhotometricInterpretation == "MONOCHROME1" else pixels
    unused = 8 * pixels.itemsize - dataset.BitsStored
    pixels = pixels << unused >> unused
    if padding is not None and is_padded.any() and not is_padded.all():
        pixels[is_padded] = pixels[~is_padded].min()
    return pixels


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
