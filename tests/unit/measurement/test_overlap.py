from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import binary_erosion, distance_transform_edt

import import_masks
import measure_overlap
from murmur.data.manifest import read_manifest
from murmur.data.mouse import describe
from murmur.data.mouse_file import write_cine
from murmur.errors import BadInput
from murmur.measurement.overlap import dice, surface_distances

SPACING = (0.1, 0.1, 1.0)


def box(rows, columns, slices, shape=(60, 60, 8)):
    mask = np.zeros(shape, bool)
    mask[slice(*rows), slice(*columns), slice(*slices)] = True
    return mask


def test_dice_of_boxes():
    a, b = box((10, 20), (10, 20), (1, 5)), box((15, 25), (10, 20), (1, 5))
    assert dice(a, b) == 0.5
    assert dice(a, a) == 1
    assert dice(a, np.zeros_like(a)) == 0
    assert np.isnan(dice(np.zeros_like(a), np.zeros_like(a)))


def test_same_surface_has_no_distance():
    a = box((10, 30), (10, 30), (1, 5))
    assert surface_distances(a, a, SPACING) == (0, 0)


def test_empty_mask_has_no_distance():
    a = box((10, 30), (10, 30), (1, 5))
    assert np.isnan(surface_distances(a, np.zeros_like(a), SPACING)).all()


def test_shifted_slab_is_as_far_as_it_was_shifted():
    """Two parallel plates 7 pixels of 0.1 mm apart: nearly all of each surface is 0.7 mm from the other."""
    shape = (40, 200, 9)
    a, b = box((10, 11), (0, 200), (0, 9), shape), box((17, 18), (0, 200), (0, 9), shape)
    hd95, assd = surface_distances(a, b, SPACING)
    assert hd95 == pytest.approx(0.75, abs=0.06)
    assert assd == pytest.approx(0.7, abs=0.06)
    hd95_wide, _ = surface_distances(a, b, (0.3, 0.1, 1.0))
    assert hd95_wide == pytest.approx(3 * 0.75, abs=0.2)


def test_surface_counts_by_its_area():
    """A block of 2 × 2 × 4 mm loses one slice of 1 mm, so that its pixels are ten times as high as they are wide.

    From the block: its end (4 mm²) lies 1 mm away, the last slice's wall (8 mm²) 0.5 mm on average. From the rest: its
    end (4 mm²) lies a third of a millimetre from the block's wall, the mean over the square; 40 + 32 mm² in all.
    """
    block, rest = box((10, 30), (10, 30), (1, 5)), box((10, 30), (10, 30), (1, 4))
    _, assd = surface_distances(block, rest, SPACING)
    assert assd == pytest.approx((4 * 1 + 8 * 0.5 + 4 / 3) / 72, rel=0.1)


def test_against_distances_between_border_voxels():
    """An independent computation counts border voxels, not surface elements; for large round bodies they agree."""
    y, x, z = np.ogrid[:120, :120, :60]
    a = (y - 60) ** 2 + (x - 60) ** 2 + (2 * (z - 30)) ** 2 <= 45**2
    b = (y - 64) ** 2 + (x - 58) ** 2 + (2 * (z - 30)) ** 2 <= 40**2
    spacing = (0.1, 0.1, 0.2)
    border_a, border_b = a & ~binary_erosion(a), b & ~binary_erosion(b)
    to_b = distance_transform_edt(~border_b, spacing)[border_a]
    to_a = distance_transform_edt(~border_a, spacing)[border_b]
    hd95, assd = surface_distances(a, b, spacing)
    assert hd95 == pytest.approx(max(np.percentile(to_b, 95), np.percentile(to_a, 95)), abs=0.06)
    assert assd == pytest.approx(np.concatenate([to_b, to_a]).mean(), abs=0.05)


@pytest.fixture
def mouse(tmp_path):
    images = np.random.default_rng(0).integers(0, 99, (60, 60, 8, 3)).astype(np.uint16)
    masks = np.zeros(images.shape, np.uint8)
    masks[..., 0][box((10, 40), (10, 40), (1, 5))] = 1
    masks[..., 0][box((15, 35), (15, 35), (1, 5))] = 2
    masks[..., 2][box((20, 30), (20, 30), (1, 5))] = 2
    write_cine(tmp_path / "mice" / "A.h5", images, masks, [0, 2])
    row = describe(str(tmp_path / "mice" / "A.h5"), None, None, None)
    pd.DataFrame([row]).to_csv(tmp_path / "manifest.csv", index=False)
    return read_manifest(tmp_path / "manifest.csv")["A"], masks, tmp_path


def test_overlap_of_one_mouse(mouse):
    _, masks, folder = mouse
    reader = masks.copy()
    reader[..., 2] = 1
    write_cine(folder / "seg.h5", masks=reader, frames=[0, 1, 2])
    mice = {"A": str(folder / "mice" / "A.h5")}
    measure_overlap.main(str(folder / "manifest.csv"), mice, [str(folder / "seg.h5")], str(folder / "o.csv"), 1)
    table = pd.read_csv(folder / "o.csv")
    assert table.columns.tolist() == ["mouse", "phase", "structure", "dice", "hd95_mm", "assd_mm"]
    rows = table.set_index(["phase", "structure"])
    assert rows.loc[("ED", "myocardium"), ["dice", "hd95_mm"]].tolist() == [1, 0]
    assert rows.loc[("ES", "blood_pool"), "dice"] == 0
    assert np.isnan(rows.loc[("ES", "blood_pool"), "hd95_mm"])
    # The reference has no myocardium at ES: it was not annotated, whatever the reader found.
    assert rows.loc[("ES", "myocardium"), ["dice", "hd95_mm", "assd_mm"]].isna().all()


def compared(row, folder, segmentation="seg.h5"):
    return measure_overlap.measure(row, str(folder / "mice" / "A.h5"), str(folder / segmentation))


def test_frame_that_was_not_segmented_is_missing(mouse):
    row, masks, folder = mouse
    write_cine(folder / "seg.h5", masks=masks, frames=[0])
    rows = pd.DataFrame(compared(row, folder), columns=measure_overlap.COLUMNS)
    assert rows.groupby("phase")["dice"].count().to_dict() == {"ED": 2, "ES": 0}


def test_only_ed_es_or_the_single_frame_are_compared(mouse):
    row, masks, folder = mouse
    write_cine(folder / "seg.h5", masks=masks, frames=[0, 1, 2])
    inflow = replace(row, annotated_frames=(0, 1, 2))
    assert {rows[1] for rows in compared(inflow, folder)} == {"ED", "ES"}
    single = replace(row, ed_frame=None, es_frame=None)
    assert {rows[1] for rows in compared(single, folder)} == {"single"}


def imported(mouse, dataset="Masks", postprocess="none"):
    _, _, folder = mouse
    import_masks.main(
        str(folder / "manifest.csv"),
        str(folder / "observer"),
        dataset,
        ["A"],
        "observer",
        postprocess,
        [str(folder / "seg" / "A.h5")],
    )
    return compared(mouse[0], folder, "seg/A.h5")


def test_second_observer(mouse):
    _, masks, folder = mouse
    write_cine(folder / "observer" / "A.h5", masks=masks, frames=[0, 2])
    assert [row[3] for row in imported(mouse)] == [1, 1, None, 1]


@pytest.mark.parametrize(
    ("masks", "frames", "message"),
    [
        (np.zeros((60, 60, 8, 2), np.uint8), [0], r"shape \(60, 60, 8, 2\), expected \(60, 60, 8, 3\)"),
        (np.full((60, 60, 8, 3), 4, np.uint8), [0], "the labels 4"),
        (np.zeros((60, 60, 8, 3), np.uint8), [3], "expected 0 to 2"),
    ],
)
def test_masks_that_do_not_fit_are_refused(mouse, masks, frames, message):
    write_cine(mouse[2] / "observer" / "A.h5", masks=masks, frames=frames)
    with pytest.raises(BadInput, match=message):
        imported(mouse)


def test_dataset_that_no_mouse_has_is_refused(mouse):
    write_cine(mouse[2] / "observer" / "A.h5", masks=mouse[1], frames=[0])
    with pytest.raises(BadInput, match="found no masks for any of the mice"):
        imported(mouse, dataset="masks")
