"""Ridge regression against least squares, its closed form, and what leaving groups out means."""

import numpy as np
import pytest

from murmur.quality.ridge import best_penalty, left_out, ridge


def test_without_penalty_it_is_least_squares():
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(50, 3)), rng.normal(size=50)
    intercept, coefficients = ridge(x, y, 0.0)
    expected = np.linalg.lstsq(np.column_stack([np.ones(50), x]), y, rcond=None)[0]
    assert [intercept, *coefficients] == pytest.approx(expected.tolist())


def test_penalty_shrinks_as_in_the_closed_form():
    x = np.array([[-1.0], [0.0], [1.0]])
    assert ridge(x, 3 * x[:, 0], 2.0)[1] == pytest.approx([3 * 2 / (2 + 2)])


def test_groups_are_left_out_with_all_their_rows():
    """Two rows of a group with the same variables cannot tell on each other."""
    x = np.repeat(np.eye(4), 2, axis=0)
    y = np.repeat([1.0, 2.0, 3.0, 4.0], 2)
    residuals = left_out(x, y, np.repeat(range(4), 2), 1.0)
    assert np.abs(residuals).min() > 0.3


def test_chosen_penalty_has_the_smallest_error_in_groups_that_were_left_out():
    rng = np.random.default_rng(2)
    x, groups = rng.normal(size=(40, 2)), np.arange(40) // 2
    for signal, best in ((1.0, 1.0), (0.0, 1000.0)):
        y = signal * x[:, 0] + 0.1 * rng.normal(size=40)
        penalty, residuals = best_penalty(x, y, groups, (1.0, 1000.0))
        assert penalty == best
        np.testing.assert_array_equal(residuals, left_out(x, y, groups, penalty))
