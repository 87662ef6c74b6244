import numpy as np
import pytest

from beating_hearts import heart_of_discs, images_of_discs
from murmur.quality.image_signs import NAMES, image_signs

MASKS = heart_of_discs()
IMAGES = images_of_discs(MASKS)


def test_clear_images(no_warnings):
    found = image_signs(IMAGES, MASKS)
    assert set(found) == set(NAMES)
    assert found["contrast"][1:-1] == pytest.approx(40, abs=1)
    assert np.nanmax(found["dark_blood"]) == 0 and np.nanmax(found["bright_muscle"]) == 0
    assert np.isnan(found["contrast"][0]).all()


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
