import numpy as np
import pytest

from murmur.network.augmentation import augment_notebook, augment_paper
from murmur.network.preprocessing import scale

both = pytest.mark.parametrize("augment", [augment_paper, augment_notebook])


@pytest.fixture
def slice_and_mask():
    y, x = np.mgrid[:128, :128]
    mask = np.where(np.hypot(y - 60, x - 70) < 15, 2, np.where(np.hypot(y - 60, x - 70) < 25, 1, 0)).astype(np.uint8)
    texture = np.random.default_rng(3).random((128, 128)) * 0.1
    return scale(np.choose(mask, [0.1, 0.4, 0.9]) + texture), mask


@both
def test_augmentation_depends_on_its_seed_alone(augment, slice_and_mask):
    first, second, other = (augment(*slice_and_mask, np.random.default_rng(seed)) for seed in (5, 5, 6))
    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[1], second[1])
    assert not np.array_equal(first[0], other[0])


def test_augmentation_keeps_range_labels_and_registration(slice_and_mask):
    image, mask = slice_and_mask
    areas = []
    for seed in range(60):
        changed, labels = augment_paper(image, mask, np.random.default_rng(seed))
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
        _, labels = augment_paper(mask.astype(np.float32) / 2, mask, np.random.default_rng(seed))
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
    levels = [len(np.unique(augment_paper(*slice_and_mask, np.random.default_rng(seed))[0])) for seed in range(30)]
    assert min(levels) > 256


@both
def test_a_constant_slice_stays_finite(augment):
    image, mask = np.zeros((64, 64), np.float32), np.zeros((64, 64), np.uint8)
    for seed in range(100):
        assert np.isfinite(augment(image, mask, np.random.default_rng(seed))[0]).all()


class Chosen:
    """A generator that applies chosen transforms alone: the answers to the question whether to, in their order."""

    def __init__(self, *transforms, seed=0):
        names = ["mirror", "turn", "brightness", "gamma", "noise", "clahe", "affine"]
        self.answers = iter([0.0 if name in transforms else 1.0 for name in names])
        self.rng = np.random.default_rng(seed)

    def random(self):
        return next(self.answers)

    def __getattr__(self, name):
        return getattr(self.rng, name)


def test_the_code_shifts_by_a_sixteenth_and_scales_each_axis_by_itself():
    y, x = np.mgrid[:129, :129]
    mask = np.where(np.hypot(y - 64, x - 64) < 30, 2, 0).astype(np.uint8)
    extents = []
    for seed in range(60):
        _, labels = augment_notebook(mask.astype(np.float32) / 2, mask, Chosen("affine", seed=seed))
        found = np.argwhere(labels == 2)
        np.testing.assert_allclose(found.mean(axis=0) - 64, 0.0625 * 129, atol=0.35)
        extents.append(found.std(axis=0) / np.argwhere(mask == 2).std(axis=0))
    extents = np.array(extents)
    assert 0.89 < extents.min() < 0.93 < 1.07 < extents.max() < 1.11
    assert abs(np.corrcoef(extents.T)[0, 1]) < 0.5
    assert np.abs(extents[:, 0] - extents[:, 1]).max() > 0.08


@pytest.mark.parametrize(
    ("augment", "low", "high"),
    [(augment_paper, np.sqrt(30) / 255, np.sqrt(100) / 255), (augment_notebook, 0.1, 0.4)],
)
def test_noise_is_as_strong_as_each_says(augment, low, high):
    """Measured before the image is scaled to its own range: a step from 0 to 1 keeps the range fixed."""
    image = np.full((128, 128), 0.5, np.float32)
    image[:2], image[-2:] = 0, 1
    mask = np.zeros((128, 128), np.uint8)
    found = [augment(image, mask, Chosen("noise", seed=seed))[0][4:-4].std() for seed in range(60)]
    assert low * 0.95 < min(found) < low * 1.4
    assert high * 0.75 < max(found) < high * 1.02  # the strong one is clipped


def test_the_code_trains_on_256_grey_levels(slice_and_mask):
    image, mask = slice_and_mask
    truncated = np.floor(image * np.float32(255))
    np.testing.assert_array_equal(augment_notebook(image, mask, Chosen())[0], scale(truncated))
    for seed in range(30):
        assert len(np.unique(augment_notebook(image, mask, np.random.default_rng(seed))[0])) <= 256


def test_the_code_turns_by_nothing_as_often_as_by_each_quarter(slice_and_mask):
    image, mask = slice_and_mask
    turned = [augment_notebook(image, mask, Chosen("turn", seed=seed))[1] for seed in range(200)]
    shares = [np.mean([np.array_equal(labels, np.rot90(mask, turns)) for labels in turned]) for turns in range(4)]
    assert sum(shares) == 1
    assert 0.17 < min(shares) <= max(shares) < 0.33
    turned = [augment_paper(image, mask, Chosen("turn", seed=seed))[1] for seed in range(50)]
    assert not any(np.array_equal(labels, mask) for labels in turned)
