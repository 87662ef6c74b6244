"""Standardised differences: Hedges' g with exact limits, from the statistic of a contrast.

pingouin (`compute_esci`) and statsmodels (`effectsize_smd`) have approximate limits only, from a standard error, and no
degrees of freedom other than those of two groups of equal variance.
"""

import math

from scipy import special
from scipy.optimize import brentq

from murmur.comparison.modulus import scales


def small_sample_factor(df: float) -> float:
    """Return the factor by which Cohen's d is multiplied to remove its bias: exact, Hedges, J Educ Stat 1981;6:107."""
    if df <= 1:
        return math.nan
    return math.exp(special.gammaln(df / 2) - special.gammaln((df - 1) / 2) - math.log(df / 2) / 2)


def noncentrality_limits(t: float, df: float, alpha: float) -> tuple[float, float]:
    """Return the limits of the noncentrality parameter of a t statistic.

    Parameters
    ----------
    t, df : float
        The statistic and its degrees of freedom.
    alpha : float
        The limits have the level 1 - alpha.

    Returns
    -------
    tuple of float
        Values for which `t` is the quantile 1 - alpha / 2 or alpha / 2; 0 is between them iff |t| is below the
        critical value of the central t distribution. SciPy's noncentral t is NaN in its tails.

    References
    ----------
    Steiger and Fouladi, in Harlow et al. (eds), What if there were no significance tests?, 1997.
    """
    s, weights = scales(df)

    def excess(noncentrality: float, level: float) -> float:
        return float(weights @ special.ndtr(t * s - noncentrality)) - level

    least, most = t * s.min() - 10, t * s.max() + 10
    low, high = min(least, t * s.max() - 10), max(most, t * s.min() + 10)
    limits = [brentq(excess, low, high, args=(level,), xtol=1e-12) for level in (1 - alpha / 2, alpha / 2)]
    return float(limits[0]), float(limits[1])


def limits_of_g(t: float, df: float, se: float, sd: float, alpha: float) -> tuple[float, float]:
    """Return the limits of a true standardised difference.

    Parameters
    ----------
    t, df, se : float
        Statistic, degrees of freedom and standard error of the difference.
    sd : float
        Standardiser: the square root of the mean of the groups' variances.
    alpha : float
        Level of the test of the difference, corrected for its number: the limits exclude 0 iff it is significant.

    Returns
    -------
    tuple of float
        Lower and upper limit.

    Notes
    -----
    With unequal variances the pooled standard deviation is not that of any group, so that the mean of the variances is
    used, as recommended with Welch's test. With groups of equal size both are the same.

    References
    ----------
    Delacre et al., Why Hedges' g*s based on the non-pooled standard deviation should be reported with Welch's t-test,
    PsyArXiv 2021, doi 10.31234/osf.io/tu6mp.
    """
    low, high = noncentrality_limits(t, df, alpha)
    return low * se / sd, high * se / sd
