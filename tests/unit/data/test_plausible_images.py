from unittest.mock import Mock

import h5py
import numpy as np
import pytest

from murmur.data import plausible_images
from murmur.data.mouse import check_mouse
from murmur.data.mouse_file import write_cine
from murmur.data.plausible_images import look_at_images
from murmur.data.plausible_masks import look_at_masks
from murmur.phantom.mouse import phantom_mouse
from round_hearts import disc_masks

SPACING = [0.25, 0.25, 1.0]


@pytest.fixture
def look(tmp_path):
    """Returns a function that writes a round heart in smooth tissue, changed, and returns what is odd about it."""

    def look(change=lambda images, masks: (images, masks), others=(), more=None):
        masks = disc_masks([14, 12, 9, 8, 10, 13], slices=5)
        row, column = np.mgrid[:64, :64]
        images = np.choose(masks, [300, 200, 800]) + np.random.default_rng(1).normal(0, 20, masks.shape)
        for number in range(masks.shape[2]):  # slices differ more than frames
            images[:, :, number] += 300 * np.sin(row / 9 + 1.3 * number)[..., None] * np.cos(column / 7)[..., None]
        masks[..., [1, 2, 4, 5]] = 0
        images, masks = change(np.clip(images + 500, 0, None), masks)
        path = str(tmp_path / "M1.h5")
        frames = np.flatnonzero(masks.any(axis=(0, 1, 2))).tolist()
        write_cine(path, images.astype(np.uint16), masks, frames, {"spacing_mm": SPACING})
        with h5py.File(path, "a") as file:
            file.update(more or {})
        found = look_at_images(path, check_mouse(path), tuple(others))
        return {finding.check: finding.found for finding in found}

    return look


def changed(images=None, masks=None):
    """Change images or masks in place."""

    def change(x, y):
        for function, values in ((images, x), (masks, y)):
            if function:
                function(values)
        return x, y

    return change


def test_good_mouse(look):
    assert look() == {}


def blank(values):
    values[:, :, 1] = 7


def blank_frame(values):
    values[..., 4] = 0


def blank_image(values):
    values[:, :, 2, 5] = 0


def hot_pixel(values):
    values[3, 4, 1, 2] = 60000


def repeat_slice(values):
    values[:, :, 3] = values[:, :, 2]


def repeat_frame(values):
    values[..., 5] = values[..., 4]


@pytest.mark.parametrize(
    ("change", "check", "found"),
    [
        (blank, "blank slice", "slice 2 of 5"),
        (blank_frame, "blank frame", "frame 5 of 6"),
        (blank_image, "blank image", "1 of 30 images"),
        (hot_pixel, "outlying pixels", "pixels up to 81 times as bright as 99.9% of the others in 1 of 30 images"),
        (repeat_slice, "repeated slice", "slice 4 of 5, each a copy of an earlier one"),
        (repeat_frame, "repeated frame", "frame 6 of 6, each a copy of an earlier one"),
    ],
)
def test_blank_and_repeated(look, change, check, found):
    assert look(changed(images=change)) == {check: found}


def test_swapped_axes(look):
    found = look(lambda images, masks: (images.swapaxes(2, 3), masks.swapaxes(2, 3)))
    assert "slices and frames look swapped" in found


def test_unused_datasets(look):
    assert look(more={"Mask": [1]}) == {"dataset not used": "Mask"}
    assert look(more={"Observer": [1]}, others=["Observer"]) == {}


@pytest.mark.parametrize(("field_T", "varied", "phenotype"), [(9.4, False, "dcm"), (7, False, "tac"), (7, True, "dcm")])
def test_phantoms_are_plausible(tmp_path, field_T, varied, phenotype):
    made = phantom_mouse(3, 13, phenotype=phenotype, field_T=field_T, varied=varied, frame_interval_ms=10)
    attributes = {"spacing_mm": made.spacing_mm, "frame_interval_ms": made.frame_interval_ms}
    path = str(tmp_path / "Mouse14.h5")
    write_cine(path, made.images, made.masks, made.frames_with_roi, attributes)
    assert look_at_images(path, check_mouse(path), ()) == []
    assert look_at_masks(path, check_mouse(path), {"net": 192}).found == []


@pytest.mark.parametrize("rows", [1, 3, 500])
def test_images_in_another_scale_are_found_among_all_earlier_mice(monkeypatch, rows):
    monkeypatch.setattr(plausible_images, "ROWS_AT_ONCE", rows)
    vectors = np.random.default_rng(2).normal(size=(8, 400))
    vectors[[5, 7]] = vectors[[1, 1]]
    vectors = (vectors - vectors.mean(axis=1, keepdims=True)) / vectors.std(axis=1, keepdims=True)
    mice = [Mock(shape=(9, 9, 5, 6), images_sha256=str(number)) for number in range(8)]
    for number, mouse in enumerate(mice):
        mouse.name = f"M{number}"
    found = [(finding.mouse, finding.found) for finding in plausible_images.check_rescaled(mice, list(vectors))]
    scaled = [("M5", "M1"), ("M7", "M1"), ("M7", "M5")]
    assert sorted(found) == [(mouse, f"the images of {other} in another scale") for mouse, other in scaled]
