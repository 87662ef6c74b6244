"""Confidence limits by resampling mice (Efron and Tibshirani, An Introduction to the Bootstrap, 1993)."""

import warnings
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from scipy import stats

RESAMPLES = 9999
MIN_RESAMPLED = 10  # of fewer, resamples vary clearly less than new mice would
BATCH = 1000  # resamples at a time: bounds the memory, and is faster than all at once


class Resampled(NamedTuple):
    """The confidence limits of a statistic, and its value in every resample."""

    low: np.ndarray  # shape of the statistic, missing where not finite
    high: np.ndarray
    bca: np.ndarray  # where the limits are BCa; elsewhere they are percentiles
    distribution: np.ndarray  # axes (statistic, resample)


def resample(samples: Sequence[np.ndarray], statistic: Callable, alpha: float, paired: bool = False) -> Resampled:
    """Resample mice and return the confidence limits of a statistic.

    Parameters
    ----------
    samples
        Each with at least two mice.
    statistic
        Takes the samples and `axis`, along which it works.
    alpha
        The limits are 1 - alpha, bias-corrected and accelerated (BCa) where these are defined and finite, else
        percentiles.
    paired
        Whether each resample has the same mice in all samples.

    Notes
    -----
    The generator starts from the same seed, so the same samples give the same limits.
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
