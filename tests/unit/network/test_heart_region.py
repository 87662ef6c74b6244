"""The window around the heart: with a margin, within the image, and no heart cut off."""

import numpy as np
import pytest

from murmur.network.heart_region import (
    LARGEST_PART,
    Interval,
    Window,
    images_to_complete,
    is_small,
    whole,
    window_around,
)


def box(size, rows, columns):
    masks = np.zeros((size, size, 2, 2), np.uint8)
    masks[slice(*rows), slice(*columns), 1, 1] = 1
    return masks


def window(rows, columns):
    return Window(Interval(*rows), Interval(*columns))


def test_a_window_contains_heart_and_margin_within_the_image():
    assert window_around(box(256, (71, 160), (10, 245))) == window((63, 168), (2, 253))
    assert window_around(np.zeros((256, 256, 2, 2), np.uint8)) is None


def test_a_window_of_most_pixels_is_not_worth_a_coarse_pass():
    assert LARGEST_PART == 0.8
    assert is_small(window((20, 100), (0, 100)), 100) and not is_small(window((19, 100), (0, 100)), 100)
    assert not is_small(whole(100), 100)


@pytest.mark.parametrize(
    ("rows", "columns", "segmented", "reached"),
    [
        ((20, 40), (20, 40), window((16, 48), (16, 48)), False),
        ((16, 40), (20, 40), window((16, 48), (16, 48)), True),
        ((20, 40), (20, 48), window((16, 60), (16, 48)), True),
        ((20, 40), (40, 60), window((16, 48), (16, 48)), True),  # beyond it, in an image that was segmented whole
        ((0, 20), (44, 64), window((0, 32), (32, 64)), False),  # the borders of the image
    ],
)
def test_images_are_completed_if_the_heart_there_or_next_to_it_reaches_a_border(rows, columns, segmented, reached):
    heart = np.zeros((64, 64, 5, 3), np.uint8)
    heart[slice(*rows), slice(*columns), 3, 1] = 1
    heart[20:28, 40:44] = 2
    expected = np.zeros((5, 3), bool)
    expected[2:, 1] = reached
    np.testing.assert_array_equal(images_to_complete(heart, segmented), expected)
