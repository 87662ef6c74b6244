"""The short-axis cine of a scan session: the slices of its stack, and their frames in the order of the beat.

Slices are ordered by their positions along the normal of the plane, and their distance is that of the positions, never
the thickness. Frames are ordered by the delay after the R wave, else by temporal position, else by number, and their
interval is that of the delays, or the cardiac cycle divided by the number of frames, never the repetition time.
"""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from murmur.data.scan_images import Image, Words
from murmur.data.slice_positions import SAME_DIRECTION, even_step
from murmur.data.stacks import Stack, labels, named
from murmur.errors import BadInput
from murmur.files import natural_key

ROUNDED_MS = 1.0  # by which delays and cycles in whole ms may differ


class Cine(NamedTuple):
    """A cine of equally spaced slices with equal numbers of frames.

    Attributes
    ----------
    series : tuple of str
        Names of the series, in natural order.
    images : list of list of Image
        Images by slice and frame.
    spacing_mm : list of float
        Voxel spacing along row, column and slice.
    frame_interval_ms : float or None
        Median over the slices; None if the headers do not tell.
    interval_range_ms : list of float or None
        Shortest and longest interval of a slice.
    cycle_ms : float or None
        Length of the cardiac cycle, the median over the slices.
    affine : list of list of float
        From indices (row, column, slice) to the patient's frame in mm as in NIfTI (RAS).
    """

    series: tuple[str, ...]
    images: list[list[Image]]
    spacing_mm: list[float]
    frame_interval_ms: float | None
    interval_range_ms: list[float] | None
    cycle_ms: float | None
    affine: list[list[float]]


def cine_of(where: str, stack: Stack) -> Cine:
    """Return the cine of a stack.

    The first slice is the end of the stack that was acquired first. Raises BadInput if slices are missing, doubled,
    shifted or unevenly spaced, or if their numbers of frames differ.
    """
    slices = [_in_beat(where, stack.words, number, images) for number, images in enumerate(stack.slices, start=1)]
    counts = [len(images) for images in slices]
    if len(set(counts)) > 1:
        raise BadInput(
            f"{where}, {stack.text}: found {', '.join(map(str, counts))} frames in the slices, expected the same "
            f"number in each; export all frames, or name the {stack.words.several} of complete slices"
        )
    if _first(slices[-1]) < _first(slices[0]):
        slices.reverse()
    step = _step(where, stack, slices)
    first = slices[0][0]
    row_mm, column_mm = first.pixel_mm
    # DICOM: from the first pixel along a row by the first triple of cosines, along a column by the second (PS3.3,
    # C.7.6.2.1.1). RAS, as in NIfTI, has the opposite first two axes.
    to_ras = np.diag([-1.0, -1.0, 1.0])
    affine = np.eye(4)
    affine[:3, 0] = to_ras @ np.array(first.orientation[3:]) * row_mm
    affine[:3, 1] = to_ras @ np.array(first.orientation[:3]) * column_mm
    affine[:3, 2] = to_ras @ step
    affine[:3, 3] = to_ras @ np.array(first.position)
    intervals = [interval for images in slices if (interval := _interval(images)) is not None]
    cycles = [image.cycle_ms for images in slices for image in images[:1] if image.cycle_ms is not None]
    return Cine(
        series=stack.series,
        images=slices,
        spacing_mm=[row_mm, column_mm, float(np.linalg.norm(step))],
        frame_interval_ms=float(np.median(intervals)) if intervals else None,
        interval_range_ms=[min(intervals), max(intervals)] if intervals else None,
        cycle_ms=float(np.median(cycles)) if cycles else None,
        affine=affine.tolist(),
    )


def _first(images: Sequence[Image]) -> tuple:
    return min((natural_key(image.label), image.instance, image.frame) for image in images)


def _in_beat(where: str, words: Words, number: int, images: Sequence[Image]) -> list[Image]:
    """Return the frames of a slice in their order in the cardiac cycle.

    Raises BadInput if they are of several acquisitions, or if several are at one time. What no image has, or all have
    the same, orders nothing.
    """
    where = f"{where}, slice {number}"
    _check_acquisition(where, words, images)
    keys = [[image.time_ms for image in images], [image.order for image in images]]
    keys = [values for values in keys if None not in values and len(set(values)) > 1]
    values = [*keys, [(image.instance, image.frame) for image in images]][0]
    if len(set(values)) < len(values):
        raise BadInput(
            f"{where}: found several images at one time of the cardiac cycle ({named(words, labels(images))}), "
            "expected one; remove copies of files, or keep those of one beat and one kind of images"
        )
    return _from_r_wave([images[place] for place in sorted(range(len(images)), key=values.__getitem__)])


def _from_r_wave(images: list[Image]) -> list[Image]:
    """Return frames in order, where that of the R wave, acquired first, may have the delay of the next R wave."""
    first, last = images[0], images[-1]
    numbers = [(image.instance, image.frame) for image in images]
    if None in (first.time_ms, last.time_ms, last.cycle_ms) or min(numbers) != numbers[-1]:
        return images
    delay = max(0.0, last.time_ms - last.cycle_ms)
    if last.time_ms < last.cycle_ms - ROUNDED_MS or delay >= first.time_ms:
        return images
    return [last._replace(time_ms=delay), *images[:-1]]


def _check_acquisition(where: str, words: Words, images: Sequence[Image]) -> None:
    """Raise BadInput if the frames of a slice are of several acquisitions, unless there is one frame of each."""
    counts = Counter((image.label, image.series, image.acquisition) for image in images)
    if len(counts) > 1 and max(counts.values()) > 1:
        several = labels(images)
        todo = f"name the {words.several} of one as {words.key}" if len(several) > 1 else "keep the files of one"
        raise BadInput(
            f"{where}: found frames of {len(counts)} acquisitions ({named(words, several)}), expected one; {todo}"
        )


def _step(where: str, stack: Stack, slices: list[list[Image]]) -> np.ndarray:
    """Return the vector between neighbouring slices, in mm. Raises BadInput unless it is the same for all."""
    where, first = f"{where}, {stack.text}", slices[0][0]
    positions = np.array([images[0].position for images in slices])
    for number, images in enumerate(slices):
        if not np.allclose([image.position for image in images], positions[number], rtol=0, atol=SAME_DIRECTION * 10):
            raise BadInput(f"{where}: found slice {number + 1} moved between frames, expected it at rest")
    return even_step(where, positions, first.normal, min(first.pixel_mm), range(1, len(slices) + 1))


def _interval(images: Sequence[Image]) -> float | None:
    """Return the time between frames of a slice in ms: of the delays, or the cycle divided by the number of frames."""
    times = [image.time_ms for image in images]
    if None not in times and len(times) > 1:
        steps = np.diff(times)
        if (steps > 0).all():
            return float(np.mean(steps) if np.ptp(steps) <= ROUNDED_MS else np.median(steps))
    return images[0].cycle_ms / len(images) if images[0].cycle_ms is not None else None
