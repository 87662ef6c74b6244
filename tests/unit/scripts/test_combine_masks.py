"""Masks of three readers become those of their majority or, with a fitted choice, of the best of them."""

import json
from pathlib import Path

import h5py
import numpy as np
import pytest

import combine_masks
import fit_choice
from murmur.csv_tables import read_csv
from murmur.data.mouse_file import write_cine
from murmur.errors import BadInput
from murmur.measurement.overlap import dice
from round_hearts import SPACING_MM, disc_masks

READERS = ["a", "b", "c"]
RADII = [14, 12, 9, 12]  # pixels of the blood pool in each frame: ED is the first, ES the third


def write_mouse(folder, number, bad=None, frames=range(4)):
    """Write a contoured mouse and the masks of three readers, of which `bad` is far off; return the files."""
    folder.mkdir(exist_ok=True)
    rng = np.random.default_rng(number)
    truth = disc_masks(RADII, 3)
    mouse, files = folder / f"M{number}.h5", []
    write_cine(mouse, truth.astype(np.uint16) * 100, np.where(np.isin(range(4), (0, 2)), truth, 0), [0, 2])
    for reader in READERS:
        shift = int(rng.integers(5, 9)) if reader == bad else int(rng.integers(-1, 2))
        file = folder / f"M{number}_{reader}.h5"
        write_cine(file, masks=disc_masks(RADII, 3, shift), frames=[*frames] if reader == "b" else [*range(4)])
        files.append(str(file))
    return str(mouse), files


def combine(mouse, files, folder, choice=None, postprocess="none"):
    output = folder / "combined.h5"
    combine_masks.main(mouse, files, choice, READERS, "team", postprocess, list(SPACING_MM), False, str(output))
    with h5py.File(output) as file:
        return {name: file[name][()] for name in file} | dict(file.attrs)


@pytest.fixture
def choice(tmp_path):
    """A choice that was fitted to nine mice, in which each reader fails three times; the model and its table."""
    pairs = [write_mouse(tmp_path / "validation", number, bad=READERS[number % 3]) for number in range(9)]
    mice, files = [mouse for mouse, _ in pairs], [file for _, owned in pairs for file in owned]
    outputs = str(tmp_path / "choice.json"), str(tmp_path / "choice.csv")
    fit_choice.main(mice, files, READERS, list(SPACING_MM), False, *outputs)
    return outputs


def test_majority_outvotes_a_bad_reader(tmp_path):
    mouse, files = write_mouse(tmp_path, 20, bad="c")
    found = combine(mouse, files, tmp_path)
    truth = disc_masks(RADII, 3)
    assert dice(found["Masks"] == 2, truth == 2) > 0.9
    assert found["Masks"].dtype == found["Entropy"].dtype == np.uint8
    assert found["Entropy"].max() > 50 and found["Entropy"][0, 0].max() == 0
    assert (found["combined_by"], found["readers"].tolist()) == ("majority", READERS)


def test_frames_that_a_reader_lacks_are_not_segmented(tmp_path):
    mouse, files = write_mouse(tmp_path, 21, frames=[0, 2])
    found = combine(mouse, files, tmp_path)
    assert found["Frames_with_ROI"].tolist() == [0, 2]
    assert found["Masks"].any(axis=(0, 1, 2)).tolist() == [True, False, True, False]


def test_islands_are_removed_from_the_combined_masks(tmp_path):
    mouse, files = write_mouse(tmp_path, 22)
    for path in files:
        with h5py.File(path, "r+") as file:
            file["Masks"][60:63, 60:63, 1] = 1
    assert combine(mouse, files, tmp_path)["Masks"][61, 61, 1].all()
    assert not combine(mouse, files, tmp_path, postprocess="largest_component")["Masks"][61, 61, 1].any()


@pytest.mark.parametrize("bad", READERS)
def test_fitted_choice_avoids_the_bad_reader(tmp_path, choice, bad):
    mouse, files = write_mouse(tmp_path, 30, bad=bad)
    found = combine(mouse, files, tmp_path, choice[0])
    assert found["combined_by"] not in (bad, "1 vote", "3 votes")
    assert dice(found["Masks"] == 2, disc_masks(RADII, 3) == 2) > 0.9
    table = read_csv(choice[1])
    assert table["error"].mean() < table["error_constant"].mean()
    assert json.loads(Path(choice[0]).read_text())["candidates"] == ["2 votes", "1 vote", "3 votes", *READERS]


def test_mouse_without_masks_is_combined_without_a_choice(tmp_path, choice):
    mouse, files = write_mouse(tmp_path, 31, frames=[])
    found = combine(mouse, files, tmp_path, choice[0])
    assert not found["Masks"].any() and found["Frames_with_ROI"].size == 0


def test_too_few_contoured_mice_are_refused(tmp_path):
    mouse, files = write_mouse(tmp_path, 1)
    outputs = str(tmp_path / "choice.json"), str(tmp_path / "choice.csv")
    with pytest.raises(BadInput, match="in 1 validation mice, expected 3 or more"):
        fit_choice.main([mouse], files, READERS, list(SPACING_MM), False, *outputs)
