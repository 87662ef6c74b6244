import numpy as np
import pytest

from murmur.measurement.wall import RAYS, Ring, by_level, ring_of, rings_of, segments
from murmur.vocabulary import BLOOD_POOL, MYOCARDIUM

PIXEL = 0.1


def disc(shape, centre, radius, spacing=(PIXEL, PIXEL)):
    row, column = np.indices(shape)
    return np.hypot((row - centre[0]) * spacing[0], (column - centre[1]) * spacing[1]) < radius


def plane(inner, outer, centre=(40, 40), offset=(0.0, 0.0), spacing=(PIXEL, PIXEL), shape=(81, 81)):
    """A cavity of radius `inner` (mm), off the centre by `offset` (mm: down, right), in a wall of radius `outer`."""
    cavity = centre[0] + offset[0] / spacing[0], centre[1] + offset[1] / spacing[1]
    found = MYOCARDIUM * disc(shape, centre, outer, spacing).astype(np.uint8)
    found[disc(shape, cavity, inner, spacing)] = BLOOD_POOL
    return found


@pytest.mark.parametrize("thickness", [0.35, 0.5, 1.0, 1.5])
@pytest.mark.parametrize("centre", [(40, 40), (38.3, 41.7)])
def test_thickness_of_a_ring(thickness, centre):
    ring = ring_of(plane(1.7, 1.7 + thickness, centre), 3, (PIXEL, PIXEL))
    assert ring.slice == 3
    assert ring.thickness_mm.mean() == pytest.approx(thickness, abs=PIXEL / 4)
    assert np.abs(ring.thickness_mm - thickness).max() < 1.5 * PIXEL
    assert ring.blood_pool_mm2 == pytest.approx(np.pi * 1.7**2, rel=0.03)
    assert ring.myocardium_mm2 == pytest.approx(np.pi * ((1.7 + thickness) ** 2 - 1.7**2), rel=0.06)


def test_pixels_need_not_be_square():
    spacing = (0.05, 0.1)
    ring = ring_of(plane(1.7, 2.7, (80, 40), spacing=spacing, shape=(161, 81)), 0, spacing)
    assert ring.thickness_mm.mean() == pytest.approx(1.0, abs=0.01)


def test_segments_of_an_offset_cavity():
    """Radial thickness from the centre of the outer circle, in closed form: the cavity lies 0.4 mm towards the top."""
    ring = ring_of(plane(2.0, 3.0, offset=(-0.4, 0.0)), 0, (PIXEL, PIXEL))
    angle = np.radians(360 * (np.arange(RAYS) + 0.5) / RAYS)
    towards = np.cos(angle - np.pi / 2)
    endocardium = 0.4 * towards + np.sqrt(4 - (0.4**2) * (1 - towards**2))
    truth = segments("mid", [Ring(0, 3.0 - endocardium, 0, 0)])
    found = segments("mid", [ring])
    for number in range(7, 13):
        assert found[number] == pytest.approx(truth[number], abs=PIXEL / 4)
    assert found[7] < 0.7 and found[10] > 1.3  # top, bottom
    # thickness across the wall, on the ellipse of points as far from either circle
    assert found[7] == pytest.approx(0.63, abs=PIXEL / 2)


def test_segments_run_anticlockwise_from_the_top():
    thickness = (np.arange(RAYS) + 0.5) * 360 / RAYS  # the angle itself
    base = segments("base", [Ring(0, thickness, 0, 0)])
    assert list(base) == [1, 2, 3, 4, 5, 6]
    assert [base[number] for number in range(1, 6)] == pytest.approx([90, 150, 210, 270, 330])
    apex = segments("apex", [Ring(0, thickness, 0, 0)])
    assert [apex[number] for number in (13, 14, 15)] == pytest.approx([90, 180, 270])


def test_open_ring_and_empty_slices_are_no_rings():
    opened = plane(1.7, 2.7)
    opened[38:43, 50:] = 0
    assert ring_of(opened, 0, (PIXEL, PIXEL)) is None
    assert ring_of(np.zeros((20, 20), np.uint8), 0, (PIXEL, PIXEL)) is None
    assert ring_of(MYOCARDIUM * disc((81, 81), (40, 40), 2).astype(np.uint8), 0, (PIXEL, PIXEL)) is None


@pytest.mark.parametrize("direction", [1, -1])
def test_base_is_the_larger_end(direction):
    radii = [0, 2.9, 2.8, 2.7, 2.4, 2.0, 1.5, 0]
    stack = np.stack([plane(0.6 * radius, radius) for radius in radii], axis=-1)[:, :, ::direction]
    rings = rings_of(stack, (PIXEL, PIXEL, 1.0))
    slices = [ring.slice for ring in rings]
    assert slices == ([1, 2, 3, 4, 5, 6] if direction == 1 else [6, 5, 4, 3, 2, 1])
    levels = by_level(rings)
    assert {name: len(found) for name, found in levels.items()} == {"base": 2, "mid": 2, "apex": 2}
    assert levels["base"][0].thickness_mm.mean() == pytest.approx(0.4 * 2.9, abs=0.02)


def test_base_is_where_the_cavity_is_larger_even_if_the_whole_ventricle_is_not():
    stack = np.stack(
        [plane(inner, outer) for inner, outer in ((1.6, 2.4), (1.4, 2.5), (1.0, 2.6), (0.6, 2.6))], axis=-1
    )
    assert [ring.slice for ring in rings_of(stack, (PIXEL, PIXEL, 1.0))] == [0, 1, 2, 3]


def test_levels_need_three_rings():
    rings = [Ring(number, np.ones(RAYS), 1, 1) for number in range(2)]
    assert by_level(rings) == {}
    assert [len(found) for found in by_level(3 * rings[:1]).values()] == [1, 1, 1]
    assert [len(found) for found in by_level(7 * rings[:1]).values()] == [2, 3, 2]
