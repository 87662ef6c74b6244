"""Which images of a scan session form a stack of slices, and which stack is the short-axis cine."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np

from murmur.data.scan_images import Contents, Image, Words
from murmur.data.slice_positions import SAME_DIRECTION, SAME_POSITION
from murmur.errors import BadInput
from murmur.files import natural_key

FEWEST_SLICES, FEWEST_FRAMES = 3, 5  # of a short-axis cine
TOO_FEW = f"fewer than {FEWEST_SLICES} slices of {FEWEST_FRAMES} frames"
SHOWN = 8  # series in a message


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
        first = self.slices[0][0]
        slices = f"{len(self.slices)} slice{'s' * (len(self.slices) > 1)} of {frames} frame{'s' * (counts[-1] > 1)}"
        size = f"{first.shape[0]} x {first.shape[1]} pixels, {slices}"
        echo = "" if first.echo_ms is None else f", echo time {first.echo_ms:g} ms"
        return f"{named(self.words, self.series)}: {size}{echo}"

    @property
    def problem(self) -> str:
        """Why this is no short-axis cine; empty if it may be one."""
        if len(self.slices) < FEWEST_SLICES or max(map(len, self.slices)) < FEWEST_FRAMES:
            return TOO_FEW
        if all(len({image.inversion_ms for image in images}) > 1 for images in self.slices):
            return "frames at several times after an inversion"
        # Without synchronisation, it is 0 or absent.
        if all(len({image.time_ms for image in images}) == 1 and images[0].time_ms for images in self.slices):
            return "frames at one delay after the R wave, of several beats"
        return ""

    def shares(self, other: "Stack") -> bool:
        """Whether two stacks have an image in common."""
        places = {(image.file, image.frame) for images in self.slices for image in images}
        return any((image.file, image.frame) in places for images in other.slices for image in images)


def named(words: Words, series: Sequence[str]) -> str:
    """Return the names of some series, as in `series 5, 6`."""
    noun = words.one if len(series) == 1 else words.several
    return f"{noun} {', '.join(series[:SHOWN])}{', ...' if len(series) > SHOWN else ''}"


def labels(images: Iterable[Image]) -> tuple[str, ...]:
    """Return the names of the series of some images, in natural order."""
    return tuple(sorted({image.label for image in images}, key=natural_key))


def stacks_of(words: Words, images: Sequence[Image]) -> list[Stack]:
    """Return all stacks among some images, the largest first.

    A series with several slices is a stack. Series of one slice each, of equal size, orientation, protocol, pulse
    sequence and echo time, form a stack together, as scanners store them that acquire one slice per breath-hold.
    """
    groups = []
    for plane in _planes(images, lambda image: (image.protocol, image.sequence, image.echo_ms)):
        series = defaultdict(list)
        for image in plane:
            series[image.series].append(image)
        single: dict[bool, list[Image]] = defaultdict(list)
        for of_series in series.values():
            if len(_slices(of_series)) > 1:
                groups.append(of_series)
            else:
                single[len(of_series) >= FEWEST_FRAMES] += of_series
        groups += single.values()
    return _sorted(words, groups)


def _named_stacks_of(words: Words, images: Sequence[Image]) -> list[Stack]:
    """Return the stacks among images of series that a person has named: one for each plane."""
    return _sorted(words, _planes(images, lambda _: None))


def _sorted(words: Words, groups: Iterable[list[Image]]) -> list[Stack]:
    stacks = [Stack(words, labels(images), _slices(images)) for images in groups]
    return sorted(
        stacks, key=lambda stack: (-sum(map(len, stack.slices)), [natural_key(name) for name in stack.series])
    )


def _planes(images: Sequence[Image], kind: Callable[[Image], object]) -> list[list[Image]]:
    """Return the images grouped by study, size, pixel spacing, orientation, and what `kind` returns of them."""
    exact = defaultdict(list)
    for image in images:
        exact[image.study, image.shape, kind(image), image.pixel_mm, image.orientation].append(image)
    planes: list[tuple[tuple, list[Image]]] = []
    for (*same, pixel_mm, orientation), found in exact.items():
        for (*others, other_mm, other), plane in planes:
            if same == others and np.allclose(
                (*orientation, *pixel_mm), (*other, *other_mm), rtol=0, atol=SAME_DIRECTION
            ):
                plane.extend(found)
                break
        else:
            planes.append(((*same, pixel_mm, orientation), list(found)))
    return [plane for _, plane in planes]


def _slices(images: Sequence[Image]) -> list[list[Image]]:
    """Return images of one orientation by slice, in the order of their positions along the normal."""
    heights = np.array([image.position for image in images]) @ images[0].normal
    order = np.argsort(heights, kind="stable")
    tolerance = SAME_POSITION * min(images[0].pixel_mm)
    slices, last = [], -np.inf
    for number in order:
        if heights[number] - last > tolerance:
            slices.append([])
        slices[-1].append(images[number])
        last = heights[number]
    return slices


def choose(where: str, words: Words, contents: Contents) -> tuple[Stack, list[Stack]]:
    """Return the stack of the short-axis cine, and the stacks that are passed over.

    Parameters
    ----------
    where : str
        Folder or archive, for messages.
    words : Words
        How messages call series.
    contents : Contents
        What lies there.

    Raises
    ------
    BadInput
        If there is no short-axis cine, or more than one, if a part of it may be lost, or if a series that is named
        in the study file is no part of it.
    """
    images, left_out, chosen, names = contents
    if not images and not left_out:
        raise BadInput(f"{where}: found no {words.images}, expected a short-axis cine; correct the path")
    stacks = stacks_of(words, images)
    candidates = stacks if chosen is None else _named_stacks_of(words, chosen) if names else stacks_of(words, chosen)
    cines = [stack for stack in candidates if not stack.problem] or ([] if chosen is None else candidates)
    if not cines:
        others = [f" ({stack.problem})" if stack.problem not in ("", TOO_FEW) else "" for stack in stacks]
        some = [stack.text + why for stack, why in zip(stacks, others, strict=True)]
        some = list(dict.fromkeys([*some, *(one.text for one in left_out)]))
        more = [f"{len(some) - SHOWN} more"] if len(some) > SHOWN else []
        wanted = f"at least {FEWEST_SLICES} parallel slices of {FEWEST_FRAMES} frames"
        usable = images or any(not one.lost for one in left_out)
        todo = f"export it, or name its {words.several} as {words.key}" if usable else "export it again"
        if chosen is not None:
            wanted = f"those that the study file names as {words.key}, or the edited table as taken"
            todo = "correct the names"
        raise BadInput(
            f"{where}: found no short-axis cine, but {'; '.join(some[:SHOWN] + more)}, expected {wanted}; {todo}"
        )
    if (sessions := len({stack.slices[0][0].study for stack in cines})) > 1:
        raise BadInput(f"{where}: found cines of {sessions} scan sessions, expected one; make a folder for each")
    if len(cines) > 1:
        raise _several(where, words, cines)
    cine = cines[0]
    if unused := [name for name in names if name not in cine.series]:
        raise BadInput(
            f"{where}: found {cine.text}, without {named(words, unused)}, expected slices in one plane in all that the "
            f"study file names; correct {words.key}"
        )
    used = {image.series for images in cine.slices for image in images}
    if lost := [one.text for one in left_out if one.lost and one.series in used]:
        raise BadInput(
            f"{where}: found {lost[0]} in the {words.one} of the cine, expected images that can be used; export it "
            "again, or move these files elsewhere"
        )
    return cine, [stack for stack in stacks if not cine.shares(stack)]


def _several(where: str, words: Words, cines: Sequence[Stack]) -> BadInput:
    names = [name for stack in cines for name in stack.series]
    todo = (
        f"name the {words.one} in the study file, as {words.key}"
        if len(set(names)) == len(names)
        else f"keep the files of one, because they have the number of their {words.one} in common"
    )
    return BadInput(
        f"{where}: found {len(cines)} possible short-axis cines ({'; '.join(stack.text for stack in cines[:SHOWN])}), "
        f"expected one; {todo}"
    )
