"""Cines are segmented around the heart only where that changes nothing; a threshold serves as the network."""

import logging

import numpy as np
import pytest

from murmur.network.heart_region import Interval, Window
from murmur.network.inference import Network
from murmur.network.segmentation import segment, segment_cine

SPACING = (0.1, 0.1, 1.0)


class Threshold:
    """A network that labels pixels by their intensity; `computed` counts the pixels of its output."""

    def __init__(self, size=128, local=True):
        self.size, self.local, self.computed = size, local, 0

    def network(self, window=None):
        def probabilities(squares):
            values = squares[:, *window.slices] if window else squares
            self.computed += values.size
            return np.stack([values < 0.3, (values >= 0.3) & (values < 0.8), values >= 0.8], -1).astype(np.float32)

        return Network(self.size, probabilities, "threshold", self.network if self.local else None)


def cine(shape=(128, 128, 4, 12), centre=(60, 70), radius=12, jump=None):
    """Return a ring around a disc; in frame `jump`, it is 30 pixels lower."""
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    images = np.zeros(shape, np.uint16)
    for frame in range(shape[3]):
        at = centre[0] + 30 * (frame == jump), centre[1]
        distance = np.hypot(rows - at[0], columns - at[1])
        images[..., frame] = (500 * (distance < radius) + 500 * (distance < radius / 2))[..., None]
    images[2, 2] = 700  # an island far away
    return images


def run(images, threshold, only_heart=True, crop=True):
    return segment_cine(images, threshold.network(), SPACING, only_heart, crop)


def test_crop_gives_the_masks_of_whole_images_with_fewer_pixels(caplog):
    caplog.set_level(logging.INFO, "murmur")
    images, part, whole = cine(), Threshold(), Threshold()
    cropped, plain = run(images, part), run(images, whole, crop=False)
    np.testing.assert_array_equal(cropped.masks, plain.masks)
    assert set(np.unique(plain.masks)) == {0, 1, 2} and plain.masks[2, 2].max() == 0
    assert (cropped.rows, cropped.columns) == ((41, 80), (51, 90)), "a disc of radius 12, and 8 pixels"
    assert (plain.rows, plain.columns) == ((0, 128), (0, 128))
    assert part.computed < 0.35 * whole.computed
    assert [record.message for record in caplog.records] == [
        "only 39 x 39 pixels around the heart were segmented",
        "whole images were segmented",
    ]


def test_a_heart_that_moves_out_of_the_window_in_one_frame_is_segmented_whole_there(caplog):
    caplog.set_level(logging.INFO, "murmur")
    cropped, plain = run(cine(jump=3), Threshold()), run(cine(jump=3), Threshold(), crop=False)
    np.testing.assert_array_equal(cropped.masks, plain.masks)
    assert caplog.records[0].message.endswith("and 4 of 48 images as a whole")


def test_images_are_segmented_whole_where_the_heart_is_larger(caplog):
    caplog.set_level(logging.INFO, "murmur")
    images, part, whole = cine(shape=(128, 128, 9, 12)), Threshold(), Threshold()
    images[70:100, 68:72, 8, 5] = 500  # seen in the window, and continued below it
    images[100:110, 68:72, 7, 5] = 500  # seen only when slice 7 is segmented whole
    images[105:120, 68:72, 6, 5] = 500  # and slice 6
    cropped, plain = run(images, part), run(images, whole, crop=False)
    np.testing.assert_array_equal(cropped.masks, plain.masks)
    assert plain.masks[119, 70, 6, 5] == 1
    assert cropped.rows == (41, 80), "of all images"
    message = "only 39 x 39 pixels around the heart were segmented, and 4 of 108 images as a whole"
    assert caplog.records[0].message == message
    assert part.computed < 0.25 * whole.computed


@pytest.mark.parametrize(
    ("images", "threshold", "only_heart", "reason"),
    [
        (cine(), Threshold(local=False), True, "the network computes whole images only"),
        (cine((128, 128, 4, 5)), Threshold(), True, "finding the heart first does not pay in 5 frames"),
        (cine(radius=55), Threshold(), True, "a part would hardly be smaller"),
        (cine(), Threshold(), False, "outside the heart, too, masks are kept"),
    ],
)
def test_whole_images_are_segmented_for_a_reason(images, threshold, only_heart, reason, caplog):
    caplog.set_level(logging.INFO, "murmur")
    found, plain = run(images, threshold, only_heart), run(images, threshold, only_heart, crop=False)
    np.testing.assert_array_equal(found.masks, plain.masks)
    assert found[1:3] == plain[1:3] == ((0, 128), (0, 128))
    assert caplog.records[0].message == f"whole images were segmented: {reason}"


@pytest.mark.parametrize(
    ("shape", "rows", "columns"), [((200, 100, 2, 8), (77, 116), (47, 86)), ((100, 128, 1, 6), (27, 66), (51, 90))]
)
def test_regions_are_given_on_the_grid_of_the_images(shape, rows, columns):
    images = cine(shape, (96, 66) if shape[0] == 200 else (46, 70))
    found = run(images, Threshold())
    assert (found.rows, found.columns) == (rows, columns)
    np.testing.assert_array_equal(found.masks, run(images, Threshold(), crop=False).masks)


def test_normalisation_is_that_of_the_whole_image():
    images, window = cine(), Window(Interval(24, 88), Interval(40, 104))
    images[100, 10] = 1500  # outside the window, brighter than the heart, whose disc would be labelled 2 without it
    part, whole = (segment(images, Threshold().network(), of) for of in (window, None))
    np.testing.assert_array_equal(part[window.slices], whole[window.slices])
    assert part[window.slices].max() == 1 and not part[:24].any()
