import numpy as np
import pytest
from scipy import ndimage

from beating_hearts import heart_of_discs, images_of_discs
from murmur.quality.image_signs import NAMES, SMOOTHING, image_signs

MASKS = heart_of_discs()
IMAGES = images_of_discs(MASKS)


def test_clear_images(no_warnings):
    found = image_signs(IMAGES, MASKS)
    assert set(found) == set(NAMES)
    assert found["contrast"][1:-1] == pytest.approx(40, abs=1)
    assert np.nanmax(found["dark_blood"]) == 0 and np.nanmax(found["bright_muscle"]) == 0
    assert np.isnan(found["contrast"][0]).all()


def test_borders_on_edges_and_next_to_them():
    """The gradient is largest on a border that follows an edge, and next to one moved by three pixels."""
    found = image_signs(IMAGES, MASKS)
    assert found["inner_edge"][4, 2] < 40 and found["outer_edge"][4, 2] < 40
    masks = MASKS.copy()
    plane, heart = masks[:, :, 4, 2], MASKS[:, :, 4, 2] > 0
    plane[ndimage.binary_dilation(heart, iterations=3) & ~heart] = 1
    moved = image_signs(IMAGES, masks)
    assert moved["outer_edge"][4, 2] > 150 and moved["inner_edge"][4, 2] == found["inner_edge"][4, 2]
    assert np.array_equal(moved["outer_edge"][3], found["outer_edge"][3], equal_nan=True)
    masks = MASKS.copy()
    plane = masks[:, :, 4, 2]
    plane[(plane == 2) & ~ndimage.binary_erosion(plane == 2, iterations=3)] = 1
    assert image_signs(IMAGES, masks)["inner_edge"][4, 2] > 150


def test_gradient_on_and_next_to_a_straight_border_of_known_signal():
    """Smoothing with variance v and central differences turn the signal x³ into the gradient 3x² + 3v + 1."""
    x = np.arange(40.0) - 5
    images = np.repeat(x[:, None] ** 3 + 200, 40, axis=1)[..., None, None]
    masks = np.zeros(images.shape, np.uint8)
    masks[20:, :] = 1  # up to the last row and the outermost columns: one border, between rows 19 and 20
    gradient = 3 * x**2 + 3 * SMOOTHING**2 + 1
    expected = 100 * gradient[[17, 18, 21, 22]].mean() / gradient[[19, 20]].mean()
    assert image_signs(images, masks)["outer_edge"][0, 0] == pytest.approx(expected, rel=1e-3)


def test_images_without_signal_have_no_edges(no_warnings):
    found = image_signs(np.zeros_like(IMAGES), MASKS)
    assert np.isnan(found["inner_edge"]).all() and np.isnan(found["outer_edge"]).all()


def test_papillary_muscle_in_the_blood_pool_is_dark():
    images, blood = IMAGES.copy(), (MASKS[:, :, 4, 2] == 2).sum()
    images[42:50, 42:50, 4, 2] = 400
    assert image_signs(images, MASKS)["dark_blood"][4, 2] == pytest.approx(100 * 64 / blood)


def test_blood_in_the_myocardium_is_bright():
    masks = MASKS.copy()
    masks[:, :, 4, 2][(masks[:, :, 4, 2] == 2) & (np.arange(96) < 42)] = 1
    muscle = (masks[:, :, 4, 2] == 1).sum()
    added = muscle - (MASKS[:, :, 4, 2] == 1).sum()
    assert image_signs(IMAGES, masks)["bright_muscle"][4, 2] == pytest.approx(100 * added / muscle)


def test_black_blood_and_no_masks(no_warnings):
    images = np.where(MASKS == 2, 0, 300).astype(np.uint16)
    assert np.isinf(image_signs(images, MASKS)["contrast"][4, 2])
    assert np.isnan(image_signs(images, np.zeros_like(MASKS))["contrast"]).all()
