"""Linear mixed model of repeated sessions: a mean for each cell, and the animal as random intercept.

The model is fitted by restricted maximum likelihood to all scans, those of animals that lack a session included.
statsmodels fits it too, but tests with normal quantiles, which is too liberal for small groups. Here F tests have the
degrees of freedom of the classical analysis of a split-plot design, between animals for groups and within animals for
sessions; the latter are multiplied by Greenhouse and Geisser's epsilon, because repeated sessions are seldom equally
correlated. With complete data this is exactly that analysis.
"""

import math

import numpy as np
import pandas as pd
from scipy import stats
from scipy.optimize import brentq, minimize_scalar

EDGE = 1e-9  # relative distance of the ratio of variances from its limits


class MixedModel:
    """A fitted model.

    Parameters
    ----------
    x : ndarray, shape (scans, coefficients)
        Design matrix, of full rank.
    y : ndarray, shape (scans,)
        Values.
    animal : ndarray, shape (scans,)
        Number of the animal of each scan, from 0.

    Attributes
    ----------
    beta, covariance : ndarray
        Coefficients and their covariance.
    correlation : float
        Correlation of two sessions of an animal; it may be negative, as in the classical analysis.

    References
    ----------
    Laird and Ware, Biometrics 1982;38:963. Degrees of freedom: Schluchter and Elashoff, J Stat Comput Simul
    1990;37:69.
    """

    def __init__(self, x: np.ndarray, y: np.ndarray, animal: np.ndarray):
        size = np.bincount(animal)
        self.animals, self.scans = len(size), len(y)
        both = np.column_stack([x, y])
        sums = np.zeros((len(size), both.shape[1]))
        np.add.at(sums, animal, both)
        self._product = both.T @ both
        self._of_size = {n: (int((size == n).sum()), sums[size == n].T @ sums[size == n]) for n in np.unique(size)}
        most = int(size.max())
        ratio = self._best(-1 / most * (1 - EDGE)) if most > 1 else 0.0
        self.correlation = ratio / (1 + ratio)
        weighted = self._weighted(ratio)
        self.beta = np.linalg.solve(weighted[:-1, :-1], weighted[:-1, -1])
        rss = weighted[-1, -1] - weighted[-1, :-1] @ self.beta
        self.residual_variance = max(0.0, float(rss)) / (self.scans - x.shape[1])
        self.covariance = np.linalg.inv(weighted[:-1, :-1]) * self.residual_variance

    def _best(self, least: float) -> float:
        """The ratio of the variances between and within animals, from `least`, of greatest restricted likelihood."""

        def criterion(share: float) -> float:
            return self._criterion(least + share / (1 - share))

        share = float(minimize_scalar(criterion, bounds=(0, 1 - EDGE), method="bounded", options={"xatol": 1e-8}).x)
        near = [least + end / (1 - end) for end in (share * (1 - 1e-3), share + 1e-3 * (1 - share))]
        if self._slope(near[0]) < 0 < self._slope(near[1]):  # otherwise at the edge
            return float(brentq(self._slope, *near, xtol=1e-14, rtol=1e-14))
        return least + share / (1 - share)

    def _weighted(self, ratio: float) -> np.ndarray:
        """[X y]' V^-1 [X y], with V in units of the residual variance: I + ratio J within each animal."""
        return self._product - sum(ratio / (1 + n * ratio) * part for n, (_, part) in self._of_size.items())

    def _criterion(self, ratio: float) -> float:
        """-2 times the restricted log-likelihood, without constants."""
        weighted = self._weighted(ratio)
        p = len(weighted) - 1
        log_v = sum(count * math.log1p(n * ratio) for n, (count, _) in self._of_size.items())
        log_x = np.linalg.slogdet(weighted[:-1, :-1])[1]
        rss = weighted[-1, -1] - weighted[-1, :-1] @ np.linalg.solve(weighted[:-1, :-1], weighted[:-1, -1])
        return float((self.scans - p) * math.log(max(rss, 1e-300)) + log_v + log_x)

    def _slope(self, ratio: float) -> float:
        """The derivative of the criterion."""
        weighted = self._weighted(ratio)
        change = -sum(part / (1 + n * ratio) ** 2 for n, (_, part) in self._of_size.items())
        p = len(weighted) - 1
        v = np.append(-np.linalg.solve(weighted[:-1, :-1], weighted[:-1, -1]), 1)
        log_v = sum(count * n / (1 + n * ratio) for n, (count, _) in self._of_size.items())
        log_x = np.trace(np.linalg.solve(weighted[:-1, :-1], change[:-1, :-1]))
        rss = weighted[-1, -1] + weighted[-1, :-1] @ v[:-1]
        return float((self.scans - p) * (v @ change @ v) / rss + log_v + log_x)

    def residuals(self, x: np.ndarray, y: np.ndarray, animal: np.ndarray) -> np.ndarray:
        """Return the residuals from the means of cells and the predicted intercept of each animal.

        The arguments are those of the fit, and the intercepts the best linear unbiased predictions.
        """
        rest = y - x @ self.beta
        ratio = self.correlation / (1 - self.correlation)
        return rest - (ratio * np.bincount(animal, rest) / (1 + ratio * np.bincount(animal)))[animal]

    def f_test(self, hypotheses: np.ndarray, df2: float, epsilon: float = 1.0) -> dict[str, float]:
        """Test hypotheses on the coefficients.

        Parameters
        ----------
        hypotheses : ndarray, shape (hypotheses, coefficients)
            Of full rank.
        df2 : float
            Degrees of freedom of the error.
        epsilon : float
            Factor of both degrees of freedom.

        Returns
        -------
        dict of str to float
            statistic, df1, df2, p.
        """
        value, rank = hypotheses @ self.beta, len(hypotheses)
        spread = hypotheses @ self.covariance @ hypotheses.T
        statistic = float(value @ np.linalg.solve(spread, value)) / rank
        df1, df2 = epsilon * rank, epsilon * df2
        return {"statistic": statistic, "df1": df1, "df2": df2, "p": float(stats.f.sf(statistic, df1, df2))}


def epsilon(table: pd.DataFrame, cell: np.ndarray) -> float:
    """Estimate how far repeated sessions are from being equally correlated.

    Parameters
    ----------
    table : DataFrame, shape (animals, sessions)
        Values, NaN where missing; animals with a missing value are not used.
    cell : ndarray, shape (animals,)
        Cell of each animal, whose means are removed.

    Returns
    -------
    float
        Epsilon, between 1 / (sessions - 1) and 1; its lower limit if there are too few complete animals,
        or if these do not vary.

    References
    ----------
    Greenhouse and Geisser, Psychometrika 1959;24:95.
    """
    sessions = table.shape[1]
    complete = table.notna().all(axis=1).to_numpy()
    values, cell = table.to_numpy(float)[complete], cell[complete]
    if len(values) - len(np.unique(cell)) < sessions - 1:
        return 1 / (sessions - 1)
    values = values - pd.DataFrame(values).groupby(cell).transform("mean").to_numpy()
    centred = values - values.mean(axis=1, keepdims=True)
    spread = centred.T @ centred
    if not np.trace(spread) > 1e-24 * np.square(table.to_numpy(float)[complete]).max():
        return 1 / (sessions - 1)
    return min(1.0, float(np.trace(spread) ** 2 / (sessions - 1) / (spread**2).sum()))
