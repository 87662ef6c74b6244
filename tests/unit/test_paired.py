import math

import numpy as np
import pytest

from murmur.paired import constant, holm, paired_test, spearman


def test_holm_by_hand():
    # 0.01 x 4, 0.02 x 3, 0.03 x 2, then never below the one before; a missing value does not count.
    found = holm([0.03, math.nan, 0.01, 0.02, 0.04])
    assert found[[0, 2, 3, 4]] == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert math.isnan(found[1])
    assert np.isnan(holm([math.nan, math.nan])).all()
    assert len(holm([])) == 0


def test_rounding_is_not_variation():
    assert constant(np.array([0.4 - 0.1, 0.5 - 0.2, 0.6 - 0.3]), 0.6)
    assert not constant(np.array([0.3, 0.3001]))
    assert constant(np.array([]))
    assert constant(np.zeros(3))


def test_paired_test_of_small_integers():
    test = paired_test(np.array([1.0, 2, 3]), 0.05, 10)
    assert (test["mean"], test["df"]) == (2, 2)
    assert test["t"] == pytest.approx(2 * math.sqrt(3))
    assert test["ci_low"] == pytest.approx(2 - 4.302652729911275 / math.sqrt(3))
    assert test["wilcoxon_p"] == pytest.approx(0.25)


def test_spearman_needs_three_pairs_that_vary():
    assert spearman(np.array([1.0, 2, 3]), np.array([10.0, 30, 20]))[0] == pytest.approx(0.5)
    assert all(math.isnan(value) for value in spearman(np.array([1.0, 2]), np.array([1.0, 2])))
    assert all(math.isnan(value) for value in spearman(np.array([1.0, 2, 3]), np.ones(3)))
