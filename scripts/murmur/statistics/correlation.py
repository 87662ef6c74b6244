"""Correlation of paired values, with its p-value and confidence limits."""

import math

import numpy as np
from scipy import stats

from murmur.statistics.notes import Reason, reason
from murmur.statistics.paired import NAN, constant, without_rounding

EXHAUSTIVE = 7  # pairs up to which all permutations are enumerated: 7! is below the 9999 that SciPy draws


def pearson(x: np.ndarray, y: np.ndarray, alpha: float) -> dict[str, object]:
    """Compute Pearson's correlation coefficient.

    Parameters
    ----------
    x, y : ndarray, shape (pairs,)
        Paired values, none missing.
    alpha : float
        The confidence limits have the level 1 - alpha.

    Returns
    -------
    dict
        r, its p (t distribution), ci_low and ci_high (Fisher's z), NaN where undefined, and `reasons` for missing
        values.
    """
    result = dict.fromkeys(("r", "p", "ci_low", "ci_high"), NAN)
    if reasons := _undefined(x, y):
        return result | {"reasons": reasons}
    test = stats.pearsonr(x, y)
    result |= {"r": float(test.statistic), "p": float(test.pvalue)}
    if reasons := _unlimited(test.statistic, len(x), "Pearson's r"):
        return result | {"reasons": reasons}
    low, high = test.confidence_interval(1 - alpha)
    return result | {"ci_low": float(low), "ci_high": float(high), "reasons": []}


def spearman(x: np.ndarray, y: np.ndarray, alpha: float) -> dict[str, object]:
    """Compute Spearman's rank correlation coefficient.

    Parameters
    ----------
    x, y : ndarray, shape (pairs,)
        Paired values, none missing.
    alpha : float
        The confidence limits have the level 1 - alpha.

    Returns
    -------
    dict
        rho, p, ci_low and ci_high, NaN where undefined, and `reasons` for missing values.

    Notes
    -----
    For up to EXHAUSTIVE pairs p is exact, from all permutations (the t distribution would give p = 0 for three mice in
    the same order). For more pairs it is based on the t distribution, except for rho = ±1, where that would give 0:
    there it is the share of permutations that are as extreme, in both directions. The confidence limits are Fisher's z
    with the standard error sqrt((1 + rho^2 / 2) / (n - 3)); that of Fieller, Hartley and Pearson, sqrt(1.06 / (n - 3)),
    is narrower for |rho| above 0.35. SciPy, statsmodels and pingouin offer neither an exact p with ties nor these
    limits.

    References
    ----------
    Bonett and Wright, Psychometrika 2000;65:23. Fieller, Hartley and Pearson, Biometrika 1957;44:470.
    """
    x, y = without_rounding(x), without_rounding(y)
    result = dict.fromkeys(("rho", "p", "ci_low", "ci_high"), NAN)
    if reasons := _undefined(x, y):
        return result | {"reasons": reasons}
    n = len(x)
    rho, p = stats.spearmanr(x, y)
    if n <= EXHAUSTIVE:
        p = stats.pearsonr(stats.rankdata(x), stats.rankdata(y), method=stats.PermutationMethod()).pvalue
    elif 1 - abs(rho) <= 1e-12:
        ties = [math.factorial(count) for count in np.unique(x, return_counts=True)[1]]
        p = 2 * math.prod(ties) / math.factorial(n)
    result |= {"rho": float(rho), "p": float(p)}
    if reasons := _unlimited(rho, n, "Spearman's rho"):
        return result | {"reasons": reasons}
    half = stats.norm.ppf(1 - alpha / 2) * math.sqrt((1 + rho**2 / 2) / (n - 3))
    low, high = np.tanh(np.arctanh(rho) + np.array([-half, half]))
    return result | {"ci_low": float(low), "ci_high": float(high), "reasons": []}


def _undefined(x: np.ndarray, y: np.ndarray) -> list[Reason]:
    """Return why the correlation of x and y is undefined; empty if it is defined."""
    if len(x) < 3:
        return [reason("too_few_for_correlation", f"{len(x)} {'pair' if len(x) == 1 else 'pairs'}")]
    return [reason("side_constant")] if constant(x) or constant(y) else []


def _unlimited(coefficient: float, n: int, name: str) -> list[Reason]:
    """Return why Fisher's z gives no confidence limits; empty if it does."""
    if n == 3:
        return [reason("too_few_for_limits")]
    return [reason("perfect_correlation", name, float(round(coefficient)))] if 1 - abs(coefficient) <= 1e-12 else []
