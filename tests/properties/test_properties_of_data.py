"""Splits, masks saved in any orientation, and tables of any measurements."""

import itertools
from collections import Counter

import nibabel
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from murmur.data import measurement_table
from murmur.data.nifti import NiftiFolder
from murmur.data.split import SPLITS, draw_split
from murmur.data.user_tables import read_rows
from murmur.errors import BadInput
from murmur.files import natural_key

NAMES = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=4)


@st.composite
def cohorts(draw):
    """Mice, their phenotypes, those with inflow frames, those without contours, and numbers that fit."""
    mice = draw(st.lists(NAMES, min_size=3, max_size=25, unique=True))
    phenotypes = {mouse: draw(st.sampled_from(["sham", "TAC", "dcm"])) for mouse in mice if draw(st.booleans())}
    roles = {mouse: draw(st.sampled_from(["inflow", "bare", "", "", ""])) for mouse in mice}
    inflow, bare = ({mouse for mouse in mice if roles[mouse] == role} for role in ("inflow", "bare"))
    free = len(mice) - len(inflow) - len(bare)
    train = draw(st.integers(0, free))
    validation = draw(st.integers(0, free - train))
    numbers = {"train": train + len(inflow), "validation": validation, "test": free - train - validation + len(bare)}
    return mice, phenotypes, inflow, bare, numbers


@given(cohorts(), st.integers(0, 2**32), st.randoms())
def test_split_has_the_sizes_asked_for_and_depends_on_nothing_but_the_seed(cohort, seed, order):
    mice, phenotypes, inflow, bare, numbers = cohort
    found = draw_split(mice, phenotypes, inflow, bare, numbers, seed)
    assert list(found) == mice
    counts = Counter(found.values())
    assert {name: counts[name] for name in SPLITS} == numbers
    assert {found[mouse] for mouse in inflow} <= {"train"}
    assert {found[mouse] for mouse in bare} <= {"test"}
    shuffled = order.sample(mice, len(mice))
    people = {mouse: phenotypes[mouse] for mouse in shuffled if mouse in phenotypes}
    assert draw_split(shuffled, people, inflow, bare, numbers, seed) == found


@given(cohorts(), st.integers(0, 2**32))
def test_each_set_has_its_share_of_each_phenotype(cohort, seed):
    mice, phenotypes, inflow, bare, numbers = cohort
    found = draw_split(mice, phenotypes, inflow, bare, numbers, seed)
    free = [mouse for mouse in mice if mouse not in inflow | bare]
    wanted = numbers["test"] - len(bare)
    for phenotype, size in Counter(phenotypes.get(mouse, "") for mouse in free).items():
        got = sum(found[mouse] == "test" and phenotypes.get(mouse, "") == phenotype for mouse in free)
        assert abs(got - wanted * size / len(free)) < 1


@given(cohorts(), st.integers(1, 5))
def test_numbers_that_do_not_fit_are_refused(cohort, more):
    mice, phenotypes, inflow, bare, numbers = cohort
    with pytest.raises(BadInput, match="expected the cohort's"):
        draw_split(mice, phenotypes, inflow, bare, numbers | {"train": numbers["train"] + more}, 1)


ORIENTATIONS = [
    [*zip(order, flips, strict=True)]
    for order in itertools.permutations(range(3))
    for flips in itertools.product((1, -1), repeat=3)
]


@given(
    st.sampled_from(ORIENTATIONS),
    hnp.arrays(np.uint8, (5, 4, 3), elements=st.integers(0, 2)),
    st.tuples(*[st.floats(-50, 50)] * 3),
    st.floats(0, 6.3),
)
def test_masks_saved_in_any_orientation_come_back_to_the_grid_of_the_image(tmp_path, orientation, mask, origin, tilt):
    turn = np.eye(4)
    turn[:2, :2] = [[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]]
    affine = turn @ np.diag([0.2, 0.3, 1.0, 1.0])
    affine[:3, 3] = origin
    image = nibabel.Nifti1Image(np.ones((5, 4, 3, 2), np.uint16), affine)
    nibabel.save(image, tmp_path / "M.nii")
    saved = nibabel.Nifti1Image(mask, affine).as_reoriented(np.array(orientation))
    nibabel.save(saved, tmp_path / "M_2.nii")
    folder = NiftiFolder(str(tmp_path), "{mouse}.nii", {"myocardium": 1, "blood_pool": 2}, masks="{mouse}_{frame}.nii")
    found, frames = folder.read_masks("M", nibabel.load(tmp_path / "M.nii"))
    assert frames == [1]
    assert np.array_equal(found[..., 1], mask)
    assert not found[..., 0].any()


@given(st.dictionaries(NAMES, st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=6))
def test_measurements_come_back_as_they_were_written(tmp_path, values):
    lines = [f"{mouse},EDV,uL,{value!r},\n" for mouse, value in values.items()]
    path = tmp_path / "numbers.csv"
    path.write_text("mouse,metric,unit,reference,reader\n" + "".join(lines), encoding="utf-8")
    measurement_table._rows.cache_clear()
    found = measurement_table.function(str(path), "reader")
    assert dict(zip(found["mouse"], found["reference"], strict=True)) == values
    assert found["reader"].isna().all()


@given(st.text(max_size=60), st.sampled_from([",", "\t"]))
def test_any_text_is_a_table_or_bad_input(tmp_path, text, delimiter):
    (tmp_path / "table").write_text("mouse" + delimiter + "phenotype\n" + text, encoding="utf-8", errors="replace")
    try:
        rows = read_rows(tmp_path / "table", ["mouse", "phenotype"], delimiter)
    except BadInput as problem:
        assert str(problem).startswith(str(tmp_path / "table"))
    else:
        assert all(isinstance(cell, str) for row in rows for cell in row.values())


@given(st.lists(st.text(max_size=6), max_size=8))
def test_any_names_have_a_natural_order(names):
    assert Counter(sorted(names, key=natural_key)) == Counter(names)
