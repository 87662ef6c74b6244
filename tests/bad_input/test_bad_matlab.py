"""Bad and odd mouse files of MATLAB."""

import shutil

import numpy as np
import pytest

from corpus import Case, Noted, Right, check, stops
from good_study import Place
from spoil_hdf5 import edit, put

BAD = "mice/Bad.mat"
FOUND = r"^mice/Bad\.mat: found "


def variable(name, change):
    """Change a variable, whose axes MATLAB stores in reverse order."""
    return put(name, change, BAD)


def not_reversed(place: Place) -> None:
    for name in ("Images", "Masks"):
        variable(name, lambda v: v.T)(place)


CASES = [
    Case("L01_good", lambda place: None, Right()),
    Case("L02_no_list_of_frames", edit(lambda h5: h5.__delitem__("Frames_with_ROI"), BAD), Right()),
    Case(
        "L03_format_5",
        lambda place: (place / BAD).write_bytes(b"MATLAB 5.0 MAT-file, Platform: PCWIN64".ljust(600)),
        stops("planning", FOUND + "a MATLAB file in an old format, .*; save it with '-v7.3'"),
    ),
    Case(
        "L04_frames_counted_from_0",
        variable("Frames_with_ROI", lambda v: v - 1),
        stops("job", FOUND + r"Frames_with_ROI \[0\.0, 2\.0\], expected numbers from 1 to 5, as MATLAB counts"),
    ),
    Case(
        "L05_frame_not_listed",
        variable("Frames_with_ROI", lambda v: v[:1]),
        stops("job", FOUND + r"labels in frame 3 of 5, which is not in Frames_with_ROI \[1\], .*; add 3 "),
    ),
    Case(
        "L06_listed_frame_without_labels",
        variable("Frames_with_ROI", lambda v: np.array([[1.0], [3.0], [5.0]])),
        Noted("listed frame without labels: no labels in frame 5 of 5"),
    ),
    Case("L07_constant", variable("Images", lambda v: v * 0), stops("job", FOUND + "the constant value 0")),
    Case("L08_label_3", variable("Masks", lambda v: v * 1.5), stops("job", FOUND + "the labels 1.5, 3 in Masks")),
    Case("L09_masks_of_another_size", variable("Masks", lambda v: v[:4]), stops("planning", FOUND + "Masks of size")),
    Case("L10_slices_reversed", variable("Masks", lambda v: v[:, ::-1]), Noted("slices reversed in the masks")),
    Case("L11_axes_not_reversed", not_reversed, stops("planning", FOUND + "Images of size")),
    Case(
        "L12_two_files_of_a_mouse",
        lambda place: shutil.copy(place / BAD, place / "mice/Bad.h5"),
        stops("planning", r"^mice/Bad\.mat: found a second file of Bad"),
    ),
]


@pytest.mark.parametrize("case", [Case(c.name, c.spoil, c.expected, "matlab") for c in CASES], ids=lambda c: c.name)
def test_matlab_file(case, place):
    case.spoil(place)
    place.write()
    check(case, place.folder)
