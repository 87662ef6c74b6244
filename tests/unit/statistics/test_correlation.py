import itertools
import math
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from murmur.statistics.correlation import pearson, spearman
from murmur.statistics.notes import note as worded

# The example of ci.spear in statpsych, the R package of D. G. Bonett.
Y = np.array([21, 4, 9, 12, 35, 18, 10, 22, 24, 1, 6, 8, 13, 16, 19.0])
X = np.array([67, 28, 30, 28, 52, 40, 25, 37, 44, 10, 14, 20, 28, 40, 51.0])


pytestmark = pytest.mark.usefixtures("no_warnings")


def test_spearman_as_bonett_gives_it():
    found = spearman(X, Y, 0.05)
    assert found["rho"] == pytest.approx(0.8699639, abs=5e-8)
    assert found["ci_low"] == pytest.approx(0.5840951, abs=5e-8)
    assert found["ci_high"] == pytest.approx(0.9638297, abs=5e-8)
    assert found["reasons"] == []


@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.2])
def test_against_closed_forms_and_pingouin(alpha):
    import pingouin

    n = len(X)
    ranks = [pd.Series(values).rank() for values in (X, Y)]
    for found, name, (x, y), inflation in (
        (pearson(X, Y, alpha), "r", (X, Y), lambda r: 1),
        (spearman(X, Y, alpha), "rho", ranks, lambda r: 1 + r**2 / 2),
    ):
        r = np.cov(x, y)[0, 1] / np.std(x, ddof=1) / np.std(y, ddof=1)
        half = stats.norm.isf(alpha / 2) * math.sqrt(inflation(r) / (n - 3))
        expected = {
            name: r,
            "p": 2 * stats.t.sf(r * math.sqrt((n - 2) / (1 - r**2)), n - 2),
            "ci_low": math.tanh(math.atanh(r) - half),
            "ci_high": math.tanh(math.atanh(r) + half),
        }
        assert list(found) == [*expected, "reasons"]
        for key, value in expected.items():
            assert found[key] == pytest.approx(value, rel=1e-8), (name, key)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        linear, ranked = (pingouin.corr(X, Y, method=method).iloc[0] for method in ("pearson", "spearman"))
    assert pearson(X, Y, alpha)["p"] == pytest.approx(linear["p_val"], rel=1e-8)
    assert spearman(X, Y, alpha)["p"] == pytest.approx(ranked["p_val"], rel=1e-8)
    found = pearson(X, Y, alpha)
    limits = pingouin.compute_esci(stat=found["r"], nx=n, ny=n, eftype="r", confidence=1 - alpha, decimals=12)
    assert [found["ci_low"], found["ci_high"]] == pytest.approx(list(limits), rel=1e-8)


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ([1, 2, 3], [10, 20, 30]),
        ([1, 2, 3, 4, 5], [2, 1, 4, 3, 5]),
        ([1, 2, 2, 4, 5, 5], [3, 3, 1, 2, 7, 9]),
        ([5, 1, 7, 3, 2, 6, 4], [1, 2, 3, 4, 5, 6, 7]),
    ],
)
def test_spearman_of_few_pairs_counts_all_permutations(x, y):
    x, y = stats.rankdata(x), stats.rankdata(y)
    observed = np.dot(x - x.mean(), y - y.mean())
    products = np.array([np.dot(x - x.mean(), order - y.mean()) for order in itertools.permutations(y)])
    tail = min(np.mean(products >= observed - 1e-9), np.mean(products <= observed + 1e-9))
    assert spearman(x, y, 0.05)["p"] == pytest.approx(min(1, 2 * tail), rel=1e-8)


def test_three_mice_in_the_same_order_prove_nothing():
    assert spearman(np.array([1.0, 2, 3]), np.array([4.0, 5, 9]), 0.05)["p"] == pytest.approx(1 / 3)


def test_values_that_differ_by_rounding_alone_share_a_rank():
    x = np.array([0.3 - 0.1, 0.2, 0.5, 0.7, 0.1, 0.9, 0.8, 0.6])
    y = np.array([3.0, 1, 4, 5, 2, 8, 7, 6])
    assert x[0] < x[1]
    assert spearman(x, y, 0.05) == spearman(np.array([0.2, *x[1:]]), y, 0.05)


@pytest.mark.parametrize("correlation", [pearson, spearman])
def test_what_is_missing_is_explained(correlation):
    def note(x, y):
        found = correlation(np.array(x, dtype=float), np.array(y, dtype=float), 0.05)
        reasons = found.pop("reasons")
        return [name for name, value in found.items() if math.isnan(value)], worded(reasons)

    name = "r" if correlation is pearson else "rho"
    everything, limits = [name, "p", "ci_low", "ci_high"], ["ci_low", "ci_high"]
    assert note([], []) == (everything, "0 pairs: correlations require 3")
    assert note([1], [2]) == (everything, "1 pair: correlations require 3")
    assert note([1, 2], [2, 3]) == (everything, "2 pairs: correlations require 3")
    assert note([1, 2, 3, 4], [7, 7, 7, 7]) == (everything, "one variable does not vary: no correlation")
    assert note([7, 7, 7, 7], [1, 2, 3, 4]) == (everything, "one variable does not vary: no correlation")
    assert note([1, 2, 3], [2, 3, 4]) == (limits, "3 pairs: confidence limits of correlations require 4")
    assert note([1, 2, 3], [2, 5, 4]) == (limits, "3 pairs: confidence limits of correlations require 4")
    whose = "Pearson's r" if correlation is pearson else "Spearman's rho"
    x = [0.1, 0.2, 0.3, 0.7, 1.1]
    assert note(x, [3 * value for value in x]) == (limits, f"{whose} is +1: no confidence limits for it")
    assert note(x, [-3 * value for value in x]) == (limits, f"{whose} is -1: no confidence limits for it")
    assert note([1, 2, 3, 4], [1, 3, 2, 4]) == ([], "")


def test_perfect_order_of_many_is_counted():
    x = np.arange(9.0)
    assert spearman(x, x**3, 0.05)["p"] == pytest.approx(2 / math.factorial(9), rel=1e-12)
    assert spearman(x, -x, 0.05)["p"] == pytest.approx(2 / math.factorial(9), rel=1e-12)
    x[1] = 0  # a tie in both: two of the permutations are the same order
    assert spearman(x, x**3, 0.05)["p"] == pytest.approx(4 / math.factorial(9), rel=1e-12)
    assert spearman(np.arange(200.0), np.arange(200.0), 0.05)["p"] == 0
