"""Tests on paired values, and the cases in which a test says nothing.

Every function returns a missing value, never a warning or an error, where its answer is not defined.
"""

import math

import numpy as np
from scipy import stats
from statsmodels.stats.multitest import multipletests

NAN = math.nan


def constant(values: np.ndarray, scale: float | None = None) -> bool:
    """Say whether `values` do not vary, but for rounding relative to `scale` (default: the largest of them)."""
    scale = np.abs(values).max(initial=0) if scale is None else scale
    return len(values) < 2 or np.ptp(values) <= 1e-12 * scale


def without_rounding(values: np.ndarray, scale: float | None = None) -> np.ndarray:
    """Round `values` to about 1e-12 of `scale` (default: the largest of them), so that equal values tie in ranks.

    Differences of decimal numbers that should be equal differ in their last digits: 0.3 - 0.1 > 0.2.
    """
    scale = np.abs(values).max(initial=0) if scale is None else scale
    return np.round(values, 12 - math.ceil(math.log10(scale))) if scale > 0 else np.asarray(values)


def paired_test(differences: np.ndarray, alpha: float, scale: float) -> dict[str, float]:
    """Test whether the mean of paired differences is zero.

    Parameters
    ----------
    differences
        One per pair, none missing.
    alpha
        The confidence limits of the mean are 1 - alpha.
    scale
        Size of the values whose differences these are; variation below 1e-12 of it is rounding.

    Returns
    -------
    dict
        mean, ci_low, ci_high; t, df and p of the paired t-test, missing with fewer than two differences or where they
        do not vary; wilcoxon_p of the signed-rank test, missing where all are zero (zeros dropped; exact for up to 50
        others, with ties up to 13, else by the normal approximation).
    """
    n = len(differences)
    result = dict.fromkeys(("mean", "ci_low", "ci_high", "t", "df", "p", "wilcoxon_p"), NAN)
    if n:
        result["mean"] = float(np.mean(differences))
    if not constant(differences, scale):
        test = stats.ttest_1samp(differences, 0)
        interval = test.confidence_interval(1 - alpha)
        result |= {"ci_low": interval.low, "ci_high": interval.high}
        result |= {"t": test.statistic, "df": n - 1, "p": test.pvalue}
    ranked = without_rounding(differences, scale)
    ranked = ranked[ranked != 0]
    if n >= 2 and len(ranked):
        result["wilcoxon_p"] = stats.wilcoxon(ranked).pvalue
    return {name: float(value) for name, value in result.items()}


def holm(p: np.ndarray) -> np.ndarray:
    """Correct the p-values for their number by Holm's method (1979); missing ones do not count and stay missing."""
    p = np.asarray(p, dtype=float)
    corrected = np.full(len(p), NAN)
    given = np.isfinite(p)
    if given.any():
        corrected[given] = multipletests(p[given], method="holm")[1]
    return corrected
