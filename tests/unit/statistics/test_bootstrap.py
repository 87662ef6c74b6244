import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from murmur.statistics.bootstrap import BATCH, MIN_RESAMPLED, RESAMPLES, resample
from murmur.statistics.notes import annotate
from murmur.statistics.ranking import limits_of_mean, means, rank


@pytest.fixture(autouse=True)
def strict():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def bca(values, resampled, left_out, alpha):
    """The BCa limits by Efron and Tibshirani's equations 14.10, 14.14 and 14.15."""
    z0 = stats.norm.ppf(np.mean(resampled < values.mean()) / 2 + np.mean(resampled <= values.mean()) / 2)
    gap = left_out.mean() - left_out
    a = np.sum(gap**3) / (6 * np.sum(gap**2) ** 1.5)
    z = z0 + stats.norm.ppf([alpha / 2, 1 - alpha / 2])
    return np.quantile(resampled, stats.norm.cdf(z0 + z / (1 - a * z)))


@pytest.mark.parametrize("alpha", [0.05, 0.2])
def test_limits_of_a_mean_by_hand(alpha):
    values = np.random.default_rng(1).exponential(size=25)
    found = resample([values], lambda x, axis: x.mean(axis=axis), alpha)
    drawn = np.random.default_rng(0).integers(0, 25, (RESAMPLES, 25))
    resampled = np.array([values[mice].mean() for mice in drawn])
    np.testing.assert_allclose(found.distribution, resampled, rtol=1e-12)
    left_out = np.array([np.delete(values, mouse).mean() for mouse in range(25)])
    assert (found.low, found.high) == pytest.approx(tuple(bca(values, resampled, left_out, alpha)), rel=1e-8)
    assert found.bca


def test_paired_resamples_hold_the_same_mice():
    values = np.random.default_rng(2).normal(size=(2, 12))
    found = resample(list(values), means, 0.05, paired=True)
    drawn = np.random.default_rng(0).integers(0, 12, (RESAMPLES, 12))
    np.testing.assert_allclose(found.distribution, values[:, drawn].mean(axis=-1), rtol=1e-12, atol=1e-12)


def test_two_cohorts_are_resampled_by_themselves():
    random = np.random.default_rng(3)
    internal, external = random.exponential(size=9), random.exponential(size=5)
    found = resample([internal, external], lambda x, y, axis: y.mean(axis=axis) / x.mean(axis=axis), 0.05)
    random, ratios = np.random.default_rng(0), []
    for start in range(0, RESAMPLES, BATCH):
        size = min(BATCH, RESAMPLES - start)
        below = internal[random.integers(0, 9, (size, 9))].mean(axis=1)
        ratios.append(external[random.integers(0, 5, (size, 5))].mean(axis=1) / below)
    np.testing.assert_allclose(found.distribution, np.concatenate(ratios), rtol=1e-12)


def test_percentiles_where_bca_is_not_defined():
    # no resample has a larger maximum than the sample, and leaving out a mouse seldom changes it
    found = resample([np.array([1.0, 4, 4, 4])], lambda x, axis: x.max(axis=axis), 0.05)
    assert not found.bca
    assert (found.low, found.high) == (4, 4)


def test_limits_that_are_not_finite_are_missing():
    found = resample([np.array([0.0, 1]), np.array([0.0, 1])], lambda x, y, axis: y.mean(axis) / x.mean(axis), 0.05)
    assert np.isnan(found.low)
    assert np.isnan(found.high)


def readers(**values):
    return pd.DataFrame({name: np.asarray(column, dtype=float) for name, column in values.items()})


def test_best_in_every_mouse_is_best_for_sure():
    error = np.random.default_rng(4).uniform(1, 2, 20)
    for highest, best in ((False, "good"), (True, "bad")):
        table = rank(readers(bad=error + 0.5, good=error), highest, 0.05).set_index("reader")
        assert table.loc[best, ["rank", "rank_ci_low", "rank_ci_high", "probability_best"]].to_list() == [1, 1, 1, 1]
        assert table["probability_best"].sum() == 1
        assert table["rank"].sum() == 3


def test_equal_readers_share_a_rank_also_where_rounding_differs():
    error = np.random.default_rng(5).uniform(1, 2, 20)
    nearly = error * 1.1 / 1.1
    assert (nearly != error).any()
    table = rank(readers(a=error, b=nearly, c=error + 1), False, 0.05)
    assert table["rank"].to_list() == [1.5, 1.5, 3]
    assert table["rank_ci_low"].to_list() == table["rank_ci_high"].to_list() == [1.5, 1.5, 3]
    assert table["probability_best"].to_list() == [1, 1, 0]


def test_ranks_by_counting():
    values = np.random.default_rng(6).normal(size=(3, 15)) + np.array([[0.3], [0.2], [0]])
    table = rank(readers(a=values[0], b=values[1], c=values[2]), True, 0.1)
    drawn = np.random.default_rng(0).integers(0, 15, (RESAMPLES, 15))
    order = []
    for mice in drawn:
        score = [sum(reader[mice]) for reader in values]
        order.append([1 + sum(other > own for other in score) for own in score])
    order = np.sort(np.array(order), axis=0)
    assert table["probability_best"].to_list() == pytest.approx(np.mean(order == 1, axis=0))
    # the smallest rank with at least 5 % and 95 % of the resamples at or below it
    assert table["rank_ci_low"].to_list() == order[int(np.ceil(0.05 * RESAMPLES)) - 1].tolist()
    assert table["rank_ci_high"].to_list() == order[int(np.ceil(0.95 * RESAMPLES)) - 1].tolist()
    for reader, row in zip(values, table.itertuples(), strict=True):
        half = stats.t.isf(0.05, 14) * reader.std(ddof=1) / np.sqrt(15)
        limits = reader.mean() - half, reader.mean() + half
        assert (row.mean_ci_low, row.mean_ci_high) == pytest.approx(limits, rel=1e-8)
    assert table["reasons"].to_list() == [[], [], []]


def test_limits_of_a_rank_are_ranks_that_occurred():
    worse, better = sorted(np.random.default_rng(7).normal(size=(2, 15)), key=np.mean)
    values = readers(worse=worse, better=better)
    first = rank(values, True, 0.05)["probability_best"][0] * RESAMPLES
    assert 1 < first < RESAMPLES / 2
    # the limit lies between the last resample that ranks the worse reader first and the next one
    assert rank(values, True, 2 * (first - 0.5) / (RESAMPLES - 1))["rank_ci_low"][0] == 1


def test_what_cannot_be_said_is_missing_with_a_reason():
    none = annotate(rank(readers(a=[], b=[]), True, 0.05))
    assert none["n"].to_list() == [0, 0]
    assert none["note"].unique() == "none was measured by all readers"
    one = annotate(rank(readers(a=[0.5], b=[0.7]), True, 0.05))
    assert one["rank"].to_list() == [2, 1]
    assert one[["mean_ci_low", "rank_ci_low", "probability_best"]].isna().all(axis=None)
    few = f"ranks over resamples require {MIN_RESAMPLED}"
    assert one["note"].unique() == f"n = 1: no confidence limits; n = 1: {few}"
    same = annotate(rank(readers(a=[0.0, 0, 0], b=[1.0, 2, 3]), False, 0.05))
    assert same["mean_ci_low"].isna().to_list() == [True, False]
    assert same["note"].to_list() == [
        f"the value does not vary: no confidence limits of the mean; n = 3: {few}",
        f"n = 3: {few}",
    ]
    assert same[["probability_best", "rank_ci_high"]].isna().all(axis=None)
    assert same["rank"].to_list() == [1, 2]


@pytest.mark.parametrize("n", [MIN_RESAMPLED - 1, MIN_RESAMPLED])
def test_ranks_are_resampled_from_enough_mice(n):
    table = rank(readers(a=np.arange(n), b=np.arange(n) + 1.5), False, 0.05)
    assert table["probability_best"].notna().all() == (n == MIN_RESAMPLED)
    assert table["mean_ci_low"].notna().all()


def test_limits_of_a_mean_error_are_those_of_its_logarithm():
    """Delta method: the standard error of the logarithm is the relative standard error; errors 1, 2 and 6."""
    low, high, reasons = limits_of_mean(np.array([1.0, 2, 6]), 0.1, errors=True)
    relative = np.std([1, 2, 6], ddof=1) / np.sqrt(3) / 3
    half = stats.t.isf(0.05, 2) * relative
    assert (low, high, reasons) == (pytest.approx(3 * np.exp(-half)), pytest.approx(3 * np.exp(half)), [])
    assert limits_of_mean(np.array([1.0, 2, 6]), 0.1, errors=False)[0] < 0 < low
    two = annotate(rank(readers(a=[1, 2], b=[3, 3]), False, 0.05))
    assert two["note"][0].startswith("n = 2: confidence limits of a mean error require 3")
    assert two[["mean_ci_low", "mean_ci_high"]].isna().all(axis=None)
