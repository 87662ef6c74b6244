"""Files without permission to read them, bad mice in a cohort with a split, and several bad files at once."""

import contextlib
import ctypes
import os
import shutil

import pytest

from corpus import Case, Right, check, is_true, stops
from good_study import BAD
from spoil_hdf5 import edit, no_datasets, put, truncated
from test_bad_participants import drawn
from test_bad_readers import shipped, weights


@contextlib.contextmanager
def without_privileges():
    """Let permissions count for root as well, by setting aside the capabilities that override them (Linux)."""
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)  # version 3, this process
    sets = (ctypes.c_uint32 * 6)()
    if os.getuid() or libc.capget(header, sets):
        yield
        return
    kept = sets[0]
    sets[0] &= ~0b110  # effective: CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH
    assert libc.capset(header, sets) == 0
    try:
        yield
    finally:
        sets[0] = kept
        libc.capset(header, sets)


def forbidden(name):
    """Take away the permission to read a file or to list a folder."""
    return lambda place: (place / name).chmod(0)


def steps(*spoils):
    return lambda place: [spoil(place) for spoil in spoils]


def empty(name):
    return lambda place: (place / name).write_bytes(b"")


FORBIDDEN = [
    Case("G02_unreadable", forbidden(BAD), stops("planning", r"mice/Bad\.h5: found .*permission")),
    Case(
        "G02b_unreadable_with_split",
        steps(drawn(), forbidden(BAD)),
        stops("planning", r"mice/Bad\.h5: found .*permission"),
    ),
    Case(
        "G09_csv_unreadable",
        forbidden("numbers.csv"),
        stops("planning", r"numbers\.csv.*found .*permission"),
        "measurements",
    ),
    Case(
        "G10_participants_unreadable",
        forbidden("participants.tsv"),
        stops("planning", r"participants\.tsv.*found .*permission"),
    ),
    Case(
        "G18_masks_unreadable_folder",
        forbidden("observer"),
        stops("planning", "found the folder 'observer', but no permission"),
    ),
    Case(
        "G19_mice_unreadable_folder",
        forbidden("mice"),
        stops("planning", "found the folder 'mice', but no permission"),
    ),
    Case(
        "G20_weights_unreadable",
        steps(weights("m.keras", shipped()), forbidden("m.keras")),
        stops("planning", r"m\.keras.*found .*permission"),
    ),
    Case(
        "G25_nifti_unreadable",
        forbidden("images/Bad_4d.nii.gz"),
        stops("planning", r"images/Bad_4d\.nii\.gz: found .*permission"),
        "nifti",
    ),
    Case(
        "G26_nifti_folder_unreadable",
        forbidden("images"),
        stops("planning", "found the folder .*no permission"),
        "nifti",
    ),
    Case(
        "G27_split_unreadable",
        lambda p: (
            (p / "split.csv").write_text("mouse,split\n"),
            (p / "split.csv").chmod(0),
            p.cohort.update(split={"file": "split.csv"}),
        ),
        stops("planning", r"split\.csv.*found .*permission"),
    ),
]

SPLIT = [
    Case(
        "G04_split_frames_strings",
        steps(drawn(), put("Frames_with_ROI", lambda v: [b"ED", b"ES"])),
        stops("planning", r"mice/Bad\.h5: found Frames_with_ROI"),
    ),
    Case(
        "G05_split_masks_rank3",
        steps(drawn(), no_datasets("Frames_with_ROI"), put("Masks", lambda v: v[..., 0])),
        stops("planning", r"mice/Bad\.h5: found Masks of shape \(40, 36, 4\)"),
    ),
    Case(
        "G05b_split_masks_rank2",
        steps(drawn(), no_datasets("Frames_with_ROI"), put("Masks", lambda v: v[..., 0, 0])),
        stops("planning", r"mice/Bad\.h5: found Masks of shape \(40, 36\)"),
    ),
    Case(
        "G06_split_truncated",
        steps(drawn(), truncated),
        stops("planning", r"mice/Bad\.h5: found no readable HDF5 file"),
    ),
    Case(
        "G16_frames_scalar",
        steps(
            put("Masks", lambda v: v * ([1, 0, 0, 0, 0])),
            put("Frames_with_ROI", lambda v: 0),
            lambda p: (p / "observer/Bad.h5").unlink(),
        ),
        Right(lambda r: is_true(r, "G1"), noted="Bad"),
    ),
    Case(
        "G17_all_test_without_contours_split",
        steps(drawn(2, 1, 1), *(lambda p, m=m: no_datasets_in(p, m) for m in ("G2", "G3", "Bad"))),
        stops("planning", "found 1 test mice, expected at least 3"),
    ),
    Case("X01_fresh_one_bad", empty(BAD), stops("planning", r"mice/Bad\.h5: found an empty file")),
    Case(
        "X02_three_bad_at_once",
        steps(*map(empty, ("mice/G2.h5", "mice/G3.h5", BAD))),
        stops(
            "planning",
            r"mice/Bad\.h5: found an empty file",
            r"mice/G2\.h5: found an empty file",
            r"mice/G3\.h5: found an empty file",
        ),
    ),
    Case(
        "X03_bad_in_two_cohorts",
        lambda p: (
            shutil.copytree(p / "mice", p / "more"),
            empty(BAD)(p),
            empty("more/G1.h5")(p),
            p.study["cohorts"].update(more=p.cohort | {"source": {"folder": "more"}}),
        ),
        stops("planning", r"mice/Bad\.h5: found an empty file", r"more/G1\.h5: found an empty file"),
    ),
    Case(
        "X04_headers_and_masks_at_once",
        steps(empty(BAD), empty("observer/G1.h5")),
        stops("planning", r"mice/Bad\.h5: found an empty file", r"observer/G1\.h5: found an empty file"),
    ),
    Case(
        "X05_three_bad_contents",
        steps(*(put("Masks", lambda v: v * 85, f"mice/{m}.h5") for m in ("G2", "G3", "Bad"))),
        stops("job", *(rf"mice/{m}\.h5: found the labels 85, 170 in Masks" for m in ("Bad", "G2", "G3"))),
    ),
    Case(
        "X06_participants_and_file_at_once",
        steps(empty(BAD), lambda p: (p / "participants.tsv").write_text("mouse\tgroup\nG1\tsham\nG1\tTAC\n")),
        stops("planning", r"mice/Bad\.h5: found an empty file", r"participants\.tsv, line 3: found G1 twice"),
    ),
]


def no_datasets_in(place, mouse):
    edit(lambda h5: [h5.__delitem__(name) for name in ("Masks", "Frames_with_ROI")], f"mice/{mouse}.h5")(place)


@pytest.mark.parametrize("case", FORBIDDEN, ids=lambda case: case.name)
def test_file_without_permission(case, place):
    case.spoil(place)
    place.write()
    with without_privileges():
        check(case, place.folder)
    for path in place.folder.iterdir():
        path.chmod(0o755)


@pytest.mark.parametrize("case", SPLIT, ids=lambda case: case.name)
def test_split_and_several(case, place):
    case.spoil(place)
    place.write()
    check(case, place.folder)
