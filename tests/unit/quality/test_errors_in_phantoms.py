"""Errors drawn into the true masks of simulated mice: which of them are found, and which are not."""

from typing import NamedTuple

import numpy as np
import pytest
from scipy import ndimage

from murmur.phantom.mouse import Phantom, phantom_mouse
from murmur.quality.image_signs import image_signs
from murmur.quality.scan_signs import scan_signs
from murmur.quality.signs import TRAINED, judge, tables, with_ranges
from murmur.quality.slice_signs import slice_signs

INTERVAL_MS = 15.0


class Heart(NamedTuple):
    """A simulated mouse, its slices at ED from base to apex, one in the middle, ED and ES, and a frame after ED."""

    mouse: Phantom
    slices: np.ndarray
    middle: int
    phases: tuple[int, int]
    frame: int


def phases_of(masks):
    volumes = (masks == 2).sum(axis=(0, 1, 2))
    return int(volumes.argmax()), int(volumes.argmin())


@pytest.fixture(scope="module", params=[(61, 1), (62, 2)], ids=str)
def heart(request):
    mouse = phantom_mouse(*request.param, every_frame=True, frame_interval_ms=INTERVAL_MS)
    phases = phases_of(mouse.masks)
    areas = (mouse.masks[..., phases[0]] > 0).sum(axis=(0, 1))
    slices = np.flatnonzero(areas)
    slices = slices if areas[slices[0]] > areas[slices[-1]] else slices[::-1]
    return Heart(mouse, slices, int(np.median(slices)), phases, (phases[0] + 2) % mouse.masks.shape[3])


def findings_of(heart, masks):
    """The numbers of findings by sign."""
    spacing = heart.mouse.spacing_mm
    pixel = spacing[0] * spacing[1]
    blood, whole = (np.isin(masks, labels).sum(axis=(0, 1)) * pixel for labels in ([2], [1, 2]))
    by_slice = slice_signs(masks, spacing) | image_signs(heart.mouse.images, masks)
    by_scan = scan_signs(blood, whole, spacing, INTERVAL_MS, phases_of(masks))
    found = tables([judge("mouse", by_slice, by_scan, whole > 0, with_ranges(TRAINED))])[1]
    return found["sign"].value_counts()


@pytest.fixture(scope="module")
def before(heart):
    return findings_of(heart, heart.mouse.masks)


def grown(plane, pixels):
    """The outer border moved outwards."""
    whole = plane > 0
    plane[ndimage.binary_dilation(whole, iterations=pixels) & ~whole] = 1


def missing_slice(masks, heart):
    masks[:, :, heart.middle] = 0


def missing_blood(masks, heart):
    plane = masks[:, :, heart.middle, heart.phases[1]]
    plane[plane == 2] = 1


def three_basal_slices_missing(masks, heart):
    masks[:, :, heart.slices[:3]] = 0


def three_apical_slices_missing(masks, heart):
    masks[:, :, heart.slices[-3:]] = 0


def wide_in_one_place(masks, heart):
    grown(masks[:, :, heart.middle, heart.frame], 3)


def wide_at_es(masks, heart):
    for number in heart.slices:
        grown(masks[:, :, number, heart.phases[1]], 4)


def narrow_everywhere(masks, heart):
    inner = ndimage.binary_erosion(masks > 0, np.ones((3, 3, 1, 1)), iterations=3)
    masks[~inner & (masks == 1)] = 0


def blood_in_the_wall_everywhere(masks, heart):
    masks[ndimage.binary_dilation(masks == 2, np.ones((3, 3, 1, 1)), iterations=3) & (masks == 1)] = 2


def aside_everywhere(masks, heart):
    masks[:] = np.roll(masks, 15, axis=1)


def slice_aside(masks, heart):
    masks[:, :, heart.middle] = np.roll(masks[:, :, heart.middle], 15, axis=1)


def frame_aside(masks, heart):
    masks[:, :, heart.middle, heart.frame] = np.roll(masks[:, :, heart.middle, heart.frame], 15, axis=1)


def island(masks, heart):
    masks[20:31, 20:31, heart.middle, heart.frame] = 1


def slices_swapped(masks, heart):
    masks[:, :, [heart.middle, heart.slices[-1]]] = masks[:, :, [heart.slices[-1], heart.middle]]


def one_basal_slice_missing(masks, heart):
    masks[:, :, heart.slices[0]] = 0


def one_apical_slice_missing(masks, heart):
    masks[:, :, heart.slices[-1]] = 0


def small_hole(masks, heart):
    plane = masks[:, :, heart.middle, heart.frame]
    row, column = np.argwhere(plane == 1)[len(np.argwhere(plane == 1)) // 2]
    plane[row - 2 : row + 3, column - 2 : column + 3] = 0


FOUND = [
    (missing_slice, "missing_slice"),
    (missing_blood, "no_blood"),
    (three_basal_slices_missing, "open_base"),
    (three_apical_slices_missing, "blunt_apex"),
    (wide_in_one_place, "area_frames"),
    (wide_at_es, "mass_change"),
    (narrow_everywhere, "outer_edge"),
    (blood_in_the_wall_everywhere, "inner_edge"),
    (aside_everywhere, "dark_blood"),
    (slice_aside, "off_axis"),
    (frame_aside, "moved"),
    (island, "islands"),
    (slices_swapped, "area_slices"),
]
NOT_FOUND = [one_basal_slice_missing, one_apical_slice_missing, small_hole]


@pytest.mark.parametrize(("draw", "sign"), FOUND, ids=[draw.__name__ for draw, _ in FOUND])
def test_error_is_found(heart, before, draw, sign):
    masks = heart.mouse.masks.copy()
    draw(masks, heart)
    assert findings_of(heart, masks).get(sign, 0) > before.get(sign, 0)


@pytest.mark.parametrize("draw", NOT_FOUND)
def test_error_that_docs_quality_names_as_not_found(heart, before, draw):
    masks = heart.mouse.masks.copy()
    draw(masks, heart)
    assert findings_of(heart, masks).sum() <= before.sum()
