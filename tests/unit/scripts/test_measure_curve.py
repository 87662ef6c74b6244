from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import measure_curve
from murmur.csv_tables import write_csv
from murmur.data.mouse import Mouse
from murmur.measurement.curve import RECORDED
from murmur.phantom.mouse import phantom_mouse

FRAMES = 20
MOUSE = Mouse("M1", "", (64, 64, 3, FRAMES), (0.1, 0.1, 1.0), 5.0, (), None, None, None)
FILLED = (1 + np.cos(2 * np.pi * np.arange(FRAMES) / FRAMES)) / 2
AREAS = np.outer([9.0, 8.0, 6.0], 0.4 + 0.6 * FILLED)


def test_volume_is_area_times_thickness_of_the_slices():
    values, notes = measure_curve.measure(replace(MOUSE, spacing_mm=(0.1, 0.1, 2.0)), AREAS, None)
    assert values["curve_EDV"] == pytest.approx(46, abs=0.1)
    assert values["peak_ejection_rate"] == pytest.approx(2 * 23 * 0.6 / 2 * 2 * np.pi / 100, rel=0.01)
    assert values["heart_rate"] == 600
    assert notes == {"heart_rate": "cine taken as one beat"}


def test_heart_rate_of_the_participants_is_the_period():
    values, notes = measure_curve.measure(MOUSE, AREAS, 500.0)
    assert values["heart_rate"] == pytest.approx(500)
    assert notes == {"heart_rate": RECORDED}
    assert values["ES_time"] == pytest.approx(50, abs=1)


def test_frames_without_blood_are_left_out():
    areas = AREAS.copy()
    areas[:, 7] = 0
    values, _ = measure_curve.measure(MOUSE, areas, None)
    whole, _ = measure_curve.measure(MOUSE, AREAS, None)
    assert values["peak_ejection_rate"] == pytest.approx(whole["peak_ejection_rate"], rel=0.02)


def test_reference_of_two_frames_has_a_heart_rate_and_a_reason():
    areas = np.where(np.isin(np.arange(FRAMES), [0, 10]), AREAS, 0)
    values, notes = measure_curve.measure(MOUSE, areas, None)
    assert values == {"heart_rate": 600}
    assert notes["peak_ejection_rate"] == "2 frames with blood, at least 8 are required"


def test_cine_of_half_a_beat_has_neither(tmp_path):
    half = replace(MOUSE, shape=(64, 64, 3, 10))
    values, notes = measure_curve.measure(half, AREAS[:, :10], None)
    assert values == {}
    assert (
        notes["heart_rate"]
        == notes["ES_time"]
        == "the cine does not cover a whole beat, and the heart rate is not known"
    )


def test_table_of_a_cohort(tmp_path, monkeypatch):
    monkeypatch.setattr(measure_curve, "read_manifest", lambda path: {"M1": MOUSE, "M2": replace(MOUSE, name="M2")})
    frame, number = (index.ravel() for index in np.mgrid[:FRAMES, :3])
    slices = {"mouse": "M1", "frame": frame, "slice": number, "blood_pool_mm2": AREAS.T.ravel(), "myocardium_mm2": 0.0}
    tables = {
        "slices": pd.DataFrame(slices),
        "volumes": pd.DataFrame({"mouse": ["M1", "M2"], "frame": [0, 0]}),
        "participants": pd.DataFrame({"mouse": ["M1", "M2"], "heart_rate_bpm": [None, 550.0]}),
    }
    for name, table in tables.items():
        write_csv(table, tmp_path / f"{name}.csv")
    paths = [str(tmp_path / f"{name}.csv") for name in [*tables, "curve"]]
    measure_curve.main("", *paths, threads=1)
    table = pd.read_csv(paths[-1]).set_index(["mouse", "measure"])
    assert table.loc[("M1", "curve_EDV"), "value"] == pytest.approx(23, abs=0.1)
    assert table.loc[("M2", "heart_rate"), ["value", "note"]].tolist() == [550.0, RECORDED]
    assert table.loc[("M2", "ES_time"), "note"] == "0 frames with blood, at least 8 are required"
    assert table.loc["M2", "value"].notna().sum() == 1


def test_rates_of_a_simulated_mouse():
    """From its masks, which jump by the basal slice: within 15 %, times within 5 ms."""
    phantom = phantom_mouse(2026, 1, every_frame=True)
    areas = (phantom.masks == 2).sum(axis=(0, 1)) * 0.01
    mouse = replace(MOUSE, shape=phantom.masks.shape)
    values, _ = measure_curve.measure(mouse, areas, phantom.truth["heart_rate"])
    for name in ("peak_ejection_rate", "peak_filling_rate"):
        assert values[name] == pytest.approx(phantom.truth[name], rel=0.15), name
    for name in ("ES_time", "ejection_time", "time_to_peak_ejection", "time_to_peak_filling"):
        assert values[name] == pytest.approx(phantom.truth[name], abs=5), name
