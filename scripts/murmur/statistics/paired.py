"""Tests of paired values, including the cases in which a test is undefined.

All functions return NaN, never a warning or an error, where a result is undefined.
"""

import math

import numpy as np
import scipy  # scipy.stats, which takes half a second to import, is imported when it is first used

NAN = math.nan


def constant(values: np.ndarray, scale: float | None = None) -> bool:
    """Return whether values do not vary, apart from rounding.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Values, none missing.
    scale : float, optional
        Magnitude of the values that these were computed from; a range below 1e-12 of it is rounding. Defaults to the
        largest absolute value.

    Returns
    -------
    bool
        True for fewer than two values.
    """
    scale = np.abs(values).max(initial=0) if scale is None else scale
    return len(values) < 2 or np.ptp(values) <= 1e-12 * scale


def without_rounding(values: np.ndarray, scale: float | None = None) -> np.ndarray:
    """Round values to about 1e-12 of their scale, so that equal values tie in ranks.

    Parameters
    ----------
    values : ndarray
        Values, none missing.
    scale : float, optional
        Magnitude of the values that these were computed from. Defaults to the largest absolute value.

    Returns
    -------
    ndarray
        Rounded values.

    Notes
    -----
    Differences of decimal numbers that should be equal differ in their last digits: 0.3 - 0.1 > 0.2.
    """
    scale = np.abs(values).max(initial=0) if scale is None else scale
    return np.round(values, 12 - math.ceil(math.log10(scale))) if scale > 0 else np.asarray(values)


def paired_test(differences: np.ndarray, alpha: float, scale: float) -> dict[str, float]:
    """Test whether the mean of paired differences is zero.

    Parameters
    ----------
    differences : ndarray, shape (pairs,)
        One per pair, none missing.
    alpha : float
        The confidence limits of the mean have the level 1 - alpha.
    scale : float
        Magnitude of the values subtracted; variation below 1e-12 of it is attributed to rounding.

    Returns
    -------
    dict of str to float
        mean, ci_low, ci_high; t, df and p of the paired t-test, NaN with fewer than two differences or without
        variation; wilcoxon_p of the signed-rank test, NaN where all differences are zero.

    Notes
    -----
    The signed-rank test drops zeros; it is exact for up to 50 other differences (13 with ties) and uses the normal
    approximation beyond.
    """
    n = len(differences)
    result = dict.fromkeys(("mean", "ci_low", "ci_high", "t", "df", "p", "wilcoxon_p"), NAN)
    if n:
        result["mean"] = float(np.mean(differences))
    if not constant(differences, scale):
        test = scipy.stats.ttest_1samp(differences, 0)
        interval = test.confidence_interval(1 - alpha)
        result |= {"ci_low": interval.low, "ci_high": interval.high}
        result |= {"t": test.statistic, "df": n - 1, "p": test.pvalue}
    ranked = without_rounding(differences, scale)
    ranked = ranked[ranked != 0]
    if n >= 2 and len(ranked):
        result["wilcoxon_p"] = scipy.stats.wilcoxon(ranked).pvalue
    return {name: float(value) for name, value in result.items()}


def holm(p: np.ndarray) -> np.ndarray:
    """Correct p-values for their number by Holm's method.

    Parameters
    ----------
    p : array_like, shape (tests,)
        p-values; NaN for tests that could not be run, which are not counted.

    Returns
    -------
    ndarray, shape (tests,)
        Corrected p-values, NaN where `p` is.

    Notes
    -----
    The multipletests of statsmodels gives the same numbers, but collects the garbage of the whole process in each call,
    which takes longer than the tests of a whole table, and its import takes half a second.

    References
    ----------
    Holm, Scand J Stat 1979;6:65.
    """
    p = np.asarray(p, dtype=float)
    corrected = np.full(len(p), NAN)
    given = np.flatnonzero(np.isfinite(p))
    ascending = given[np.argsort(p[given])]
    factors = np.arange(len(given), 0, -1)
    corrected[ascending] = np.minimum(np.maximum.accumulate(p[ascending] * factors), 1)
    return corrected
