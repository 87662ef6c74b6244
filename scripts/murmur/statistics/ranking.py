"""Error of each reader in each mouse, and the ranking of readers by their means over resampled mice."""

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import stats

from murmur.statistics.bootstrap import MIN_RESAMPLED, resample
from murmur.statistics.dice_cells import dice_by_cell
from murmur.statistics.notes import Reason, reason
from murmur.statistics.paired import NAN, constant
from murmur.vocabulary import METRICS, STRUCTURES

MIN_ERRORS = 3  # mice; the interval of a mean error of two is of no use
COLUMNS = ["reader", "n", "mean", "mean_ci_low", "mean_ci_high"]
COLUMNS += ["rank", "rank_ci_low", "rank_ci_high", "probability_best", "note", "reasons"]


def mean_dice(overlap: pd.DataFrame) -> pd.DataFrame:
    """Average Dice over ED and ES.

    Parameters
    ----------
    overlap : DataFrame
        Columns mouse, phase, structure, dice.

    Returns
    -------
    DataFrame
        One row per mouse, one column per structure; NaN unless the mouse has both phases.
    """
    cells = dice_by_cell(overlap)
    return pd.DataFrame({name: cells.xs(name, axis=1, level=1).mean(axis=1, skipna=False) for name in STRUCTURES})


def absolute_errors(function: pd.DataFrame) -> pd.DataFrame:
    """Compute |reader - reference| of each metric.

    Parameters
    ----------
    function : DataFrame
        Columns mouse, metric, reference, reader.

    Returns
    -------
    DataFrame
        One row per mouse, one column per metric in `function`, in the metric's unit. NaN where either value is missing;
        differences below 1e-12 of the values are rounding, and set to zero.
    """
    reference, reader = function["reference"].astype(float), function["reader"].astype(float)
    error = (reader - reference).abs()
    error = error.mask(error <= 1e-12 * np.maximum(reference.abs(), reader.abs()), 0.0)
    wide = function.assign(error=error).pivot(index="mouse", columns="metric", values="error")
    return wide.reindex(index=function["mouse"].unique(), columns=[name for name in METRICS if name in wide])


def by_reader(scores: Mapping[str, pd.DataFrame], quantity: object) -> pd.DataFrame:
    """Collect one quantity of all readers.

    Parameters
    ----------
    scores : mapping of str to DataFrame
        One row per mouse and one column per quantity, by reader.
    quantity : hashable
        The column.

    Returns
    -------
    DataFrame
        One row per mouse that at least one reader has, one column per reader; NaN where missing.
    """
    columns = {name: table[quantity] for name, table in scores.items() if quantity in table}
    table = pd.concat(columns, axis=1, sort=False) if columns else pd.DataFrame()
    return table.reindex(columns=list(scores)).astype(float).dropna(how="all")


def means(*samples: np.ndarray, axis: int) -> np.ndarray:
    """Return the means of several samples, as the bootstrap takes a statistic.

    Parameters
    ----------
    *samples : ndarray
        Samples of the same shape.
    axis : int
        Axis of the mice.

    Returns
    -------
    ndarray
        The first axis is the sample, followed by the axes of the samples without `axis`.
    """
    return np.stack([sample.mean(axis=axis) for sample in samples])


def ranks(values: np.ndarray, highest: bool, scale: float) -> np.ndarray:
    """Rank values along the first axis.

    Parameters
    ----------
    values : ndarray, shape (readers, ...)
        Values to rank.
    highest : bool
        Whether rank 1 is the highest value, otherwise the lowest.
    scale : float
        Magnitude of the values; differences below 1e-12 of it are rounding, and count as ties.

    Returns
    -------
    ndarray, shape (readers, ...)
        Ranks; ties share their mean rank.
    """
    return stats.rankdata(np.round(values / (-scale if highest else scale), 12), axis=0)


def limits_of_mean(values: np.ndarray, alpha: float, errors: bool) -> tuple[float, float, list[Reason]]:
    """Compute confidence limits of the mean of mice.

    Parameters
    ----------
    values : ndarray, shape (mice,)
        One value per mouse, none missing; at least one.
    alpha : float
        The limits have the level 1 - alpha.
    errors : bool
        Whether the values are errors, which are not negative and skewed.

    Returns
    -------
    low, high : float
        Limits in the unit of the values; NaN where undefined.
    reasons : list of Reason
        Why they are undefined; otherwise empty.

    Notes
    -----
    The mean is referred to the t distribution, that of errors on a logarithmic scale (delta method, as in
    `cohort_comparison`): its limits are not below zero, and include the mean of skewed errors more often
    (docs/statistics.md).
    """
    n = len(values)
    if n == 1:
        return NAN, NAN, [reason("one_mouse_no_limits")]
    if constant(values):
        return NAN, NAN, [reason("values_constant")]
    if not errors:
        return *stats.ttest_1samp(values, 0).confidence_interval(1 - alpha), []
    if n < MIN_ERRORS:
        return NAN, NAN, [reason("too_few_errors", f"n = {n}", MIN_ERRORS)]
    factor = math.exp(stats.t.isf(alpha / 2, n - 1) * stats.sem(values) / values.mean())
    return values.mean() / factor, values.mean() * factor, []


def rank(values: pd.DataFrame, highest: bool, alpha: float) -> pd.DataFrame:
    """Rank readers by their means over mice.

    Parameters
    ----------
    values : DataFrame, shape (mice, readers)
        One row per mouse, one column per reader, none missing.
    highest : bool
        Whether high values are good; otherwise they are errors.
    alpha : float
        mean_ci (`limits_of_mean`) and rank_ci have the level 1 - alpha.

    Returns
    -------
    DataFrame
        COLUMNS, one row per reader; `note` is empty and `reasons` holds lists of reasons.

    Notes
    -----
    rank_ci and probability_best require at least `bootstrap.MIN_RESAMPLED` mice, resampled jointly for all readers.
    They are percentiles of the rank, each a rank that occurred, and the share of resamples in which the reader is best,
    possibly tied. That share is no test: among equal readers it exceeds 0.975 in more than 5% of studies
    (docs/statistics.md).
    """
    n = len(values)
    table = pd.DataFrame({"reader": values.columns, "n": n}).reindex(columns=COLUMNS).astype({"reasons": object})
    if n == 0:
        return table.assign(reasons=[[reason("no_mouse_by_all")]] * len(table))
    samples = list(values.to_numpy().T)
    scale = np.abs(samples).max() or 1.0
    table["mean"] = means(*samples, axis=-1)
    table["rank"] = ranks(table["mean"].to_numpy(), highest, scale)
    low, high, reasons = zip(*(limits_of_mean(sample, alpha, errors=not highest) for sample in samples), strict=True)
    table["mean_ci_low"], table["mean_ci_high"] = low, high
    if n < MIN_RESAMPLED:
        few = reason("too_few_for_ranks", f"n = {n}", MIN_RESAMPLED)
        return table.assign(reasons=[[*found, few] for found in reasons])
    resampled = ranks(resample(samples, means, alpha, paired=True).distribution, highest, scale)
    limits = np.quantile(resampled, [alpha / 2, 1 - alpha / 2], axis=1, method="inverted_cdf")
    table["rank_ci_low"], table["rank_ci_high"] = limits
    table["probability_best"] = np.mean(resampled == resampled.min(axis=0), axis=1)
    return table.assign(reasons=reasons)
