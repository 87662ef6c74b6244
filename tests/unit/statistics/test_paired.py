import itertools
import math
import warnings

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from murmur.statistics.paired import constant, holm, paired_test, without_rounding


def test_holm_by_hand():
    # 0.01 x 4, 0.02 x 3, 0.03 x 2, then never below the one before; a missing value does not count.
    found = holm([0.03, math.nan, 0.01, 0.02, 0.04])
    assert found[[0, 2, 3, 4]] == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert math.isnan(found[1])
    assert np.isnan(holm([math.nan, math.nan])).all()
    assert len(holm([])) == 0


def test_holm_is_that_of_statsmodels():
    p = np.random.default_rng(0).choice(50, 30) / 200  # with ties
    assert holm(p).tolist() == multipletests(p, method="holm")[1].tolist()


def test_rounding_is_not_variation():
    assert constant(np.array([0.4 - 0.1, 0.5 - 0.2, 0.6 - 0.3]), 0.6)
    assert not constant(np.array([0.3, 0.3001]))
    assert constant(np.array([]))
    assert constant(np.zeros(3))


def test_without_rounding_only_the_last_digits_go():
    differences = np.array([65.61 - 65.6, 27.31 - 27.3, -(65.61 - 65.6)])
    assert differences[0] != differences[1]
    assert list(without_rounding(differences, 65.61)) == [0.01, 0.01, -0.01]
    for size in (1e-6, 1e-3, 1, 1e4):
        values = size * np.array([1 / 3, 1 / 3 + 1e-10])
        found = without_rounding(values)
        assert found == pytest.approx(values, rel=1e-11)
        assert found[0] != found[1]
    assert list(without_rounding(np.zeros(2))) == [0, 0]
    assert len(without_rounding(np.array([]))) == 0


def test_paired_test_of_small_integers():
    test = paired_test(np.array([1.0, 2, 3]), 0.05, 10)
    assert (test["mean"], test["df"]) == (2, 2)
    assert test["t"] == pytest.approx(2 * math.sqrt(3))
    assert test["ci_low"] == pytest.approx(2 - 4.302652729911275 / math.sqrt(3))
    assert test["wilcoxon_p"] == pytest.approx(0.25)


def signed_rank(differences):
    """Two-sided p of the signed-rank test by all the signs that the differences could have."""
    ranks = stats.rankdata(np.abs(differences))
    observed = ranks[differences > 0].sum()
    sums = np.array([np.dot(ranks, signs) for signs in itertools.product([0, 1], repeat=len(ranks))])
    return min(1, 2 * min(np.mean(sums >= observed - 1e-9), np.mean(sums <= observed + 1e-9)))


@pytest.mark.parametrize(
    "differences",
    [
        [1, 2, 3, 4, -5, 6, 7],
        [1, 1, 1, -1, 2, 2, -3, 5, 5, 5, 5, 5],  # ties
        [0, 0, 3, 1, -2, 4, 5],  # zeros
        [0, 0, 0, 3, 3, 1, -2, -2, 4],  # both
        [0, 4],
        [*range(1, 12), -12, 0, 0, 0],  # zeros among more than 13 that do not tie
    ],
)
def test_signed_rank_test_is_exact_for_few_differences(differences):
    differences = np.array(differences, dtype=float)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = paired_test(differences, 0.05, 10)["wilcoxon_p"]
    assert found == pytest.approx(signed_rank(differences[differences != 0]), rel=1e-8)


def test_signed_rank_test_ties_what_only_rounding_tells_apart():
    before, after = np.array([65.6, 27.3, 40.1, 51.0]), np.array([65.61, 27.31, 40.09, 51.3])
    found = paired_test(after - before, 0.05, 65.61)["wilcoxon_p"]
    assert found == pytest.approx(signed_rank(np.array([1.0, 1, -1, 30])), rel=1e-8)


def test_signed_rank_test_of_many_ties_is_normal():
    differences = np.array([1.0, 1, 1, 2, 2, -1, -2, 3, 3, 3, -3, 4, 5, 5, 5])
    ranks = stats.rankdata(np.abs(differences))
    z = (ranks[differences > 0].sum() - ranks.sum() / 2) / math.sqrt(np.sum(ranks**2) / 4)
    assert paired_test(differences, 0.05, 5)["wilcoxon_p"] == pytest.approx(2 * stats.norm.sf(abs(z)), rel=1e-8)
