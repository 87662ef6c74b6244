import numpy as np
import pytest

from murmur.network.shapes import shape_map, with_shapes

AT_BORDER = 1 / (1 + np.exp(-5))


def test_map_of_a_disc_falls_from_the_border_to_one_half_in_the_middle():
    y, x = np.mgrid[:41, :41]
    radius = np.hypot(y - 20, x - 20)
    found = shape_map(radius <= 15)
    assert found[20, 20] == pytest.approx(0.5)
    assert found[20, 5] == found[20, 35] == pytest.approx(AT_BORDER)
    # half-way in: φ = 1/2, 1 / (1 + exp(-2.5))
    assert found[20, 13] == pytest.approx(0.924, abs=0.01)
    assert (found[radius > 15] == 0).all()


def test_each_component_is_scaled_to_its_own_depth():
    mask = np.zeros((20, 40), bool)
    mask[2:17, 2:17] = True  # 8 pixels deep
    mask[2:5, 25:28] = True  # 2 pixels deep
    mask[10, 25:35] = True  # a line has no depth
    found = shape_map(mask)
    assert found[9, 9] == found[3, 26] == pytest.approx(0.5)
    assert found[10, 25:35] == pytest.approx(AT_BORDER)


def test_structure_at_the_border_of_the_image_ends_there():
    found = shape_map(np.ones((5, 5), bool))
    assert found[0] == pytest.approx(AT_BORDER)
    assert found[2, 2] == pytest.approx(0.5)


def test_labels_come_first_and_absent_structures_are_zero():
    labels = np.zeros((8, 8), np.uint8)
    labels[2:5, 2:5] = 2
    found = with_shapes(labels)
    assert found.shape == (8, 8, 3) and found.dtype == np.float32
    np.testing.assert_array_equal(found[..., 0], labels)
    assert not found[..., 1].any()
    np.testing.assert_array_equal(found[..., 2], shape_map(labels == 2))
