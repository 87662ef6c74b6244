"""Which images form a stack, and which stack is the cine; what might be a part of it is not lost in silence."""

import itertools

import pydicom
import pytest

from dicom_files import FRAMES, SLICES, planes, write_cine, write_image
from murmur.data.dicom import find_session
from murmur.errors import BadInput

PLACES = list(itertools.product(range(SLICES), range(FRAMES)))


def write_singles(folder, numbers=range(SLICES), **values):
    """Write a series of one slice for each, 10 and following."""
    for number in numbers:
        write_cine(folder / str(number), slices=[number], SeriesNumber=10 + number,
                   SeriesInstanceUID=f"1.2.{number}", **values)  # fmt: skip


def test_two_echoes_of_a_series_are_two_stacks(tmp_path):
    write_cine(tmp_path, EchoTime=2.0)
    for number, frame in PLACES:
        write_image(tmp_path, number, frame, InstanceNumber=100 + number * FRAMES + frame, EchoTime=9.0)
    with pytest.raises(BadInput, match=r"echo time 2 ms; series 5: .* echo time 9 ms\), expected one; keep the files"):
        find_session(str(tmp_path))


def test_series_of_one_number_cannot_be_named_apart(tmp_path):
    write_cine(tmp_path)
    write_cine(tmp_path / "other", SeriesInstanceUID="1.7")
    with pytest.raises(BadInput, match="keep the files of one, because they have the number of their series in common"):
        find_session(str(tmp_path))


def test_odd_and_even_slices_in_two_series_are_one_stack_if_both_are_named(tmp_path):
    for number in range(SLICES):
        write_cine(tmp_path, slices=[number], SeriesNumber=5 + number % 2, SeriesInstanceUID=f"1.2.{number % 2}")
    with pytest.raises(BadInput, match=r"expected at least 3 parallel slices of 5 frames; .* or name its series"):
        find_session(str(tmp_path))
    session = find_session(str(tmp_path), [5, 6])
    assert session.cine.series == ("5", "6") and session.shape[2:] == (SLICES, FRAMES) and session.passed_over == []


def test_series_that_are_named_are_used_or_an_error(tmp_path):
    write_cine(tmp_path, slices=[0, 1, 2])
    write_cine(tmp_path / "apex", slices=[3], SeriesNumber=6, SeriesInstanceUID="1.6")
    write_cine(tmp_path / "long", slices=[0], SeriesNumber=7, SeriesInstanceUID="1.7", orientation=(1, 0, 0, 0, 0, 1))
    assert find_session(str(tmp_path), [5, 6]).shape[2] == SLICES
    for other in (7, 9):
        with pytest.raises(BadInput, match=rf"without series {other}, expected slices in one plane in all that the st"):
            find_session(str(tmp_path), [5, other])


def test_images_that_cannot_be_used_in_the_series_of_the_cine_are_an_error(tmp_path):
    write_cine(tmp_path)
    for path in tmp_path.glob("5_*_3_*.dcm"):
        dataset = pydicom.dcmread(path)
        del dataset.ImageOrientationPatient
        dataset.save_as(path)
    with pytest.raises(BadInput, match=r"found series 5: 6 images without a position.* in the series of the cine"):
        find_session(str(tmp_path))


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"TriggerTime": 20.0}, "frames at one delay after the R wave, of several beats"),
        ({"InversionTime": 1}, "frames at several times after an inversion"),
    ],
)
def test_perfusion_and_inversion_are_no_cine_unless_they_are_named(tmp_path, values, why):
    for number, frame in PLACES:
        own = {name: value * (1 + frame * (name == "InversionTime")) for name, value in values.items()}
        write_image(tmp_path, number, frame, pixels=planes(number, frame), **own)
    with pytest.raises(BadInput, match=why):
        find_session(str(tmp_path))
    assert find_session(str(tmp_path), [5]).shape[2:] == (SLICES, FRAMES)


def test_what_is_no_cine_is_named_once(tmp_path):
    """Three planes of a localizer, and more series than a sentence should list."""
    for plane in ((1, 0, 0, 0, 1, 0), (1, 0, 0, 0, 0, 1), (0, 1, 0, 0, 0, 1)):
        write_image(tmp_path, 0, 0, orientation=plane, SeriesNumber=1, SeriesInstanceUID="1.1")
    for series in range(2, 12):
        write_image(tmp_path, 0, 0, SeriesNumber=series, SeriesInstanceUID=f"1.{series}", EchoTime=series)
    with pytest.raises(BadInput, match="series 8: [^;]*; 3 more, expected at least 3 parallel slices") as problem:
        find_session(str(tmp_path))
    assert str(problem.value).count("series 1:") == 1
