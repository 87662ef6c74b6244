import numpy as np
import pandas as pd
import pytest

from murmur.measurement.mean_curve import PHASES, curves_of_scans, mean_curves, resample


def cosine(cycle_ms: float, interval_ms: float = 2.5, edv: float = 60.0, stroke: float = 30.0) -> pd.DataFrame:
    """The frames of a cine whose volume follows a cosine, with ED in the first frame."""
    time = np.arange(0, cycle_ms, interval_ms)
    volume = edv - stroke / 2 * (1 - np.cos(2 * np.pi * time / cycle_ms))
    return pd.DataFrame({"frame": range(len(time)), "time_ms": time, "blood_pool_uL": volume})


def expected(edv=60.0, stroke=30.0):
    return edv - stroke / 2 * (1 - np.cos(2 * np.pi * PHASES / 100))


@pytest.mark.parametrize("cycle", [100.0, 121.0, 150.0])
def test_curve_is_that_of_the_cycle_whatever_its_duration(cycle):
    cine = cosine(cycle)
    found = resample(cine["time_ms"].to_numpy(), cine["blood_pool_uL"].to_numpy(), cycle)
    np.testing.assert_allclose(found, expected(), atol=0.05)
    assert found[0] == found[-1]


@pytest.mark.parametrize("ed_known", [True, False])
def test_cines_that_begin_at_another_phase_are_aligned_at_ed(ed_known):
    cines = []
    for number, frames in enumerate((0, 7, 20)):
        cine = cosine(100.0)
        cines.append(cine.assign(mouse=f"M{number}", blood_pool_uL=np.roll(cine["blood_pool_uL"], frames)))
    scans = pd.DataFrame({"mouse": ["M0", "M1", "M2"], "animal": list("abc"), "group": "g", "session": ""})
    scans = scans.assign(heart_rate_bpm=600.0, ED_time_ms=[0, 17.5, 50.0] if ed_known else np.nan)
    means = mean_curves(curves_of_scans(pd.concat(cines), scans))
    np.testing.assert_allclose(means["mean_uL"], expected(), atol=0.1)
    assert means["sd_uL"].max() < 0.1


def test_frames_after_the_cycle_and_missing_frames_are_not_used():
    cine = cosine(100.0)
    later = cosine(100.0).assign(time_ms=lambda frames: frames["time_ms"] + 100, blood_pool_uL=1000.0)
    both = pd.concat([cine, later])
    both.iloc[3, 2] = np.nan
    found = resample(both["time_ms"].to_numpy(), both["blood_pool_uL"].to_numpy(), 100.0)
    np.testing.assert_allclose(found, expected(), atol=0.3)


def test_few_frames_have_no_curve():
    assert resample(np.arange(7) * 10.0, np.ones(7), 100.0) is None


def test_duration_is_that_of_the_heart_rate_without_which_there_is_no_curve():
    volumes = pd.concat([cosine(120.0).assign(mouse="a"), cosine(120.0).assign(mouse="b")])
    volumes = volumes[volumes["time_ms"] < 90]
    scans = pd.DataFrame({"mouse": ["a", "b"], "animal": ["a", "b"], "group": "g", "session": ""})
    curves = curves_of_scans(volumes, scans.assign(heart_rate_bpm=[500.0, np.nan]))
    assert curves["animal"].unique().tolist() == ["a"]
    np.testing.assert_allclose(curves["volume_uL"].to_numpy()[:37], expected()[:37], atol=0.1)
    assert curves_of_scans(volumes, scans).empty


def test_mean_and_sd_are_those_of_the_animals():
    volumes = pd.concat(
        [cosine(100.0, edv=edv).assign(mouse=name) for name, edv in {"a": 50, "b": 60, "c": 80}.items()]
    )
    scans = pd.DataFrame({"mouse": list("abc"), "animal": ["x", "x", "y"], "group": "g", "session": ""})
    scans = scans.assign(heart_rate_bpm=600.0)
    means = mean_curves(curves_of_scans(volumes, scans))
    assert means["n"].unique().tolist() == [2]
    assert means["mean_uL"].iloc[0] == pytest.approx((55 + 80) / 2)
    assert means["sd_uL"].iloc[0] == pytest.approx(np.std([55, 80], ddof=1))


def test_without_frames_the_tables_are_empty():
    scans = pd.DataFrame({"mouse": ["a"], "animal": ["a"], "group": ["g"], "session": [""]})
    curves = curves_of_scans(cosine(100.0).assign(mouse="other"), scans)
    assert curves.empty and mean_curves(curves).empty
