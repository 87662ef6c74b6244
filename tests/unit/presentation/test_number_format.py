"""Numbers in print: p values must not be rounded to another side of a level of significance."""

import pytest

from murmur.presentation.number_format import p_at_least, p_is


@pytest.mark.parametrize(
    ("p", "printed"),
    [
        (0.0496, "p = 0.0496"),
        (0.04999, "p = 0.0499"),
        (0.0494, "p = 0.049"),
        (0.05, "p = 0.050"),
        (0.0098, "p = 0.0098"),
        (0.0004, "p < 0.001"),
        (0.9996, "p > 0.999"),
    ],
)
def test_rounding_does_not_reach_a_level_of_significance(p, printed):
    assert p_is(p) == printed


@pytest.mark.parametrize(("p", "printed"), [(0.7877, "p ≥ 0.787"), (0.1417, "p ≥ 0.141"), (0.9996, "p > 0.999")])
def test_a_lower_bound_of_p_is_rounded_down(p, printed):
    assert p_at_least(p) == printed
