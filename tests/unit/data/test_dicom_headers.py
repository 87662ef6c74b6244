"""Headers are decoded as pydicom decodes them, whatever their encoding, length and place."""

import zipfile
from pathlib import Path

import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.multival import MultiValue

from dicom_files import write_cine, write_image
from murmur.data.dicom_headers import HEADER, _plain, _tags, read_images

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
    assert [image.magnitude for image in read_images(tmp_path)] == [True]


def test_hidden_files_links_to_nothing_and_other_files_are_no_images(tmp_path):
    write_cine(tmp_path / "a" / "b", slices=[0])
    (tmp_path / "a" / ".trash").mkdir()
    (tmp_path / "a" / ".trash" / "c.dcm").write_bytes(bytes(200))
    (tmp_path / "a" / "._d.dcm").write_bytes(b"not DICOM")
    (tmp_path / "a" / "gone.dcm").symlink_to("nowhere")
    (tmp_path / "a" / "short.dcm").write_bytes(b"DICM")
    assert [Path(image.file).parts[:2] for image in read_images(tmp_path)] == [("a", "b")] * 6


def test_files_that_are_not_dicom_are_read_no_further_than_their_beginning(tmp_path, monkeypatch):
    with open(tmp_path / "large.bin", "wb") as file:
        file.truncate(2**40)  # without content, but too large for the memory
    monkeypatch.setattr(pydicom, "dcmread", lambda *_, **__: pytest.fail("a file without DICM was read"))
    assert read_images(tmp_path) == []
