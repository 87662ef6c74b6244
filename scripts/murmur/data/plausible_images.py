"""Plausibility of images: findings of the pixels of one mouse, which do not stop a study (docs/checks.md)."""

import difflib
import hashlib
from collections.abc import Iterator, Sequence

import h5py
import numpy as np

from murmur.data.mouse import Mouse
from murmur.data.mouse_file import images_of, open_mouse
from murmur.data.plausibility import Finding, listed

RESCALED = 0.9995  # correlation of images that differ in scale only; noise differs between scans
ROWS_AT_ONCE = 500  # of a matrix of correlations of all mice
SWAPPED_BY = 0.02  # excess of the correlation of slices over that of frames if the two axes are swapped
BRIGHT = 99.9  # percentile of the signal of an image
OUTLIER = 20  # times this percentile that the brightest pixel may have, both less the median
STEP = 2  # every second pixel along rows and columns is enough for a correlation
DATASETS = ("Images", "Masks", "Frames_with_ROI")


def look_at_images(path: str, mouse: Mouse, others: tuple[str, ...]) -> list[Finding]:
    """Check the images of a mouse, and which datasets its file has.

    Parameters
    ----------
    path : str
        Mouse file.
    mouse : Mouse
        The mouse as in its manifest.
    others : tuple of str
        Names of further datasets that readers use.

    Returns
    -------
    list of Finding
        What is odd.
    """
    with open_mouse(path) as file:
        digests, blank, outlying, along_frames, along_slices = _scan(images_of(file))
        return [
            *_unused(mouse.name, file, others),
            *_blank_or_repeated(mouse.name, digests, blank),
            *_outliers(mouse.name, outlying),
            *_swapped_axes(mouse.name, along_frames, along_slices),
        ]


def fingerprint(path: str) -> np.ndarray:
    """Return pixels by which the images of a mouse are recognised in another scale.

    Parameters
    ----------
    path : str
        Mouse file.

    Returns
    -------
    ndarray of float32
        A vector of mean 0 and variance 1: every fourth row and column of the middle slice of the first frame.
    """
    with open_mouse(path) as file:
        images = images_of(file)
        return _standardised(images[:: 2 * STEP, :: 2 * STEP, images.shape[2] // 2, 0][None])[0]


def check_rescaled(mice: Sequence[Mouse], fingerprints: Sequence[np.ndarray]) -> Iterator[Finding]:
    """Check that no two mice have images that differ in scale and rounding only.

    Parameters
    ----------
    mice : sequence of Mouse
        The mice of a cohort.
    fingerprints : sequence of ndarray
        Their vectors, as from `fingerprint`.

    Yields
    ------
    Finding
        For each mouse whose fingerprint has a correlation of RESCALED or more with that of an earlier one.
    """
    for shape in dict.fromkeys(mouse.shape for mouse in mice):
        alike = [number for number, mouse in enumerate(mice) if mouse.shape == shape]
        vectors = np.array([fingerprints[number] for number in alike])
        for later, earlier in _correlated(vectors):
            mouse, other = mice[alike[later]], mice[alike[earlier]]
            if mouse.images_sha256 != other.images_sha256:
                found = f"the images of {other.name} in another scale"
                yield Finding(mouse.name, "same images twice", found, "different mice")


def _correlated(vectors: np.ndarray) -> Iterator[tuple[int, int]]:
    """Yield the rows that have a correlation of RESCALED or more with an earlier row, in parts that fit into memory."""
    for start in range(0, len(vectors), ROWS_AT_ONCE):
        later = vectors[start : start + ROWS_AT_ONCE]
        correlations = later @ vectors[: start + len(later)].T / vectors.shape[1]
        for row, earlier in np.argwhere(np.tril(correlations, start - 1) >= RESCALED).tolist():
            yield start + row, earlier


def _scan(images: h5py.Dataset) -> tuple[np.ndarray, np.ndarray, np.ndarray, float, float]:
    """Read the images slice by slice.

    Return the digest of each image, whether it is blank and how far its brightest pixel is out (all: slice, frame), and
    the mean correlation of neighbouring frames of a slice and of neighbouring slices of a frame, NaN if there is only
    one.
    """
    digests, blank, outlying, frames, slices, before = [], [], [], [], [], None
    for number in range(images.shape[2]):
        block = np.ascontiguousarray(np.moveaxis(images[:, :, number, :], 2, 0))  # frame, row, column
        digests.append([hashlib.sha256(image.tobytes()).hexdigest() for image in block])
        blank.append(block.min(axis=(1, 2)) == block.max(axis=(1, 2)))
        outlying.append(_outlying(block))
        scaled = _standardised(block[:, ::STEP, ::STEP])
        frames += list((scaled[1:] * scaled[:-1]).mean(axis=1))
        slices += [] if before is None else list((scaled * before).mean(axis=1))
        before = scaled
    means = (float(np.mean(found)) if found else np.nan for found in (frames, slices))
    return np.array(digests), np.array(blank), np.array(outlying), *means


def _outlying(block: np.ndarray) -> np.ndarray:
    """Return the brightest pixel of each image of a block (frame, row, column) in units of BRIGHT, less the median."""
    middle, bright = np.percentile(block[:, ::STEP, ::STEP], (50, BRIGHT), axis=(1, 2), method="lower")
    width = bright - middle
    return np.divide(block.max(axis=(1, 2)) - middle, width, out=np.zeros(len(block)), where=width > 0)


def _standardised(block: np.ndarray) -> np.ndarray:
    """Return each image of a block (frame, row, column) as a row of mean 0 and variance 1, or of zeros if blank."""
    flat = block.reshape(len(block), -1).astype(np.float32)
    flat -= flat.mean(axis=1, keepdims=True)
    return flat / np.maximum(flat.std(axis=1, keepdims=True), 1e-9)


def _outliers(mouse: str, outlying: np.ndarray) -> Iterator[Finding]:
    """Find images with a pixel so bright that the normalisation to their range leaves no contrast."""
    if (images := outlying > OUTLIER).any():
        found = f"pixels up to {outlying.max():.2g} times as bright as {BRIGHT}% of the others in {images.sum()} of "
        found += f"{images.size} images"
        yield Finding(
            mouse, "outlying pixels", found, f"{OUTLIER} times or less, because images are normalised to their range"
        )


def _unused(mouse: str, file: h5py.File, others: tuple[str, ...]) -> Iterator[Finding]:
    """Find datasets that nothing uses, with the nearest name if the file lacks a dataset of such a name."""
    if unused := [name for name in file if name not in (*DATASETS, *others)]:
        near = difflib.get_close_matches(unused[0], [name for name in (*DATASETS, *others) if name not in file], n=1)
        expected = f"{near[0]}; rename the dataset" if near else f"{', '.join(DATASETS)} only"
        yield Finding(mouse, "dataset not used", listed(unused), expected)
    elif "Frames_with_ROI" in file and "Masks" not in file:
        yield Finding(mouse, "no masks", "Frames_with_ROI without Masks", "both, or neither")


def _blank_or_repeated(mouse: str, digests: np.ndarray, blank: np.ndarray) -> Iterator[Finding]:
    """Find blank images, and slices and frames that are copies of others, in arrays with the axes (slice, frame)."""
    n_slices, n_frames = digests.shape
    for kind, share, n in (("slice", blank.all(axis=1), n_slices), ("frame", blank.all(axis=0), n_frames)):
        if share.any() and n > 1:
            yield Finding(mouse, f"blank {kind}", f"{_numbered(kind, share)} of {n}", "images with different values")
    single = blank & ~blank.all(axis=1, keepdims=True) & ~blank.all(axis=0, keepdims=True)
    if single.any():
        yield Finding(mouse, "blank image", f"{single.sum()} of {single.size} images", "images with different values")
    for kind, rows in (("slice", digests), ("frame", digests.T)):
        copies = _copies(rows, blank if kind == "slice" else blank.T)
        if copies.any():
            found = f"{_numbered(kind, copies)} of {len(rows)}, each a copy of an earlier one"
            yield Finding(mouse, f"repeated {kind}", found, "different images")


def _copies(rows: np.ndarray, blank: np.ndarray) -> np.ndarray:
    """Return which rows of digests are the same as an earlier row; rows of blank images do not count."""
    seen, copies = set(), np.zeros(len(rows), bool)
    for number, row in enumerate(rows):
        copies[number] = tuple(row) in seen and not blank[number].all()
        seen.add(tuple(row))
    return copies


def _numbered(kind: str, which: np.ndarray) -> str:
    """Enumerate the slices or frames that are true in `which`, counted from 1."""
    numbers = [str(number + 1) for number in np.flatnonzero(which)]
    return f"{kind}{'s' if len(numbers) > 1 else ''} {listed(numbers)}"


def _swapped_axes(mouse: str, along_frames: float, along_slices: float) -> Iterator[Finding]:
    """Compare the similarity of neighbours: frames of a slice are more similar than slices of a frame."""
    if along_slices > along_frames + SWAPPED_BY:
        found = f"neighbouring slices (r = {along_slices:.2f}) more similar than frames (r = {along_frames:.2f})"
        yield Finding(mouse, "slices and frames look swapped", found, "axes (row, column, slice, frame)")
