"""Masks of a second observer as NIfTI files, drawn on images that were exported, flipped or saved frame by frame."""

import h5py
import nibabel
import numpy as np
import pytest
from nibabel.orientations import apply_orientation, inv_ornt_aff
from scipy.spatial.transform import Rotation

import check_cohort
import describe_cohort
import import_masks
from murmur.data.mouse_file import write_cine
from murmur.data.nifti_masks import NiftiMasks
from murmur.errors import BadInput

SHAPE, SPACING = (12, 10, 4, 3), (0.2, 0.3, 1.0)
AFFINE = np.eye(4)
AFFINE[:3, :3] = Rotation.from_euler("xyz", (30, -40, 20), degrees=True).as_matrix() * SPACING
AFFINE[:3, 3] = (3, -5, 8)
LABELS = {"myocardium": 2, "blood_pool": 3}


@pytest.fixture
def masks(tmp_path, monkeypatch):
    """Masks of a mouse whose file has an oblique affine, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    masks = np.zeros(SHAPE, np.uint8)
    masks[2:8, 1:7, 1:3], masks[4:6, 3:5, 1:3] = 1, 2
    masks[4:6, 3:5, 1, 2] = 1
    masks[..., 1] = 0
    images = np.random.default_rng(0).integers(1, 99, SHAPE).astype(np.uint16)
    attributes = {"spacing_mm": SPACING, "frame_interval_ms": 5.0, "affine": AFFINE}
    write_cine("mice/A.h5", images, attributes=attributes)
    check_cohort.main(["mice/A.h5"], None, None, "checked.csv", threads=1)
    describe_cohort.main("checked.csv", {}, {}, {}, "manifest.csv")
    (tmp_path / "observer").mkdir()
    return masks


def imported(template, labels=LABELS, **options):
    nifti = {"folder": "observer", "masks": template, "labels": labels, **options}
    import_masks.main(
        "manifest.csv", "observer", "Masks", ["A"], "observer", "none", ["A.h5"], nifti, mouse_files=["mice/A.h5"]
    )
    with h5py.File("A.h5") as file:
        return file["Masks"][()], file["Frames_with_ROI"][()].tolist()


def save(name, values, affine=AFFINE):
    image = nibabel.Nifti1Image(np.choose(values, [0, 2, 3]).astype(np.uint8), affine)
    image.set_sform(affine, code=1)
    nibabel.save(image, f"observer/{name}")


@pytest.mark.parametrize("turned", [[[0, 1], [1, 1], [2, 1]], [[1, -1], [0, 1], [2, -1]], [[2, 1], [0, -1], [1, -1]]])
def test_axes_and_labels_are_brought_to_those_of_the_images(masks, turned):
    """In four dimensions, with axes permuted and flipped by any program; frames with labels were segmented."""
    turned = np.array(turned)
    save("A_seg.nii.gz", apply_orientation(masks, turned), AFFINE @ inv_ornt_aff(turned, SHAPE[:3]))
    found, frames = imported("{mouse}_seg.nii.gz")
    assert np.array_equal(found, masks) and frames == [0, 2]


def test_one_file_for_each_frame(masks):
    for frame in (0, 2):
        save(f"A_{frame}.nii", masks[..., frame])
    found, frames = imported("{mouse}_{frame}.nii", frames_from=0)
    assert np.array_equal(found, masks) and frames == [0, 2]


def test_another_grid_or_label_is_refused(masks):
    moved = AFFINE.copy()
    moved[:3, 3] += 0.5
    save("A_seg.nii", masks, moved)
    with pytest.raises(BadInput, match="A_seg.nii: found a grid .* voxels from that of the image"):
        imported("{mouse}_seg.nii")
    save("A_seg.nii", masks)
    with pytest.raises(BadInput, match="found the label 3, expected 0 background, 1 myocardium, 2 blood_pool"):
        imported("{mouse}_seg.nii", labels={"myocardium": 1, "blood_pool": 2})
    with pytest.raises(BadInput, match="found no masks {mouse}_other.nii of any mouse, expected at least one"):
        imported("{mouse}_other.nii")
    with pytest.raises(BadInput, match="readers.o.labels: found the label 1 for two structures"):
        NiftiMasks("observer", "{mouse}.nii", {"myocardium": 1, "blood_pool": 1}, key="readers.o.files")
