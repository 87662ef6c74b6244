import h5py
import nibabel
import numpy as np
import pytest

import convert_nifti
from murmur.data.nifti import NiftiFolder
from murmur.data.nifti_file import open_nifti, read_header, read_values, scaled_to_uint16
from murmur.errors import BadInput

SHAPE = (12, 10, 3, 6)
LABELS = {"myocardium": 2, "blood_pool": 3}


def save(path, values, zooms=(1.3, 1.2, 8.0, 0.046), units=("mm", "sec")):
    image = nibabel.Nifti1Image(values, np.diag([-zooms[0], zooms[1], zooms[2], 1]))
    image.header.set_zooms(zooms[: values.ndim])
    image.header.set_xyzt_units(*units)
    nibabel.save(image, path)


def convert(folder, mouse, output, spacing_mm=None, frame_interval_ms=None, override_headers=False):
    convert_nifti.main(folder, mouse, str(output), spacing_mm, frame_interval_ms, override_headers)


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 900, SHAPE).astype(np.int16)


@pytest.fixture
def mask():
    values = np.zeros(SHAPE[:3], np.uint8)
    values[2:8, 2:8, 1], values[4:6, 4:6, 1], values[9:, :, 1] = 2, 3, 1
    return values


def test_frames_in_files_of_their_own(tmp_path, images, mask):
    save(tmp_path / "p_1_4d.nii.gz", images)
    save(tmp_path / "p_1_ED_frame01_gt.nii.gz", mask)
    save(tmp_path / "p_1_ES_frame05_gt.nii.gz", np.where(mask == 2, 0, mask).astype(np.uint8))
    save(tmp_path / "other.nii.gz", mask)
    folder = NiftiFolder(str(tmp_path), "{mouse}_4d.nii.gz", LABELS, masks="{mouse}_*_frame{frame}_gt.nii.gz")
    assert folder.mice() == ["p_1"]
    output = tmp_path / "out" / "p_1.h5"
    with pytest.raises(BadInput, match="found the label 1, expected 0 background, 2 myocardium, 3 blood_pool"):
        convert(folder, "p_1", output)
    folder.ignore = (1,)
    convert(folder, "p_1", output)
    with h5py.File(output) as file:
        assert file["Images"].dtype == np.uint16
        np.testing.assert_array_equal(file["Images"], images)
        assert file["Frames_with_ROI"][:].tolist() == [0, 4]
        np.testing.assert_array_equal(file["Masks"][..., 0], np.select([mask == 2, mask == 3], [1, 2]))
        assert set(np.unique(file["Masks"][..., 4])) == {0, 2}
        assert not file["Masks"][..., 1].any()
        np.testing.assert_allclose(file.attrs["spacing_mm"], [1.3, 1.2, 8.0], rtol=1e-6)
        assert file.attrs["frame_interval_ms"] == pytest.approx(46)


def test_masks_in_four_dimensions(tmp_path, images, mask):
    masks = np.zeros(SHAPE, np.uint8)
    masks[..., 2] = mask
    save(tmp_path / "a.nii", images)
    save(tmp_path / "a_seg.nii", masks)
    folder = NiftiFolder(str(tmp_path), "{mouse}.nii", LABELS, masks="{mouse}_seg.nii")
    assert folder.mice() == ["a"]
    folder.ignore = (1,)
    found, frames = folder.read_masks("a", open_nifti(tmp_path / "a.nii"))
    assert frames == [2]
    assert np.count_nonzero(found == 2) == 4


def test_masks_keep_the_order_of_the_file_in_memory(tmp_path, images, mask):
    """Comparing labels across the order in which NIfTI stores them took four times as long, at planning, too."""
    save(tmp_path / "a.nii", images)
    save(tmp_path / "a_seg.nii", np.asfortranarray(np.repeat(mask[..., None], SHAPE[3], 3)))
    folder = NiftiFolder(str(tmp_path), "{mouse}.nii", LABELS, masks="{mouse}_seg.nii", ignore=(1,))
    assert folder.labelled_frames(tmp_path / "a_seg.nii") == list(range(SHAPE[3]))
    found = folder._labelled(tmp_path / "a_seg.nii", read_values(tmp_path / "a_seg.nii"))
    assert type(found) is np.ndarray and found.flags.f_contiguous, "not a map of the file"
    np.testing.assert_array_equal(found[..., 3], np.select([mask == 2, mask == 3], [1, 2]))


def test_frames_counted_from_zero(tmp_path, images, mask):
    save(tmp_path / "a.nii", images)
    save(tmp_path / "a_0.nii", mask)
    folder = NiftiFolder(str(tmp_path), "{mouse}.nii", LABELS, frames_from=0, masks="{mouse}_{frame}.nii", ignore=[1])
    image = open_nifti(tmp_path / "a.nii")
    assert folder.read_masks("a", image)[1] == [0]
    with pytest.raises(BadInput, match="found frame 0 in the name, expected 1 to 6"):
        NiftiFolder(str(tmp_path), "{mouse}.nii", LABELS, masks="{mouse}_{frame}.nii").read_masks("a", image)


def test_values_that_do_not_fit_are_scaled(tmp_path, images):
    save(tmp_path / "a.nii", images.astype(np.float32) - 100.5)
    values = scaled_to_uint16(tmp_path / "a.nii", open_nifti(tmp_path / "a.nii"))
    assert (values.min(), values.max()) == (0, 65535)
    assert np.corrcoef(values.ravel(), images.ravel())[0, 1] > 0.999999


def test_units_of_the_header(tmp_path, images):
    save(tmp_path / "a.nii", images, zooms=(1300, 1200, 8000, 46), units=("micron", "msec"))
    _, spacing, interval = read_header(tmp_path / "a.nii", None, None, False)
    np.testing.assert_allclose(spacing, [1.3, 1.2, 8.0], rtol=1e-6)
    assert interval == 46


def test_mask_belongs_to_the_mouse_with_the_longest_name(tmp_path, images, mask):
    for mouse, frame in (("M1", 1), ("M1_week4", 3)):
        save(tmp_path / f"{mouse}_4d.nii", images)
        save(tmp_path / f"{mouse}_frame{frame:02d}_gt.nii", mask)
    save(tmp_path / "M1_ES_frame12_gt.nii", mask)
    folder = NiftiFolder(str(tmp_path), "{mouse}_4d.nii", LABELS, masks="{mouse}_*frame{frame}_gt.nii")
    assert folder.contoured_frames("M1") == [0, 11]
    assert folder.contoured_frames("M1_week4") == [2]
    save(tmp_path / "M1_again_frame1_gt.nii", mask)
    folder = NiftiFolder(str(tmp_path), "{mouse}_4d.nii", LABELS, masks="{mouse}_*frame{frame}_gt.nii")
    with pytest.raises(BadInput, match="the same frame of M1"):
        folder.contoured_frames("M1")


@pytest.mark.parametrize("name", ["image.nii", "{mouse}/{mouse}.nii"])
def test_name_must_hold_the_mouse_once(tmp_path, name):
    with pytest.raises(BadInput, match="source.images"):
        NiftiFolder(str(tmp_path), name, LABELS)


def test_bad_file_is_one_sentence(tmp_path, images, mask):
    save(tmp_path / "a.nii", images[..., 0])
    save(tmp_path / "b.nii", images)
    save(tmp_path / "b_seg.nii", mask[:5])
    save(tmp_path / "c.nii", images, units=("mm", "unknown"))
    (tmp_path / "d.nii").write_text("no")
    save(tmp_path / "whole.nii.gz", images)
    (tmp_path / "e.nii").write_bytes((tmp_path / "b.nii").read_bytes()[:2000])
    save(tmp_path / "f.nii", images)
    save(tmp_path / "f_seg.nii", np.where(mask == 2, np.nan, mask).astype(np.float32))
    folder = NiftiFolder(str(tmp_path), "{mouse}.nii", LABELS, masks="{mouse}_seg.nii")
    for mouse, words in {
        "a": "3 dimensions",
        "b": "shape (5, 10, 3)",
        "c": "frame_interval_ms",
        "d": "no readable",
        "e": "truncated",
        "f": "shape (12, 10, 3), expected (12, 10, 3, 6)",
    }.items():
        with pytest.raises(BadInput) as error:
            convert(folder, mouse, tmp_path / "out.h5")
        assert words in str(error.value)
        assert "\n" not in str(error.value)
    convert(folder, "c", tmp_path / "out.h5", frame_interval_ms=5.0)


def test_mask_with_nan_is_refused(tmp_path, images, mask):
    save(tmp_path / "a.nii", images)
    save(tmp_path / "a_01.nii", np.where(mask == 2, np.nan, mask).astype(np.float32))
    folder = NiftiFolder(str(tmp_path), "{mouse}.nii", LABELS, masks="{mouse}_{frame}.nii")
    with pytest.raises(BadInput, match="found the value nan"):
        folder.read_masks("a", open_nifti(tmp_path / "a.nii"))


def test_hidden_files_are_passed_over_and_masks_must_exist(tmp_path, images, mask):
    for name in ("a.nii", "a_01.nii", "._a_02.nii", "._b.nii", "c_01.nii"):
        save(tmp_path / name, images if len(name) < 7 else mask)
    folder = NiftiFolder(str(tmp_path), "{mouse}.nii", LABELS, masks="{mouse}_{frame}.nii")
    assert folder.mice() == ["a"], "hidden files, as macOS writes them, are passed over"
    assert folder.contoured_frames("a") == [0]
    with pytest.raises(BadInput, match=r"found no masks \{mouse}_seg.nii of any mouse"):
        NiftiFolder(str(tmp_path), "{mouse}.nii", LABELS, masks="{mouse}_seg.nii").mask_files("a")
    (tmp_path / "a_{x}_03.nii").touch()
    with pytest.raises(BadInput, match="found the character '{' in the name"):
        NiftiFolder(str(tmp_path), "{mouse}.nii", LABELS, masks="{mouse}_*{frame}.nii").mask_files("a")


@pytest.mark.parametrize("ignore", [[], [2], [4]])
def test_label_with_two_meanings_is_refused(tmp_path, ignore):
    labels = {"myocardium": 2, "blood_pool": 3 if ignore == [2] else 2}
    with pytest.raises(BadInput, match="source.labels: found the label 2 for two structures"):
        NiftiFolder(str(tmp_path), "{mouse}.nii", labels, ignore=ignore)


def test_images_with_one_file_for_each_frame(tmp_path, images, mask):
    for frame in range(SHAPE[3]):
        save(tmp_path / f"a_{frame + 1}.nii", images[..., frame])
    save(tmp_path / "a_3_gt.nii", np.where(mask == 1, 0, mask).astype(np.uint8))
    folder = NiftiFolder(str(tmp_path), "{mouse}_{frame}.nii", LABELS, masks="{mouse}_{frame}_gt.nii")
    assert folder.mice() == ["a"] and len(folder.files("a")) == SHAPE[3] + 1
    with pytest.raises(BadInput, match="found no frame time with a unit in the header"):
        convert(folder, "a", tmp_path / "a.h5")
    convert(folder, "a", tmp_path / "a.h5", frame_interval_ms=5.0)
    with h5py.File(tmp_path / "a.h5") as file:
        assert np.array_equal(file["Images"], images) and file["Frames_with_ROI"][()].tolist() == [2]
        assert file.attrs["spacing_mm"] == pytest.approx([1.3, 1.2, 8.0])
    save(tmp_path / "a_2.nii", images[:-1, ..., 1])
    with pytest.raises(BadInput, match="a_2.nii: found another grid than that of .*a_1.nii"):
        folder.open_image("a")
    (tmp_path / "a_2.nii").unlink()
    with pytest.raises(BadInput, match="found the frames 1, 3, 4, 5, 6, expected consecutive numbers"):
        NiftiFolder(str(tmp_path), "{mouse}_{frame}.nii", LABELS).open_image("a")
