"""The short-axis cine among the images of a scan session, as a stack of slices and frames.

Slices are ordered by their positions along the normal of the plane, and their distance is that of the positions, never
the thickness. Frames are ordered by the delay after the R wave, else by temporal position, else by number, and their
interval is that of the delays, or the cardiac cycle divided by the number of frames, never the repetition time.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from murmur.data.slice_positions import SAME_DIRECTION, SAME_POSITION, even_step
from murmur.errors import BadInput
from murmur.files import natural_key

FEWEST_SLICES, FEWEST_FRAMES = 3, 5  # of a short-axis cine
SHOWN = 8  # series in a message


class Image(NamedTuple):
    """One image of a scan session.

    Attributes
    ----------
    file : str
        Name of the file within the folder or archive.
    frame : int
        Index of the image in the file.
    study, series : str
        Digests of the identifiers, which are compared only: they identify a person to whoever has the scans.
    label : str
        How users name the series, such as 5.
    instance : int
        Number of the image in its series.
    shape : tuple of int
        Rows and columns.
    pixel_mm : tuple of float
        Distances between rows and between columns, in mm.
    orientation : tuple of float
        Direction cosines in the patient's frame (LPS) along a row and along a column.
    position : tuple of float
        Centre of the first pixel in the patient's frame (LPS), in mm.
    time_ms : float or None
        Delay after the R wave.
    order : int or None
        Temporal position.
    cycle_ms : float or None
        Length of the cardiac cycle.
    magnitude : bool
        Whether the image shows the magnitude of the signal, not its phase, a velocity, or its real or imaginary part.
    protocol : str
        Name of the protocol, where it is no identifying field.
    """

    file: str
    frame: int
    study: str
    series: str
    label: str
    instance: int
    shape: tuple[int, int]
    pixel_mm: tuple[float, float]
    orientation: tuple[float, ...]
    position: tuple[float, ...]
    time_ms: float | None
    order: int | None
    cycle_ms: float | None
    magnitude: bool
    protocol: str = ""


class Words(NamedTuple):
    """How messages call the parts of a scan session.

    Attributes
    ----------
    one, several : str
        Images acquired together: a series, or a scan.
    images : str
        The images of a session.
    key : str
        Key of the study file that names the series of a mouse.
    """

    one: str
    several: str
    images: str
    key: str


class Stack(NamedTuple):
    """Images of equal size and orientation: a possible cine.

    Attributes
    ----------
    words : Words
        How messages call its parts.
    series : tuple of str
        Names of the series, in natural order.
    slices : list of list of Image
        Images of each slice, in the order of the positions along the normal.
    """

    words: Words
    series: tuple[str, ...]
    slices: list[list[Image]]

    @property
    def text(self) -> str:
        """The stack in words."""
        counts = sorted({len(images) for images in self.slices})
        frames = " to ".join(map(str, dict.fromkeys((counts[0], counts[-1]))))
        rows, columns = self.slices[0][0].shape
        size = f"{rows} x {columns} pixels, {len(self.slices)} slice(s) of {frames} frame(s)"
        return f"{_named(self.words, self.series)}: {size}"

    @property
    def is_cine(self) -> bool:
        """Whether there are enough slices and frames for a short-axis cine."""
        return len(self.slices) >= FEWEST_SLICES and max(map(len, self.slices)) >= FEWEST_FRAMES


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


def _labels(images: Iterable[Image]) -> tuple[str, ...]:
    return tuple(sorted({image.label for image in images}, key=natural_key))


def _named(words: Words, series: Sequence[str]) -> str:
    noun = words.one if len(series) == 1 else words.several
    return f"{noun} {', '.join(series[:SHOWN])}{', ...' if len(series) > SHOWN else ''}"


def stacks_of(words: Words, images: Sequence[Image]) -> list[Stack]:
    """Return all stacks among some images, the largest first.

    A series with several slices is a stack. Series of one slice each, of equal size and orientation, form a stack
    together, as scanners store them that acquire one slice per breath-hold, or per scan.
    """
    stacks = []
    for plane in _planes(images):
        series = defaultdict(list)
        for image in plane:
            series[image.series].append(image)
        single = []
        for of_series in series.values():
            slices = _slices(of_series)
            if len(slices) > 1:
                stacks.append(Stack(words, _labels(of_series), slices))
            else:
                single.append(of_series)
        for frames in {len(of_series) >= FEWEST_FRAMES for of_series in single}:
            joined = [i for of_series in single if (len(of_series) >= FEWEST_FRAMES) == frames for i in of_series]
            stacks.append(Stack(words, _labels(joined), _slices(joined)))
    return sorted(
        stacks, key=lambda stack: (-sum(map(len, stack.slices)), [natural_key(name) for name in stack.series])
    )


def _planes(images: Sequence[Image]) -> list[list[Image]]:
    """Return the images grouped by study, size, pixel spacing and orientation; magnitudes only."""
    exact = defaultdict(list)
    for image in images:
        if image.magnitude:
            exact[image.study, image.shape, image.pixel_mm, image.orientation].append(image)
    planes: list[list[Image]] = []
    for same in exact.values():
        for plane in planes:
            one, other = plane[0], same[0]
            if (one.study, one.shape) == (other.study, other.shape) and np.allclose(
                (*one.orientation, *one.pixel_mm), (*other.orientation, *other.pixel_mm), rtol=0, atol=SAME_DIRECTION
            ):
                plane.extend(same)
                break
        else:
            planes.append(list(same))
    return planes


def _normal(image: Image) -> np.ndarray:
    return np.cross(image.orientation[:3], image.orientation[3:])


def _slices(images: Sequence[Image]) -> list[list[Image]]:
    """Return images of one orientation by slice, in the order of their positions along the normal."""
    normal = _normal(images[0])
    heights = np.array([image.position for image in images]) @ normal
    order = np.argsort(heights, kind="stable")
    tolerance = SAME_POSITION * min(images[0].pixel_mm)
    slices, last = [], -np.inf
    for number in order:
        if heights[number] - last > tolerance:
            slices.append([])
        slices[-1].append(images[number])
        last = heights[number]
    return slices


def choose(
    where: str, words: Words, images: Sequence[Image], chosen: Sequence[Image] | None = None, others: Sequence[str] = ()
) -> tuple[Stack, list[str]]:
    """Return the stack of the short-axis cine, and in words what is passed over.

    Parameters
    ----------
    where : str
        Folder or archive, for messages.
    words : Words
        How messages call series.
    images : sequence of Image
        All images found there.
    chosen : sequence of Image, optional
        Images of the series that the study file names, if it does.
    others : sequence of str
        Images that cannot be a cine, in words.

    Raises
    ------
    BadInput
        If there is no short-axis cine, or more than one.
    """
    if not images and not others:
        raise BadInput(f"{where}: found no {words.images}, expected a short-axis cine; correct the path")
    stacks = stacks_of(words, images)
    candidates = stacks if chosen is None else stacks_of(words, chosen)
    cines = [stack for stack in candidates if stack.is_cine] or ([] if chosen is None else candidates)
    some = [*(stack.text for stack in stacks), *others][:SHOWN]
    if not cines:
        wanted = (
            f"at least {FEWEST_SLICES} parallel slices of {FEWEST_FRAMES} frames"
            if chosen is None
            else f"those that the study file names as {words.key}"
        )
        raise BadInput(
            f"{where}: found no short-axis cine, but {'; '.join(some) or 'no magnitude images'}, expected {wanted}; "
            f"export it, or name its {words.one} as {words.key}"
        )
    if (sessions := len({stack.slices[0][0].study for stack in cines})) > 1:
        raise BadInput(f"{where}: found cines of {sessions} scan sessions, expected one; make a folder for each")
    if len(cines) > 1:
        raise BadInput(
            f"{where}: found {len(cines)} possible short-axis cines "
            f"({'; '.join(stack.text for stack in cines[:SHOWN])}), expected one; name the {words.one} in the study "
            f"file, as {words.key}"
        )
    passed_over = [stack.text for stack in stacks if not set(stack.series) & set(cines[0].series)]
    return cines[0], [*passed_over, *others]


def cine_of(where: str, stack: Stack) -> Cine:
    """Return the cine of a stack.

    The first slice is the end of the stack that was acquired first. Raises BadInput if slices are missing, doubled,
    shifted or unevenly spaced, or if their numbers of frames differ.
    """
    slices = [_in_time(where, stack.words, number, images) for number, images in enumerate(stack.slices, start=1)]
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


def _in_time(where: str, words: Words, number: int, images: Sequence[Image]) -> list[Image]:
    """Return the frames of a slice in their order in the cardiac cycle. Raises BadInput if one is there twice."""
    keys = ("time_ms", "order", "instance")
    for key in keys:
        values = [getattr(image, key) for image in images]
        if None not in values and len(set(values)) == len(values):
            return sorted(images, key=lambda image: getattr(image, key))
    values = [(image.instance, image.frame) for image in images]
    if all(image.time_ms is None and image.order is None for image in images) and len(set(values)) == len(values):
        return sorted(images, key=lambda image: (image.instance, image.frame))
    raise BadInput(
        f"{where}: found several images at one time of the cardiac cycle in slice {number} "
        f"({_named(words, _labels(images))}), expected one; name the {words.several} of one acquisition in the study "
        f"file, as {words.key}"
    )


def _step(where: str, stack: Stack, slices: list[list[Image]]) -> np.ndarray:
    """Return the vector between neighbouring slices, in mm. Raises BadInput unless it is the same for all."""
    where, first = f"{where}, {stack.text}", slices[0][0]
    positions = np.array([images[0].position for images in slices])
    for number, images in enumerate(slices):
        if not np.allclose([image.position for image in images], positions[number], rtol=0, atol=SAME_DIRECTION * 10):
            raise BadInput(f"{where}: found slice {number + 1} moved between frames, expected it at rest")
    return even_step(where, positions, _normal(first), min(first.pixel_mm), range(1, len(slices) + 1))


def _interval(images: Sequence[Image]) -> float | None:
    """Return the time between frames of a slice in ms: of the delays, or the cycle divided by the number of frames."""
    times = [image.time_ms for image in images]
    if None not in times and len(times) > 1:
        steps = np.diff(times)
        if (steps > 0).all():
            return float(np.median(steps))
    return images[0].cycle_ms / len(images) if images[0].cycle_ms is not None else None
