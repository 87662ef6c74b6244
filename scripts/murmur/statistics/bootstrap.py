"""Confidence limits obtained by resampling mice."""

import warnings
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from scipy import stats

RESAMPLES = 9999
MIN_RESAMPLED = 10  # mice; resamples of fewer vary clearly less than new samples would
BATCH = 1000  # resamples per batch: limits memory, and is faster than all at once


class Resampled(NamedTuple):
    """Confidence limits of a statistic and its bootstrap distribution."""

    low: np.ndarray  # shape of the statistic; NaN where not finite
    high: np.ndarray
    bca: np.ndarray  # True where the limits are BCa, False where they are percentiles
    distribution: np.ndarray  # axes (statistic, resample)


def resample(samples: Sequence[np.ndarray], statistic: Callable, alpha: float, paired: bool = False) -> Resampled:
    """Bootstrap mice and return the confidence limits of a statistic.

    Parameters
    ----------
    samples : sequence of ndarray, shape (mice,)
        At least two mice each, none missing.
    statistic : callable
        Called as ``statistic(*samples, axis=...)``; reduces the given axis.
    alpha : float
        The limits have the level 1 - alpha: bias-corrected and accelerated (BCa) where these are defined and finite,
        percentiles elsewhere.
    paired : bool
        Whether each resample holds the same mice in all samples; these then have the same length.

    Returns
    -------
    Resampled
        Limits in the unit of the statistic, and its distribution over RESAMPLES resamples.

    Notes
    -----
    The generator always starts from the same seed, so that the same samples give the same limits.

    References
    ----------
    Efron and Tibshirani, An Introduction to the Bootstrap, 1993.
    """
    settings = {"paired": paired, "axis": -1, "vectorized": True, "confidence_level": 1 - alpha, "batch": BATCH}
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", stats.DegenerateDataWarning)
        found = stats.bootstrap(
            samples, statistic, n_resamples=RESAMPLES, method="BCa", rng=np.random.default_rng(0), **settings
        )
        limits = np.array(found.confidence_interval)
        bca = np.isfinite(limits).all(axis=0)
        if not bca.all():
            percentile = stats.bootstrap(
                samples, statistic, n_resamples=0, bootstrap_result=found, method="percentile", **settings
            )
            limits = np.where(bca, limits, percentile.confidence_interval)
        limits = np.where(np.isfinite(limits).all(axis=0), limits, np.nan)
    return Resampled(*limits, bca, found.bootstrap_distribution)
