"""Regions around the heart: aligned to the network, with a margin, and no heart cut off."""

import numpy as np
import pytest

from murmur.network.heart_region import MARGIN, Region, is_cut, regions_around, sides


def box(size, rows, columns):
    masks = np.zeros((size, size, 2, 2), np.uint8)
    masks[slice(*rows), slice(*columns), 1, 1] = 1
    return masks


@pytest.mark.parametrize(
    ("size", "stride", "expected"),
    [(256, 16, [128, 160, 192]), (192, 32, []), (256, 8, [64, 96, 128, 160, 192]), (240, 24, [])],
)
def test_sides_leave_context_and_save_time(size, stride, expected):
    assert sides(size, stride) == expected


def test_regions_are_aligned_and_contain_heart_and_margin():
    first, *others = regions_around(box(256, (71, 160), (20, 101)), 16)
    assert first == Region(48, 0, 128), "rows 71 to 159 and columns 20 to 100, centred to 16 pixels"
    assert [other.side for other in others] == [160, 192]
    for row, column, side in (first, *others):
        assert row % 16 == column % 16 == 0 and row <= 71 - MARGIN and row + side >= 160 + MARGIN
        assert column <= 20 - MARGIN or column == 0


def test_a_larger_heart_needs_a_larger_region():
    assert [region.side for region in regions_around(box(256, (56, 176), (56, 176)), 16)] == [160, 192]
    assert regions_around(box(256, (10, 240), (60, 180)), 16) == []
    assert regions_around(np.zeros((256, 256, 2, 2), np.uint8), 16) == []


@pytest.mark.parametrize(
    ("rows", "columns", "region", "cut"),
    [
        ((20, 40), (20, 40), Region(16, 16, 32), False),
        ((16, 40), (20, 40), Region(16, 16, 32), True),
        ((20, 40), (20, 48), Region(16, 16, 32), True),
        ((0, 20), (44, 64), Region(0, 32, 32), False),  # the borders of the image
    ],
)
def test_hearts_at_a_border_are_cut_unless_it_is_that_of_the_image(rows, columns, region, cut):
    assert is_cut(box(64, rows, columns), region) is cut
