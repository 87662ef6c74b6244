import numpy as np
import pytest

from murmur.network.postprocessing import keep_heart, largest_component

SPACING = (0.1, 0.1, 1.0)


def disc(shape, centre, radius):
    y, x = np.ogrid[: shape[0], : shape[1]]
    return np.hypot(y - centre[0], x - centre[1]) <= radius


@pytest.fixture
def heart():
    """Five slices of a tapering blood pool in a ring of myocardium, three frames."""
    masks = np.zeros((80, 80, 7, 3), np.uint8)
    for frame in range(3):
        for number, radius in zip(range(1, 6), (14, 12, 9, 6, 3), strict=True):
            masks[..., number, frame][disc((80, 80), (40, 40), radius + 6)] = 1
            masks[..., number, frame][disc((80, 80), (40, 40), radius)] = 2
    return masks


def test_good_mask_is_unchanged(heart):
    np.testing.assert_array_equal(keep_heart(heart, SPACING), heart)


def test_empty_mask_stays_empty():
    assert not keep_heart(np.zeros((8, 8, 3, 2), np.uint8), SPACING).any()


def test_islands_go(heart):
    noisy = heart.copy()
    noisy[5:9, 5:9, 2, 0] = 2
    noisy[70:78, 3:20, 1:5, 1] = 1
    noisy[40, 79, 6, 2] = 2
    np.testing.assert_array_equal(keep_heart(noisy, SPACING), heart)


def test_largest_by_volume_wins_over_most_slices():
    mask = np.zeros((80, 80, 8), bool)
    mask[5:45, 5:45, 2:5] = True
    mask[60:68, 60:68, 1:7] = True
    kept = largest_component(mask, SPACING)
    assert kept[5:45, 5:45, 2:5].all()
    assert not kept[60:68].any()


def test_apex_that_touches_at_a_corner_stays(heart):
    mask = heart[..., 0] == 2
    mask[..., 6] = False
    mask[43:45, 43:45, 6] = True
    assert largest_component(mask, SPACING)[..., 6].sum() == 4


def test_shifted_apex_that_does_not_touch_stays():
    mask = np.zeros((60, 60, 4), bool)
    mask[..., 0] = disc((60, 60), (30, 30), 12)
    mask[..., 1] = disc((60, 60), (30, 30), 12) & ~disc((60, 60), (30, 30), 8)
    mask[29:32, 29:32, 2] = True
    mask[..., 3] = disc((60, 60), (30, 30), 1)
    assert not mask[28:33, 28:33, 1].any()
    np.testing.assert_array_equal(largest_component(mask, SPACING), mask)


def test_piece_far_from_the_last_centroid_goes():
    mask = np.zeros((60, 60, 3), bool)
    mask[..., 0] = disc((60, 60), (30, 15), 6)
    mask[..., 1] = disc((60, 60), (30, 45), 4)
    kept = largest_component(mask, SPACING)
    assert kept[..., 0].any()
    assert not kept[..., 1].any()


def test_distances_are_in_millimetres():
    """Pixels twice as long along the columns: the same piece is now too far."""
    mask = np.zeros((60, 60, 2), bool)
    mask[20:40, 20:24, 0] = True
    mask[30, 26, 1] = True
    assert largest_component(mask, (0.1, 0.1, 1.0))[..., 1].any()
    assert not largest_component(mask, (0.1, 1.0, 1.0))[..., 1].any()


def test_against_scikit_image(heart):
    from skimage.measure import label, regionprops

    rng = np.random.default_rng(2)
    mask = rng.random((30, 30, 5)) < 0.06
    labels = label(mask, connectivity=3)
    largest = max(regionprops(labels), key=lambda region: region.area)
    inside = (labels == largest.label).any(axis=(0, 1))
    kept = largest_component(mask, SPACING)
    np.testing.assert_array_equal(kept[..., inside], (labels == largest.label)[..., inside])
