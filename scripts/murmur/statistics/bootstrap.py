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
    """Resample the mice of `samples`, each with at least two of them, and return 1 - alpha confidence limits.

    `statistic` takes the samples and `axis`, along which it works. With `paired` each resample has the same mice in
    all samples. The limits are bias-corrected and accelerated (BCa) where these are defined and finite, else
    percentiles. The generator starts anew, so the same samples give the same limits.
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
