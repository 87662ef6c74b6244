"""The raw format of nnU-Net (its documentation: dataset_format.md), and its predictions as masks of a reader."""

import json

import h5py
import nibabel
import numpy as np
import pytest

import check_cohort
import describe_cohort
import import_masks
import write_nnunet
from murmur.data.mouse_file import write_cine
from murmur.errors import BadInput

SHAPE, SPACING = (12, 10, 4, 3), (0.2, 0.3, 1.0)
AFFINE = np.array([[0, -0.3, 0, 5], [0.2, 0, 0, -3], [0, 0, 1.0, 2], [0, 0, 0, 1]])
SPLIT = {"A": "train", "B": "validation", "C_1": "test"}


def images_of(mouse):
    return np.random.default_rng(ord(mouse[0])).integers(1, 99, SHAPE).astype(np.uint16)


def write_cohort(frames, of_pool=(), split=SPLIT, key="cohorts.mine.split"):
    """Contour both structures in `frames`, and only the blood pool in the frames `of_pool`."""
    masks = np.zeros(SHAPE, np.uint8)
    masks[2:8, 2:8, 1:3, frames] = 1
    frames = sorted([*frames, *of_pool])
    masks[4:6, 4:6, 1:3, frames] = 2
    for mouse in SPLIT:
        attributes = {"spacing_mm": SPACING, "frame_interval_ms": 5.0, "affine": AFFINE}
        write_cine(f"mice/{mouse}.h5", images_of(mouse), masks, frames, attributes)
    check_cohort.main([f"mice/{mouse}.h5" for mouse in SPLIT], None, None, "checked.csv", threads=1)
    describe_cohort.main("checked.csv", {}, {}, {}, "manifest.csv")
    with open("split.csv", "w") as file:
        file.write("mouse,split\n" + "".join(f"{mouse},{part}\n" for mouse, part in split.items()))
    outputs = {"dataset": "Dataset001_mine/dataset.json", "splits": "Dataset001_mine/splits_final.json"}
    write_nnunet.main("manifest.csv", "split.csv", [f"mice/{mouse}.h5" for mouse in SPLIT], list(SPLIT), outputs, key)
    return masks


def names(tmp_path, folder):
    return sorted(path.name for path in (tmp_path / "Dataset001_mine" / folder).iterdir())


def test_cases_are_annotated_frames_and_test_mice_are_whole(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_cohort([0, 1, 2])
    masks = write_cohort([0, 2])  # once more: cases that are no longer annotated disappear
    assert names(tmp_path, "labelsTr") == ["A_001.nii.gz", "A_003.nii.gz", "B_001.nii.gz", "B_003.nii.gz"]
    assert names(tmp_path, "imagesTr") == [f"{m}_{f}_0000.nii.gz" for m in "AB" for f in ("001", "003")]
    assert names(tmp_path, "imagesTs") == [f"C_1_{frame}_0000.nii.gz" for frame in ("001", "002", "003")]
    assert names(tmp_path, "labelsTs") == ["C_1_001.nii.gz", "C_1_003.nii.gz"]
    image = nibabel.load("Dataset001_mine/imagesTr/B_003_0000.nii.gz")
    label = nibabel.load("Dataset001_mine/labelsTr/B_003.nii.gz")
    assert np.array_equal(image.get_fdata(), images_of("B")[..., 2])
    assert np.array_equal(label.get_fdata(), masks[..., 2])
    assert np.allclose(image.affine, AFFINE) and np.array_equal(image.affine, label.affine)
    dataset = json.loads((tmp_path / "Dataset001_mine" / "dataset.json").read_text())
    assert dataset["labels"] == {"background": 0, "myocardium": 1, "blood_pool": 2}
    assert (dataset["numTraining"], dataset["file_ending"], dataset["channel_names"]) == (4, ".nii.gz", {"0": "MRI"})
    splits = json.loads((tmp_path / "Dataset001_mine" / "splits_final.json").read_text())
    assert splits == [{"train": ["A_001", "A_003"], "val": ["B_001", "B_003"]}]


def test_frames_with_one_structure_are_not_learned(tmp_path, monkeypatch, caplog):
    monkeypatch.chdir(tmp_path)
    write_cohort([0], of_pool=[2])
    assert names(tmp_path, "labelsTr") == ["A_001.nii.gz", "B_001.nii.gz"]
    assert names(tmp_path, "imagesTr") == ["A_001_0000.nii.gz", "B_001_0000.nii.gz"]
    assert names(tmp_path, "imagesTs") == [f"C_1_{frame}_0000.nii.gz" for frame in ("001", "002", "003")]
    assert names(tmp_path, "labelsTs") == ["C_1_001.nii.gz"]
    assert "mice/A.h5: frame 3 of 3 excluded, no myocardium contoured there" in caplog.messages


def test_cohort_without_training_mice_is_refused_unless_another_has_some(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadInput, match="cohorts.mine.split: found no frame in train with both structures contoured"):
        write_cohort([0], split=dict.fromkeys(SPLIT, "test"))
    write_cohort([0], split=dict.fromkeys(SPLIT, "test"), key="")
    assert len(names(tmp_path, "imagesTs")) == 9


def test_a_failed_export_leaves_no_images(tmp_path, monkeypatch):
    """Images without dataset.json look like a complete data set to a person, and to nnU-Net's inference."""
    monkeypatch.chdir(tmp_path)
    write_cohort([0, 2])
    with pytest.raises(BadInput, match="found no frame in train"):
        write_cohort([0], split=SPLIT | {"A": "test"})
    with monkeypatch.context() as patch, pytest.raises(BadInput, match="unreadable"):
        patch.setattr(write_nnunet, "read_frame", lambda *_: (_ for _ in ()).throw(BadInput("unreadable")))
        write_cohort([0])
    assert [path.name for path in (tmp_path / "Dataset001_mine").iterdir() if path.is_dir()] == []


def test_predictions_come_back_as_masks_of_a_reader(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    masks = write_cohort([0, 2])
    nifti = {"folder": "Dataset001_mine/labelsTs", "masks": "{mouse}_{frame}.nii.gz"}
    nifti["labels"] = {"myocardium": 1, "blood_pool": 2}
    import_masks.main(
        "manifest.csv", nifti["folder"], "Masks", ["C_1"], "nnunet", "none", ["C.h5"], nifti, ["mice/C_1.h5"]
    )
    with h5py.File("C.h5") as file:
        assert np.array_equal(file["Masks"], masks) and file["Frames_with_ROI"][()].tolist() == [0, 2]
