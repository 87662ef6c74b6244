"""The frames that review.csv names leave as pairs, and come back as corrections."""

import nibabel
import numpy as np
import pandas as pd
import pytest

import check_cohort
import describe_cohort
import export_flagged
from murmur.csv_tables import read_csv, write_csv
from murmur.data.corrections import corrected
from murmur.data.mouse_file import write_cine
from murmur.data.review import correction_files

SHAPE, SPACING_MM = (12, 10, 4, 6), (0.2, 0.3, 1.0)
AFFINE = np.array([[0, -0.3, 0, 5], [0.2, 0, 0, -3], [0, 0, 1.0, 2], [0, 0, 0, 1]])
IMAGES = np.random.default_rng(1).integers(1, 99, SHAPE).astype(np.uint16)
MASKS = np.zeros(SHAPE, np.uint8)
MASKS[2:9, 2:9, 1:3], MASKS[4:6, 4:6, 1:3], MASKS[4:7, 4:7, 1:3, 0], MASKS[4:6, 4:5, 1:3, 3] = 1, 2, 2, 1  # ED 1, ES 4
ROWS = [
    ("B", 3, 6, "holes; an island"),
    ("B", 2, 6, "holes"),
    ("B", 2, 1, "an open ring, 20%; at most 10% expected"),
    ("B", None, None, "the mass changes"),
    ("A", 1, 2, "holes"),
    ("C", None, None, None),
    ("B", 3, 1, "an open ring, 15%; at most 10% expected"),
]


@pytest.fixture
def export(tmp_path, monkeypatch):
    """Export the frames that some rows name; return the table."""
    monkeypatch.chdir(tmp_path)
    for mouse in "ABC":
        attributes = {"spacing_mm": SPACING_MM, "frame_interval_ms": 5.0, "affine": AFFINE}
        write_cine(f"mice/{mouse}.h5", IMAGES, None, [], attributes)
        write_cine(f"masks/{mouse}.h5", masks=MASKS, frames=list(range(SHAPE[3])))
    check_cohort.main([f"mice/{mouse}.h5" for mouse in "ABC"], None, None, "checked.csv", threads=1)
    describe_cohort.main("checked.csv", {}, {}, {}, "manifest.csv")

    def export(rows, measured=(None, None)):
        write_csv(pd.DataFrame([("B", *measured)], columns=["mouse", "ed_frame", "es_frame"]), "frames.csv")
        write_csv(pd.DataFrame(rows, columns=["mouse", "slice_number", "frame_number", "reasons"]), "review.csv")
        files = ({mouse: f"{folder}/{mouse}.h5" for mouse in "ABC"} for folder in ("mice", "masks"))
        export_flagged.main("review.csv", "manifest.csv", "frames.csv", *files, "export/flagged.csv")
        return read_csv("export/flagged.csv")

    return export


def names(tmp_path):
    return sorted(str(path.relative_to(tmp_path / "export")) for path in (tmp_path / "export").glob("*/*"))


def test_pairs_are_the_frames_that_the_review_names(tmp_path, export):
    table = export(ROWS)
    assert table[["mouse", "frame_number"]].values.tolist() == [["B", 6], ["B", 1], ["A", 2]]
    assert table["slice_numbers"].astype(str).tolist() == ["2 3", "2 3", "1"]
    rings = "an open ring, 20%; at most 10% expected; an open ring, 15%; at most 10% expected"
    assert table["reasons"].tolist() == ["holes; an island", rings, "holes"]
    assert table["mask"].tolist() == [f"{name}_mask.nii.gz" for name in ("B/frame6", "B/ED", "A/frame2")]
    assert names(tmp_path) == [
        f"{name}_{kind}.nii.gz" for name in ("A/frame2", "B/frame6") for kind in ("image", "mask")
    ]
    image, mask = (nibabel.load(f"export/B/frame6_{kind}.nii.gz") for kind in ("image", "mask"))
    assert np.array_equal(image.get_fdata(), IMAGES[..., 5]) and np.array_equal(mask.get_fdata(), MASKS[..., 5])
    assert np.allclose(image.affine, AFFINE) and np.array_equal(image.affine, mask.affine)
    assert image.header["descrip"].item() == b"frame 6 of 6" and mask.get_data_dtype() == np.uint8


def test_measured_frames_are_called_ED_and_ES(tmp_path, export):
    assert export(ROWS, (5, 3))["mask"].tolist() == [f"{name}_mask.nii.gz" for name in ("B/ED", "B/frame1", "A/frame2")]
    assert names(tmp_path) == [
        f"{name}_{kind}.nii.gz" for name in ("A/frame2", "B/frame1") for kind in ("image", "mask")
    ]


def test_pairs_of_an_earlier_run_are_removed_and_masks_of_a_person_stay(tmp_path, export):
    export(ROWS)
    (tmp_path / "export" / "B" / "frame3_mask.nii.gz").write_bytes(b"drawn by a person")
    assert export(ROWS[2:4])["frame_number"].tolist() == [1]
    assert names(tmp_path) == ["B/frame3_mask.nii.gz"]
    assert export(ROWS[3:]).empty is False and export([ROWS[3], ROWS[5]]).empty


def test_a_corrected_frame_comes_back(tmp_path, export):
    export(ROWS)
    mask = nibabel.load("export/B/frame6_mask.nii.gz")
    drawn = np.asarray(mask.dataobj).copy()
    drawn[3, 3, 2] = 2
    nibabel.save(nibabel.Nifti1Image(drawn, mask.affine, mask.header), "export/B/frame6_mask.nii.gz")
    files = correction_files("export", ["A", "B"])
    assert corrected(MASKS, files["A"], AFFINE, "murmur")[1] == []
    masks, frames = corrected(MASKS, files["B"], AFFINE, "murmur")
    assert frames == [5] and np.array_equal(masks[..., 5], drawn)
