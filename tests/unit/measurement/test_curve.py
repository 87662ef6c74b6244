import numpy as np
import pytest

from murmur.measurement.curve import RECORDED, NoCurve, beat_period, fit_curve, moving_base

PERIOD = 100.0
TIME = np.arange(20) * 5.0


def cosine(time, period=PERIOD):
    return 45 + 20 * np.cos(2 * np.pi * time / period)


def test_rates_of_a_cosine():
    found = fit_curve(TIME, cosine(TIME), PERIOD).rates()
    steepest = 20 * 2 * np.pi / PERIOD
    assert found["peak_ejection_rate"] == pytest.approx(steepest, rel=0.005)
    assert found["peak_filling_rate"] == pytest.approx(steepest, rel=0.005)
    assert found["time_to_peak_ejection"] == pytest.approx(25, abs=0.5)
    assert found["time_to_peak_filling"] == pytest.approx(25, abs=0.5)
    assert found["ES_time"] == pytest.approx(50, abs=0.1)
    assert found["ejection_time"] == pytest.approx(50, abs=0.1)
    assert found["ED_time"] % PERIOD == pytest.approx(0, abs=0.1)
    assert [found["curve_EDV"], found["curve_ESV"]] == pytest.approx([65, 25], abs=0.05)


@pytest.mark.parametrize("middle", [50.0, 40.0])
def test_early_and_late_filling_are_the_halves_of_diastole(middle):
    """ED at 0, ES at 40 ms; a plateau at `middle` from 60 to 80 ms, so that either half may be the faster."""
    knots = np.array([0, 40, 60, 80, 100]), np.array([60.0, 30.0, middle, middle, 60.0])
    time = np.arange(200) * 0.5
    found = fit_curve(time, np.interp(time, *knots), PERIOD).rates()
    assert found["peak_ejection_rate"] == pytest.approx(0.75, rel=0.1)
    assert found["peak_filling_rate"] == pytest.approx((middle - 30) / 20, rel=0.15)
    assert found["late_filling_rate"] == pytest.approx((60 - middle) / 20, rel=0.15)


def test_curve_does_not_depend_on_the_frame_that_comes_first():
    later = fit_curve(TIME, cosine(TIME - 30), PERIOD).rates()
    first = fit_curve(TIME, cosine(TIME), PERIOD).rates()
    assert (later["ED_time"] - first["ED_time"]) % PERIOD == pytest.approx(30, abs=0.1)
    for name in ("peak_ejection_rate", "time_to_peak_ejection", "ejection_time", "curve_EDV"):
        assert later[name] == pytest.approx(first[name], rel=0.01)


def test_half_of_the_seventh_harmonic_remains():
    wave = np.cos(2 * np.pi * 7 * np.arange(100) / 100)
    curve = fit_curve(np.arange(100.0), wave, PERIOD)
    assert curve.spline(np.arange(100.0)) == pytest.approx(wave / 2, abs=0.02)


def test_missing_frames_are_bridged():
    whole = fit_curve(TIME, cosine(TIME), PERIOD).rates()
    kept = np.delete(np.arange(20), [6, 7, 15])
    found = fit_curve(TIME[kept], cosine(TIME[kept]), PERIOD).rates()
    assert found["peak_ejection_rate"] == pytest.approx(whole["peak_ejection_rate"], rel=0.02)


@pytest.mark.parametrize(
    ("frames", "reason"),
    [(range(7), "7 frames with blood, at least 8"), (range(12), "no frame during 45 of 100 ms")],
)
def test_too_few_frames(frames, reason):
    frames = np.array(frames)
    with pytest.raises(NoCurve, match=reason):
        fit_curve(TIME[frames], cosine(TIME[frames]), PERIOD)


def test_constant_volume_has_no_curve():
    with pytest.raises(NoCurve, match="does not change"):
        fit_curve(TIME, np.full(20, 50.0), PERIOD)


def test_base_that_moves_through_a_slice():
    """The part of the basal slice below the base follows the volume, as if it were known."""
    filled = (1 + np.cos(2 * np.pi * np.arange(40) / 40)) / 2
    below = np.outer([8.0, 9.0, 6.0], 0.4 + 0.6 * filled)
    basal = np.full(40, 10.0)
    masks = np.vstack([basal * (filled >= 0.5), below])
    truth = below.sum(axis=0) + basal * filled
    assert np.abs(np.diff(masks.sum(axis=0))).max() > 9
    found = moving_base(masks)
    assert found == pytest.approx(truth, abs=1.0)
    assert moving_base(masks[::-1]) == pytest.approx(found)


def test_slices_with_blood_in_every_frame_are_summed():
    areas = np.outer([9.0, 8.0, 6.0], 2 + np.cos(2 * np.pi * np.arange(20) / 20))
    areas[2, 8:12] = 0  # the apex empties
    assert moving_base(areas) == pytest.approx(areas.sum(axis=0))


def test_no_slice_with_blood_in_every_frame():
    with pytest.raises(NoCurve, match="no slice contains blood in every frame"):
        moving_base(np.eye(4))


def test_beat_of_known_heart_rate():
    assert beat_period(90, None, 600.0) == (100.0, RECORDED)


def test_cine_is_one_beat_unless_the_volumes_contradict():
    assert beat_period(100, None, None) == (100, "cine taken as one beat")
    assert beat_period(100, cosine(TIME), None) == (100, "cine taken as one beat")
    with pytest.raises(NoCurve, match="does not cover a whole beat"):
        beat_period(50, cosine(TIME[:10]), None)
    with pytest.raises(NoCurve, match="a single frame"):
        beat_period(5, cosine(TIME[:1]), None)
    with pytest.raises(NoCurve, match="covers more than one beat"):
        beat_period(200, cosine(2 * TIME), None)
