"""How well a reader did on each mouse, and which of several is best: ranks of their means over resampled mice."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import stats

from murmur.statistics.bootstrap import MIN_RESAMPLED, resample
from murmur.statistics.dice_anova import dice_by_cell
from murmur.statistics.notes import Reason, mice, reason
from murmur.statistics.paired import constant
from murmur.vocabulary import METRICS, STRUCTURES

COLUMNS = ["reader", "n", "mean", "mean_ci_low", "mean_ci_high"]
COLUMNS += ["rank", "rank_ci_low", "rank_ci_high", "probability_best", "note", "reasons"]


def mean_dice(overlap: pd.DataFrame) -> pd.DataFrame:
    """Return Dice with one row per mouse and one column per structure: the mean of ED and ES.

    `overlap` has the columns mouse, phase, structure, dice. Missing unless the mouse has both phases.
    """
    cells = dice_by_cell(overlap)
    return pd.DataFrame({name: cells.xs(name, axis=1, level=1).mean(axis=1, skipna=False) for name in STRUCTURES})


def absolute_errors(function: pd.DataFrame) -> pd.DataFrame:
    """Return |reader - reference| in the metric's unit, one row per mouse, one column per metric in `function`.

    Missing where the reader or the reference is; zero where they differ by rounding alone.
    """
    reference, reader = function["reference"].astype(float), function["reader"].astype(float)
    error = (reader - reference).abs()
    error = error.mask(error <= 1e-12 * np.maximum(reference.abs(), reader.abs()), 0.0)
    wide = function.assign(error=error).pivot(index="mouse", columns="metric", values="error")
    return wide.reindex(index=function["mouse"].unique(), columns=[name for name in METRICS if name in wide])


def by_reader(scores: Mapping[str, pd.DataFrame], quantity: object) -> pd.DataFrame:
    """Return the column `quantity` of each reader's `scores` side by side: one row per mouse, one column per reader.

    Only mice that at least one of the readers has; a reader without the quantity is missing for all of them.
    """
    columns = {name: table[quantity] for name, table in scores.items() if quantity in table}
    table = pd.concat(columns, axis=1, sort=False) if columns else pd.DataFrame()
    return table.reindex(columns=list(scores)).astype(float).dropna(how="all")


def means(*samples: np.ndarray, axis: int) -> np.ndarray:
    """Return the mean of each sample along `axis`; the samples come first in the result."""
    return np.stack([sample.mean(axis=axis) for sample in samples])


def ranks(values: np.ndarray, highest: bool, scale: float) -> np.ndarray:
    """Rank `values` along the first axis; 1 is the highest, or the lowest; ties share the mean rank.

    What differs by less than 1e-12 of `scale` is a tie: it is rounding.
    """
    return stats.rankdata(np.round(values / (-scale if highest else scale), 12), axis=0)


def rank(values: pd.DataFrame, highest: bool, alpha: float) -> pd.DataFrame:
    """Return COLUMNS, one row per reader, `note` not yet in words, from the values of mice that all readers have.

    Parameters
    ----------
    values
        One row per mouse, one column per reader, none missing.
    highest
        Whether a high value is a good one.
    alpha
        mean_ci are the 1 - alpha limits of the mean by the t distribution, rank_ci those of the rank.

    Returns
    -------
    pd.DataFrame
        rank_ci and probability_best come from at least `bootstrap.MIN_RESAMPLED` mice, resampled together for all
        readers: the percentiles of the rank, each a rank that occurred, and the share of resamples in which the reader
        is best, alone or jointly. That share is no test: where readers are alike, it is above 0.975 in more than
        5% of studies (docs/statistics.md).
    """
    n = len(values)
    table = pd.DataFrame({"reader": values.columns, "n": n}).reindex(columns=COLUMNS).astype({"reasons": object})
    if n == 0:
        return table.assign(reasons=[[reason("no_mouse_by_all")]] * len(table))
    samples = list(values.to_numpy().T)
    scale = np.abs(samples).max() or 1.0
    table["mean"] = means(*samples, axis=-1)
    table["rank"] = ranks(table["mean"].to_numpy(), highest, scale)
    reasons: list[list[Reason]] = [[] for _ in samples]
    for row, sample in enumerate(samples):
        if n == 1 or constant(sample):
            reasons[row].append(reason("one_mouse_no_limits" if n == 1 else "values_constant"))
        else:
            limits = stats.ttest_1samp(sample, 0).confidence_interval(1 - alpha)
            table.loc[row, ["mean_ci_low", "mean_ci_high"]] = limits.low, limits.high
    if n < MIN_RESAMPLED:
        few = reason("too_few_for_ranks", mice(n), MIN_RESAMPLED)
        return table.assign(reasons=[[*found, few] for found in reasons])
    resampled = ranks(resample(samples, means, alpha, paired=True).distribution, highest, scale)
    limits = np.quantile(resampled, [alpha / 2, 1 - alpha / 2], axis=1, method="inverted_cdf")
    table["rank_ci_low"], table["rank_ci_high"] = limits
    table["probability_best"] = np.mean(resampled == resampled.min(axis=0), axis=1)
    return table.assign(reasons=reasons)
