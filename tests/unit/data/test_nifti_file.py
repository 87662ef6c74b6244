"""Masks and images are brought together by their affines: the voxels of the mask in the image's order are known."""

import gzip
import itertools

import nibabel
import numpy as np
import pytest
from nibabel.orientations import axcodes2ornt, io_orientation, ornt_transform

import convert_nifti
from murmur.data.mouse_file import read_frame
from murmur.data.nifti import NiftiFolder
from murmur.data.nifti_file import on_grid, open_nifti, read_header
from murmur.errors import BadInput

SHAPE = (12, 10, 5)
CODES = ["".join(code) for axes in itertools.permutations(("LR", "PA", "IS")) for code in itertools.product(*axes)]


def oblique():
    """An affine of 0.1 x 0.2 x 1 mm, turned by 20, 35 and 50 degrees about the three axes."""
    turned = np.eye(3)
    for axis, angle in enumerate(np.radians([20, 35, 50])):
        turn, (i, j) = np.eye(3), [i for i in range(3) if i != axis]
        turn[i, i], turn[i, j], turn[j, i], turn[j, j] = np.cos(angle), -np.sin(angle), np.sin(angle), np.cos(angle)
        turned = turn @ turned
    return nibabel.affines.from_matvec(turned @ np.diag([0.1, 0.2, 1.0]), [3, -4, 50])


AFFINES = {
    "scanner": nibabel.affines.from_matvec(np.diag([-0.1, -0.2, 1.0]), [5, 6, -20]),
    "oblique": oblique(),
    "45 degrees": nibabel.affines.from_matvec(
        np.array([[0.1, -0.2, 0], [0.1, 0.2, 0], [0, 0, np.sqrt(2)]]) / np.sqrt(2), [0, 0, 0]
    ),
}


@pytest.fixture
def mask():
    """No two axes or directions of it are alike."""
    values = np.zeros(SHAPE, np.uint8)
    values[2:9, 1:6, 1:4], values[3:7, 2:4, 1:3], values[10, 8, 0] = 1, 2, 1
    return values


def save(path, values, affine, interval=0.005):
    image = nibabel.Nifti1Image(values, affine)
    image.header.set_xyzt_units("mm", "sec")
    if values.ndim == 4:
        image.header["pixdim"][4] = interval
    nibabel.save(image, path)
    return image


def image_of(folder, affine, name="a.nii"):
    save(folder / name, np.random.default_rng(1).integers(0, 900, (*SHAPE, 3)).astype(np.int16), affine)
    return open_nifti(folder / name)


@pytest.mark.parametrize("code", CODES)
def test_mask_saved_in_any_orientation_is_the_same_mask(tmp_path, mask, code):
    for name, affine in AFFINES.items():
        image = image_of(tmp_path, affine)
        drawn = nibabel.Nifti1Image(mask, affine)
        turned = drawn.as_reoriented(ornt_transform(io_orientation(affine), axcodes2ornt(code)))
        nibabel.save(turned, tmp_path / "mask.nii.gz")
        found = on_grid(tmp_path / "mask.nii.gz", open_nifti(tmp_path / "mask.nii.gz"), image)
        np.testing.assert_array_equal(found, mask, err_msg=name)


def test_masks_in_four_dimensions_and_of_one_frame_are_reoriented(tmp_path, mask):
    affine = AFFINES["oblique"]
    image_of(tmp_path, affine)
    frames = np.stack([mask, np.zeros_like(mask), np.where(mask == 2, 0, mask)], axis=3)
    flipped = np.array([[1, -1], [0, 1], [2, -1]])
    nibabel.save(nibabel.Nifti1Image(frames, affine).as_reoriented(flipped), tmp_path / "a_seg.nii")
    for number in (0, 2):
        one = nibabel.Nifti1Image(frames[..., number : number + 1], affine).as_reoriented(flipped)
        nibabel.save(one, tmp_path / f"a_{number}_gt.nii")
    for masks in ("{mouse}_seg.nii", "{mouse}_{frame}_gt.nii"):
        labels = {"myocardium": 1, "blood_pool": 2}
        folder = NiftiFolder(str(tmp_path), "{mouse}.nii", labels, frames_from=0, masks=masks)
        assert folder.check_headers("a")["has_masks"]
        convert_nifti.main(folder, "a", str(tmp_path / "a.h5"), None, None, False)
        for number in range(3):
            np.testing.assert_array_equal(read_frame(tmp_path / "a.h5", "Masks", number), frames[..., number])


def moved(affine, voxels=(0, 0, 0), scale=1.0):
    affine = affine.copy()
    affine[:3, 3] += affine[:3, :3] @ np.array(voxels)
    affine[:3, :3] *= scale
    return affine


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"voxels": (0.5, 0, 0)}, "up to 0.5 voxels from that of the image"),
        ({"voxels": (0, 300, 0)}, "up to 300 voxels"),
        ({"voxels": (0, 0, 1)}, "up to 1 voxels"),
        ({"scale": 1.1}, "of 0.11 x 0.22 x 1.1 mm"),
    ],
)
@pytest.mark.parametrize("affine", AFFINES.values(), ids=AFFINES)
def test_another_grid_is_refused(tmp_path, mask, affine, change, words):
    image = image_of(tmp_path, affine)
    save(tmp_path / "mask.nii", mask, moved(affine, **change))
    with pytest.raises(BadInput) as error:
        on_grid(tmp_path / "mask.nii", open_nifti(tmp_path / "mask.nii"), image)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_turned_grid_and_other_shape_are_refused(tmp_path, mask):
    image = image_of(tmp_path, AFFINES["scanner"])
    save(tmp_path / "turned.nii", mask, AFFINES["oblique"])
    save(tmp_path / "shape.nii", mask.transpose(1, 0, 2), AFFINES["scanner"])
    with pytest.raises(BadInput, match="turned.nii: found"):
        on_grid(tmp_path / "turned.nii", open_nifti(tmp_path / "turned.nii"), image)
    with pytest.raises(BadInput, match=r"found the shape \(10, 12, 5\), expected \(12, 10, 5\)"):
        on_grid(tmp_path / "shape.nii", open_nifti(tmp_path / "shape.nii"), image)


def test_rounding_of_affines_is_no_other_grid(tmp_path, mask):
    image = image_of(tmp_path, AFFINES["oblique"])
    save(tmp_path / "mask.nii", mask, moved(AFFINES["oblique"], voxels=(0.1, -0.1, 0.05), scale=1.001))
    np.testing.assert_array_equal(on_grid(tmp_path / "mask.nii", open_nifti(tmp_path / "mask.nii"), image), mask)


def test_affine_in_another_unit_is_the_same_grid(tmp_path, mask):
    affine = AFFINES["scanner"]
    image = image_of(tmp_path, affine)
    for unit, factor in (("micron", 1000.0), ("meter", 0.001), ("unknown", 1.0)):
        drawn = nibabel.Nifti1Image(mask[::-1], moved(affine, (11, 0, 0)) @ np.diag([-1, 1, 1, 1]))
        drawn = nibabel.Nifti1Image(mask[::-1], np.diag([factor] * 3 + [1]) @ drawn.affine)
        drawn.header.set_xyzt_units(unit)
        nibabel.save(drawn, tmp_path / "mask.nii")
        found = on_grid(tmp_path / "mask.nii", open_nifti(tmp_path / "mask.nii"), image)
        np.testing.assert_array_equal(found, mask, err_msg=unit)


@pytest.mark.parametrize("affine", [None, np.eye(4)])
def test_without_position_the_shapes_must_be_equal(tmp_path, mask, affine, caplog):
    image = image_of(tmp_path, AFFINES["scanner"])
    save(tmp_path / "mask.nii", mask, affine)
    save(tmp_path / "other.nii", mask[1:], affine)
    with caplog.at_level("INFO", "murmur"):
        np.testing.assert_array_equal(on_grid(tmp_path / "mask.nii", open_nifti(tmp_path / "mask.nii"), image), mask)
    assert "mask.nii: the affine of mask or image gives no position" in caplog.text
    with pytest.raises(BadInput, match="found the shape"):
        on_grid(tmp_path / "other.nii", open_nifti(tmp_path / "other.nii"), image)


def header(path, *given):
    return read_header(path, *(given or (None, None, False)))[1:]


def test_study_file_overrides_a_header_only_if_asked(tmp_path):
    path = tmp_path / "a.nii"
    save(path, np.zeros((*SHAPE, 3), np.uint8), np.diag([1.5, 1.5, 1.5, 1]), interval=1.0)
    assert header(path) == ([1.5, 1.5, 1.5], 1000.0)
    with pytest.raises(BadInput, match=r"a.nii: found spacing_mm 1.5 x 1.5 x 1.5 in the header, .* override_headers"):
        header(path, [0.1, 0.1, 1.0], None, False)
    with pytest.raises(BadInput, match="a.nii: found frame_interval_ms 1000 in the header, expected 20 as in"):
        header(path, None, 20.0, False)
    assert header(path, [0.1, 0.1, 1.0], 20.0, True) == ([0.1, 0.1, 1.0], 20.0)
    assert header(path, None, 20.0, True) == ([1.5, 1.5, 1.5], 20.0)


@pytest.mark.parametrize("pixdim", [[0, 0.1, 1], [-0.1, 0.1, 1], [np.nan, 0.1, 1], [np.inf, 0.1, 1], [0.1, 0.1, 2]])
def test_spacing_without_meaning_must_be_given(tmp_path, pixdim):
    path = tmp_path / "a.nii"
    save(path, np.zeros((*SHAPE, 3), np.uint8), np.diag([0.1, 0.1, 1, 1]))
    content = bytearray(path.read_bytes())
    content[80:92] = np.array(pixdim, "<f4").tobytes()
    path.write_bytes(content)
    with pytest.raises(
        BadInput, match="a.nii: found no voxel spacing above 0 on which .* give the cohort's spacing_mm"
    ):
        header(path)
    assert header(path, [0.1, 0.1, 1.0], 5.0, False) == ([0.1, 0.1, 1.0], 5.0)


def damaged(change):
    """A NIfTI file of which some bytes are others."""

    def write(path):
        save(path, np.zeros((*SHAPE, 3), np.uint8), AFFINES["scanner"])
        content = bytearray(path.read_bytes())
        change(content)
        path.write_bytes(content)

    return write


def other_type(values):
    return lambda path: save(path, values, AFFINES["scanner"])


def shape_of(*shape):
    def change(content):
        content[40:56] = np.array([len(shape), *shape, *[1] * (7 - len(shape))], "<i2").tobytes()

    return damaged(change)


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (lambda path: path.write_bytes(b""), "found an empty file"),
        (lambda path: path.write_text("text"), "found no readable NIfTI image"),
        (lambda path: path.mkdir(), "found a folder"),
        (lambda path: path.symlink_to("nowhere"), "found a link to 'nowhere'"),
        (damaged(lambda content: content.__delitem__(slice(900, None))), "found a truncated file of 900 bytes"),
        (shape_of(30000, 30000, 3000, 3000), "expected at most"),
        (shape_of(300, 300, 300, 30), "in a truncated file of"),
        (shape_of(-5, 10, 5, 3), "found values of shape (-5, 10, 5, 3)"),
        (other_type(np.zeros((*SHAPE, 3), np.complex64)), "type complex64"),
        (other_type(np.zeros((*SHAPE, 3), [("R", "u1"), ("G", "u1"), ("B", "u1")])), "found values of shape"),
        (other_type(np.zeros(SHAPE, np.uint8)), "found 3 dimensions"),
        (damaged(lambda content: content.__setitem__(slice(70, 72), b"\xff\x7f")), "found"),
    ],
)
def test_bad_file_is_one_sentence(tmp_path, write, words):
    path = tmp_path / "a.nii"
    write(path)
    with pytest.raises(BadInput) as error:
        header(path)
    assert words in str(error.value)
    assert str(error.value).startswith(f"{path}: found")
    assert "\n" not in str(error.value)


def test_truncated_archive_is_found_without_reading_whole_ones(tmp_path, monkeypatch):
    values = np.random.default_rng(1).integers(0, 900, (*SHAPE, 3)).astype(np.int16)
    save(tmp_path / "a.nii.gz", values, AFFINES["scanner"])
    save(tmp_path / "a.nii", values, AFFINES["scanner"])
    content, plain = (tmp_path / "a.nii.gz").read_bytes(), (tmp_path / "a.nii").read_bytes()
    parts = gzip.compress(plain[:900]) + gzip.compress(plain[900:])
    (tmp_path / "parts.nii.gz").write_bytes(parts)
    assert header(tmp_path / "parts.nii.gz") == header(tmp_path / "a.nii.gz")
    (tmp_path / "cut.nii.gz").write_bytes(content[: len(content) // 2])
    with pytest.raises(BadInput, match=r"cut.nii.gz: found no readable NIfTI image \(Compressed file ended"):
        header(tmp_path / "cut.nii.gz")
    (tmp_path / "short.nii.gz").write_bytes(gzip.compress(plain[:900]))
    with pytest.raises(BadInput, match=r"short.nii.gz: found a truncated file of 900 bytes"):
        header(tmp_path / "short.nii.gz")
    monkeypatch.setattr("murmur.data.nifti_file.gzip.open", lambda path: pytest.fail("the file was decompressed"))
    header(tmp_path / "a.nii.gz")


def test_qform_and_sform_that_disagree_are_named(tmp_path):
    """Programs differ in which of the two they use, so that a mask may lie elsewhere than it was drawn."""
    affine = np.diag([0.1, 0.1, 1.0, 1.0])
    image = nibabel.Nifti1Image(np.zeros((20, 20, 5, 2), np.int16), affine)
    image.set_qform(affine, code=1)
    image.set_sform(affine, code=1)
    nibabel.save(image, tmp_path / "same.nii")
    assert open_nifti(tmp_path / "same.nii").shape == (20, 20, 5, 2)
    moved = affine.copy()
    moved[0, 3] = 0.5
    image.set_qform(moved, code=1)
    nibabel.save(image, tmp_path / "moved.nii")
    with pytest.raises(BadInput, match="found a qform and an sform that place a voxel 0.5 mm apart, expected one"):
        open_nifti(tmp_path / "moved.nii")
    image.set_qform(moved, code=0)
    nibabel.save(image, tmp_path / "unset.nii")
    assert np.allclose(open_nifti(tmp_path / "unset.nii").affine, affine)
