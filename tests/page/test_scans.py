"""Scans in uploads: those of scanners are found and converted as the workflow does."""

import zipfile
from dataclasses import asdict

import nibabel
import numpy as np
import pytest

from bruker_files import (
    BEAT,
    CYCLE_MS,
    FRAMES,
    MOVIE,
    PATTERN,
    PIXEL_MM,
    SLICE,
    SLICE_MM,
    geometry,
    write_scan,
)
from dicom_files import write_enhanced
from murmur.data.mouse_file import images_of, open_mouse
from page.scans import Scan, _unused, convert, find_scans
from page.upload import store


def found(folder, sent):
    """Return the scans in files that are sent, by name, as bytes; and the problems."""
    received = []
    for number, (name, content) in enumerate(sent.items()):
        path = folder / f"received{number}"
        path.write_bytes(content)
        received.append((name, str(path)))
    files, problems = store(received, str(folder / "uploads"))
    scans, others = find_scans(files, str(folder / "uploads"), [])
    left = [path for path in (folder / "uploads").rglob("*") if path.is_file()]
    used = {scan["path"] for scan in scans}
    assert all(used & {str(path), *map(str, path.parents)} for path in left), "nothing else remains"
    return [Scan(**scan) for scan in scans], [*problems, *others]


def files_below(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def zipped(folder, path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files_below(folder).items():
            archive.writestr(name, content)
    return path.read_bytes()


def images(scan, folder):
    mouse = folder / f"{scan.name}.h5"
    convert(scan, str(mouse))
    with open_mouse(mouse) as file:
        return images_of(file)[()], file.attrs["cycle_ms"]


def test_bruker_studies_in_folders_and_archives(tmp_path):
    studies = tmp_path / "studies"
    for name, groups in (("Mouse1", [BEAT, SLICE]), ("Mouse2", [SLICE, MOVIE])):
        scan = write_scan(studies / name, 5, groups)
        write_scan(studies / name, 1, [SLICE])  # a localizer
        (scan / "dicom").mkdir()
        (scan / "dicom" / "MRIm1.dcm").write_bytes(bytes(128) + b"DICM" + bytes(300))
        (scan.parents[1] / "acqp").write_text("##TITLE=Parameter List")
        (studies / name / "subject").write_text("##TITLE=Parameter List")
    for sent in (files_below(studies), {"all.zip": zipped(studies, tmp_path / "all.zip")}):
        place = tmp_path / f"{len(sent)}"
        place.mkdir()
        scans, problems = found(place, sent)
        assert problems == [] and [(scan.name, scan.kind) for scan in scans] == [
            ("Mouse1", "bruker"),
            ("Mouse2", "bruker"),
        ]
        for scan in scans:
            assert np.allclose([*scan.spacing_mm, scan.frame_interval_ms], [*PIXEL_MM, SLICE_MM, CYCLE_MS / FRAMES])
            pixels, cycle = images(scan, place)
            assert np.array_equal(pixels, PATTERN) and cycle == CYCLE_MS


def test_each_of_several_cines_of_a_study_is_a_scan(tmp_path):
    for number, row in ((5, (1, 0, 0)), (8, (0, 0, 1))):
        normal = np.cross(row, (0, 1, 0))
        write_scan(tmp_path / "M", number, [BEAT, SLICE], geometry(np.column_stack([row, (0, 1, 0), normal])))
    scans, problems = found(tmp_path, files_below(tmp_path))
    assert problems == [] and [scan.name for scan in scans] == ["M_scan5", "M_scan8"]
    assert all(np.array_equal(images(scan, tmp_path)[0], PATTERN) for scan in scans)


@pytest.mark.parametrize(
    "groups, words",
    [
        ([MOVIE, SLICE, ("FG_CYCLE", 2)], "2 of FG_CYCLE, of which the page cannot choose one"),
        ([MOVIE, SLICE], f"{FRAMES} of FG_MOVIE without synchronisation to the heart"),
    ],
)
def test_a_study_without_a_cine_gets_one_sentence_without_paths_or_keys_of_study_files(tmp_path, groups, words):
    write_scan(tmp_path / "M", 5, groups, VisuCardiacSynchUsed="No")
    scans, (problem,) = found(tmp_path, files_below(tmp_path))
    assert scans == [] and problem.startswith(f"M: found no short-axis cine, but scan 5 (IgFLASH_cine): {words}")
    assert "expected at least 3 parallel" in problem
    assert not any(word in problem for word in ("source.", "study file", "name the", str(tmp_path)))


def test_single_dicom_files_are_named_after_themselves(tmp_path):
    place = tmp_path / "sent"
    place.mkdir()
    write_enhanced(place / "Mouse7_cine.dcm", [(number, frame) for number in range(4) for frame in range(5)])
    scans, problems = found(tmp_path, files_below(place))
    assert problems == [] and [(scan.name, scan.kind) for scan in scans] == [("Mouse7_cine", "dicom")]


def test_a_bruker_study_without_headers_gets_one_sentence_without_paths(tmp_path):
    (write_scan(tmp_path / "M", 5, [BEAT, SLICE]) / "visu_pars").unlink()
    scans, (problem,) = found(tmp_path, files_below(tmp_path))
    assert scans == [] and problem.startswith("M: found no images of a Bruker study")
    assert problem.endswith("expected a short-axis cine; choose the folder of a whole study")


def test_names_differ_by_more_than_case():
    assert _unused("Mouse1", {"mouse1", "Mouse1_2"}) == "Mouse1_3"


def test_a_slice_that_is_passed_over_is_said(tmp_path):
    for number in range(4):
        write_scan(tmp_path / "M", 11 + number, [("FG_CARDIAC_MOVIE", FRAMES if number < 3 else 4)], numbers=[number])
    (scan,), (problem,) = found(tmp_path, files_below(tmp_path))
    assert scan.shape[2:] == [3, FRAMES]
    assert problem.startswith("M: slice passed over: found next to the cine scan 14: ")
    assert problem.endswith(", expected all slices alike; acquire it again, or remove it")


def test_files_of_a_bruker_study_without_their_folders_are_refused(tmp_path):
    scans, (problem,) = found(tmp_path, {"2dseq": bytes(500)})
    assert scans == [] and problem.startswith("2dseq: found a single file of a Bruker study, expected the folder")


def test_other_files_in_a_folder_are_ignored_unless_there_are_no_images(tmp_path):
    scans, problems = found(tmp_path, {"M/notes.txt": b"x", "M/run.exe": b"MZ" + bytes(500), "M/.DS_Store": b"x"})
    assert (
        scans == [] and problems == [problems[0]] and problems[0].startswith("M: found no image in the folder, expect")
    )
    assert not list((tmp_path / "uploads").iterdir())


def nifti(shape, place=(0, 0, 0), seed=0, spacing=(0.2, 0.2, 1.0)):
    """Return a NIfTI file with noise at a position in mm, whose header gives no time."""
    affine = np.diag([*spacing, 1.0])
    affine[:3, 3] = place
    values = np.random.default_rng(seed).integers(0, 900, shape).astype(np.int16)
    image = nibabel.Nifti1Image(values, affine)
    image.header.set_xyzt_units("mm", "msec")
    image.set_sform(affine, code=1)
    image.set_qform(affine, code=1)
    return image.to_bytes()


def pixels(scan, folder):
    convert(Scan(**asdict(scan) | {"frame_interval_ms": 5.0}), f"{folder}/mouse.h5")
    with open_mouse(f"{folder}/mouse.h5") as file:
        return images_of(file)[()]


def values(content):
    return nibabel.Nifti1Image.from_bytes(content).get_fdata()


def test_slices_are_joined_by_position_whatever_their_numbers(tmp_path):
    places = {1: 0, 2: 2, 3: 4, 4: 1, 5: 3}
    sent = {f"M_slice{n}.nii": nifti((32, 32, 1, 8), (0, 0, z), seed=z) for n, z in places.items()}
    (scan,), problems = found(tmp_path, sent)
    assert problems == [] and scan.name == "M" and scan.shape == [32, 32, 5, 8] and scan.spacing_mm[2] == 1
    assert scan.joined.startswith("5 files were joined, each a slice")
    by_position = [values(sent[f"M_slice{n}.nii"])[:, :, 0] for n in sorted(places, key=places.get)]
    assert np.array_equal(pixels(scan, tmp_path), np.stack(by_position, axis=2))


def test_files_of_slices_and_frames_are_joined(tmp_path):
    sent = {
        f"M_s{s}_t{t:02d}.nii": nifti((32, 32, 1), (0, 0, s), seed=9 * s + t) for s in (1, 2, 3) for t in (1, 2, 3, 4)
    }
    (scan,), problems = found(tmp_path, sent)
    assert problems == [] and scan.name == "M" and scan.shape == [32, 32, 3, 4] and scan.frame_interval_ms is None
    assert np.array_equal(pixels(scan, tmp_path)[:, :, 1, 2], values(sent["M_s2_t03.nii"])[:, :, 0])


@pytest.mark.parametrize("name", ["frame", "Mouse7frame", "Mouse7-t"])
def test_frames_are_joined_by_number_without_a_frame_time(tmp_path, name):
    sent = {f"Mouse7/{name}{n}.nii": nifti((32, 32, 5), seed=n) for n in range(8, 12)}
    (scan,), problems = found(tmp_path, sent)
    assert problems == [] and (scan.name, scan.shape) == ("Mouse7", [32, 32, 5, 4]) and scan.frame_interval_ms is None
    assert np.array_equal(pixels(scan, tmp_path)[..., 2], values(sent[f"Mouse7/{name}10.nii"]))


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({f"M_slice{n}.nii": nifti((32, 32, 1, 8), (0, 0, n)) for n in (1, 2, 4)}, "M_slice1.nii: found"),
        ({f"M_frame{n}.nii": nifti((32, 32, 5)) for n in (1, 2, 4)}, "M_frame1.nii: found the frames 1, 2, 4"),
    ],
)
def test_missing_slices_and_frames_are_named(tmp_path, sent, words):
    scans, problems = found(tmp_path, sent)
    assert scans == [] and len(problems) == 1 and problems[0].startswith(words) and "expected" in problems[0]
    assert str(tmp_path) not in problems[0] and "joined" not in problems[0]


def test_files_of_several_mice_are_not_joined(tmp_path):
    volumes = {f"Mouse{n}.nii": nifti((32, 32, 5), seed=n) for n in (1, 2, 3, 4)}
    scans, problems = found(tmp_path, volumes)
    assert scans == [] and [problem.split(":")[0] for problem in problems] == [*volumes]
    assert all("frame or slice and a number" in problem for problem in problems)
    (tmp_path / "slices").mkdir()
    slices = {f"Rats{n}.nii": nifti((32, 32, 1, 8), (0, 0, n)) for n in (1, 2)}
    scans, problems = found(tmp_path / "slices", slices)
    assert problems == [] and [(scan.name, scan.shape[2]) for scan in scans] == [("Rats1", 1), ("Rats2", 1)]
