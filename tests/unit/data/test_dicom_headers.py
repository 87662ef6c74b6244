"""Headers are decoded as pydicom decodes them, whatever their encoding, length and place."""

import zipfile
from pathlib import Path

import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.multival import MultiValue

from dicom_files import write_cine, write_enhanced, write_image
from murmur.data.dicom_headers import HEADER, _plain, _tags, read_images
from murmur.errors import BadInput

SHIPPED = ("MR_small.dcm", "MR_small_implicit.dcm", "MR_small_bigendian.dcm")


def by_pydicom(dataset):
    """The tags that are used, as pydicom converts them."""
    names = {pydicom.datadict.tag_for_keyword(name): name for name in map(pydicom.datadict.keyword_for_tag, _tags())}
    return {name: dataset[tag].value for tag, name in names.items() if tag in dataset}


def plain(value):
    """A value of pydicom without its types."""
    if isinstance(value, MultiValue):
        return [plain(part) for part in value]
    return float(value) if isinstance(value, int | float) else None if value is None else str(value)


@pytest.mark.parametrize("name", SHIPPED)
def test_values_are_those_of_pydicom(name):
    """Files of pydicom's tests: explicit and implicit representations, and both orders of bytes."""
    path = get_testdata_file(name, download=False)
    found, expected = (read(pydicom.dcmread(path, stop_before_pixels=True)) for read in (_plain, by_pydicom))
    assert {"Rows", "SeriesInstanceUID", "ImageType"} <= expected.keys() <= found.keys()
    for tag, value in expected.items():
        if not tag.endswith("Sequence"):
            given = found[tag]
            given = [*map(plain, given)] if isinstance(given, list | tuple) else plain(given)
            assert given == plain(value), tag


@pytest.mark.parametrize("packed", [False, True])
def test_header_longer_than_usual_is_read_to_its_end(tmp_path, packed):
    """A private field before the size of the image, as some vendors write, is longer than what is read at first."""
    write_image(tmp_path / "M1", 0, 0)
    expected = read_images(tmp_path / "M1")
    (path,) = (tmp_path / "M1").iterdir()
    dataset = pydicom.dcmread(path)
    dataset.add_new((0x0019, 0x0010), "LO", "MURMUR")
    dataset.add_new((0x0019, 0x1001), "OB", bytes(HEADER + 1000))
    dataset.save_as(path)
    if packed:
        with zipfile.ZipFile(tmp_path / "M1.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(path, path.name)
    assert read_images(tmp_path / ("M1.zip" if packed else "M1")) == expected


def test_image_type_of_one_word_is_no_phase_image(tmp_path):
    """ORIGINAL has the letters R and I, which stand for real and imaginary parts."""
    write_image(tmp_path, 0, 0, ImageType="ORIGINAL")
    assert len(read_images(tmp_path)[0]) == 1


def test_hidden_files_links_to_nothing_and_other_files_are_no_images(tmp_path):
    write_cine(tmp_path / "a" / "b", slices=[0])
    (tmp_path / "a" / ".trash").mkdir()
    (tmp_path / "a" / ".trash" / "c.dcm").write_bytes(bytes(200))
    (tmp_path / "a" / "._d.dcm").write_bytes(b"not DICOM")
    (tmp_path / "a" / "gone.dcm").symlink_to("nowhere")
    (tmp_path / "a" / "short.dcm").write_bytes(b"DICM")
    images, left_out = read_images(tmp_path)
    assert [Path(image.file).parts[:2] for image in images] == [("a", "b")] * 6
    assert [one.text for one in left_out] == ["1 .dcm file that is not DICOM"]


def test_files_that_are_not_dicom_are_read_no_further_than_their_beginning(tmp_path, monkeypatch):
    with open(tmp_path / "large.bin", "wb") as file:
        file.truncate(2**40)  # without content, but too large for the memory
    monkeypatch.setattr(pydicom, "dcmread", lambda *_, **__: pytest.fail("a file without DICM was read"))
    assert read_images(tmp_path) == ([], [])


def spoiled(tmp_path, change):
    """What is left out of a session of two images, the second of which is changed."""
    write_cine(tmp_path, slices=[0], frames=[0, 1])
    path = tmp_path / "5_2_0_1.dcm"
    dataset = pydicom.dcmread(path)
    change(dataset)
    dataset.save_as(path)
    images, left_out = read_images(tmp_path)
    assert len(images) + len(left_out) == 2
    return left_out


@pytest.mark.parametrize(
    "values",
    [
        {"ImageOrientationPatient": None},
        {"ImageOrientationPatient": [2, 0, 0, 0, 2, 0]},
        {"ImageOrientationPatient": [1, 0, 0, 0.7, 0.7, 0]},
        {"ImagePositionPatient": [0, 0, float("nan")]},
        {"PixelSpacing": [0, 0]},
        {"PixelSpacing": [-0.2, 0.25]},
        {"PixelSpacing": "0.2"},
        {"NumberOfFrames": 6},
    ],
)
def test_images_without_a_place_in_space_are_counted_as_lost(tmp_path, values):
    (one,) = spoiled(tmp_path, lambda dataset: [setattr(dataset, *pair) for pair in values.items()])
    count = values.get("NumberOfFrames", 1)
    assert one.lost and one.label == "5"
    assert one.text.startswith(f"series 5: {count} image{'s' * (count > 1)} without a position, orientation and pixel")


@pytest.mark.parametrize(
    "kind",
    [["ORIGINAL", "PRIMARY", "P"], ["ORIGINAL", "PRIMARY", "PHASE_MAP"], ["ORIGINAL", "PRIMARY", "R_FFE"],
     ["ORIGINAL", "PRIMARY", "PHASE_FFE"], ["DERIVED", "PRIMARY", "PROJECTION IMAGE"],
     ["DERIVED", "SECONDARY", "T1 MAP"], ["ORIGINAL", "PRIMARY", "VELOCITY MAP", "P", "PCA"]],
)  # fmt: skip
def test_phases_parts_and_maps_are_left_out_and_not_lost(tmp_path, kind):
    (one,) = spoiled(tmp_path, lambda dataset: setattr(dataset, "ImageType", kind))
    assert one.text == "series 5: 1 image of phases, velocities, parts or maps" and not one.lost


@pytest.mark.parametrize("kind", [["ORIGINAL", "PRIMARY", "M", "RETRO", "DIS2D"], ["ORIGINAL", "PRIMARY", "T1", "M"]])
def test_magnitudes_are_used(tmp_path, kind):
    assert spoiled(tmp_path, lambda dataset: setattr(dataset, "ImageType", kind)) == []


def test_image_without_modality_is_one_by_its_class(tmp_path):
    assert spoiled(tmp_path, lambda dataset: delattr(dataset, "Modality")) == []


def test_parts_of_enhanced_files_are_known_by_their_frames(root):
    """A field map of a Philips scanner: magnitudes, and frequencies as real numbers."""
    path = root.parent / "shared" / "real" / "scanner" / "enhanced_real" / "dcm_qa_enh"
    if not path.is_dir():
        pytest.skip("real images are not at hand")
    images, left_out = read_images(path, ["IM_0027_fMAP.dcm"])
    assert len(images) == 32
    assert [one.text.split(": ")[1] for one in left_out] == ["32 images of phases, velocities, parts or maps"]


def test_enhanced_file_with_fewer_positions_than_frames_is_refused(tmp_path):
    write_enhanced(tmp_path / "one.dcm", [(0, frame) for frame in range(6)])
    dataset = pydicom.dcmread(tmp_path / "one.dcm")
    dataset.NumberOfFrames = 8
    dataset.save_as(tmp_path / "one.dcm")
    with pytest.raises(BadInput, match=r"8 frames, but positions and times of 6"):
        read_images(tmp_path)


def test_folders_are_linked_once(tmp_path):
    write_cine(tmp_path / "elsewhere", slices=[0])
    (tmp_path / "M1").mkdir()
    (tmp_path / "M1" / "a").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "round").symlink_to(tmp_path / "M1")
    assert {Path(image.file).parts[0] for image in read_images(tmp_path / "M1")[0]} == {"a"}
    assert len(read_images(tmp_path / "M1")[0]) == 6
