"""The exported files, read by nibabel, have the values, the grid and the labels of the mouse."""

import json

import nibabel as nib
import numpy as np
import pytest
import SimpleITK
from scipy.spatial.transform import Rotation

import export_masks
from beating_hearts import FRAMES, SPACING_MM, heart_of_discs, images_of_discs
from murmur.data.mouse_file import write_cine
from murmur.errors import BadInput

MASKS = heart_of_discs()
IMAGES = images_of_discs(MASKS)
NAMES = ("cine", "masks", "ED_image", "ED_mask", "ES_image", "ES_mask")


def export(folder, images=IMAGES, phases=None, **attributes):
    folder.mkdir(exist_ok=True)
    attributes = {"spacing_mm": SPACING_MM, "frame_interval_ms": 6.5} | attributes
    write_cine(folder / "mouse.h5", images=images, attributes=attributes)
    write_cine(folder / "masks.h5", masks=MASKS, frames=list(range(FRAMES)))
    outputs = {name: str(folder / f"{name}.nii.gz") for name in NAMES}
    outputs |= {
        "itksnap": str(folder / "labels.txt"),
        "slicer": str(folder / "labels.ctbl"),
        "fsleyes": str(folder / "labels.lut"),
        "exported": str(folder / "exported.json"),
    }
    export_masks.main(str(folder / "mouse.h5"), str(folder / "masks.h5"), None, False, outputs, phases)
    return {name: nib.load(outputs[name]) for name in NAMES}


def test_pairs_have_the_values_of_the_mouse_and_the_same_header(tmp_path):
    found = export(tmp_path)
    assert np.array_equal(found["cine"].get_fdata(), IMAGES) and np.array_equal(found["masks"].get_fdata(), MASKS)
    assert np.array_equal(found["ED_mask"].get_fdata(), MASKS[..., 0])
    assert np.array_equal(found["ES_image"].get_fdata(), IMAGES[..., FRAMES // 2])
    assert found["ES_mask"].header["descrip"].item() == b"ES, frame 7 of 12"
    assert found["masks"].get_data_dtype() == np.uint8
    assert found["cine"].header.get_zooms() == pytest.approx((*SPACING_MM, 6.5))
    for image, mask in (("cine", "masks"), ("ED_image", "ED_mask"), ("ES_image", "ES_mask")):
        assert np.array_equal(found[image].affine, found[mask].affine)
        for name in (image, mask):
            header = found[name].header
            assert (header["qform_code"], header["sform_code"]) == (1, 1)
            assert np.allclose(header.get_qform(), header.get_sform())
            assert header.get_xyzt_units() == ("mm", "msec")


def test_ED_and_ES_are_those_that_were_measured(tmp_path):
    found = export(tmp_path, phases=(2, 5))
    assert np.array_equal(found["ED_mask"].get_fdata(), MASKS[..., 2])
    assert np.array_equal(found["ES_image"].get_fdata(), IMAGES[..., 5])
    assert json.loads((tmp_path / "exported.json").read_text())["frame_numbers"] == {"ED": 3, "ES": 6}


def test_affine_is_that_of_the_mouse_file_unless_another_spacing_was_given(tmp_path):
    row, column, height = SPACING_MM
    affine = np.array([[0, -column, 0, 5], [row, 0, 0, -3], [0, 0, height, 2], [0, 0, 0, 1.0]])
    found = export(tmp_path / "export", affine=affine)
    assert np.allclose(found["cine"].affine, affine) and np.allclose(found["ED_mask"].affine, affine)
    found = export(tmp_path / "other", affine=affine @ np.diag([2, 2, 2, 1]))
    assert np.allclose(found["cine"].affine, np.diag([*SPACING_MM, 1]))


@pytest.mark.parametrize("affine", [np.zeros((4, 4)), np.eye(3), "identity"])
def test_affine_without_an_inverse_is_refused(tmp_path, affine):
    with pytest.raises(BadInput, match="mouse.h5: found an attribute affine that maps no voxels to positions"):
        export(tmp_path, affine=affine)


def test_same_bytes_whenever_they_are_written(tmp_path, monkeypatch):
    export(tmp_path / "one")
    monkeypatch.setattr("time.time", lambda: 1e9)
    export(tmp_path / "other")
    for name in NAMES:
        one, other = ((tmp_path / folder / f"{name}.nii.gz").read_bytes() for folder in ("one", "other"))
        assert one == other, name


def test_integers_that_programs_do_not_open_are_written_as_float32(tmp_path):
    found = export(tmp_path, images=IMAGES.astype(np.int64))
    assert found["cine"].get_data_dtype() == np.float32


def test_labels_of_both_programs(tmp_path):
    export(tmp_path)
    rows = (tmp_path / "labels.txt").read_text().splitlines()
    assert rows[0].startswith("#") and rows[1] == '0 0 0 0 0 0 0 "Clear Label"'
    assert rows[2] == '1 46 139 87 1 1 1 "myocardium"' and rows[3].endswith('"blood_pool"')
    table = [row.split() for row in (tmp_path / "labels.ctbl").read_text().splitlines()]
    assert [row[:2] for row in table] == [["0", "background"], ["1", "myocardium"], ["2", "blood_pool"]]
    assert all(len(row) == 6 for row in table)


@pytest.mark.parametrize("pair", [("ED_image", "ED_mask"), ("ES_image", "ES_mask"), ("cine", "masks")])
def test_mask_lies_on_the_image_in_the_library_of_itksnap_and_slicer(tmp_path, pair):
    """SimpleITK has the geometry of both programs: the same grid for image and mask, at the positions of the affine."""
    turned = Rotation.from_euler("xyz", (30, -40, 20), degrees=True).as_matrix()
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = turned * SPACING_MM, (3, -5, 8)
    export(tmp_path, affine=affine)
    image, mask = (SimpleITK.ReadImage(str(tmp_path / f"{name}.nii.gz")) for name in pair)
    for part in ("GetSize", "GetSpacing", "GetOrigin", "GetDirection"):
        assert getattr(image, part)() == getattr(mask, part)()
    time = (0,) * (image.GetDimension() - 3)
    for index in ((0, 0, 0), (5, 2, 1), tuple(side - 1 for side in image.GetSize()[:3])):
        place = affine @ (*index, 1) * (-1, -1, 1, 1)  # ITK has the patient's frame of DICOM, LPS
        assert image.TransformIndexToPhysicalPoint((*index, *time))[:3] == pytest.approx(place[:3], abs=1e-4)
    values = SimpleITK.GetArrayFromImage(mask).T
    frame = {"ED_mask": 0, "ES_mask": FRAMES // 2}.get(pair[1], slice(None))
    assert np.array_equal(values, MASKS[..., frame])


def test_lookup_table_of_fsleyes(tmp_path):
    """Label, red, green and blue from 0 to 1 and name, in ascending order (FSLeyes, Customising FSLeyes)."""
    export(tmp_path)
    rows = [row.split() for row in (tmp_path / "labels.lut").read_text().splitlines()]
    assert [(row[0], row[4]) for row in rows] == [("1", "myocardium"), ("2", "blood_pool")]
    assert all(0 <= float(part) <= 1 for row in rows for part in row[1:4])
