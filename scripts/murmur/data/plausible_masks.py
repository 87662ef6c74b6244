"""Plausibility of masks: findings of the reference and of imported masks of a mouse (docs/checks.md)."""

import hashlib
import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import h5py
import numpy as np
from scipy import ndimage

from murmur.data.mouse import Mouse, find_phases
from murmur.data.mouse_file import images_of, listed_frames, masks_of, numeric_dataset, open_mouse, segmented_frames
from murmur.data.plausibility import Finding, check_values, listed
from murmur.measurement.function import function, mass, structure_volumes
from murmur.vocabulary import BLOOD_POOL, MYOCARDIUM, REFERENCE, numbered

ENCLOSED = 0.5  # share of the neighbours of the blood pool that are myocardium, below which it is not enclosed
OUTSIDE = 0.01  # share of contoured pixels that may be outside the input of a network
FEWER_SLICES = 2  # by which ED may not be contoured in fewer slices than ES
FEWEST_PIXELS = 20  # of both structures in a slice, to compare their signal
LEAST_FIT = 0.1  # share of the variance of the signal that the structures explain
GOOD_FIT = 0.5  # that of other positions of the masks which are worth reporting
BETTER_FIT = 0.15  # by which they must exceed the masks as they are

Stacks = dict[int, np.ndarray]  # masks with the axes (row, column, slice), by frame


class MaskFindings(NamedTuple):
    """What is odd about the masks of a mouse, and their digests by frame, for the reference and for readers."""

    found: list[Finding]
    digests: dict[str, dict[int, str]]


class Imported(NamedTuple):
    """Imported masks of a mouse by a reader: their file, and whether they are measured at an ED and ES of their own."""

    file: str
    own_frames: bool


def look_at_masks(
    path: str, mouse: Mouse, sizes: Mapping[str, int], imported: Mapping[str, Imported] | None = None
) -> MaskFindings:
    """Check the masks of a mouse by the reference and by the readers whose masks were imported.

    Parameters
    ----------
    path : str
        Mouse file.
    mouse : Mouse
        The mouse as in its manifest.
    sizes : mapping of str to int
        Side length in pixels of the centre of the images that each network segments, by reader.
    imported : mapping of str to Imported, optional
        Masks of other readers.

    Returns
    -------
    MaskFindings
        What is odd, and the SHA-256 of the masks of each frame that has labels.
    """
    found, stacks = [], {}
    with open_mouse(path) as file:
        images = images_of(file)
        if mouse.annotated_frames:
            masks = masks_of(file)
            reference = {frame: masks[..., frame].astype(np.uint8) for frame in mouse.annotated_frames}
            stacks[REFERENCE] = reference
            found += _unlabelled(mouse, listed_frames(file, mouse.shape[3]))
            found += [*_structures(mouse.name, reference, "the reference"), *_outside(mouse.name, reference, sizes)]
            found += [*_volumes(mouse, reference), *_slices(mouse, reference), *_stray(mouse.name, reference)]
            found += _position(mouse.name, images, reference, "the reference")
        for reader, (segmentation, own) in (imported or {}).items():
            stacks[reader] = _labelled(segmentation)
            found += _missing_frames(mouse, segmentation, stacks[reader], own, reader)
            compared = _compared(mouse, stacks[reader])
            found += _structures(mouse.name, compared, reader)
            found += _position(mouse.name, images, compared, reader)
    digests = {who: {f: hashlib.sha256(s.tobytes()).hexdigest() for f, s in of.items()} for who, of in stacks.items()}
    return MaskFindings(found, digests)


def check_same_masks(mice: Sequence[Mouse], digests: Sequence[Mapping[str, Mapping[int, str]]]) -> Iterator[Finding]:
    """Check that no two mice, and no two readers, have the same masks; `digests` are those of `look_at_masks`."""
    first: dict[tuple, Mouse] = {}
    for mouse, of_mouse in zip(mice, digests, strict=True):
        for who, by_frame in of_mouse.items():
            other = first.setdefault((who, *sorted(by_frame.values())), mouse) if by_frame else mouse
            if other.images_sha256 != mouse.images_sha256:
                found = f"the same masks as {other.name} by {_by(who)}"
                yield Finding(mouse.name, "same masks twice", found, "masks of each mouse")
    readers = list(dict.fromkeys(who for of_mouse in digests for who in of_mouse))
    for one, other in itertools.combinations(readers, 2):
        both = [
            (mouse.name, found.get(one, {}), found.get(other, {})) for mouse, found in zip(mice, digests, strict=True)
        ]
        same = [
            name for name, a, b in both if set(a) & set(b) and all(a[frame] == b[frame] for frame in set(a) & set(b))
        ]
        if same:
            found = f"those of {other} in {listed(same)}"
            yield Finding("", f"same masks as {_by(one)}", found, "masks drawn independently of each other")


def _by(who: str) -> str:
    return "the reference" if who == REFERENCE else who


def _labelled(segmentation: str) -> Stacks:
    """Return the masks of the frames that a reader segmented and that have labels."""
    with open_mouse(segmentation) as file:
        masks = numeric_dataset(file, "Masks")
        stacks = {frame: masks[..., frame].astype(np.uint8) for frame in segmented_frames(segmentation)}
    return {frame: stack for frame, stack in stacks.items() if stack.any()}


def _compared(mouse: Mouse, stacks: Stacks) -> Stacks:
    """Return the masks of a reader in the annotated frames or, without any, at its own ED and ES."""
    frames = [frame for frame in mouse.annotated_frames if frame in stacks]
    if not frames:
        blood = {frame: int(np.count_nonzero(stack == BLOOD_POOL)) for frame, stack in stacks.items()}
        phases = [frame for frame in find_phases(blood) if frame is not None]
        frames = phases or list(stacks)
    return {frame: stacks[frame] for frame in frames}


def _unlabelled(mouse: Mouse, frames: Sequence[int] | None) -> Iterator[Finding]:
    """Find frames that are listed as annotated, but have no labels."""
    if empty := sorted(set(frames or ()) - set(mouse.annotated_frames)):
        found = f"no labels in {_places('frame', empty, mouse.shape[3])}"
        yield Finding(mouse.name, "listed frame without labels", found, "labels in all frames of Frames_with_ROI")


def _missing_frames(mouse: Mouse, segmentation: str, stacks: Stacks, own: bool, reader: str) -> Iterator[Finding]:
    """Find masks of a reader without any label, and ED and ES of the reference without masks of the reader."""
    if not stacks:
        if segmented_frames(segmentation):  # otherwise, the mouse has no masks
            yield Finding(mouse.name, "masks without labels", f"background only by {reader}", "contours")
        return
    missing = [] if own else [frame for frame in (mouse.ed_frame, mouse.es_frame) if frame not in (None, *stacks)]
    if missing:
        found = f"no masks in {_places('frame', sorted(missing), mouse.shape[3])} by {reader}"
        yield Finding(mouse.name, "ED or ES without masks", found, "masks at ED and ES of the reference")


def _places(kind: str, numbers: Sequence[int], total: int) -> str:
    """Enumerate slices or frames, counted from 1."""
    if len(numbers) == 1:
        return numbered(kind, numbers[0], total)
    return f"{kind}s {listed([str(number + 1) for number in numbers])} of {total}"


def _structures(mouse: str, stacks: Stacks, who: str) -> Iterator[Finding]:
    """Check that both structures are contoured, and that the myocardium surrounds the blood pool."""
    both = [stack for stack in stacks.values() if {MYOCARDIUM, BLOOD_POOL} <= set(np.unique(stack))]
    if len(both) < len(stacks):
        found = f"only one in {len(stacks) - len(both)} of {len(stacks)} annotated frames by {who}"
        yield Finding(mouse, "structure missing", found, "myocardium and blood pool")
    if not both:
        return
    blood, myocardium = (_enclosed(both, *labels) for labels in ((BLOOD_POOL, MYOCARDIUM), (MYOCARDIUM, BLOOD_POOL)))
    if blood < ENCLOSED:
        check = "labels look swapped" if myocardium > blood else "myocardium not around the blood pool"
        found = f"myocardium at {100 * blood:.0f}% of the border of the blood pool by {who}"
        yield Finding(mouse, check, found, f"{100 * ENCLOSED:.0f}% or more")


def _enclosed(stacks: list[np.ndarray], label: int, by: int) -> float:
    """Return the share of the pixels next to a structure, within slices, that belong to another one."""
    neighbours = inside = 0
    for stack in stacks:
        padded = np.pad(stack == label, ((1, 1), (1, 1), (0, 0)))
        touched = padded[2:, 1:-1] | padded[:-2, 1:-1] | padded[1:-1, 2:] | padded[1:-1, :-2]
        border = touched & (stack != label)
        neighbours += border.sum()
        inside += (border & (stack == by)).sum()
    return inside / max(neighbours, 1)


def _outside(mouse: str, stacks: Stacks, sizes: Mapping[str, int]) -> Iterator[Finding]:
    """Check that the contours are in the centre of the images that each network segments."""
    contoured = np.sum([stack > 0 for stack in stacks.values()], axis=(0, 3))
    for reader, size in sizes.items():
        row, column = (max(0, (side - size) // 2) for side in contoured.shape)
        centre = contoured[row : row + size, column : column + size]
        share = 1 - centre.sum() / contoured.sum()
        if share > OUTSIDE:
            found = f"{100 * share:.0f}% of the contours outside the central {size} x {size} pixels"
            yield Finding(mouse, "heart outside the network's input", found, f"inside, because {reader} sees no more")


def _volumes(mouse: Mouse, stacks: Stacks) -> Iterator[Finding]:
    """Check volumes, mass and EF of the reference."""
    if mouse.ed_frame is None:
        return
    phases = []
    for frame in (mouse.ed_frame, mouse.es_frame):
        volumes = structure_volumes(stacks[frame], mouse.spacing_mm)
        weight = mass(volumes["myocardium"]) or np.nan  # a structure that is missing is reported as such
        phases.append({"blood_pool_uL": volumes["blood_pool"], "myocardium_mg": weight})
    yield from check_values(mouse.name, function(*phases), "the reference")


def _slices(mouse: Mouse, stacks: Stacks) -> Iterator[Finding]:
    """Check that no slice between others lacks contours or blood pool, and that ED has no fewer slices than ES."""
    total, contoured = mouse.shape[2], {}
    for frame, stack in stacks.items():
        heart, blood = (structure.any(axis=(0, 1)) for structure in (stack > 0, stack == BLOOD_POOL))
        contoured[frame] = int(heart.sum())
        where = f", {numbered('frame', frame, mouse.shape[3])}, by the reference"
        if gaps := _between(heart):
            found = f"no contours in {_places('slice', gaps, total)}{where}"
            yield Finding(mouse.name, "gap between contoured slices", found, "contours in all slices from apex to base")
        if gaps := [gap for gap in _between(blood) if heart[gap]]:
            found = f"no blood pool in {_places('slice', gaps, total)}{where}"
            yield Finding(mouse.name, "gap in the blood pool", found, "blood pool in all slices between others with it")
    ed, es = (contoured.get(frame, 0) for frame in (mouse.ed_frame, mouse.es_frame))
    if ed <= es - FEWER_SLICES:
        found = f"{ed} slices at ED and {es} at ES by the reference"
        yield Finding(mouse.name, "fewer slices at ED than at ES", found, "as many, or more")


def _between(present: np.ndarray) -> list[int]:
    """Return the places without a structure between others with it."""
    places = np.flatnonzero(present)
    return [] if not len(places) else sorted(set(range(places[0], places[-1])) - set(places.tolist()))


def _stray(mouse: str, stacks: Stacks) -> Iterator[Finding]:
    """Find contours that lie apart from the heart in the projection of all slices and annotated frames."""
    pixels = np.sum([stack > 0 for stack in stacks.values()], axis=(0, 3))
    parts, _ = ndimage.label(pixels, np.ones((3, 3)))
    sizes = np.bincount(parts.ravel(), pixels.ravel())[1:]
    if len(sizes) > 1:
        apart = int(sizes.sum() - sizes.max())
        found = f"{apart} pixel{'s' * (apart > 1)} apart from the heart by the reference"
        yield Finding(mouse, "stray contours", found, "one connected heart")


def _position(mouse: str, images: h5py.Dataset, stacks: Stacks, who: str) -> Iterator[Finding]:
    """Check that the structures differ in signal, and that mirrored or exchanged masks would not fit the images better.

    The fit is the share of the variance of the signal in the heart, slice by slice, that blood pool and myocardium
    explain: whether blood is the brighter one does not matter.
    """
    if not stacks:
        return
    fits = _fits(*(np.stack(list(of), axis=-1) for of in ((images[..., frame] for frame in stacks), stacks.values())))
    if not fits:
        return
    as_is, best = fits[""], max(fits, key=fits.get)
    found = f"blood pool and myocardium explain {100 * as_is:.0f}% of the variance of the signal in the heart"
    if fits[best] >= GOOD_FIT and fits[best] >= as_is + BETTER_FIT:
        found += f", but {100 * fits[best]:.0f}% with {best} in the masks, by {who}"
        yield Finding(mouse, "masks do not fit the images", found, "masks in the orientation and order of the images")
    elif as_is < LEAST_FIT:
        yield Finding(mouse, "masks do not fit the images", f"{found} by {who}", f"{100 * LEAST_FIT:.0f}% or more")


def _fits(signal: np.ndarray, masks: np.ndarray) -> dict[str, float]:
    """Return the fit of masks by what is reversed or exchanged, "" for nothing; empty without enough pixels.

    Both arrays have the axes (row, column, slice, frame).
    """
    row, column, level, frame = np.nonzero(masks)
    rows, columns, slices, frames = masks.shape
    plane = level * frames + frame
    key = 2 * plane + (masks[row, column, level, frame] == BLOOD_POOL)
    count = np.bincount(key, minlength=2 * slices * frames).reshape(-1, 2)
    enough = count.min(axis=1) >= FEWEST_PIXELS
    if not enough.any():
        return {}
    places = {}
    for exchanged, by_row, by_column in itertools.product(*[(False, True)] * 3):
        if exchanged and rows != columns:
            continue
        first, second = (column, row) if exchanged else (row, column)
        done = (
            ["rows and columns exchanged"] * exchanged + ["rows reversed"] * by_row + ["columns reversed"] * by_column
        )
        place = (rows - 1 - first if by_row else first, columns - 1 - second if by_column else second, level, frame)
        places[" and ".join(done)] = place
    places["slices reversed"] = (row, column, slices - 1 - level, frame)
    if frames == 2:
        places["frames exchanged"] = (row, column, level, 1 - frame)
    return {name: _explained(signal[place].astype(float), key, count, enough) for name, place in places.items()}


def _explained(signal: np.ndarray, key: np.ndarray, count: np.ndarray, enough: np.ndarray) -> float:
    """Return the share of the variance within images that structures explain: the mean of those with `enough` pixels.

    `key` numbers the structures of all images, and `count` has their pixels, axes (image, structure).
    """
    signal = signal - signal.mean()
    sums, squares = (
        np.bincount(key, values, count.size).reshape(count.shape)[enough] for values in (signal, signal**2)
    )
    count = count[enough]
    whole = count.sum(axis=1)
    of_mean = sums.sum(axis=1) ** 2 / whole
    within = squares.sum(axis=1) - of_mean
    share = np.divide((sums**2 / count).sum(axis=1) - of_mean, within, out=np.zeros(len(whole)), where=within > 0)
    return float(np.average(share, weights=whole))
