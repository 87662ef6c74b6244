import math

import pytest
from scipy import stats

from murmur.comparison.effect_size import limits_of_g, noncentrality_limits, small_sample_factor


def test_factor_is_the_exact_one_of_hedges():
    # Hedges, J Educ Stat 1981;6:107, table 1: c(2) = 0.5642, c(10) = 0.9228, c(20) = 0.9619
    assert [small_sample_factor(df) for df in (2, 10, 20)] == pytest.approx([0.5642, 0.9228, 0.9619], abs=1e-4)
    assert math.isnan(small_sample_factor(1))


@pytest.mark.parametrize(("t", "df"), [(2.0, 10), (-3.2, 4.6), (0.0, 18)])
def test_limits_are_those_of_the_noncentral_t_of_scipy(t, df):
    low, high = noncentrality_limits(t, df, 0.05)
    assert stats.nct.cdf(t, df, low) == pytest.approx(0.975, abs=1e-6)
    assert stats.nct.cdf(t, df, high) == pytest.approx(0.025, abs=1e-6)


def test_limits_touch_zero_at_the_critical_value():
    t = stats.t.ppf(0.975, 7.3)
    assert limits_of_g(t, 7.3, 2.0, 4.0, 0.05)[0] == pytest.approx(0, abs=1e-9)


def test_limits_of_a_large_effect_are_finite():
    low, high = limits_of_g(150.0, 20000.0, 0.01, 1.0, 0.05)
    assert 1.4 < low < 1.5 < high < 1.6
