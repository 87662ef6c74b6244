"""Effects of group, further factor and session: hypotheses on the means of cells, and tests of them in one session."""

from functools import reduce
from itertools import combinations

import numpy as np
from scipy import stats


def hypotheses(sizes: dict[str, int]) -> dict[str, np.ndarray]:
    """Return the hypotheses of each main effect and interaction.

    Parameters
    ----------
    sizes : dict of str to int
        Number of values of each role with at least two, in the order of the axes of the cells.

    Returns
    -------
    dict of str to ndarray, shape (hypotheses, cells)
        By effect, such as group:session. Other roles are averaged with equal weights (type III: Yates, J Am Stat Assoc
        1934;29:51).
    """
    found = {}
    for order in range(1, len(sizes) + 1):
        for effect in combinations(sizes, order):
            parts = [differences(n) if role in effect else np.full((1, n), 1 / n) for role, n in sizes.items()]
            found[":".join(effect)] = reduce(np.kron, parts)
    return found


def differences(n: int) -> np.ndarray:
    """Return the differences of each of n means from the first, shape (n - 1, n)."""
    return np.column_stack([-np.ones(n - 1), np.eye(n - 1)])


def welch_james(means: np.ndarray, variances: np.ndarray, counts: np.ndarray, hypothesis: np.ndarray) -> dict:
    """Test a hypothesis on independent means with unequal variances.

    Parameters
    ----------
    means, variances, counts : ndarray, shape (cells,)
        Mean, variance and number of animals of each cell; variances above 0, at least two animals.
    hypothesis : ndarray, shape (hypotheses, cells)
        Of full rank.

    Returns
    -------
    dict of str to float
        statistic, df1, df2, p.

    Notes
    -----
    Welch's ANOVA, extended to any hypothesis; for the differences between the groups of one factor it is Welch's ANOVA.

    References
    ----------
    Johansen, Biometrika 1980;67:85. Keselman, Wilcox and Lix, Psychophysiology 2003;40:586.
    """
    spread = variances / counts
    rank = len(hypothesis)
    inverse = np.linalg.inv(hypothesis * spread @ hypothesis.T)
    value = hypothesis @ means
    total = float(value @ inverse @ value)
    projector = (spread[:, None] * hypothesis.T) @ inverse @ hypothesis
    parts = np.diag(projector)  # tr(P Q_j) of a single measure, whose square is tr((P Q_j)^2)
    a = float((parts**2 / (counts - 1)).sum())
    correction = rank + 2 * a - 6 * a / (rank + 2)
    df2 = rank * (rank + 2) / (3 * a)
    statistic = total / correction
    return {"statistic": statistic, "df1": rank, "df2": df2, "p": float(stats.f.sf(statistic, rank, df2))}
