"""A known pattern in space and time comes back voxel by voxel and millimetre by millimetre from DICOM files."""

import itertools
import zipfile

import h5py
import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

import check_cohort
import convert_dicom
import describe_cohort
from dicom_files import (
    COLUMNS,
    FRAMES,
    INTERVAL_MS,
    PIXEL_MM,
    ROWS,
    SLICE_MM,
    SLICES,
    planes,
    value,
    write_cine,
    write_enhanced,
    write_image,
)
from murmur.data import scan_files
from murmur.data.bruker import studies
from murmur.data.dicom import find_session, read_pixels
from murmur.data.manifest import read_manifest
from murmur.data.mouse_file import write_cine as write_mouse
from murmur.data.nifti_writing import write_nifti
from murmur.data.scan_session import grid_of, sessions
from murmur.errors import BadInput
from murmur.measurement.function import structure_volumes

PATTERN = value(*np.mgrid[:ROWS, :COLUMNS, :SLICES, :FRAMES])


def assert_is_the_pattern(session):
    assert np.array_equal(read_pixels(session), PATTERN)
    assert session.cine.spacing_mm == pytest.approx([*PIXEL_MM, SLICE_MM], rel=1e-6)
    assert session.cine.frame_interval_ms == pytest.approx(INTERVAL_MS)


def test_slices_frames_spacing_and_interval_of_a_classic_cine(tmp_path):
    write_cine(tmp_path)
    session = find_session(str(tmp_path))
    assert_is_the_pattern(session)
    assert session.cine.cycle_ms == FRAMES * INTERVAL_MS and session.passed_over == []


PLACES = list(itertools.product(range(SLICES), range(FRAMES)))
FOUR_ORDERS = [
    (order, index) for order in (PLACES, sorted(PLACES, key=lambda at: at[::-1])) for index in ("TSZ", "SZT")
]


@settings(max_examples=30, deadline=None)
@given(
    angles=st.tuples(*[st.floats(-180, 180)] * 3) | st.tuples(*[st.sampled_from([-90.0, 0.0, 90.0, 180.0])] * 3),
    side=st.sampled_from([1, -1]),
    origin=st.tuples(*[st.floats(-50, 50)] * 3),
    enhanced=st.none() | st.sampled_from(FOUR_ORDERS),
)
def test_every_voxel_lies_where_the_headers_say(tmp_path_factory, angles, side, origin, enhanced):
    """Turned by any angle or by quarters, with the slices on either side of the first, in classic files or in the four
    orders of Enhanced files; the places are computed pixel by pixel (PS3.3)."""
    folder = tmp_path_factory.mktemp("oblique")
    turned = Rotation.from_euler("xyz", angles, degrees=True).as_matrix()
    along_row, along_column, normal = turned[:, 0], turned[:, 1], side * turned[:, 2]
    plane = {"orientation": (*along_row, *along_column), "origin": origin, "side": side}
    if enhanced:
        write_enhanced(folder / "one.dcm", *enhanced, **plane)
    else:
        write_cine(folder, **plane)
    session = find_session(str(folder))
    assert_is_the_pattern(session)
    for row, column, number in itertools.product((0, ROWS - 1), (0, COLUMNS - 1), (0, SLICES - 1)):
        place = (
            origin + row * PIXEL_MM[0] * along_column + column * PIXEL_MM[1] * along_row + number * SLICE_MM * normal
        )
        found = np.array(session.cine.affine) @ (row, column, number, 1)
        assert found[:3] == pytest.approx(place * (-1, -1, 1), abs=1e-5)


def test_first_slice_is_the_end_that_was_acquired_first(tmp_path):
    for number in range(SLICES):
        for frame in range(FRAMES):
            write_image(tmp_path, number, frame, InstanceNumber=(SLICES - number) * FRAMES + frame)
    session = find_session(str(tmp_path))
    assert np.array_equal(read_pixels(session), PATTERN[:, :, ::-1])
    assert session.cine.affine[2][2] == pytest.approx(-SLICE_MM)


@pytest.mark.parametrize("without", [["TriggerTime"], ["TriggerTime", "NominalInterval"]])
def test_interval_without_delays_is_cycle_over_frames_or_unknown(tmp_path, without):
    write_cine(tmp_path, **dict.fromkeys(without))
    session = find_session(str(tmp_path))
    assert np.array_equal(read_pixels(session), PATTERN)
    assert session.cine.frame_interval_ms == (INTERVAL_MS if len(without) == 1 else None)
    assert grid_of(session, None, 7.5, True)[1] == 7.5
    if len(without) == 2:
        with pytest.raises(BadInput, match="found neither delays after the R wave nor the length of the cardiac cycle"):
            grid_of(session, None, None, False)


@pytest.mark.parametrize(("order", "index"), FOUR_ORDERS)
def test_enhanced_cine_in_any_order(tmp_path, order, index):
    write_enhanced(tmp_path / "one.dcm", order, index)
    assert_is_the_pattern(find_session(str(tmp_path)))


def test_series_of_one_slice_each_are_joined_and_others_passed_over(tmp_path):
    for number in range(SLICES):
        write_cine(tmp_path / str(number), slices=[number], SeriesNumber=10 + number, SeriesInstanceUID=f"1.2.{number}")
    write_cine(tmp_path / "long", slices=[0], SeriesNumber=3, orientation=(1, 0, 0, 0, 0, 1), SeriesInstanceUID="1.3")
    write_cine(tmp_path / "localizer", frames=[0], SeriesNumber=1, orientation=(0, 1, 0, 0, 0, 1))
    (tmp_path / "notes.txt").write_text("not DICOM")
    session = find_session(str(tmp_path))
    assert_is_the_pattern(session)
    assert session.cine.series == ("10", "11", "12", "13")
    assert session.passed_over == [
        "series 3: 12 x 10 pixels, 1 slice of 6 frames",
        "series 1: 12 x 10 pixels, 4 slices of 1 frame",
    ]


def test_phase_images_are_passed_over(tmp_path):
    write_cine(tmp_path, ImageType=["ORIGINAL", "PRIMARY", "M"])
    write_cine(tmp_path / "phase", ImageType=["ORIGINAL", "PRIMARY", "P"], SeriesInstanceUID="1.9")
    assert_is_the_pattern(find_session(str(tmp_path)))


def test_archive_is_read_like_a_folder(tmp_path):
    write_cine(tmp_path / "scan" / "deep")
    with zipfile.ZipFile(tmp_path / "M1.zip", "w") as archive:
        for file in sorted((tmp_path / "scan").rglob("*.dcm")):
            archive.write(file, file.relative_to(tmp_path))
    assert_is_the_pattern(find_session(str(tmp_path / "M1.zip")))
    assert list(sessions(tmp_path)) == ["M1", "scan"]


def test_link_to_a_session_is_the_mouse_with_the_name_of_the_link(tmp_path, monkeypatch):
    """Two sessions may be in folders of one name, and that of the archive may be the name of a patient."""
    for number in (1, 2):
        write_cine(tmp_path / "archive" / str(number) / "DOE_JANE")
        (tmp_path / "scans").mkdir(exist_ok=True)
        (tmp_path / "scans" / f"M{number}").symlink_to(tmp_path / "archive" / str(number) / "DOE_JANE")
    assert list(sessions(tmp_path / "scans")) == ["M1", "M2"]
    assert list(sessions(tmp_path / "scans" / "M1")) == list(studies(tmp_path / "scans" / "M1")) == ["M1"]
    monkeypatch.chdir(tmp_path / "archive" / "1" / "DOE_JANE")
    assert list(sessions(".")) == ["DOE_JANE"]


def test_signed_and_rescaled_values(tmp_path):
    for number, frame in itertools.product(range(SLICES), range(FRAMES)):
        pixels = (planes(number, frame).astype(int) - 100).astype(np.int16)
        write_image(tmp_path / "signed", number, frame, pixels=pixels)
        scale = {"RescaleSlope": 2.0 if number else 1.0, "RescaleIntercept": 0.0}
        write_image(tmp_path / "scaled", number, frame, **scale)
    assert np.array_equal(read_pixels(find_session(str(tmp_path / "signed"))), PATTERN - 1)
    scaled = read_pixels(find_session(str(tmp_path / "scaled")))
    assert np.array_equal(scaled[:, :, 0], PATTERN[:, :, 0]) and np.array_equal(scaled[:, :, 1], 2 * PATTERN[:, :, 1])


def rewritten(folder, pixels, change):
    """The intensities of a cine whose files have other pixels and a changed header."""
    for number, frame in itertools.product(range(SLICES), range(FRAMES)):
        write_image(folder, number, frame, pixels=pixels(planes(number, frame)))
    for path in folder.iterdir():
        dataset = pydicom.dcmread(path)
        change(dataset)
        dataset.save_as(path)
    return read_pixels(find_session(str(folder)))


def test_bits_above_those_stored_are_ignored(tmp_path):
    def with_overlay(pixels):
        return pixels % 4096 | 0x8000

    def change(dataset):
        dataset.BitsStored, dataset.HighBit = 12, 11

    assert np.array_equal(rewritten(tmp_path, with_overlay, change), PATTERN % 4096)


def test_inverted_images_are_turned_back(tmp_path):
    def change(dataset):
        dataset.PhotometricInterpretation = "MONOCHROME1"

    assert np.array_equal(rewritten(tmp_path, np.invert, change), PATTERN)


def test_padding_is_dark(tmp_path):
    def padded(pixels):
        pixels = pixels.astype(np.int16)
        pixels[0, 0] = -32768
        return pixels

    def change(dataset):
        dataset.PixelRepresentation = 1
        dataset.add_new("PixelPaddingValue", "SS", -32768)

    found = rewritten(tmp_path, padded, change)
    assert np.array_equal(found[1:], PATTERN[1:]) and np.array_equal(found[0, 0], PATTERN[1, 0])


def _spoil(folder, how):
    match how:
        case "missing slice":
            write_cine(folder, slices=[0, 1, 3, 4])
        case "missing frame":
            write_cine(folder)
            (folder / "5_9_1_2.dcm").unlink()
        case "twice":
            write_cine(folder)
            write_cine(folder / "again")
        case "two cines":
            write_cine(folder)
            write_cine(folder / "other", SeriesNumber=7, SeriesInstanceUID="1.7")
        case "two sessions":
            write_cine(folder)
            write_cine(folder / "other", StudyInstanceUID="1.7", SeriesInstanceUID="1.8")
        case "localizer":
            write_cine(folder, frames=[0])
        case "nothing":
            folder.mkdir()
            (folder / "a.txt").write_text("a")
        case "truncated":
            write_cine(folder)
            file = folder / "5_9_1_2.dcm"
            file.write_bytes(file.read_bytes()[:-50])
        case "header cut":
            write_cine(folder)
            file = folder / "5_9_1_2.dcm"
            file.write_bytes(file.read_bytes()[:400])
        case "one slice":
            write_cine(folder, slices=[0])


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ("missing slice", r"found 2\.2 mm between the slices 2 and 3, expected 1\.1 mm .* export the missing slice"),
        ("missing frame", r"found 6, 5, 6, 6 frames in the slices, expected the same number in each"),
        (
            "twice",
            r"slice 1: found several images at one time of the cardiac cycle \(series 5\), .*; remove copies",
        ),
        (
            "two cines",
            r"found 2 possible short-axis cines \(series 5: .*; series 7: .*\), expected one; name the series",
        ),
        ("two sessions", r"found cines of 2 scan sessions, expected one; make a folder for each"),
        (
            "localizer",
            r"found no short-axis cine, but series 5: 12 x 10 pixels, 4 slices of 1 frame, expected at",
        ),
        ("nothing", r"found no MR images in DICOM files, expected a short-axis cine"),
        ("truncated", r"5_9_1_2.dcm: found damaged pixels .* copy or export it again"),
        ("header cut", r"5_9_1_2.dcm: found "),
        ("one slice", r"found no short-axis cine, but series 5: .* 1 slice"),
    ],
)
def test_what_cannot_be_used_is_refused_in_a_sentence(tmp_path, how, sentence):
    _spoil(tmp_path / "M1", how)
    with pytest.raises(BadInput, match=sentence):
        read_pixels(find_session(str(tmp_path / "M1")))


def test_too_many_files_are_refused_before_they_are_read(tmp_path, monkeypatch):
    write_cine(tmp_path / "M1")
    with zipfile.ZipFile(tmp_path / "M2.zip", "w") as archive:
        archive.writestr("a.dcm", bytes(200))
    monkeypatch.setattr(scan_files, "MOST_FILES", 20)
    monkeypatch.setattr(scan_files, "MOST_UNPACKED", 100)
    with pytest.raises(BadInput, match="M1: found 24 files, expected those of one scan session; name its folder"):
        find_session(str(tmp_path / "M1"))
    with pytest.raises(BadInput, match="M2.zip: found more than 100 bytes, expected fewer; unpack it as a folder"):
        find_session(str(tmp_path / "M2.zip"))


def test_archive_that_expands_too_much_is_refused_before_it_is_read(tmp_path, monkeypatch):
    with zipfile.ZipFile(tmp_path / "M1.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.dcm", bytes(100_000))
    monkeypatch.setattr(scan_files, "SMALL", 1000)
    with pytest.raises(
        BadInput, match=r"M1\.zip/a\.dcm: found 100,000 bytes compressed to \d+, expected at most 200 for each"
    ):
        find_session(str(tmp_path / "M1.zip"))


def test_series_of_the_study_file_settles_which_cine_is_meant(tmp_path):
    _spoil(tmp_path / "M1", "two cines")
    assert find_session(str(tmp_path / "M1"), [7]).cine.series == ("7",)
    with pytest.raises(
        BadInput, match=r"frames, expected those that the study file names as source.series, .*; correct the names"
    ):
        find_session(str(tmp_path / "M1"), [9])


def test_mouse_file_has_no_identifying_field_of_the_headers(tmp_path):
    secret = {"PatientName": "Secret^Name", "PatientID": "SECRET1", "PatientBirthDate": "19990101"}
    secret |= {"StudyDate": "20240229", "InstitutionName": "Secret Clinic", "SeriesDescription": "Secret series"}
    write_cine(tmp_path / "M1", **secret)
    files = [*map(str, (tmp_path / "M1").iterdir())]
    convert_dicom.main(str(tmp_path / "M1"), files, None, str(tmp_path / "m.h5"), None, None, False)
    content = (tmp_path / "m.h5").read_bytes().lower()
    assert not any(text in content for text in (b"secret", b"19990101", b"20240229"))
    with h5py.File(tmp_path / "m.h5") as file:
        assert sorted(file.attrs) == ["affine", "cycle_ms", "frame_interval_ms", "spacing_mm"]


@pytest.mark.parametrize("as_nifti", [True, False])
def test_contours_in_files_of_their_own(tmp_path, as_nifti):
    """HDF5 files in the order of the images, or NIfTI files, here with flipped rows, brought there by their affine."""
    write_cine(tmp_path / "M1")
    masks = np.zeros(PATTERN.shape, np.uint8)
    masks[2:8, 2:8, 1:3, [0, 3]], masks[4:6, 4:6, 1:3, [0, 3]] = 1, 2
    (tmp_path / "contours").mkdir()
    session = find_session(str(tmp_path / "M1"))
    if as_nifti:
        flipped = np.array(session.cine.affine) @ [[-1, 0, 0, ROWS - 1], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
        for frame in (0, 3):
            path = tmp_path / "contours" / f"M1_frame{frame + 1}.nii.gz"
            write_nifti(masks[::-1, ..., frame], flipped, None, "", path)
    else:
        write_mouse(tmp_path / "contours" / "M1.h5", masks=masks, frames=[0, 3])
    contours = {"folder": str(tmp_path / "contours"), "masks": "{mouse}_frame{frame}.nii.gz" if as_nifti else None}
    contours["labels"] = {"myocardium": 1, "blood_pool": 2}
    arguments = (str(tmp_path / "M1"), session.files, None, str(tmp_path / "m.h5"), None, None, False)
    convert_dicom.main(*arguments, contours, "M1")
    with h5py.File(tmp_path / "m.h5") as file:
        assert np.array_equal(file["Masks"], masks) and file["Frames_with_ROI"][()].tolist() == [0, 3]
        assert np.array_equal(file["Images"], PATTERN)


def test_classic_subject_has_the_published_function(root, tmp_path, monkeypatch):
    """EDV 195.8 mL, ESV 145.2 mL and EF 25.8 % by its contours (Sunnybrook Cardiac Data), from its DICOM files."""
    real = root.parent / "shared" / "real"
    if not real.is_dir():
        pytest.skip("real images are not at hand")
    monkeypatch.chdir(tmp_path)
    path = real / "scanner" / "sunnybrook_dicom" / "SCD0000101"
    contours = {"folder": str(real / "human"), "masks": None, "labels": {}}
    files = find_session(str(path)).files
    convert_dicom.main(str(path), files, None, "SC-HF-I-1.h5", None, None, False, contours, "SC-HF-I-1")
    check_cohort.main(["SC-HF-I-1.h5"], None, None, "checked.csv", threads=1)
    describe_cohort.main("checked.csv", {}, {}, {}, "manifest.csv")
    mouse = read_manifest("manifest.csv")["SC-HF-I-1"]
    with h5py.File("SC-HF-I-1.h5") as file:
        frames = (mouse.ed_frame, mouse.es_frame)
        edv, esv = (structure_volumes(file["Masks"][..., f], mouse.spacing_mm)["blood_pool"] / 1000 for f in frames)
    assert (edv, esv) == (pytest.approx(195.8, rel=1e-3), pytest.approx(145.2, rel=1e-3))
    assert 100 * (edv - esv) / edv == pytest.approx(25.8, abs=0.05)
    with h5py.File(real / "human" / "SC-HF-I-1.h5") as file:  # its published conversion
        voxel_mL = np.prod(file.attrs["pixel_mm"]) * file.attrs["slice_mm"] / 1000
        pools = [np.count_nonzero(file["Masks"][..., frame] == 2) * voxel_mL for frame in frames]
    assert (edv, esv) == (pytest.approx(pools[0], rel=1e-3), pytest.approx(pools[1], rel=1e-3))


def test_classic_subject_has_the_images_of_its_published_conversion(root, tmp_path):
    real = root.parent / "shared" / "real"
    if not real.is_dir():
        pytest.skip("real images are not at hand")
    session = find_session(str(real / "scanner" / "sunnybrook_dicom" / "SCD0000101"))
    with h5py.File(real / "human" / "SC-HF-I-1.h5") as file:
        assert np.array_equal(read_pixels(session), file["Images"])
        spacing = [*file.attrs["pixel_mm"], file.attrs["slice_mm"]]
    assert session.cine.spacing_mm == pytest.approx(spacing, rel=1e-5)
    assert session.cine.interval_range_ms == pytest.approx([36.585, 40.0], abs=1e-3)
