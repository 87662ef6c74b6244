"""Contrasts of groups in one session, without the assumption of equal variances.

The model has a mean for each cell (group, or group and level), optionally a covariate with one slope, and optionally a
mean for each cluster, within which animals are then compared. Standard errors are those of HC2 (MacKinnon and White,
J Econom 1985;29:305), degrees of freedom those of Satterthwaite with a residual variance per cell. Without covariate
and clusters this is Welch's t-test, for any contrast of means. statsmodels has HC2, but only with degrees of freedom
for large samples.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from murmur.comparison.design import MIN_ANIMALS
from murmur.comparison.effect_size import small_sample_factor
from murmur.statistics.paired import NAN

MOST_EXACT = 1000  # animals, above which the degrees of freedom are those of the residuals
FULL = 1 - 1e-9  # leverage of an animal that alone determines a mean and so carries no information on the variance
Cell = tuple[str, str]


@dataclass(frozen=True)
class Contrast:
    """A contrast of the means of cells.

    Attributes
    ----------
    estimate, se, df : float
        Value, standard error and degrees of freedom; `se` is NaN where the values do not vary.
    sd, sd_df : float
        Square root of the mean of the variances within the cells, and its degrees of freedom.
    """

    estimate: float
    se: float
    df: float
    sd: float
    sd_df: float

    @property
    def t(self) -> float:
        """The statistic."""
        return self.estimate / self.se

    @property
    def defined(self) -> bool:
        """Whether the values vary, so that the contrast can be tested."""
        return math.isfinite(self.se)

    def g(self) -> float:
        """Hedges' g."""
        return self.estimate / self.sd * small_sample_factor(self.sd_df)


class CellMeans:
    """The means of cells, adjusted for a covariate and compared within clusters where these are given.

    Parameters
    ----------
    rows : DataFrame
        One row per animal with a value: group, level, covariate, cluster, value.
    cells : list of tuple of str
        Group and level of each cell, each with at least one animal.
    adjusted, blocked : bool
        Whether to adjust for the covariate, and whether to compare within clusters.
    """

    def __init__(self, rows: pd.DataFrame, cells: list[Cell], adjusted: bool, blocked: bool):
        place = {cell: number for number, cell in enumerate(cells)}
        self.cell = np.array([place[cell] for cell in zip(rows["group"].tolist(), rows["level"].tolist(), strict=True)])
        self.cells, y = place, rows["value"].to_numpy(float)
        self.scale = float(np.abs(y).max(initial=0))
        block = pd.factorize(rows["cluster"])[0] if blocked else np.zeros(len(rows), int)
        size = np.bincount(block)
        x = np.eye(len(cells))[self.cell][:, 1:]
        if adjusted:
            covariate = rows["covariate"].to_numpy(float)
            x = np.column_stack([x, covariate - covariate.mean()])
        means = np.array([np.bincount(block, column) / size for column in x.T]).reshape(x.shape[1], len(size)).T
        y_means = np.bincount(block, y) / size
        self.x = x - means[block]
        self.inverse = np.linalg.pinv(self.x.T @ self.x, hermitian=True)
        self.estimable = self.inverse @ (self.x.T @ self.x)
        self.beta = self.inverse @ self.x.T @ (y - y_means[block])
        self.base = float((y_means - means @ self.beta).mean())
        self.leverage = 1 / size[block] + np.einsum("ij,jk,ik->i", self.x, self.inverse, self.x)
        residuals = y - y_means[block] - self.x @ self.beta
        self.rank = int(np.linalg.matrix_rank(self.x.T @ self.x, hermitian=True)) if self.x.size else 0
        self.residual_df = len(y) - len(size) - self.rank
        self.block, self.size = block, size
        known = self.leverage < FULL
        self.squares = np.zeros(len(y))
        self.squares[known] = residuals[known] ** 2 / (1 - self.leverage[known])
        self.known, self.rss = known, float(residuals @ residuals)
        counts = np.bincount(self.cell[known], minlength=len(cells))
        with np.errstate(invalid="ignore", divide="ignore"):
            self.variances = np.bincount(self.cell, self.squares, len(cells)) / counts
        self.counts = counts
        self.simple = not adjusted and not blocked

    def mean(self, cell: Cell) -> float:
        """Return the mean of a cell, at the mean of the covariate and averaged over clusters."""
        number = self.cells[cell]
        return self.base + (float(self.beta[number - 1]) if number else 0.0)

    def contrast(self, weights: Mapping[Cell, float]) -> Contrast | None:
        """Return the contrast with these weights, of sum 0, of the means of cells.

        It is None if it cannot be estimated, or if the variance of a cell rests on fewer than MIN_ANIMALS animals.
        """
        c = np.zeros(self.x.shape[1])
        for cell, weight in weights.items():
            if self.cells[cell]:
                c[self.cells[cell] - 1] += weight
        used = [self.cells[cell] for cell in weights]
        if (self.counts[used] < MIN_ANIMALS).any() or not np.allclose(c @ self.estimable, c, atol=1e-8):
            return None
        variances, free = self.variances[used], np.maximum(self.counts[used] - 1, 1)
        estimate = float(c @ self.beta)
        a = self.x @ self.inverse @ c
        variance = float(a**2 @ self.squares)
        if not variance > 0 or math.sqrt(variance) <= 1e-12 * self.scale:
            return Contrast(estimate, NAN, NAN, NAN, NAN)
        sd = math.sqrt(variances.mean())
        sd_df = float(variances.sum() ** 2 / (variances**2 / free).sum())
        df = self._welch(a) if self.simple else self._satterthwaite(a)
        return Contrast(estimate, math.sqrt(variance), df, sd, sd_df)

    def _welch(self, a: np.ndarray) -> float:
        """Degrees of freedom for means of cells: Welch, Biometrika 1947;34:28."""
        parts = np.bincount(self.cell, a**2 * self.squares, len(self.cells))
        used = parts > 0
        return float(parts.sum() ** 2 / (parts[used] ** 2 / (self.counts[used] - 1)).sum())

    def _satterthwaite(self, a: np.ndarray) -> float:
        """Degrees of freedom of the HC2 variance, a quadratic form e'De in the residuals: 2 E^2 / Var."""
        if len(a) > MOST_EXACT:
            return float(self.residual_df)
        hat = self.x @ self.inverse @ self.x.T + (self.block[:, None] == self.block) / self.size[self.block]
        maker = np.eye(len(a)) - hat
        weights = np.where(self.known, a**2 / np.where(self.known, 1 - self.leverage, 1), 0)
        sigma = np.nan_to_num(self.variances)[self.cell]
        covariance = maker * sigma @ maker  # of the residuals
        spread = float(weights @ covariance**2 @ weights)
        return float((weights @ np.diag(covariance)) ** 2 / spread)

    def f_test(self, hypotheses: np.ndarray) -> dict[str, float] | None:
        """Test hypotheses on the coefficients with a common residual variance, as ANOVA of type III and ANCOVA do.

        Parameters
        ----------
        hypotheses : ndarray, shape (hypotheses, coefficients)
            Of full rank; coefficients are the cells after the first, relative to it, and the covariate.

        Returns
        -------
        dict of str to float or None
            statistic, df1, df2, p; None if a hypothesis cannot be estimated or there are no residuals.
        """
        if self.residual_df < 1 or not np.allclose(hypotheses @ self.estimable, hypotheses, atol=1e-8):
            return None
        if math.sqrt(self.rss / self.residual_df) <= 1e-12 * self.scale:
            return None
        value, rank = hypotheses @ self.beta, len(hypotheses)
        middle = np.linalg.solve(hypotheses @ self.inverse @ hypotheses.T, value)
        statistic = float(value @ middle / rank / (self.rss / self.residual_df))
        p = float(stats.f.sf(statistic, rank, self.residual_df))
        return {"statistic": statistic, "df1": rank, "df2": self.residual_df, "p": p}
