"""Limits of agreement: the interval that contains 95% of the differences between reader and reference."""

import math

import numpy as np
from scipy import stats

from murmur.statistics.animals import animal_means

Z = stats.norm.ppf(0.975)  # 95% of a normal distribution lies within 1.96 SD of the mean


def limits_of_agreement(differences: np.ndarray, sd_ddof: int, alpha: float) -> dict[str, float]:
    """Compute the 95% limits of agreement, mean ± 1.96 SD, with exact confidence limits.

    Parameters
    ----------
    differences : ndarray, shape (pairs,)
        reader - reference in the metric's unit; at least two.
    sd_ddof : int
        The SD of the limits divides by n - sd_ddof. Their confidence limits do not depend on it.
    alpha : float
        The confidence limits have the level 1 - alpha.

    Returns
    -------
    dict of str to float
        loa_low and loa_high, each with ..._ci_low and ..._ci_high, in the metric's unit.

    Notes
    -----
    The confidence limits are those of the two normal percentiles by the noncentral t distribution, for each limit
    separately. SciPy, statsmodels and pingouin do not provide them.

    References
    ----------
    Bland and Altman, Lancet 1986;327:307. Carkeet, Optom Vis Sci 2015;92:e71.
    """
    n = len(differences)
    mean, sd = np.mean(differences), np.std(differences, ddof=1)
    near, far = stats.nct.ppf([alpha / 2, 1 - alpha / 2], n - 1, Z * math.sqrt(n)) / math.sqrt(n) * sd
    half = Z * np.std(differences, ddof=sd_ddof)
    return {
        "loa_low": mean - half,
        "loa_low_ci_low": mean - far,
        "loa_low_ci_high": mean - near,
        "loa_high": mean + half,
        "loa_high_ci_low": mean + near,
        "loa_high_ci_high": mean + far,
    }


def limits_of_several_scans(
    differences: np.ndarray, animals: np.ndarray, sd_ddof: int, alpha: float
) -> dict[str, float]:
    """Compute the 95% limits of agreement of a single scan, where animals have several scans.

    Parameters
    ----------
    differences : ndarray, shape (scans,)
        reader - reference of each scan in the metric's unit.
    animals : ndarray of int, shape (scans,)
        Number of the animal of each scan, from 0: at least two animals, one of them with several scans.
    sd_ddof : int
        The variance between the n animals divides by n - sd_ddof. The confidence limits do not depend on it.
    alpha : float
        The confidence limits have the level 1 - alpha.

    Returns
    -------
    dict of str to float
        As from `limits_of_agreement`.

    Notes
    -----
    The true value may differ between the scans of an animal, so that the differences follow a one-way model with the
    animal as random effect. Their variance is that of the animals' means plus (1 - 1/h) times the variance within
    animals, where h is the harmonic mean of the numbers of scans; with equal numbers it equals the sum of the
    components of the analysis of variance. The limits lie at the mean of the animals' means ± 1.96 SD. Their confidence
    limits are recovered from those of the mean and of both variances (MOVER). statsmodels fits this model, but gives no
    limits of agreement.

    References
    ----------
    Bland and Altman, J Biopharm Stat 2007;17:571. Zou, Stat Methods Med Res 2013;22:630.
    """
    means, scans = animal_means(differences, animals), np.bincount(animals)
    n, df = len(means), len(differences) - len(means)
    within = np.sum((differences - means[animals]) ** 2) / df * (1 - np.mean(1 / scans))
    mean, between = np.mean(means), np.var(means, ddof=1)
    half = Z * math.sqrt(np.var(means, ddof=sd_ddof) + within)
    variance = between + within
    factors = np.array([[d / stats.chi2.ppf(p, d) - 1 for d in (n - 1, df)] for p in (1 - alpha / 2, alpha / 2)])
    below, above = np.sqrt(np.sum((factors * [between, within]) ** 2, axis=1))
    error = stats.norm.ppf(1 - alpha / 2) ** 2 * between / n
    near = math.hypot(math.sqrt(error), Z * (math.sqrt(variance) - math.sqrt(max(0, variance - below))))
    far = math.hypot(math.sqrt(error), Z * (math.sqrt(variance + above) - math.sqrt(variance)))
    low, high = mean - Z * math.sqrt(variance), mean + Z * math.sqrt(variance)
    return {
        "loa_low": mean - half,
        "loa_low_ci_low": low - far,
        "loa_low_ci_high": low + near,
        "loa_high": mean + half,
        "loa_high_ci_low": high - near,
        "loa_high_ci_high": high + far,
    }
