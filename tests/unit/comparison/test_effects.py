import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.oneway import anova_oneway

from murmur.comparison.effects import hypotheses, welch_james


def moments(groups: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Means, variances and numbers of groups."""
    return tuple(np.array([f(g) for g in groups]) for f in (np.mean, lambda g: g.var(ddof=1), len))


def test_one_factor_is_welch_anova():
    rng = np.random.default_rng(3)
    groups = [rng.normal(0, s, n) for s, n in ((1, 4), (2, 6), (1, 8))]
    found = welch_james(*moments(groups), hypotheses({"group": 3})["group"])
    second = anova_oneway(groups, use_var="unequal")
    assert list(found.values()) == pytest.approx([second.statistic, second.df_num, second.df_denom, second.pvalue])


def test_one_hypothesis_is_the_square_of_welch_t():
    rng = np.random.default_rng(4)
    groups = [rng.normal(0, s, n) for s, n in ((1, 4), (2, 6))]
    found, second = welch_james(*moments(groups), np.array([[1.0, -1.0]])), stats.ttest_ind(*groups, equal_var=False)
    assert (found["statistic"], found["df2"], found["p"]) == pytest.approx(
        (second.statistic**2, second.df, second.pvalue)
    )


def test_hypotheses_of_two_factors():
    found = hypotheses({"group": 3, "factor": 2})
    assert {effect: matrix.shape for effect, matrix in found.items()} == {
        "group": (2, 6),
        "factor": (1, 6),
        "group:factor": (2, 6),
    }
    means = np.array([1, 2, 3, 4, 7, 8.0])  # group 0, 2, 6 and factor 0, 1, without interaction
    assert found["group"] @ means == pytest.approx([2, 6])
    assert found["factor"] @ means == pytest.approx([1])
    assert found["group:factor"] @ means == pytest.approx([0, 0])
