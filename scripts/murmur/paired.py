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


def paired_test(differences: np.ndarray, alpha: float, scale: float) -> dict[str, float]:
    """Test whether the mean of paired `differences` is zero.

    Returns mean, its 1 - alpha confidence limits ci_low and ci_high, the paired t-test (t, df, p) and the p of
    Wilcoxon's signed-rank test (zero differences dropped; exact for up to 50 differences, permutation or normal
    approximation where there are ties). `scale` is the size of the values whose differences these are: below
    1e-12 of it, variation is rounding. With fewer than two differences, or differences that do not vary, there is
    no t-test; with nothing but zeros there is no signed-rank test.
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
    if n >= 2 and np.any(np.abs(differences) > 1e-12 * scale):
        result["wilcoxon_p"] = stats.wilcoxon(differences).pvalue
    return {name: float(value) for name, value in result.items()}


def spearman(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Return Spearman's rho and its p (t approximation) for pairs x, y without missing values."""
    if len(x) < 3 or constant(x) or constant(y):
        return NAN, NAN
    test = stats.spearmanr(x, y)
    return float(test.statistic), float(test.pvalue)


def holm(p: np.ndarray) -> np.ndarray:
    """Correct the p-values for their number by Holm's method (1979); missing ones do not count and stay missing."""
    p = np.asarray(p, dtype=float)
    corrected = np.full(len(p), NAN)
    given = np.isfinite(p)
    if given.any():
        corrected[given] = multipletests(p[given], method="holm")[1]
    return corrected
