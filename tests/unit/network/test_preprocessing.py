import numpy as np
import pytest

from murmur.network.preprocessing import from_square, scale, to_square


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
