"""The window around the heart: with a margin, within the image, and no heart cut off."""

import numpy as np
import pytest

from murmur.network.heart_region import LARGEST_PART, Interval, Window, is_cut, is_small, whole, window_around


def box(size, rows, columns):
    masks = np.zeros((size, size, 2, 2), np.uint8)
    masks[slice(*rows), slice(*columns), 1, 1] = 1
    return masks


def window(rows, columns):
    return Window(Interval(*rows), Interval(*columns))


def test_a_window_contains_heart_and_margin_within_the_image():
    assert window_around(box(256, (71, 160), (10, 245))) == window((59, 172), (0, 256))
    assert window_around(np.zeros((256, 256, 2, 2), np.uint8)) is None


def test_a_window_of_most_pixels_is_not_worth_a_coarse_pass():
    assert LARGEST_PART == 0.8
    assert is_small(window((20, 100), (0, 100)), 100) and not is_small(window((19, 100), (0, 100)), 100)
    assert not is_small(whole(100), 100)


@pytest.mark.parametrize(
    ("rows", "columns", "segmented", "cut"),
    [
        ((20, 40), (20, 40), window((16, 48), (16, 48)), False),
        ((16, 40), (20, 40), window((16, 48), (16, 48)), True),
        ((20, 40), (20, 48), window((16, 60), (16, 48)), True),
        ((0, 20), (44, 64), window((0, 32), (32, 64)), False),  # the borders of the image
    ],
)
def test_hearts_at_a_border_are_cut_unless_it_is_that_of_the_image(rows, columns, segmented, cut):
    assert is_cut(box(64, rows, columns), segmented) is cut
