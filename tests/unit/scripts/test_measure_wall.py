import numpy as np
import pandas as pd
import pytest

import measure_wall
from murmur.csv_tables import write_csv
from murmur.data.mouse import Mouse
from murmur.data.mouse_file import write_cine

SPACING = (0.1, 0.1, 1.0)


def rings(inner, outer, slices=6):
    """A stack with closed rings (mm) in all slices but the first."""
    distance = np.hypot(*(np.indices((81, 81)) - 40)) * 0.1
    stack = np.zeros((81, 81, slices), np.uint8)
    for number in range(1, slices):
        stack[:, :, number] = np.select([distance < inner, distance < outer], [2, 1])
    return stack


@pytest.fixture
def table(tmp_path, monkeypatch):
    """wall.csv of mice with ED and ES, with ED only, with two rings, and without frames."""
    mice = ["whole", "no_es", "short", "none"]
    shape = (81, 81, 6, 2)
    known = {name: Mouse(name, "", shape, SPACING, 5.0, (), None, None, None) for name in mice}
    monkeypatch.setattr(measure_wall, "read_manifest", lambda path: known)
    both = np.stack([rings(2.0, 3.0), rings(1.2, 2.6)], axis=-1)
    short = both.copy()
    short[:, :, 3:] = 0
    for name, masks in zip(mice, (both, both * [1, 0], short, both), strict=True):
        write_cine(tmp_path / f"{name}.h5", masks=masks.astype(np.uint8), frames=[0, 1])
    frames = pd.DataFrame({"mouse": mice, "ed_frame": [0, 0, 0, None], "es_frame": [1, 1, 1, None], "frames": "own"})
    write_csv(frames, tmp_path / "frames.csv")
    files = [str(tmp_path / f"{name}.h5") for name in mice]
    measure_wall.main("", mice, files, str(tmp_path / "frames.csv"), str(tmp_path / "wall.csv"))
    return pd.read_csv(tmp_path / "wall.csv")


def test_thickness_by_phase_level_and_segment(table):
    whole = table[table["mouse"] == "whole"]
    for phase, thickness, area in (("ED", 1.0, np.pi * 4), ("ES", 1.4, np.pi * 1.44)):
        found = whole[whole["phase"] == phase]
        assert found["level"].tolist() == ["all"] + 7 * ["base"] + 7 * ["mid"] + 5 * ["apex"]
        assert found["segment"].dropna().tolist() == list(range(1, 17))
        assert found["thickness_mm"].to_numpy() == pytest.approx(thickness, abs=0.05)
        rings_only = found[found["segment"].isna()]
        assert rings_only["blood_pool_mm2"].to_numpy() == pytest.approx(area, rel=0.05)
        assert rings_only["slices"].tolist() == [5, 2, 1, 2]


def test_missing_values_have_reasons(table):
    notes = table.dropna(subset="note").set_index(["mouse", "phase"])["note"]
    assert notes["no_es", "ES"] == "no slice with a closed ring of myocardium"
    assert notes["short", "ED"] == "fewer than 3 slices with a closed ring: no levels and no segments"
    assert notes["none", "ED"] == "no frame is known to be ED"
    assert len(notes) == 5
    short = table[table["mouse"] == "short"]
    assert short["level"].tolist() == ["all", "all"] and short["thickness_mm"].notna().all()
