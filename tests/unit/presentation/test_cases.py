import numpy as np
import pandas as pd
import pytest

from murmur.csv_tables import read_csv
from murmur.data.chosen_phases import phases_by_mouse
from murmur.data.manifest import read_manifest
from murmur.presentation.cases import GAP, Case, from_base, heart_box, mosaic, read_case
from murmur.statistics.overlap_summary import combined_dice, select_cases
from round_hearts import without_reference, write_cohort


def overlap(dice: dict[str, float]) -> pd.DataFrame:
    rows = [(mouse, "ES", "blood_pool", value) for mouse, value in dice.items()]
    return pd.DataFrame(rows, columns=["mouse", "phase", "structure", "dice"])


def test_combined_dice_is_the_mean_over_structures_and_phases():
    rows = [
        ("a", "ED", "myocardium", 0.6),
        ("a", "ED", "blood_pool", 0.8),
        ("a", "ES", "myocardium", 0.7),
        ("a", "ES", "blood_pool", 0.9),
        ("a", "inflow", "blood_pool", 0.0),
        ("b", "single", "myocardium", None),
        ("b", "single", "blood_pool", 0.8),
        ("c", "single", "blood_pool", None),
    ]
    found = combined_dice(pd.DataFrame(rows, columns=["mouse", "phase", "structure", "dice"]))
    assert found.to_dict() == pytest.approx({"b": 0.8, "a": 0.75})
    assert list(found.index) == ["b", "a"]


@pytest.mark.parametrize(
    ("number", "ranks"), [(1, (0, 0, 0)), (2, (0, 1, 1)), (3, (0, 1, 2)), (4, (0, 2, 3)), (25, (0, 12, 24))]
)
def test_best_median_and_worst(number, ranks):
    dice = {f"Mouse{n}": 0.9 - 0.01 * n for n in range(number)}
    selected = select_cases(overlap(dice).sample(frac=1, random_state=0))
    assert selected == {
        case: (f"Mouse{rank}", dice[f"Mouse{rank}"])
        for case, rank in zip(("best", "median", "worst"), ranks, strict=True)
    }


def test_equal_mice_come_in_the_order_of_their_names():
    assert [mouse for mouse, _ in select_cases(overlap({"c": 0.9, "a": 0.9, "b": 0.9})).values()] == ["a", "b", "c"]


def test_no_mouse_no_case():
    assert select_cases(overlap({})) == {}


def test_heart_box_is_square_holds_the_footprint_and_stays_in_the_image():
    footprint = np.zeros((50, 60), bool)
    footprint[2:22, 30:40] = True
    rows, columns = heart_box(footprint, margin=0.25)
    assert rows.stop - rows.start == columns.stop - columns.start == 25
    assert rows.start == 0 and columns.start <= 30 and columns.stop >= 40
    assert footprint[rows, columns].sum() == footprint.sum()


def test_heart_box_of_nothing_is_the_whole_image():
    assert heart_box(np.zeros((5, 7), bool)) == (slice(0, 5), slice(0, 7))


def test_mosaic_lays_the_slices_out_in_reading_order():
    stack = np.broadcast_to(np.arange(1, 6), (2, 3, 5))
    found = mosaic(stack, columns=3)
    assert found.shape == (2 * 2 + GAP, 3 * 3 + 2 * GAP)
    assert found[0, [0, 3 + GAP, 6 + 2 * GAP]].tolist() == [1, 2, 3]
    assert found[2 + GAP, [0, 3 + GAP, 6 + 2 * GAP]].tolist() == [4, 5, 0]
    assert np.all(found[:, 3 : 3 + GAP] == 0)


def test_a_case_is_cropped_alike_and_shows_es(tmp_path):
    paths = write_cohort(tmp_path, mice=1)
    mouse = read_manifest(paths["manifest"])["Mouse1"]
    case = read_case(mouse, paths["mice"]["Mouse1"], paths["segmentations"]["Mouse1"])
    assert case.images.shape == case.reference.shape == case.masks.shape
    assert case.shown_frame == 3
    assert (case.images.min(), case.images.max()) == (0, 1)
    # the reader's masks lie one pixel lower than the expert's
    expert, reader = (np.argwhere(masks[..., 0, 3] == 2).mean(axis=0) for masks in (case.reference, case.masks))
    assert (reader - expert).tolist() == pytest.approx([1, 0])


def test_without_a_reference_the_frame_at_which_the_reader_was_measured_is_shown(tmp_path):
    paths = without_reference(write_cohort(tmp_path, mice=1))
    files = read_manifest(paths["manifest"])["Mouse1"], paths["mice"]["Mouse1"], paths["segmentations"]["Mouse1"]
    measured = phases_by_mouse(read_csv(paths["frames"]))
    assert read_case(*files, measured["Mouse1"]).phases == {0: "ED", 3: "ES"}
    assert read_case(*files, (1, 4)).shown_frame == 4, "chosen by a person"
    assert read_case(*files).shown_frame == 3, "the smallest blood pool"


def stack_of(areas):
    """Masks (row, column, slice, frame) of two frames with these areas in the slices."""
    masks = np.zeros((4, 4, len(areas), 2), np.uint8)
    for number, area in enumerate(areas):
        masks[:, :, number].reshape(16, 2)[:area] = 2
    return masks


@pytest.mark.parametrize(
    ("areas", "order", "labels"),
    [
        ([0, 9, 8, 4, 0], [0, 1, 2, 3, 4], ["1 base", "2", "3", "4", "5 apex"]),
        ([0, 2, 8, 9], [3, 2, 1, 0], ["4 base", "3", "2", "1 apex"]),
        ([5, 9, 5], [0, 1, 2], ["1", "2", "3"]),  # not decided
        ([0, 7, 0], [0, 1, 2], ["1", "2", "3"]),
        ([0, 0], [0, 1], ["1", "2"]),
        ([7], [0], ["1"]),
    ],
)
@pytest.mark.parametrize("by_reader", [True, False])
def test_slices_are_ordered_from_base_to_apex(areas, order, labels, by_reader):
    images = np.broadcast_to(np.arange(len(areas), dtype=float)[:, None], (4, 4, len(areas), 2))
    masks = stack_of(areas)
    given = {"masks": masks, "reference": None} if by_reader else {"masks": np.zeros_like(masks), "reference": masks}
    found, numbers = from_base(Case(mouse=None, images=images, segmented=(0, 1), **given))
    assert numbers == labels
    assert found.images[0, 0, :, 0].tolist() == order
    expected = found.masks if by_reader else found.reference
    assert np.count_nonzero(expected, axis=(0, 1, 3)).tolist() == [2 * areas[number] for number in order]


def test_the_base_has_the_larger_blood_pool_even_if_the_ventricle_is_larger_at_the_apex():
    masks = stack_of([0, 9, 8, 8, 5, 1])
    masks[:, :, 5, 1] = 0  # no blood at ES
    masks[:, :, 3:][masks[:, :, 3:] == 0] = 1
    case = Case(mouse=None, images=np.zeros((4, 4, 6, 2)), segmented=(0, 1), masks=masks, reference=None)
    assert from_base(case)[1] == ["1 base", "2", "3", "4", "5", "6 apex"]
