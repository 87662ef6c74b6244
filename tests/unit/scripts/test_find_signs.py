import json

import numpy as np
import pandas as pd
import pytest

import find_signs
from beating_hearts import SPACING_MM, heart_of_discs, images_of_discs
from murmur.csv_tables import read_csv, write_csv
from murmur.data.mouse import Mouse
from murmur.data.mouse_file import write_cine

MASKS = heart_of_discs()
IMAGES = images_of_discs(MASKS)


@pytest.fixture
def tables(tmp_path, monkeypatch, root):
    """The tables of a good mouse, of one with a hole, and of one segmented in two frames only."""
    mice = ["good", "hole", "two"]
    known = {name: Mouse(name, "", MASKS.shape, SPACING_MM, 10.0, (), None, None, None) for name in mice}
    monkeypatch.setattr(find_signs, "read_manifest", lambda path: known)
    masks = {name: MASKS.copy() for name in mice}
    masks["hole"][46:56, 46:56, 4, 3] = 0
    masks["two"][:, :, 4, 3] = 0  # not segmented
    for name in mice:
        frames = [0, 6] if name == "two" else list(range(12))
        write_cine(tmp_path / f"{name}.h5", images=IMAGES)
        write_cine(tmp_path / f"{name}_masks.h5", masks=masks[name], frames=frames)
    frames = pd.DataFrame({"mouse": mice, "ed_frame": [0, 0, None], "es_frame": [6, 6, None], "frames": "own"})
    write_csv(frames, tmp_path / "frames.csv")
    outputs = [str(tmp_path / f"{name}.csv") for name in ("signs", "findings", "slice_quality")]
    model = json.loads((root / "models" / "quality.json").read_text())
    files = {name: str(tmp_path / f"{name}.h5") for name in mice}
    segmentations = [str(tmp_path / f"{name}_masks.h5") for name in mice]
    ranges = {"EDV": (30.0, 115.0)}
    find_signs.main("", files, segmentations, str(tmp_path / "frames.csv"), ranges, *outputs, model, 1)
    signs, findings, slices = map(read_csv, outputs)
    return signs.set_index(["mouse", "sign"]), findings, slices


def test_only_the_mouse_with_a_hole_has_findings(tables):
    _, findings, _ = tables
    assert set(findings["mouse"]) == {"hole"}
    assert findings.set_index("sign").loc["holes", ["slice", "frame"]].tolist() == [4, 3]


def test_frames_that_were_not_segmented_are_not_judged(tables):
    signs, *_ = tables
    assert signs.loc[("two", "moved"), "note"] == "not assessed: masks in all frames required"
    assert signs.loc[("two", "holes"), "value"] == 0
    assert np.isnan(signs.loc[("two", "EDV"), "value"])
    assert signs.loc[("good", "EDV"), "value"] > 30 and signs.loc[("good", "EDV"), "high"] == 115


def test_predicted_dice_is_lowest_where_the_hole_is(tables):
    *_, slices = tables
    assert set(slices.loc[slices["mouse"] == "two", "frame"]) == {0, 6}
    hole = slices[(slices["mouse"] == "hole") & slices["slice"].between(3, 6)].set_index(["slice", "frame"])
    assert hole["dice_myocardium"].idxmin() == (4, 3)
    good = slices[slices["mouse"] == "good"].set_index(["slice", "frame"])
    assert good.loc[(4, 3), "dice_myocardium"] > hole.loc[(4, 3), "dice_myocardium"] + 0.02


def test_low_predictions_are_findings(tmp_path, root):
    mouse = Mouse("aside", "", MASKS.shape, SPACING_MM, 10.0, (), None, None, None)
    masks = MASKS.copy()
    masks[:, :, 4] = np.roll(masks[:, :, 4], 15, axis=1)
    write_cine(tmp_path / "aside.h5", images=IMAGES)
    write_cine(tmp_path / "masks.h5", masks=masks, frames=list(range(12)))
    model = json.loads((root / "models" / "quality.json").read_text())
    files = str(tmp_path / "aside.h5"), str(tmp_path / "masks.h5")
    _, findings, _ = find_signs.measure(mouse, *files, (0, 6), find_signs.with_ranges({}), None, model["slices"])
    assert {row[1] for row in findings if row[3] == "dice_myocardium"} == {4}


def test_range_of_the_training_mice_is_that_of_their_reference(tmp_path):
    rows = [("a", "EDV", 40.0), ("b", "EDV", 60.0), ("c", "EDV", 90.0), ("a", "EF", 50.0), ("b", "EF", None)]
    write_csv(pd.DataFrame(rows, columns=["mouse", "metric", "reference"]), tmp_path / "function.csv")
    sets = pd.DataFrame({"mouse": ["a", "b", "c"], "split": ["train", "train", "test"]})
    write_csv(sets, tmp_path / "split.csv")
    found = find_signs.training_ranges(str(tmp_path / "function.csv"), str(tmp_path / "split.csv"))
    assert found == {"EDV": (40, 60), "EF": (50, 50)}
