"""What is odd about a cine or passed over is reported; ordinary series of a session are not."""

import pydicom
import pytest

from dicom_files import FRAMES, PIXEL_MM, SLICE_MM, write_cine, write_image
from murmur.data.dicom import find_session


def found(folder):
    return [check for check, *_ in find_session(str(folder)).odd]


def write_slices(folder, last, **values):
    """Write four series of one slice each, the last of which has other values."""
    for number in range(4):
        own = {"SeriesNumber": 10 + number, "SeriesInstanceUID": f"1.2.{number}"} | (values if number == 3 else {})
        write_cine(folder / str(number), slices=[number], frames=range(last if number == 3 else FRAMES), **own)


def test_ordinary_series_are_no_findings(tmp_path):
    """A localizer, a long axis, single images of a parallel stack, a map of a slice in the middle, and phases."""
    write_cine(tmp_path)
    write_cine(tmp_path / "scout", frames=[0], SeriesNumber=1, SeriesInstanceUID="1.1", orientation=(0, 1, 0, 0, 0, 1))
    write_cine(tmp_path / "long", slices=[0], SeriesNumber=2, SeriesInstanceUID="1.2", orientation=(1, 0, 0, 0, 0, 1))
    write_cine(tmp_path / "late", slices=range(-2, 6), frames=[0], SeriesNumber=3, SeriesInstanceUID="1.3")
    write_cine(tmp_path / "map", slices=[1], SeriesNumber=4, SeriesInstanceUID="1.4", EchoTime=9)
    write_cine(tmp_path / "phase", SeriesNumber=6, SeriesInstanceUID="1.6", ImageType=["ORIGINAL", "PRIMARY", "P"])
    (tmp_path / "DICOMDIR").write_bytes(b"other")
    session = find_session(str(tmp_path))
    assert session.odd == [] and len(session.passed_over) == 5


@pytest.mark.parametrize(
    ("last", "values"),
    [
        (4, {}),
        (FRAMES, {"EchoTime": 9}),
        (FRAMES, {"ImageOrientationPatient": [-1, 0, 0, 0, -1, 0],
                  "ImagePositionPatient": [9 * PIXEL_MM[1], 11 * PIXEL_MM[0], 3 * SLICE_MM]}),
    ],
)  # fmt: skip
def test_slice_that_continues_the_stack_is_reported(tmp_path, last, values):
    """Cut short, with another echo time, or turned by 180 degrees."""
    write_slices(tmp_path, last, **values)
    ((check, text, _),) = find_session(str(tmp_path)).odd
    assert check == "slice passed over" and text.startswith("next to the cine series 13: ")


def test_images_and_files_that_are_lost_are_reported(tmp_path):
    write_slices(tmp_path, FRAMES)
    for path in (tmp_path / "3").iterdir():
        dataset = pydicom.dcmread(path)
        del dataset.ImagePositionPatient
        dataset.save_as(path)
    (tmp_path / "DOE.JANE.dcm").write_bytes((tmp_path / "0" / "10_1_0_0.dcm").read_bytes()[132:])
    (tmp_path / "DOE.JANE.dcm.gz").write_bytes(b"packed")
    assert [text for _, text, _ in find_session(str(tmp_path)).odd] == [
        "series 13: 6 images without a position, orientation and pixel spacing of each",
        "1 .dcm file that is not DICOM",
        "1 .dcm.gz file that is not DICOM",
    ]


@pytest.mark.parametrize(("cycle", "checks"), [(48, []), (58, []), (1000, ["cine and cardiac cycle differ"])])
def test_cycle_that_the_cine_does_not_cover(tmp_path, cycle, checks):
    write_cine(tmp_path, NominalInterval=cycle)
    assert found(tmp_path) == checks


def test_frame_that_is_missing_in_all_slices(tmp_path):
    write_cine(tmp_path, frames=[0, 1, 2, 4, 5])
    ((check, text, _),) = find_session(str(tmp_path)).odd
    assert (check, text) == ("uneven frames", "8 to 16 ms between the frames of slice 1")


def test_delays_in_whole_ms_are_not_uneven(tmp_path):
    for number in range(4):
        for frame in range(FRAMES):
            write_image(tmp_path, number, frame, TriggerTime=int(1.5 * frame), NominalInterval=9)
    session = find_session(str(tmp_path))
    assert session.odd == [] and session.cine.frame_interval_ms == 1.4


def test_slice_that_begins_at_another_time_than_the_others(tmp_path):
    write_cine(tmp_path, slices=[0, 1, 3])
    for frame in range(FRAMES):
        write_image(tmp_path, 2, frame, TriggerTime=24.0 + 8 * frame)
    ((check, text, _),) = find_session(str(tmp_path)).odd
    assert (check, text) == ("slice begins at another time", "a first delay of 24 ms in slice 3")
