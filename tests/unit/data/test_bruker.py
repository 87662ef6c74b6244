"""A known pattern in space and time comes back voxel by voxel and millimetre by millimetre from Bruker studies."""

import itertools
import zipfile

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

import convert_bruker
from bruker_files import (
    BEAT,
    COLUMNS,
    CYCLE_MS,
    FRAMES,
    MOVIE,
    PATTERN,
    PIXEL_MM,
    ROWS,
    SLICE,
    SLICE_MM,
    SLICES,
    geometry,
    write_scan,
)
from murmur.data.bruker import find_session, read_pixels, read_session, studies
from murmur.data.scan_session import grid_of
from murmur.errors import BadInput


def assert_is_the_pattern(session):
    assert np.array_equal(read_pixels(session), PATTERN)
    assert session.cine.spacing_mm == pytest.approx([*PIXEL_MM, SLICE_MM], rel=1e-6)
    assert session.cine.frame_interval_ms == pytest.approx(CYCLE_MS / FRAMES)
    assert session.cine.cycle_ms == CYCLE_MS


@pytest.mark.parametrize("version", ["5.1", "6.0.1", "7.0.0", "360.3.5"])
@pytest.mark.parametrize("groups", [[BEAT, SLICE], [SLICE, MOVIE], [MOVIE, SLICE], [("FG_ECHO", 1), SLICE, BEAT]])
def test_frame_groups_in_any_order(tmp_path, groups, version):
    write_scan(tmp_path, 5, groups, version=version)
    session = find_session(str(tmp_path))
    assert_is_the_pattern(session)
    assert session.cine.series == ("5",) and session.passed_over == []


def test_repetitions_are_refused_until_one_is_chosen(tmp_path):
    write_scan(tmp_path, 5, [MOVIE, SLICE, ("FG_CYCLE", 2)])
    for named in (None, [5]):
        with pytest.raises(
            BadInput, match=r"2 of FG_CYCLE; choose one, from 1 to 2, as in source.frame_groups: \{FG_CYCLE: 1\}"
        ):
            find_session(str(tmp_path), named)
    assert_is_the_pattern(find_session(str(tmp_path), None, {"FG_CYCLE": 1}))
    second = read_pixels(find_session(str(tmp_path), [5], {"FG_CYCLE": 2}))
    assert np.array_equal(second, PATTERN + PATTERN.size)
    with pytest.raises(BadInput, match="2 of FG_CYCLE, of which number 3 cannot be used"):
        find_session(str(tmp_path), None, {"FG_CYCLE": 3})


@pytest.mark.parametrize("descending", [False, True])
def test_scans_of_one_slice_are_joined_by_position(tmp_path, descending):
    for scan, number in enumerate(sorted(range(SLICES), reverse=descending), start=11):
        write_scan(tmp_path, scan, [("FG_ECHO", 1), BEAT], numbers=[number])
    write_scan(tmp_path, 3, [BEAT], geometry([[1, 0, 0], [0, 0, 1], [0, 1, 0]], numbers=[0]))
    session = find_session(str(tmp_path))
    pattern = PATTERN[:, :, ::-1] if descending else PATTERN
    assert np.array_equal(read_pixels(session), pattern)
    assert session.cine.affine[2][2] == pytest.approx(-SLICE_MM if descending else SLICE_MM)
    assert session.cine.series == ("11", "12", "13", "14")
    assert session.passed_over == ["scan 3: 12 x 10 pixels, 1 slice of 6 frames"]


@pytest.mark.parametrize("groups", [[BEAT, SLICE], [SLICE, BEAT]])
def test_slices_reversed_on_disk_keep_their_positions(tmp_path, groups):
    """As brukerapi has it, the last slice of the file is the first; its position is the last."""
    write_scan(tmp_path, 5, groups, reverse=True)
    session = find_session(str(tmp_path))
    assert np.array_equal(read_pixels(session), PATTERN[:, :, ::-1])
    assert (
        pytest.approx(np.array([[0, 0, -SLICE_MM], [0, 0, (SLICES - 1) * SLICE_MM]]))
        == np.array(session.cine.affine)[:3, 2:].T
    )


@settings(max_examples=20, deadline=None)
@given(
    angles=st.tuples(*[st.floats(-180, 180)] * 3) | st.tuples(*[st.sampled_from([-90.0, 0.0, 90.0, 180.0])] * 3),
    flip=st.sampled_from([1, -1]),
    origin=st.tuples(*[st.floats(-50, 50)] * 3),
    groups=st.permutations([BEAT, SLICE, ("FG_ECHO", 1)]),
    by_slice=st.booleans(),
)
def test_every_voxel_lies_where_the_header_says(tmp_path_factory, angles, flip, origin, groups, by_slice):
    """Turned by any angle or by quarters, and flipped; positions given for each slice or for each frame."""
    study = tmp_path_factory.mktemp("oblique")
    turned = Rotation.from_euler("xyz", angles, degrees=True).as_matrix() * (1, 1, flip)
    along_row, along_column, normal = turned.T
    places = geometry(turned, origin)
    if not by_slice:
        axis = [name for name, _ in groups].index("FG_SLICE")
        of_frame = np.unravel_index(np.arange(SLICES * FRAMES), [size for _, size in groups], order="F")[axis]
        places = {name: array[of_frame] for name, array in places.items()}
    write_scan(study, 5, groups, places)
    session = find_session(str(study))
    assert_is_the_pattern(session)
    for row, column, number in itertools.product((0, ROWS - 1), (0, COLUMNS - 1), (0, SLICES - 1)):
        place = (
            origin + row * PIXEL_MM[0] * along_column + column * PIXEL_MM[1] * along_row + number * SLICE_MM * normal
        )
        found = np.array(session.cine.affine) @ (row, column, number, 1)
        assert found[:3] == pytest.approx(place * (-1, -1, 1), abs=1e-5)


@pytest.mark.parametrize("dtype", ["<i2", ">i2", "<i4", "<f4"])
@pytest.mark.parametrize(("slopes", "offsets"), [(1.0, 0.0), (0.5, -3.0), ([0.5, 1.0], [0.0, 1.0])])
def test_slopes_and_offsets_of_frames(tmp_path, dtype, slopes, offsets):
    write_scan(tmp_path, 5, [BEAT, SLICE], dtype=dtype, slopes=slopes, offsets=offsets, version="360.1")
    pixels = read_pixels(find_session(str(tmp_path)))
    # Equal ones are not applied.
    assert np.array_equal(pixels, PATTERN if np.ndim(slopes) else (PATTERN - offsets) / slopes)


def test_packages_of_other_orientations_are_passed_over(tmp_path):
    """A localizer of three packages, and a cine whose second package is a long-axis slice."""
    turned = [geometry(numbers=range(2)), geometry([[0, 1, 0], [0, 0, 1], [1, 0, 0]], numbers=range(1, 3))]
    packages = {name: np.concatenate([one[name] for one in turned]) for name in turned[0]}
    packs = {"VisuCoreSlicePacksSlices": "( 2 )\n(0, 2) (2, 2)", "VisuCoreSlicePacksSliceDist": "( 2 )\n1.1 1.1"}
    write_scan(tmp_path, 1, [SLICE], packages, **packs)
    cine = {name: np.concatenate([geometry()[name], turned[1][name][:1]]) for name in packages}
    packs = {"VisuCoreSlicePacksSlices": "( 2 )\n(0, 4) (4, 1)", "VisuCoreSlicePacksSliceDist": "( 2 )\n1.1 1.1"}
    write_scan(tmp_path, 5, [BEAT, ("FG_SLICE", SLICES + 1)], cine, numbers=range(SLICES + 1), **packs)
    session = find_session(str(tmp_path))
    assert_is_the_pattern(session)
    assert len(session.passed_over) == 3  # the packages of the localizer, and the second of the cine


def test_archive_is_read_like_a_folder(tmp_path):
    write_scan(tmp_path / "scan" / "20230101_mouse", 5, [BEAT, SLICE])
    with zipfile.ZipFile(tmp_path / "M1.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted((tmp_path / "scan").rglob("*")):
            archive.write(file, file.relative_to(tmp_path))
    assert_is_the_pattern(find_session(str(tmp_path / "M1.zip")))
    assert list(studies(tmp_path)) == ["M1", "scan"]
    assert list(studies(tmp_path / "scan" / "20230101_mouse")) == ["20230101_mouse"]


def delays_of(interval_ms, first_ms=0):
    """The delays of the frames of a beat after the R wave."""
    delays = " ".join(str(first_ms + interval_ms * frame) for frame in range(FRAMES))
    return {"VisuCardiacMovieFrameTime": f"( {FRAMES} )\n{delays}"}


def test_frame_interval_is_that_of_the_heart(tmp_path):
    """Of a retrospective cine, the cycle by the frames; of a triggered one, the delays; otherwise it is unknown."""
    gated = {"VisuCardiacSynchTechnique": "CARDIAC_GATED"}
    delays, rounded = delays_of(8), delays_of(CYCLE_MS // FRAMES)
    for name, options, interval, cycle in (
        ("rate", {"VisuCardiacCycle": None, "VisuCardiacHeartRate": 480}, 125 / FRAMES, 125.0),
        ("rounded", rounded, CYCLE_MS / FRAMES, CYCLE_MS),
        ("other delays", delays, 8.0, CYCLE_MS),
        ("triggered", gated | delays, 8.0, CYCLE_MS),
        ("divided", gated, CYCLE_MS / FRAMES, CYCLE_MS),
        ("unknown", gated | {"VisuCardiacCycle": None}, None, None),
    ):
        write_scan(tmp_path / name, 5, [BEAT, SLICE], **options)
        session = find_session(str(tmp_path / name))
        assert (session.cine.frame_interval_ms, session.cine.cycle_ms) == (pytest.approx(interval), cycle)
    with pytest.raises(BadInput, match="give the cohort's frame_interval_ms in the study file"):
        grid_of(session, None, None, False)


def _spoil(study, how):
    match how:
        case "truncated":
            folder = write_scan(study, 5, [BEAT, SLICE])
            (folder / "2dseq").write_bytes((folder / "2dseq").read_bytes()[:-40])
        case "header cut":
            folder = write_scan(study, 5, [BEAT, SLICE])
            text = (folder / "visu_pars").read_text()
            (folder / "visu_pars").write_text(text[: text.index("VisuCorePosition") + 40])
        case "bomb":
            write_scan(study, 5, [BEAT, SLICE], VisuCoreDataSlope="( 24 )\n@999999999999*(1)")
        case "breathing":
            write_scan(study, 5, [("FG_RESP_MOVIE", 8), SLICE])
        case "movie":
            write_scan(study, 5, [MOVIE, SLICE], VisuCardiacSynchUsed="No")
        case "flow":
            write_scan(study, 5, [MOVIE, SLICE], comments={"FG_MOVIE": "Flow encoding"})
        case "inversion":
            write_scan(study, 5, [MOVIE, SLICE], VisuAcqSequenceName="( 65 )\n<Bruker:IR_LookLocker>")
        case "no extent":
            write_scan(study, 5, [BEAT, SLICE], VisuCoreExtent="( 2 )\n0 0")
        case "stack twice":
            for scan, (number, late) in enumerate(itertools.product(range(SLICES), (0, 3))):
                beat = {"VisuCardiacSynchTechnique": "CARDIAC_GATED"}
                beat["VisuCardiacMovieFrameTime"] = (
                    f"( {FRAMES} )\n{' '.join(str(8 * f + late) for f in range(FRAMES))}"
                )
                write_scan(study, scan + 1, [BEAT], numbers=[number], **beat)
        case "phase":
            write_scan(study, 5, [BEAT, SLICE], VisuCoreFrameType="PHASE_IMAGE")
        case "two cines":
            write_scan(study, 5, [BEAT, SLICE])
            write_scan(study, 5, [BEAT, SLICE], reconstruction=2)
        case "twice":
            for scan, number in enumerate([0, 1, 2, 2, 3]):
                write_scan(study, scan + 1, [BEAT], numbers=[number])
        case "missing slice":
            for scan, number in enumerate([0, 1, 2, 4]):
                write_scan(study, scan + 1, [BEAT], numbers=[number])
        case "localizer":
            write_scan(study, 1, [SLICE])
        case "no pixels":
            (write_scan(study, 5, [BEAT, SLICE]) / "2dseq").unlink()
        case "two studies":
            write_scan(study / "day1", 5, [BEAT, SLICE])
            write_scan(study / "day2", 5, [BEAT, SLICE])
        case "frames":
            write_scan(study, 5, [BEAT, SLICE], VisuCoreFrameCount=7)
        case "three dimensions":
            write_scan(study, 5, [BEAT, SLICE], VisuCoreDim=3)
        case "nothing":
            (study / "5").mkdir(parents=True)
            (study / "5" / "method").write_text("##END=")


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        (
            "truncated",
            r"5/pdata/1/2dseq: found images that cannot be read \(Invalid dataset size .* copy the study again",
        ),
        (
            "header cut",
            r"found no short-axis cine, but scan 5: a header that cannot be read \(24 frames, but no frame groups\)",
        ),
        ("bomb", r"scan 5: a header that cannot be read \(VisuCoreDataSlope stands for too many numbers\)"),
        ("breathing", r"scan 5 \(IgFLASH_cine\): 8 of FG_RESP_MOVIE; choose one, from 1 to 8"),
        ("movie", r"6 of FG_MOVIE without synchronisation to the heart; name the scan if it is a cine"),
        ("flow", r"scan 5 \(IgFLASH_cine\): 6 of FG_MOVIE \(Flow encoding\); name the scan if it is a cine"),
        ("inversion", r"scan 5 .*: 6 of FG_MOVIE of the sequence Bruker:IR_LookLocker; name the scan if it is a cine"),
        ("no extent", r"a header that cannot be read \(an extent of 0 x 0 mm\)"),
        ("stack twice", r"slice 1: found frames of 2 acquisitions \(scans 1, 2\), expected one; name the scans of one"),
        (
            "phase",
            r"but scan 5 \(IgFLASH_cine\): no magnitude images, .* export it, or name its scans",
        ),
        (
            "two cines",
            r"found 2 possible short-axis cines \(scan 5: .*; scan 5/2: .*\), expected one; name the scan in",
        ),
        ("twice", r"slice 3: found frames of 2 acquisitions \(scans 3, 4\), .* as source.scans"),
        ("missing slice", r"scans 1, 2, 3, 4: .* found 2\.2 mm between the slices 3 and 4, expected 1\.1 mm"),
        ("localizer", r"found no short-axis cine, but scan 1: 12 x 10 pixels, 4 slices of 1 frame"),
        ("no pixels", r"found no short-axis cine, but scan 5 \(IgFLASH_cine\): no images, because 2dseq is missing"),
        ("two studies", r"found cines of 2 scan sessions, expected one; make a folder for each"),
        ("frames", r"a header that cannot be read \(7 frames, but 6 FG_CARDIAC_MOVIE x 4 FG_SLICE\)"),
        ("three dimensions", r"scan 5 \(IgFLASH_cine\): 3 dimensions"),
        ("nothing", r"found no images of a Bruker study .* expected a short-axis cine; correct the path"),
    ],
)
def test_what_cannot_be_used_is_refused_in_a_sentence(tmp_path, how, sentence):
    _spoil(tmp_path / "M1", how)
    with pytest.raises(BadInput, match=sentence):
        read_pixels(find_session(str(tmp_path / "M1")))


def test_folders_named_after_a_subject_are_in_no_list_of_scans(tmp_path):
    folder = write_scan(tmp_path / "Secret_Name_1_1", 5, [BEAT, SLICE])
    for content in (b"no parameters", b"\xff\xfe##$VisuCoreSize"):
        (folder / "visu_pars").write_bytes(content)
        (one,) = read_session(str(tmp_path)).left_out
        assert one.lost and one.text.startswith("scan 5: a header that cannot be read") and "Secret" not in one.text


def test_scans_of_the_study_file_settle_which_cine_is_meant(tmp_path):
    _spoil(tmp_path / "M1", "two cines")
    assert find_session(str(tmp_path / "M1"), ["5/2"]).cine.series == ("5/2",)
    with pytest.raises(BadInput, match="expected those that the study file names as source.scans"):
        find_session(str(tmp_path / "M1"), [9])
    write_scan(tmp_path / "M2", 5, [BEAT, SLICE], VisuAcquisitionProtocol="( 65 )\n<FLASH_tagged>")
    write_scan(tmp_path / "M2", 6, [BEAT, SLICE])
    assert find_session(str(tmp_path / "M2"), "igflash*").cine.series == ("6",)
    _spoil(tmp_path / "M3", "movie")
    assert_is_the_pattern(find_session(str(tmp_path / "M3"), [5]))


def test_geometry_of_the_library_is_compared_with_that_of_the_header(tmp_path, monkeypatch):
    from brukerapi.dataset import Dataset

    write_scan(tmp_path, 5, [BEAT, SLICE])
    session = find_session(str(tmp_path))
    right = Dataset.affine_of_package
    monkeypatch.setattr(Dataset, "affine_of_package", lambda self, n: right(self, n) @ np.diag([1, -1, 1, 1]))
    with pytest.raises(BadInput, match="two positions or orientations of package 1"):
        read_pixels(session)


def test_mouse_file_has_no_identifying_field_of_the_headers(tmp_path):
    secret = {f"VisuSubject{name}": "( 65 )\n<Secret^Name>" for name in ("Name", "Id", "Comment")}
    secret |= {"VisuStudyDate": "( 21 )\n<10:17:36 29 Feb 2024>", "VisuInstitution": "( 65 )\n<Secret Clinic>"}
    write_scan(tmp_path / "M1", 5, [BEAT, SLICE], VisuSubjectBirthDate="( 9 )\n<19990101>", **secret)
    (tmp_path / "M1" / "subject").write_text("##$SUBJECT_id=( 60 )\n<Secret>\n")
    session = find_session(str(tmp_path / "M1"))
    convert_bruker.main(str(tmp_path / "M1"), session.files, None, {}, str(tmp_path / "m.h5"), None, None, False)
    content = (tmp_path / "m.h5").read_bytes().lower()
    assert not any(text in content for text in (b"secret", b"19990101", b"feb 2024"))
    assert "secret" not in repr(session).lower()
    with h5py.File(tmp_path / "m.h5") as file:
        assert sorted(file.attrs) == ["affine", "cycle_ms", "frame_interval_ms", "spacing_mm"]


def test_real_scans_have_the_stored_pixels(root):
    """A banana in ParaVision 5.1: no heart, so it is refused, but its geometry and pixels are those of the files."""
    study = root.parent / "shared" / "real" / "scanner" / "bruker2nifti_banana" / "test_data" / "bru_banana"
    if not study.is_dir():
        pytest.skip("real images are not at hand")
    with pytest.raises(BadInput, match=r"scan 1: 64 x 80 pixels, 5 slices of 1 frame"):
        find_session(str(study))
    session = find_session(str(study), [1])
    stored = np.fromfile(study / "1" / "pdata" / "1" / "2dseq", "<i2").reshape(5, 64, 80)
    assert np.array_equal(read_pixels(session)[..., 0], stored.transpose(1, 2, 0))
    assert session.cine.spacing_mm == pytest.approx([44 / 64, 44 / 80, 2.0])


@pytest.mark.parametrize(
    "other",
    [{"VisuAcqEchoTime": "( 1 )\n9"}, {"VisuAcqSequenceName": "( 65 )\n<Bruker:UTE>"},
     {"VisuAcquisitionProtocol": "( 65 )\n<IgFLASH_tagging>"}],
)  # fmt: skip
def test_scans_of_another_echo_time_sequence_or_protocol_are_no_slices_of_the_stack(tmp_path, other):
    own = {"VisuAcqEchoTime": "( 1 )\n2"}
    for scan, number in enumerate(range(SLICES), start=11):
        write_scan(tmp_path, scan, [BEAT], numbers=[number], **own | (other if number == 3 else {}))
    session = find_session(str(tmp_path))
    assert session.cine.series == ("11", "12", "13")
    assert [check for check, *_ in session.odd] == ["slice passed over"]
    assert find_session(str(tmp_path), [11, 12, 13, 14]).cine.series == ("11", "12", "13", "14"), "a person decided"


def test_part_of_a_complex_image_is_the_magnitude_if_it_is_chosen(tmp_path):
    kinds = {"VisuCoreFrameType": "( 2 )\nMAGNITUDE_IMAGE PHASE_IMAGE"}
    write_scan(tmp_path, 5, [BEAT, SLICE, ("FG_COMPLEX", 2)], **kinds)
    assert_is_the_pattern(find_session(str(tmp_path), None, {"FG_COMPLEX": 1}))
    with pytest.raises(BadInput, match=r"scan 5 \(IgFLASH_cine\): no magnitude images"):
        find_session(str(tmp_path), None, {"FG_COMPLEX": 2})
