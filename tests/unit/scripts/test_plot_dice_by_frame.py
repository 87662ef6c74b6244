import numpy as np
import pandas as pd
import pytest

import plot_dice_by_frame
from drawn_figures import record_figures, words
from murmur.csv_tables import read_csv
from murmur.data.mouse import describe
from murmur.data.mouse_file import write_cine

FRAMES, CONTOURED = 8, [0, 2, 4, 6, 7]
WIDTHS = [20, 16, 12, 12, 10, 14, 18, 20]  # of the blood pool, voxels; ES is frame 4


def cine(widths):
    masks = np.zeros((30, 4, 3, FRAMES), np.uint8)
    for frame, width in enumerate(widths):
        masks[:width, :, :, frame] = 2
        masks[width : width + 5, :, :, frame] = 1
    return masks


@pytest.fixture
def study(tmp_path):
    """Two mice and a reader whose blood pool is wider at ES only, by 10 voxels; it did not segment frame 7."""
    rows, mice, found = [], {}, []
    for name in ("A", "B"):
        mice[name] = str(tmp_path / f"{name}.h5")
        masks = cine(WIDTHS)
        masks[..., [1, 3, 5]] = 0
        write_cine(mice[name], masks.astype(np.uint16) + (name == "B"), masks, CONTOURED)
        rows.append(describe(mice[name], None, None, None))
        found.append(str(tmp_path / "net" / f"{name}.h5"))
        reader = cine([width + 10 * (frame == 4) for frame, width in enumerate(WIDTHS)])
        reader[..., 7] = 0
        write_cine(found[-1], masks=reader, frames=list(range(7)))
    pd.DataFrame(rows).to_csv(tmp_path / "manifest.csv", index=False)
    return {"manifest": str(tmp_path / "manifest.csv"), "mice": mice, "segmentations": found}


def draw(study, tmp_path, **changes):
    settings = {"repeats": {}, "animals": {}, "alpha": 0.05, "cohort": "mine", "outputs": []}
    plot_dice_by_frame.main(**{**study, **settings, **changes}, table=str(tmp_path / "table.csv"))
    return read_csv(tmp_path / "table.csv")


def test_each_contoured_and_segmented_frame_has_its_place_after_ED(study, tmp_path, monkeypatch):
    seen = record_figures(monkeypatch)
    table = draw(study, tmp_path)
    blood = table[table["structure"] == "blood_pool"]
    assert blood["percent"].tolist() == [0, 25, 50, 75], "four of five contoured frames were segmented"
    assert blood["mean"].tolist() == pytest.approx([1, 1, 2 * 10 / (10 + 20), 1])
    assert blood["es_percent"].unique() == [50]
    assert blood["n"].unique() == [2]
    figure = seen[0]
    assert "net (n = 2)" in words(figure) and "ES" in words(figure)
    assert figure.axes[0].lines[0].get_xdata().tolist() == [0, 25, 50, 75]


def test_mice_that_are_left_out_and_cohorts_without_values(study, tmp_path, monkeypatch):
    seen = record_figures(monkeypatch)
    only = {"A": study["mice"]["A"]}
    assert draw(study, tmp_path, mice=only)["n"].unique() == [1]
    assert draw(study, tmp_path, mice={}).empty
    assert words(seen[1]).count("No contoured frame was segmented.") == 2


def test_same_mice_same_bytes(study, tmp_path):
    for name in ("one.svg", "two.svg"):
        draw(study, tmp_path, outputs=[str(tmp_path / name)])
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
