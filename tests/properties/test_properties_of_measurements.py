"""Volumes, function, overlap and components of any small masks, against brute force."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from surface_distance.lookup_tables import (
    ENCODE_NEIGHBOURHOOD_3D_KERNEL,
    create_table_neighbour_code_to_surface_area,
)

from murmur.data.mouse import find_phases
from murmur.measurement.function import function, structure_volumes
from murmur.measurement.overlap import dice, surface_distances
from murmur.network.postprocessing import keep_heart, largest_component

SIDES = hnp.array_shapes(min_dims=3, max_dims=3, min_side=1, max_side=4)
SPACINGS = st.tuples(*[st.floats(0.05, 3.0)] * 3)
LABELS = hnp.arrays(np.uint8, SIDES, elements=st.integers(0, 2))
PAIRS = SIDES.flatmap(lambda shape: st.tuples(*[hnp.arrays(bool, shape)] * 2))
VOLUMES = st.one_of(st.just(math.nan), st.floats(0, 1e4))


def voxels(mask) -> set[tuple[int, ...]]:
    """The voxels of a mask."""
    return {place for place in np.ndindex(mask.shape) if mask[place]}


@given(LABELS, SPACINGS)
def test_volume_is_that_of_the_voxels_counted_one_by_one(stack, spacing):
    found = structure_volumes(stack, spacing)
    for name, label in (("myocardium", 1), ("blood_pool", 2)):
        assert found[name] == pytest.approx(len(voxels(stack == label)) * spacing[0] * spacing[1] * spacing[2])


@given(LABELS, SPACINGS, st.permutations(range(3)), st.tuples(*[st.booleans()] * 3))
def test_volume_does_not_depend_on_how_the_stack_is_turned(stack, spacing, order, flips):
    turned = np.flip(stack.transpose(order), [axis for axis, flip in enumerate(flips) if flip])
    assert structure_volumes(turned, tuple(spacing[axis] for axis in order)) == pytest.approx(
        structure_volumes(stack, spacing)
    )


@given(*[VOLUMES] * 4)
def test_function_follows_its_definitions(edv, esv, mass_ed, mass_es):
    found = function({"blood_pool_uL": edv, "myocardium_mg": mass_ed}, {"blood_pool_uL": esv, "myocardium_mg": mass_es})
    assert found["SV"] == pytest.approx(edv - esv, nan_ok=True)
    assert math.isnan(found["EF"]) == (edv == 0 or math.isnan(edv) or math.isnan(esv))
    if not math.isnan(found["EF"]):
        assert found["EF"] * edv == pytest.approx(100 * found["SV"], rel=1e-9, abs=1e-6)
        assert (found["EF"] <= 100) and (found["EF"] >= 0) == (esv <= edv)


@given(PAIRS)
def test_dice_is_that_of_the_sets_of_voxels(masks):
    first, second = (voxels(mask) for mask in masks)
    found = dice(*masks)
    if not first and not second:
        assert math.isnan(found)
        return
    assert found == pytest.approx(2 * len(first & second) / (len(first) + len(second)))
    assert found == dice(*reversed(masks))
    assert (found == 1) == (first == second)


def surface(mask, spacing) -> dict[tuple[int, ...], float]:
    """Return the area at each corner of voxels that lies on the surface of a mask, corner by corner."""
    areas = create_table_neighbour_code_to_surface_area(spacing)
    padded, found = np.pad(mask, 1), {}
    for corner in np.ndindex(*(side + 1 for side in mask.shape)):
        around = padded[tuple(slice(place, place + 2) for place in corner)]
        if around.any() and not around.all():
            found[corner] = areas[int((around * ENCODE_NEIGHBOURHOOD_3D_KERNEL).sum())]
    return found


def percentile_95(distances, areas) -> float:
    """Return the smallest distance within which 95% of the area lies."""
    total, reached = sum(areas), 0.0
    for distance, area in sorted(zip(distances, areas, strict=True)):
        reached += area
        if reached / total >= 0.95 - 1e-12:
            return distance
    return max(distances)


@given(PAIRS, SPACINGS)
def test_surface_distances_are_those_from_corner_to_corner(masks, spacing):
    assume(masks[0].any() and masks[1].any())
    surfaces = [surface(mask, spacing) for mask in masks]
    directed = []
    for own, other in (surfaces, reversed(surfaces)):
        distances = [
            min(math.dist(np.multiply(place, spacing), np.multiply(end, spacing)) for end in other) for place in own
        ]
        directed.append((distances, list(own.values())))
    every = [pair for found in directed for pair in zip(*found, strict=True)]
    hd95, assd = surface_distances(*masks, spacing)
    assert assd == pytest.approx(sum(d * a for d, a in every) / sum(a for _, a in every))
    # One step of rounding in the sum of areas can move a percentile to the next corner.
    bounds = [max(percentile_95(*found) for found in directed), max(max(found[0]) for found in directed)]
    assert bounds[0] - 1e-9 <= hd95 <= bounds[1] + 1e-9


@given(PAIRS, SPACINGS, st.floats(0.1, 10), st.tuples(*[st.integers(0, 3)] * 3))
def test_surface_distances_scale_with_the_spacing_and_ignore_the_place(masks, spacing, scale, shift):
    assume(masks[0].any() and masks[1].any())
    found = surface_distances(*masks, spacing)
    assert found[1] == pytest.approx(surface_distances(*reversed(masks), spacing)[1])
    moved = [np.pad(mask, [(step, 2) for step in shift]) for mask in masks]
    assert surface_distances(*moved, spacing) == pytest.approx(found)
    assert surface_distances(*masks, tuple(scale * step for step in spacing))[1] == pytest.approx(scale * found[1])
    assert surface_distances(masks[0], masks[0], spacing) == (0, 0)


def pieces(places: set[tuple[int, ...]]) -> list[set[tuple[int, ...]]]:
    """Return the connected pieces of a set of voxels or pixels, neighbours by a face, an edge or a corner."""
    left, found = set(places), []
    while left:
        piece, waiting = set(), [left.pop()]
        while waiting:
            place = waiting.pop()
            piece.add(place)
            around = {tuple(np.add(place, step).tolist()) for step in itertools.product((-1, 0, 1), repeat=len(place))}
            waiting += around & left
            left -= around
        found.append(piece)
    return found


MASKS = hnp.arrays(bool, hnp.array_shapes(min_dims=3, max_dims=3, min_side=1, max_side=6), elements=st.booleans())
SPARSE = hnp.arrays(bool, (6, 6, 4), elements=st.sampled_from([False, False, False, True]), fill=st.just(False))


@given(st.one_of(MASKS, SPARSE), SPACINGS)
def test_largest_component_is_the_largest_and_continued_slice_by_slice(mask, spacing):
    kept = voxels(largest_component(mask, spacing))
    found = pieces(voxels(mask))
    if not found:
        assert not kept
        return
    assert kept <= voxels(mask)
    largest = [piece for piece in found if len(piece) == max(map(len, found)) and piece <= kept]
    assert largest, "one of the largest is kept whole"
    for piece in largest:
        slices = {place[2] for place in piece}
        if all(place in piece for place in kept if place[2] in slices):
            break
    else:
        pytest.fail("nothing else is kept in the slices of the largest")
    beyond = {place[2] for place in kept} - slices
    for number in beyond:
        plane = {place[:2] for place in kept if place[2] == number}
        assert plane in pieces({place[:2] for place in voxels(mask) if place[2] == number})
        assert number + (1 if number < min(slices) else -1) in slices | beyond, "without gaps"


@given(hnp.arrays(np.uint8, (5, 6, 3, 2), elements=st.integers(0, 2), fill=st.just(0)), SPACINGS)
def test_post_processing_only_removes_and_does_so_once(masks, spacing):
    kept = keep_heart(masks, spacing)
    assert set(zip(kept.ravel().tolist(), masks.ravel().tolist(), strict=True)) <= {
        (0, 0),
        (0, 1),
        (0, 2),
        (1, 1),
        (2, 2),
    }
    assert np.array_equal(keep_heart(kept, spacing), kept)
    for frame, label in itertools.product(range(2), (1, 2)):
        assert (kept[..., frame] == label).any() == (masks[..., frame] == label).any()


@given(st.dictionaries(st.integers(0, 30), st.integers(0, 50), max_size=12))
def test_ed_is_the_fullest_and_es_the_emptiest_frame(voxels_of):
    ed, es = find_phases(voxels_of)
    filled = {frame: count for frame, count in voxels_of.items() if count}
    if len(filled) < 2:
        assert (ed, es) == (None, None)
        return
    assert ed != es
    assert all((filled[ed], -ed) >= (count, -frame) for frame, count in filled.items())
    assert all((filled[es], es) <= (count, frame) for frame, count in filled.items() if frame != ed)
