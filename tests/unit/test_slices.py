import numpy as np
import pytest

from murmur.augmentation import augment
from murmur.slices import from_square, scale, to_square


def test_each_slice_is_scaled_by_its_own_range():
    images = np.array([[[2, 4], [6, 10]], [[7, 7], [7, 7]]], np.uint16)
    np.testing.assert_array_equal(scale(images), [[[0, 0.25], [0.5, 1]], [[0, 0], [0, 0]]])
    assert scale(images).dtype == np.float32


@pytest.mark.parametrize("shape", [(256, 256), (192, 300), (97, 64), (300, 301)])
def test_there_and_back_keeps_what_fits(shape):
    images = np.random.default_rng(0).integers(1, 99, (2, *shape))
    square = to_square(images, 256)
    assert square.shape == (2, 256, 256)
    back = from_square(square, shape)
    rows, columns = (min(length, 256) for length in shape)
    assert np.count_nonzero(back) == 2 * rows * columns
    np.testing.assert_array_equal(back[back > 0], images[back > 0])


def test_crop_is_central():
    image = np.zeros((10, 10))
    image[4:6, 4:6] = 1
    np.testing.assert_array_equal(to_square(image, 2), np.ones((2, 2)))
    assert to_square(np.ones((2, 2)), 4)[1:3, 1:3].sum() == 4


@pytest.fixture
def slice_and_mask():
    y, x = np.mgrid[:128, :128]
    mask = np.where(np.hypot(y - 60, x - 70) < 15, 2, np.where(np.hypot(y - 60, x - 70) < 25, 1, 0)).astype(np.uint8)
    texture = np.random.default_rng(3).random((128, 128)) * 0.1
    return scale(np.choose(mask, [0.1, 0.4, 0.9]) + texture), mask


def test_augmentation_depends_on_its_seed_alone(slice_and_mask):
    first, second, other = (augment(*slice_and_mask, np.random.default_rng(seed)) for seed in (5, 5, 6))
    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[1], second[1])
    assert not np.array_equal(first[0], other[0])


def test_augmentation_keeps_range_labels_and_registration(slice_and_mask):
    image, mask = slice_and_mask
    areas = []
    for seed in range(60):
        changed, labels = augment(image, mask, np.random.default_rng(seed))
        assert (changed.dtype, labels.dtype, changed.shape) == (np.float32, np.uint8, image.shape)
        assert (changed.min(), changed.max()) == (0, 1)
        assert set(np.unique(labels)) <= {0, 1, 2}
        areas.append(np.count_nonzero(labels == 2) / np.count_nonzero(mask == 2))
        # The mask moves with the image: the blood pool stays the brightest part.
        assert np.median(changed[labels == 2]) > np.median(changed[labels == 1]) > np.median(changed[labels == 0])
    assert 0.8 <= min(areas) < 0.95
    assert 1.05 < max(areas) <= 1.25


def test_shift_is_random_along_both_axes_and_bounded():
    """A disc in the middle is moved by the shift alone: mirrors, turns and scaling leave the middle where it is."""
    y, x = np.mgrid[:129, :129]
    mask = np.where(np.hypot(y - 64, x - 64) < 12, 2, 0).astype(np.uint8)
    moved = []
    for seed in range(200):
        _, labels = augment(mask.astype(np.float32) / 2, mask, np.random.default_rng(seed))
        moved.append(np.argwhere(labels == 2).mean(axis=0) - 64)
    moved = np.array(moved)
    moved = moved[np.abs(moved).max(axis=1) > 0.2]
    assert 70 < len(moved) < 130, "half of the slices are shifted"
    assert np.abs(moved).max() < 0.0625 * 129 + 0.5
    for axis in (0, 1):
        assert moved[:, axis].min() < -6
        assert moved[:, axis].max() > 6
        assert abs(moved[:, axis].mean()) < 1.5
    assert abs(np.corrcoef(moved.T)[0, 1]) < 0.3


def test_image_is_not_quantised_to_eight_bits(slice_and_mask):
    levels = [len(np.unique(augment(*slice_and_mask, np.random.default_rng(seed))[0])) for seed in range(30)]
    assert min(levels) > 256
