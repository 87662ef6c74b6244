"""Shapes with known holes, islands, openings and distances."""

import numpy as np
import pytest
from scipy import ndimage

from beating_hearts import SPACING_MM, heart_of_discs
from murmur.quality.slice_signs import NAMES, slice_signs

HEART = heart_of_discs()
AREA = (HEART > 0).sum(axis=(0, 1))


def signs_of(change):
    masks = HEART.copy()
    change(masks)
    return masks, slice_signs(masks, SPACING_MM)


def test_every_sign_has_a_value_for_each_slice_and_frame_or_none(no_warnings):
    found = slice_signs(HEART, SPACING_MM)
    assert set(found) == set(NAMES)
    assert {values.shape for values in found.values()} == {HEART.shape[2:]}
    assert all(np.isnan(found[name][0]).all() for name in NAMES if name != "missing_slice")


def test_discs_have_no_sign_of_an_error():
    found = slice_signs(HEART, SPACING_MM)
    for name in ("image_border", "holes", "islands", "blood_islands", "open_ring", "missing_slice", "no_blood"):
        assert np.nanmax(found[name]) == 0, name
    assert found["elongation"][1:-1] == pytest.approx(1, abs=0.01)
    assert np.nanmax(found["off_axis"]) < 0.01 and np.nanmax(found["moved"]) < 0.01


def test_empty_masks(no_warnings):
    found = slice_signs(np.zeros((20, 20, 3, 4), np.uint8), SPACING_MM)
    assert set(found) == set(NAMES)
    assert all(np.isnan(values).all() for values in found.values())


def test_hole_and_island_are_measured_in_percent_of_the_heart():
    def change(masks):
        masks[30:34, 48, 4, 2] = 0  # in the wall
        masks[2:5, 2:5, 4, 2] = 1

    masks, found = signs_of(change)
    area = (masks[:, :, 4, 2] > 0).sum()
    labels, _ = ndimage.label(masks[:, :, 4, 2] == 0)
    holes = (labels > 0).sum() - (labels == labels[0, 0]).sum()
    assert found["holes"][4, 2] == pytest.approx(100 * holes / area) and holes > 0
    assert found["islands"][4, 2] == pytest.approx(100 * 9 / area)
    assert np.nanmax(found["holes"]) == found["holes"][4, 2]


def test_share_of_a_square_outside_the_circle_of_its_variances():
    """A square of side 1 has the variance 1/12; the circle with 4 times this as squared radius covers 92.6% of it."""
    masks = np.zeros((300, 300, 1, 2), np.uint8)
    masks[50:250, 50:250, 0, 0] = 1
    row, column = np.mgrid[:300, :300]
    masks[..., 0, 1] = ((row - 150) / 120) ** 2 + ((row + column - 300) / 80) ** 2 < 1  # an oblique ellipse
    radius, half = 3**-0.5, 0.5
    segment = radius**2 * np.arccos(half / radius) - half * np.sqrt(radius**2 - half**2)
    expected = 100 * (1 - (np.pi * radius**2 - 4 * segment))
    found = slice_signs(masks, (0.1, 0.2, 1.0))["off_ellipse"]
    assert found[0, 0] == pytest.approx(expected, abs=0.1) and found[0, 1] < 0.3


def test_open_ring_is_the_share_of_the_border_without_myocardium():
    def change(masks):
        plane = masks[:, :, 4, 2]
        plane[:48][plane[:48] == 1] = 0

    assert signs_of(change)[1]["open_ring"][4, 2] == pytest.approx(50, abs=2)


def test_mask_at_the_border_of_the_image():
    def change(masks):
        masks[0, 10:15, 4, 2] = 1
        masks[:4, 0, 4, 2] = 2

    assert signs_of(change)[1]["image_border"][4, 2] == 9


def test_shifted_slice_lies_off_the_axis_and_away_from_its_other_frames():
    def change(masks):
        masks[:, :, 4, 2] = np.roll(masks[:, :, 4, 2], (3, 4), (0, 1))

    found = signs_of(change)[1]
    assert found["off_axis"][4, 2] == pytest.approx(0.5, abs=0.01)
    assert found["moved"][4, 2] == pytest.approx(0.5, abs=0.01)
    assert np.nanmax(np.delete(found["off_axis"], 4, axis=0)) < 0.01


def test_tilted_heart_is_on_its_axis():
    masks = np.stack([np.roll(HEART[:, :, number], 2 * number - 8, axis=0) for number in range(9)], axis=2)
    assert np.nanmax(slice_signs(masks, SPACING_MM)["off_axis"]) < 0.01


def test_ellipse_has_the_ratio_of_its_axes():
    row, column = np.mgrid[:96, :96] - 48
    turned = (row + column) / np.sqrt(2), (row - column) / np.sqrt(2)
    masks = np.zeros((96, 96, 1, 1), np.uint8)
    masks[(turned[0] / 40) ** 2 + (turned[1] / 20) ** 2 < 1] = 1
    assert slice_signs(masks, SPACING_MM)["elongation"][0, 0] == pytest.approx(2, abs=0.01)


def test_jump_of_the_area_is_measured_beyond_the_neighbours():
    def change(masks):
        masks[:, :, 5, 6] = 0
        masks[20:30, 20:30, 5, 6] = 2

    found = signs_of(change)[1]
    largest = AREA[:, 6].max()
    assert found["area_slices"][5, 6] == pytest.approx(100 * (AREA[[4, 6], 6].min() - 100) / largest)
    assert found["area_frames"][5, 6] == pytest.approx(100 * (AREA[5, [5, 7]].min() - 100) / largest)


@pytest.mark.parametrize("labels", [(1, 2), (2,)])
def test_missing_slice_and_missing_blood(labels):
    def change(masks):
        plane = masks[:, :, 4, 3:9]
        plane[np.isin(plane, labels)] = 0 if len(labels) == 2 else 1

    found = signs_of(change)[1]
    name, other = ("missing_slice", "no_blood") if len(labels) == 2 else ("no_blood", "missing_slice")
    assert np.flatnonzero(found[name][4] == 1).tolist() == [3, 4, 5, 6, 7, 8]
    assert np.nansum(found[name]) == 6 and np.nansum(found[other]) == 0


def test_end_slice_missing_in_a_single_frame():
    found = signs_of(lambda masks: masks[:, :, 7, 5].fill(0))[1]
    assert np.argwhere(found["missing_slice"] == 1).tolist() == [[7, 5]]


def test_base_that_moves_through_a_slice_is_no_missing_slice():
    found = signs_of(lambda masks: masks[:, :, 7, 3:9].fill(0))[1]
    assert np.nanmax(found["missing_slice"]) == 0


def test_border_is_that_of_what_the_network_segments():
    masks = np.zeros((40, 30, 1, 1), np.uint8)
    masks[10:20, 12:18] = 1  # reaches the first row of the central 20 x 20 pixels
    assert slice_signs(masks, SPACING_MM)["image_border"][0, 0] == 0
    assert slice_signs(masks, SPACING_MM, 20)["image_border"][0, 0] == 6
    assert slice_signs(masks, SPACING_MM, 64)["image_border"][0, 0] == 0
