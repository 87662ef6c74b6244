"""Each corruption changes what it says, more with each severity, and leaves the original as it is."""

import h5py
import numpy as np
import pytest

from beating_hearts import SPACING_MM, heart_of_discs, images_of_discs
from murmur.phantom.corruption import KINDS, SEVERITIES, Cine, corrupt

MASKS = heart_of_discs()
CINE = Cine(images_of_discs(MASKS), MASKS, SPACING_MM)
OF_STACK = ("cropped", "swapped", "spacing")


def corrupted(kind, severity, seed=1):
    return corrupt(np.random.default_rng(seed), CINE, kind, severity)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in OF_STACK])
def test_images_change_more_with_each_severity(kind):
    before = CINE.images.copy()
    changes = []
    for severity in SEVERITIES:
        found = corrupted(kind, severity)
        assert found.images.dtype == np.uint16 and found.images.shape == CINE.images.shape
        assert found.masks is CINE.masks and found.spacing_mm == SPACING_MM
        changes.append(np.abs(found.images.astype(float) - before).mean())
    assert changes[0] > 0 and all(np.diff(changes) > 0)
    assert np.array_equal(CINE.images, before)


@pytest.mark.parametrize("kind", KINDS)
def test_same_seed_same_images(kind):
    one, other = corrupted(kind, 3), corrupted(kind, 3)
    assert np.array_equal(one.images, other.images) and one.spacing_mm == other.spacing_mm


def test_inflow_takes_signal_from_blood_only():
    found = corrupted("inflow", 5)
    changed = found.images != CINE.images
    assert changed.any() and (MASKS[changed] == 2).all()
    assert (found.images <= CINE.images).all()


def test_noise_and_blur_have_their_size():
    brightest = np.percentile(CINE.images[::4, ::4], 99.5)
    noise = corrupted("noise", 2).images.astype(float) - CINE.images
    assert noise[MASKS == 2].std() == pytest.approx(0.1 * brightest, rel=0.05)
    assert corrupted("blur", 3).images[:, :, 0].std() < CINE.images[:, :, 0].std() / 5


def test_contrast_is_inverted_from_severity_3():
    for severity in SEVERITIES:
        images = corrupted("contrast", severity).images
        assert (images[MASKS == 2].mean() > images[MASKS == 1].mean()) == (severity < 3)


@pytest.mark.parametrize("severity", SEVERITIES)
def test_cropped_stack_lacks_slices_of_the_heart_at_one_end(severity):
    found = corrupted("cropped", severity)
    heart = found.masks.any(axis=(0, 1, 3))
    assert heart.sum() == max(7 - severity, 3)
    assert heart[0] != heart[-1]
    assert found.images.shape == found.masks.shape


def test_swapped_slices_take_their_masks_along():
    found = corrupted("swapped", 2)
    areas, before = (masks.any(axis=(0, 1)).sum(axis=-1) for masks in (found.masks, MASKS))
    assert sorted(areas) == sorted(before)
    moved = np.flatnonzero((found.images != CINE.images).any(axis=(0, 1, 3)))
    assert np.diff(moved).tolist() == [2]
    assert np.array_equal(found.masks[:, :, moved[0]], MASKS[:, :, moved[1]])


def test_spacing_is_wrong_in_the_file_only():
    found = corrupted("spacing", 5)
    assert found.images is CINE.images
    assert found.spacing_mm[0] in (pytest.approx(0.15), pytest.approx(0.1 / 1.5))
    assert found.spacing_mm[2] == 1.0


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "misgating"])  # of which one frame shows nothing
def test_real_images_are_corrupted_as_well(root, kind):
    path = root.parent / "shared" / "real" / "mouse" / "Movie_Best.h5"
    if not path.exists():
        pytest.skip("real images are not at hand")
    with h5py.File(path) as file:
        cine = Cine(file["Images"][()].astype(np.uint16), file["Masks"][()].astype(np.uint8), SPACING_MM)
    found = corrupt(np.random.default_rng(1), cine, kind, 3)
    assert found.images.shape == found.masks.shape and found.images.dtype == np.uint16
    same = np.array_equal(found.images, cine.images)
    assert same == (kind == "spacing") and (found.spacing_mm != SPACING_MM) == same
    assert found.masks.any() and set(np.unique(found.masks)) == {0, 1, 2}
