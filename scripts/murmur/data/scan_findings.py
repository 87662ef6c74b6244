"""What is odd about the cine of a scan session, and what of it may be among the images that are passed over."""

from collections.abc import Iterator, Sequence

import numpy as np

from murmur.data.cine_stack import ROUNDED_MS, Cine
from murmur.data.scan_images import LeftOut
from murmur.data.slice_positions import SAME_DIRECTION
from murmur.data.stacks import Stack

PART_OF_CYCLE = 0.8  # of the cardiac cycle that a cine covers at least
UNEVEN_TIMES = 1.5  # longest per shortest time between frames

Oddity = tuple[str, str, str]  # check, found and expected


def oddities(cine: Cine, others: Sequence[Stack], left_out: Sequence[LeftOut]) -> Iterator[Oddity]:
    """Return what is odd.

    Parameters
    ----------
    cine : Cine
        The cine that is taken.
    others : sequence of Stack
        The stacks that are passed over.
    left_out : sequence of LeftOut
        What cannot be used.

    Returns
    -------
    iterator of (str, str, str)
        Check, found and expected.
    """
    for one in left_out:
        if one.lost:
            yield "images left out", one.text, "images that can be used; export them again, or remove them"
    for stack in others:
        if _continues(cine, stack):
            wanted = f"all slices alike; name the {stack.words.several} of all slices, acquire it again, or remove it"
            yield "slice passed over", f"next to the cine {stack.text}", wanted
    yield from _times(cine)


def _continues(cine: Cine, stack: Stack) -> bool:
    """Return whether a parallel slice with several frames lies at the next position beyond either end of a cine."""
    first, last = cine.images[0][0], cine.images[-1][0]
    normal = first.normal
    if abs(normal @ stack.slices[0][0].normal) < 1 - SAME_DIRECTION:
        return False
    step = cine.spacing_mm[2]
    low, high = sorted(normal @ image.position for image in (first, last))
    heights = [normal @ images[0].position for images in stack.slices if len(images) > 1]
    beyond = [max(low - height, height - high) for height in heights]
    return any(step / 2 < distance < 1.5 * step for distance in beyond)


def _times(cine: Cine) -> Iterator[Oddity]:
    """Find delays and a cardiac cycle that contradict each other."""
    frames, interval, cycle = len(cine.images[0]), cine.frame_interval_ms, cine.cycle_ms
    if interval and cycle and not PART_OF_CYCLE < frames * interval / cycle < 1 / PART_OF_CYCLE:
        found = f"{frames} frames of {interval:.3g} ms in a cardiac cycle of {cycle:.4g} ms"
        yield "cine and cardiac cycle differ", found, "a cine of about one cycle; compare with the scanner"
    times = [[image.time_ms for image in images] for images in cine.images]
    if frames < 2 or any(None in delays for delays in times):
        return
    steps = np.diff(times, axis=1)
    for number, own in enumerate(steps, start=1):
        if own.max() > UNEVEN_TIMES * own.min() and own.max() - own.min() > ROUNDED_MS:
            found = f"{own.min():.3g} to {own.max():.3g} ms between the frames of slice {number}"
            yield "uneven frames", found, "equal intervals; a frame may be missing, or frames of two scans mixed"
            break
    starts = np.array(times)[:, 0]
    late = np.abs(starts - np.median(starts))
    if interval and late.max() > max(interval, ROUNDED_MS):
        found = f"a first delay of {starts[late.argmax()]:.4g} ms in slice {late.argmax() + 1}"
        yield "slice begins at another time", found, f"about {np.median(starts):.4g} ms as in most slices"
