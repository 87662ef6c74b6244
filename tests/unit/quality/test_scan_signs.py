import numpy as np
import pytest

from beating_hearts import SPACING_MM, heart_of_discs
from murmur.quality.scan_signs import NAMES, scan_signs

MASKS = heart_of_discs()
BLOOD, HEART = (np.isin(MASKS, labels).sum(axis=(0, 1)) * 0.01 for labels in ([2], [1, 2]))
INTERVAL = 10.0


def test_values_of_a_good_scan(no_warnings):
    found = scan_signs(BLOOD, HEART, SPACING_MM, INTERVAL, (0, 6))
    assert set(found) == set(NAMES)
    assert found["EDV"] == pytest.approx(BLOOD[:, 0].sum())
    assert found["EF"] == pytest.approx(60, abs=1)
    assert found["mass_change"] < 1 and found["curve_residual"] < 1
    width = 2 * np.sqrt(HEART[:, 0].max() / np.pi)
    assert found["short_axis"] == pytest.approx(100 * width / 7)
    assert found["blunt_apex"] == pytest.approx(100 * HEART[1, 0] / HEART[:, 0].max())
    assert found["open_base"] == pytest.approx(100 * (1 - HEART[6, 0] / HEART[7, 0]))


def test_order_of_the_slices_does_not_matter():
    one, other = (scan_signs(BLOOD[::step], HEART[::step], SPACING_MM, INTERVAL, (0, 6)) for step in (1, -1))
    assert one == pytest.approx(other)


def test_apex_is_where_the_blood_pool_is_smaller_even_if_the_heart_is_not():
    blood, heart = (np.repeat([[each] for each in areas], 2, axis=1) for areas in ((5.0, 9, 12), (30.0, 31, 28)))
    for step in (1, -1):
        found = scan_signs(blood[::step], heart[::step], SPACING_MM, INTERVAL, (0, 1))
        assert found["blunt_apex"] == pytest.approx(100 * 30 / 31)
        assert found["open_base"] == pytest.approx(100 * (1 - 31 / 28))


def test_residual_of_a_known_wave():
    """The fifth harmonic has an amplitude of a tenth, so a standard deviation of 7% of the peak-to-peak of 2."""
    frames = np.arange(40)
    wave = np.cos(2 * np.pi * frames / 40) + 0.1 * np.cos(10 * np.pi * frames / 40)
    blood = np.tile(3 + wave, (2, 1))
    found = scan_signs(blood, 2 * blood, SPACING_MM, INTERVAL, None)
    expected = 100 * 0.1 * np.sqrt(40 / 2 / (40 - 7)) / np.ptp(wave)
    assert found["curve_residual"] == pytest.approx(expected)


def test_mass_that_doubles():
    heart = BLOOD + np.where(np.arange(12) == 6, 2, 1) * (BLOOD > 0)
    assert scan_signs(BLOOD, heart, SPACING_MM, INTERVAL, (0, 6))["mass_change"] == pytest.approx(100 * 1 / 1.5)


def test_what_cannot_be_assessed_is_missing(no_warnings):
    found = scan_signs(np.zeros((3, 12)), np.zeros((3, 12)), SPACING_MM, INTERVAL, None)
    assert np.isnan(list(found.values())).all()
    short = scan_signs(BLOOD[:, :4], HEART[:, :4], SPACING_MM, INTERVAL, (0, 3))
    assert np.isnan(short["curve_residual"]) and short["EDV"] > 0
    empty = scan_signs(np.zeros((3, 12)), np.zeros((3, 12)), SPACING_MM, INTERVAL, (0, 6))
    assert np.isnan(empty["EF"]) and empty["EDV"] == 0 and np.isnan(empty["short_axis"])
