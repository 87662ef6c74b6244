"""Errors drawn into good masks, as networks and people make them: each is found, with the right words, where it is."""

import numpy as np
import pytest

from beating_hearts import FRAMES, SPACING_MM, heart_of_discs, images_of_discs
from murmur.quality.image_signs import image_signs
from murmur.quality.scan_signs import scan_signs
from murmur.quality.signs import TRAINED, judge, tables, with_ranges
from murmur.quality.slice_signs import slice_signs

GOOD = heart_of_discs(128)
ROW, COLUMN = np.mgrid[:128, :128]
MIDDLE, ES = 4, FRAMES // 2


def disc(row, column, radius):
    return np.hypot(ROW - row, COLUMN - column) < radius


def images():
    """The heart, with papillary muscles, and the crescent of the right ventricle to its left."""
    found = images_of_discs(GOOD)
    right = disc(64, 40, 26)[..., None, None] & (GOOD == 0) & (GOOD.any(axis=(0, 1)))
    found[right] = 1000
    found[papillary()[:, :, None, None] & (GOOD == 2)] = 400
    return found


def papillary():
    return disc(58, 70, 6) | disc(70, 70, 6)


def good():
    masks = GOOD.copy()
    masks[papillary()[:, :, None, None] & (masks == 2)] = 1
    return masks


def findings_of(masks):
    blood, heart = (np.isin(masks, labels).sum(axis=(0, 1)) * 0.01 for labels in ([2], [1, 2]))
    signs = slice_signs(masks, SPACING_MM) | image_signs(images(), masks)
    volumes = blood.sum(axis=0)
    of_scan = scan_signs(blood, heart, SPACING_MM, 10.0, (int(volumes.argmax()), int(volumes.argmin())))
    return tables([judge("mouse", signs, of_scan, heart > 0, with_ranges(TRAINED))])[1]


def missing_slice(masks):
    masks[:, :, MIDDLE] = 0


def missing_blood(masks):
    plane = masks[:, :, MIDDLE, ES]
    plane[plane == 2] = 1


def filled_papillary_muscles(masks):
    masks[papillary()[:, :, None, None] & (GOOD == 2)] = 2


def right_for_left(masks):
    """In one slice, the right ventricle and a rim around it."""
    right = disc(64, 40, 26) & ~disc(64, 64, 25)
    masks[:, :, MIDDLE, 3] = np.select([right & disc(64, 40, 24), right], [2, 1])


def hole_in_the_wall(masks):
    masks[36:42, 60:68, MIDDLE, 2] = 0


def island(masks):
    masks[:, :, MIDDLE, 2][disc(110, 110, 6)] = 1


def open_ring(masks):
    plane = masks[:, :, MIDDLE, 2]
    plane[(COLUMN < 52) & (plane == 1)] = 0


def missing_apex(masks):
    masks[:, :, :4] = 0


def missing_base(masks):
    masks[:, :, 4:] = 0


def frame_too_large(masks):
    plane = masks[:, :, MIDDLE, 3]
    plane[disc(64, 64, 42) & (plane == 0)] = 1


def thick_at_es(masks):
    plane = masks[..., ES]
    thick = np.stack([disc(64, 64, 36)] * masks.shape[2], axis=-1) & masks[..., ES].any(axis=(0, 1))
    plane[thick & (plane == 0)] = 1


def at_the_border(masks):
    masks[60:70, :40, MIDDLE, 2] = 1


def volume_of_one_frame(masks):
    """In one frame, the inner half of the wall is counted as blood in all slices."""
    plane = masks[..., 3]
    plane[np.stack([disc(64, 64, 26)] * masks.shape[2], axis=-1) & (plane == 1)] = 2


def blood_in_the_wall(masks):
    plane = masks[:, :, MIDDLE, 3]
    plane[disc(64, 64, 22) & (plane == 1)] = 2


def wide_border(masks):
    plane = masks[:, :, MIDDLE, 3]
    plane[disc(64, 64, 31) & (plane == 0)] = 1


def bulge(masks):
    """The mask reaches into the liver."""
    masks[:, :, MIDDLE, 3][disc(98, 64, 16) & (masks[:, :, MIDDLE, 3] == 0)] = 1


DRAWN = [
    (missing_slice, "the mask is missing in this slice", (MIDDLE, None)),
    (missing_blood, "the blood pool is missing in this slice", (MIDDLE, ES)),
    (filled_papillary_muscles, "of the blood pool is as dark as myocardium", (None, ES)),
    (right_for_left, "off the long axis", (MIDDLE, 3)),
    (right_for_left, "from that of the other frames", (MIDDLE, 3)),
    (right_for_left, "the heart is elongated", (MIDDLE, 3)),
    (hole_in_the_wall, "holes in the mask", (MIDDLE, 2)),
    (island, "islands apart from the rest of the mask", (MIDDLE, 2)),
    (open_ring, "the myocardium is open", (MIDDLE, 2)),
    (missing_apex, "slices at the apex may be missing", (None, None)),
    (missing_base, "slices at the base may be missing", (None, None)),
    (frame_too_large, "the area of the heart jumps between frames", (MIDDLE, 3)),
    (bulge, "the heart has an uneven outline", (MIDDLE, 3)),
    (wide_border, "the outer border follows no edge", (MIDDLE, 3)),
    (blood_in_the_wall, "the border of the blood pool follows no edge", (MIDDLE, 3)),
    (thick_at_es, "the mass differs between ED and ES", (None, None)),
    (at_the_border, "the mask reaches the border of the segmented part of the image", (MIDDLE, 2)),
    (volume_of_one_frame, "three harmonics of the beat", (None, None)),
]


def test_good_masks_have_no_findings():
    assert findings_of(good())["reason"].tolist() == []


@pytest.mark.parametrize(
    ("draw", "words", "place"), DRAWN, ids=[f"{draw.__name__}: {words}" for draw, words, _ in DRAWN]
)
def test_drawn_error_is_found_with_its_words(draw, words, place):
    masks = good()
    draw(masks)
    findings = findings_of(masks)
    found = findings[findings["reason"].str.contains(words)]
    assert not found.empty, findings["reason"].tolist()
    for column, number in zip(("slice", "frame"), place, strict=True):
        if number is not None:
            assert number in found[column].tolist()
