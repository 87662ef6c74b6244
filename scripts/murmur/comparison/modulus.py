"""Correction of several comparisons by the studentized maximum modulus, as in Dunnett's T3 procedure.

m statistics t_i = z_i / s share the scale s, with s^2 distributed as chi-squared / df. If the z_i are independent,
P(max |t_i| > c) = 1 - E[(2 Phi(c s) - 1)^m]; if they are correlated, this is an upper limit (Sidak's inequality). SciPy
has the distribution of Tukey's range and of Dunnett's test, which assume equal variances, but not this one. Statistics
that share no group do not share a scale; they are corrected by Sidak's method.
"""

import math
from functools import lru_cache

import numpy as np
from scipy import special, stats
from scipy.optimize import brentq

STEPS = 400  # of the trapezoidal rule over log(s), which converges exponentially
TAIL = 1e-18


@lru_cache(maxsize=256)
def scales(df: float) -> tuple[np.ndarray, np.ndarray]:
    """Return values of s, where s^2 is chi-squared / df, and their weights, of sum 1."""
    ends = special.gammaincinv(df / 2, TAIL), special.gammainccinv(df / 2, TAIL)
    log = np.linspace(*np.log(2 / df * np.array(ends)), STEPS)
    density = df / 2 * (log - np.exp(log))
    weights = np.exp(density - density.max())
    return np.exp(log / 2), weights / weights.sum()


def adjusted_p(t: float, df: float, comparisons: int) -> float:
    """Return P(max |t_i| > |t|) over `comparisons` statistics with `df` degrees of freedom.

    Parameters
    ----------
    t : float
        The statistic.
    df : float
        Degrees of freedom, above 0.
    comparisons : int
        Number of comparisons m; 1 gives the two-sided p of the t-test.

    Returns
    -------
    float
        The corrected p.

    References
    ----------
    Dunnett, J Am Stat Assoc 1980;75:796 (T3). Stoline and Ury, Technometrics 1979;21:87 (tables).
    """
    if comparisons == 1:
        return float(2 * stats.t.sf(abs(t), df))
    s, weights = scales(df)
    outside = np.minimum(2 * special.ndtr(-abs(t) * s), 1 - 1e-16)  # one statistic, given s
    return float(weights @ -np.expm1(comparisons * np.log1p(-outside)))


def critical(alpha: float, df: float, comparisons: int) -> float:
    """Return the value c with P(max |t_i| > c) = alpha; limits of simultaneous intervals are estimate +- c SE.

    Parameters
    ----------
    alpha : float
        Level, between 0 and 1.
    df : float
        Degrees of freedom.
    comparisons : int
        Number of comparisons; 1 gives the quantile of the t distribution.

    Returns
    -------
    float
        The critical value.
    """
    least, most = (float(stats.t.isf(alpha / 2 / m, df)) for m in (1, comparisons))  # Bonferroni's is never smaller
    if comparisons == 1:
        return least
    bounds = least * 0.999, most * 1.001
    return float(brentq(lambda c: adjusted_p(c, df, comparisons) - alpha, *bounds, xtol=1e-12, rtol=1e-12))


def sidak(p: float, comparisons: float) -> float:
    """Return 1 - (1 - p)^m: the probability that the smallest of m independent p is below p.

    With 1 / m, it is the level of each of m tests of which any is significant with probability p. Sidak, J Am Stat
    Assoc 1967;62:626.
    """
    return -math.expm1(comparisons * math.log1p(-p)) if p < 1 else 1.0
