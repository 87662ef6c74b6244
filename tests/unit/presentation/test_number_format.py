"""Numbers in print: p values must not be rounded to another side of a level of significance."""

import pytest

from murmur.presentation.number_format import coefficient, p_at_least, p_is


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


@pytest.mark.parametrize(("p", "printed"), [(0.7877, "0.788"), (0.1417, "0.142"), (0.0499, "0.0499")])
def test_the_least_p_has_the_digits_of_the_tables(p, printed):
    assert p_at_least(p) == f"smallest {p_is(p)}" == f"smallest p = {printed}"
    assert p_at_least(0.9996) == "smallest p > 0.999"


@pytest.mark.parametrize(
    ("value", "printed"),
    [(1.0, "1.00"), (0.9949, "0.99"), (0.9951, "0.995"), (0.99951, ">0.999"), (-0.9951, "−0.995"), (-0.3, "−0.30")],
)
def test_a_coefficient_below_1_is_not_printed_as_1(value, printed):
    assert coefficient(value) == printed
