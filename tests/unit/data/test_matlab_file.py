"""MATLAB files in format 7.3, written as MATLAB does: axes in reverse order, after 512 bytes of its own."""

import h5py
import numpy as np
import pytest

import convert_matlab
from murmur.data.matlab_file import read_matlab
from murmur.data.mouse_file import check_header
from murmur.errors import BadInput

SHAPE = (12, 10, 4, 3)
IMAGES = np.arange(np.prod(SHAPE)).reshape(SHAPE)
MASKS = np.zeros(SHAPE)
MASKS[2:8, 2:8, 1:3, [0, 2]], MASKS[4:6, 4:6, 1:3, [0, 2]] = 1, 2


def save(path, **variables):
    """Write variables as `save(path, ..., '-v7.3')` does."""
    with h5py.File(path, "w", userblock_size=512) as file:
        for name, values in variables.items():
            file[name] = np.atleast_2d(np.asarray(values, float)).T
    with open(path, "r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file")


def test_variables_of_a_mouse(tmp_path):
    path = tmp_path / "A.mat"
    save(path, Images=IMAGES, Masks=MASKS, Frames_with_ROI=[1, 3], spacing_mm=[0.1, 0.2, 1.0], frame_interval_ms=5)
    convert_matlab.main(str(path), str(tmp_path / "A.h5"), None, None, False)
    with h5py.File(tmp_path / "A.h5") as file:
        assert np.array_equal(file["Images"], IMAGES) and np.array_equal(file["Masks"], MASKS)
        assert file["Frames_with_ROI"][()].tolist() == [0, 2]
        assert file.attrs["spacing_mm"].tolist() == [0.1, 0.2, 1.0] and file.attrs["frame_interval_ms"] == 5
    assert check_header(tmp_path / "A.h5")["shape"] == list(SHAPE)
    with pytest.raises(BadInput, match="found frame_interval_ms 5 in the header, expected 7 as in the study file"):
        convert_matlab.main(str(path), str(tmp_path / "B.h5"), None, 7.0, False)


def test_frames_with_labels_without_a_list_and_one_frame_without_its_axis(tmp_path):
    save(tmp_path / "A.mat", Images=IMAGES, Masks=MASKS)
    assert read_matlab(tmp_path / "A.mat")[2] == [0, 2]
    save(tmp_path / "B.mat", Images=IMAGES[..., 0] / 2, Masks=MASKS[..., 0])
    images, masks, frames = read_matlab(tmp_path / "B.mat")
    assert images.shape == masks.shape == (*SHAPE[:3], 1) and frames == [0]


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"images": IMAGES}, "found the variables images, expected Images"),
        ({"Images": IMAGES, "Masks": MASKS[:6]}, r"found Masks of size \(6, 10, 4, 3\), expected \(12, 10, 4, 3\)"),
        ({"Images": IMAGES, "Masks": MASKS * 2}, "found the labels 4 in Masks, expected 0 background, 1 myocardium"),
        (
            {"Images": IMAGES, "Masks": MASKS, "Frames_with_ROI": [0, 2]},
            "expected numbers from 1 to 3, as MATLAB",
        ),
        (
            {"Images": IMAGES, "Masks": np.ones_like(MASKS), "Frames_with_ROI": [1, 3]},
            r"found labels in frame 2 of 3, which is not in Frames_with_ROI \[1, 3\], .*; add 2 \(MATLAB counts",
        ),
        ({"Images": IMAGES * np.nan}, "found Images that are not finite"),
        ({"Images": np.full_like(IMAGES, 7)}, "found the constant value 7 in the images"),
        ({"Images": IMAGES[0, 0]}, r"found Images of size \(4, 3\)"),
        ({"Images": IMAGES, "spacing_mm": [0.1, 1.0]}, "found spacing_mm .* expected 3 number"),
    ],
)
def test_what_cannot_be_used_is_refused_in_a_sentence(tmp_path, variables, sentence):
    save(tmp_path / "A.mat", **variables)
    with pytest.raises(BadInput, match=sentence):
        read_matlab(tmp_path / "A.mat")
