import h5py
import numpy as np
import pandas as pd
import pytest

import check_cohort
import describe_cohort
from murmur.data.manifest import read_analysed, read_manifest
from murmur.data.mouse import check_mouse, describe, find_phases
from murmur.data.mouse_file import read_frame
from murmur.errors import BadInput


def write_mouse(path, blood_pools=(50, 20), frames=None, change=None):
    """A mouse of 20 × 16 × 3 voxels and 5 frames; the annotated frames have so many blood-pool voxels."""
    frames = list(range(len(blood_pools))) if frames is None else frames
    images = np.random.default_rng(1).integers(0, 1000, (20, 16, 3, 5)).astype(np.uint16)
    masks = np.zeros(images.shape, np.uint8)
    for frame, count in zip(frames, blood_pools, strict=True):
        masks[:10, :10, 1, frame] = 1
        masks[:10, :10, 1, frame].flat[:count] = 2
        stack = masks[:10, :10, 1, frame].ravel()
        stack[:count] = 2
        masks[:10, :10, 1, frame] = stack.reshape(10, 10)
    with h5py.File(path, "w") as file:
        file["Images"], file["Masks"], file["Frames_with_ROI"] = images, masks, np.array(frames, int)
        if change:
            change(file)
    return str(path)


def write_manifest(files, path, phenotypes=None, excluded=None, spacing_mm=None):
    """The manifest of mouse files, as the workflow writes it."""
    checked = str(path.with_name("checked.csv"))
    check_cohort.main(files, spacing_mm, None, checked, threads=2)
    places = {mouse: f"mice/{mouse}.h5" for mouse in excluded or {}}
    describe_cohort.main(checked, phenotypes or {}, excluded or {}, places, str(path))


def test_excluded_mice_are_listed_and_not_read(tmp_path):
    files = [write_mouse(tmp_path / f"Mouse{number}.h5", (30,) * number) for number in (1, 2)]
    write_manifest(files, tmp_path / "whole.csv")
    write_manifest(files, tmp_path / "m.csv", excluded={"Mouse3": "motion, all slices", "NA": "1"})
    assert read_manifest(tmp_path / "m.csv") == read_manifest(tmp_path / "whole.csv")
    analysed, excluded = read_analysed(tmp_path / "m.csv")
    assert excluded == {"Mouse3": "motion, all slices", "NA": "1"}
    pd.testing.assert_frame_equal(analysed, read_analysed(tmp_path / "whole.csv")[0])
    assert pd.read_csv(tmp_path / "m.csv")["file"].tolist() == [*files, "mice/Mouse3.h5", "mice/NA.h5"]


def put(name, values):
    def change(file):
        del file[name]
        file[name] = values

    return change


def row_of(path):
    return describe(path, None, None, "control")


def test_row_of_a_good_mouse(tmp_path):
    path = write_mouse(tmp_path / "Mouse7.h5", (30, 50, 20), frames=[0, 2, 4])
    row = row_of(path)
    assert row["mouse"] == "Mouse7"
    assert [row[key] for key in ("rows", "columns", "slices", "frames")] == [20, 16, 3, 5]
    assert (row["annotated_frames"], row["ed_frame"], row["es_frame"], row["inflow_frames"]) == ("0;2;4", 2, 4, "")
    assert describe(path, None, None, None, inflow=True)["inflow_frames"] == "0"
    assert (row["row_mm"], row["column_mm"], row["slice_mm"], row["frame_interval_ms"]) == (0.1, 0.1, 1.0, 5.0)
    assert row["phenotype"] == "control"
    assert row["status"] == "annotated; spacing assumed to be 0.1 x 0.1 x 1.0 mm"
    assert row["spacing_assumed"]
    assert len(row["sha256"]) == 64


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.int16, bool])
def test_labels_may_be_stored_as_any_numbers(tmp_path, kind):
    def change(file):
        masks = file["Masks"][()].astype(kind)
        del file["Masks"]
        file["Masks"] = masks

    row = row_of(write_mouse(tmp_path / "a.h5", (30, 50), frames=[0, 2], change=change))
    assert (row["annotated_frames"], row["ed_frame"]) == ("0;2", None if kind is bool else 2)
    stack = read_frame(tmp_path / "a.h5", "Masks", 2)
    assert stack.dtype == np.uint8
    assert np.bincount(stack.ravel()).tolist() == ([860, 100] if kind is bool else [860, 50, 50])


def test_single_annotated_frame_and_none(tmp_path):
    row = row_of(write_mouse(tmp_path / "a.h5", (30,)))
    assert row["ed_frame"] is None
    assert "function missing" in row["status"]

    def unlabelled(file):
        del file["Masks"], file["Frames_with_ROI"]

    row = row_of(write_mouse(tmp_path / "b.h5", change=unlabelled))
    assert row["annotated_frames"] == ""
    assert row["status"].startswith("not annotated")


def test_phases():
    assert find_phases({0: 50, 3: 20}) == (0, 3)
    assert find_phases({0: 20, 3: 50, 4: 30}) == (3, 0)
    assert find_phases({2: 50, 5: 50}) == (2, 5)
    assert find_phases({2: 50, 5: 0}) == (None, None)
    assert find_phases({}) == (None, None)


def test_spacing_from_study_file_or_default(tmp_path):
    path = write_mouse(tmp_path / "a.h5", change=lambda file: file.attrs.update(spacing_mm=[0.2, 0.2, 0.5]))
    assert row_of(path)["row_mm"] == 0.2
    assert describe(path, [0.2, 0.2, 0.5], 7.0, None)["frame_interval_ms"] == 7.0
    with pytest.raises(
        BadInput, match="spacing_mm 0.2 x 0.2 x 0.5 in the header, expected 0.1 x 0.1 x 1 as in the study file"
    ):
        describe(path, [0.1, 0.1, 1.0], None, None)
    assert describe(path, [0.1, 0.1, 1.0], None, None, override_headers=True)["slice_mm"] == 1.0


SHAPE = (20, 16, 3, 5)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (put("Images", np.ones((20, 16, 3), np.uint16)), "Images of shape (20, 16, 3)"),
        (put("Images", np.full(SHAPE, np.nan)), "not finite"),
        (put("Images", np.full(SHAPE, 7, np.uint16)), "the constant value 7 in the images"),
        (lambda file: file.move("Images", "images"), "datasets Frames_with_ROI, Masks, images"),
        (put("Masks", np.zeros((20, 16, 3, 4), np.uint8)), "Masks of shape (20, 16, 3, 4)"),
        (put("Masks", np.full(SHAPE, 3, np.uint8)), "the labels 3 in Masks, slice 1 of 3"),
        (put("Masks", np.zeros(SHAPE, complex)), "type complex128"),
        (put("Masks", np.full(SHAPE, np.nan)), "the labels nan in Masks, slice 1 of 3"),
        (put("Masks", np.full(SHAPE, 1.5)), "the labels 1.5 in Masks, slice 1 of 3"),
        (put("Masks", np.linspace(0, 1, 4800).reshape(SHAPE)), ", ... in Masks, slice 1 of 3"),
        (put("Frames_with_ROI", np.array([0, 5])), "expected 0 to 4"),
        (
            put("Frames_with_ROI", np.array([1, 2])),
            "labels in frame 1 of 5, which is not in Frames_with_ROI [1, 2], expected all frames with labels; add 0",
        ),
        (put("Frames_with_ROI", np.array([0, 1, 1])), "distinct integers"),
        (put("Frames_with_ROI", np.array([b"0", b"1"])), "distinct integers"),
    ],
)
def test_bad_file_is_one_sentence(tmp_path, change, words):
    path = write_mouse(tmp_path / "bad.h5", change=change)
    with pytest.raises(BadInput) as error:
        row_of(path)
    assert words in str(error.value)
    assert str(error.value).startswith(f"{path}: found")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("spacing", [[0.1, 0.1], 0.1, [0.1, 0.1, 0.0], [0.1, 0.1, np.nan]])
def test_spacing_that_is_none_is_refused(tmp_path, spacing):
    path = write_mouse(tmp_path / "bad.h5", change=lambda file: file.attrs.update(spacing_mm=spacing))
    with pytest.raises(BadInput, match="attribute spacing_mm"):
        row_of(path)


def test_two_frames_of_which_one_has_blood_pool(tmp_path):
    path = write_mouse(tmp_path / "Mouse1.h5", (30, 0))
    write_manifest([path], tmp_path / "m.csv")
    assert read_manifest(tmp_path / "m.csv")["Mouse1"].phases == {0: "single", 1: "other"}


def test_not_hdf5(tmp_path):
    path = tmp_path / "bad.h5"
    path.write_text("no")
    with pytest.raises(BadInput, match="no readable HDF5 file"):
        row_of(str(path))


def test_all_bad_files_are_named_and_good_ones_written(tmp_path):
    good = write_mouse(tmp_path / "Mouse1.h5")
    bad = [write_mouse(tmp_path / f"Mouse{n}.h5", change=put("Masks", np.full(SHAPE, n, np.uint8))) for n in (3, 4)]
    with pytest.raises(BadInput) as error:
        write_manifest([good, *bad], tmp_path / "m.csv")
    assert len(str(error.value).splitlines()) == 2
    assert not (tmp_path / "m.csv").exists()

    single = write_mouse(tmp_path / "Mouse2.h5", (40,), frames=[3])
    write_manifest([good, single], tmp_path / "m.csv", {"Mouse1": "dcm"})
    mice = read_manifest(tmp_path / "m.csv")
    assert mice["Mouse1"].phases == {0: "ED", 1: "ES"}
    assert mice["Mouse1"].shape == SHAPE
    assert mice["Mouse1"].phenotype == "dcm"
    assert mice["Mouse2"].phases == {3: "single"}
    assert mice["Mouse2"].phenotype is None
    columns = pd.read_csv(tmp_path / "m.csv").columns.tolist()
    assert columns[:13] == [
        "mouse",
        "file",
        "sha256",
        "rows",
        "columns",
        "slices",
        "frames",
        "annotated_frames",
        "ed_frame",
        "es_frame",
        "inflow_frames",
        "phenotype",
        "status",
    ]


def test_mouse_checked_by_itself_is_that_of_the_manifest(tmp_path):
    files = [write_mouse(tmp_path / "Mouse1.h5", (40, 30)), write_mouse(tmp_path / "Mouse2.h5", ())]
    write_manifest(files, tmp_path / "m.csv", spacing_mm=[0.2, 0.2, 1.0])
    assert [check_mouse(file, [0.2, 0.2, 1.0]) for file in files] == [*read_manifest(tmp_path / "m.csv").values()]
    with h5py.File(files[1], "r+") as file:
        file["Masks"][0, 0, 0, 0] = 7
    with pytest.raises(BadInput, match="Mouse2.h5: found the labels 7"):
        check_mouse(files[1])
