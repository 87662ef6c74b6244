import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import stats

from murmur.comparison.linear_model import CellMeans

CELLS = [("a", ""), ("b", ""), ("c", "")]
B_FROM_A = {("b", ""): 1.0, ("a", ""): -1.0}


@pytest.fixture
def rows() -> pd.DataFrame:
    rng = np.random.default_rng(7)
    group = np.repeat(list("abc"), [4, 6, 8])
    weight = rng.normal(25, 2, 18)
    value = rng.normal(50, np.repeat([1, 2, 3], [4, 6, 8])) + weight
    cluster = [f"L{number}" for number in (*range(4), *range(6), *range(6), 6, 6)]
    return pd.DataFrame({"group": group, "level": "", "covariate": weight, "cluster": cluster, "value": value})


def test_means_are_compared_by_welch(rows):
    contrast = CellMeans(rows, CELLS, adjusted=False, blocked=False).contrast(B_FROM_A)
    second = stats.ttest_ind(*(rows.loc[rows["group"] == g, "value"] for g in "ba"), equal_var=False)
    assert (contrast.t, contrast.df) == pytest.approx((second.statistic, second.df))


def test_general_degrees_of_freedom_include_those_of_welch(rows):
    model = CellMeans(rows, CELLS, adjusted=False, blocked=False)
    expected = model.contrast(B_FROM_A).df
    model.simple = False
    assert model.contrast(B_FROM_A).df == pytest.approx(expected)


@pytest.mark.parametrize(
    "formula", ["value ~ group + covariate", "value ~ group + C(cluster)", "value ~ group + covariate + C(cluster)"]
)
def test_estimate_and_standard_error_are_those_of_statsmodels(rows, formula):
    if "cluster" in formula:
        rows = rows[rows["cluster"] != "L6"]  # statsmodels divides by zero for a cluster of one group
    model = CellMeans(rows, CELLS, "covariate" in formula, "cluster" in formula)
    second = smf.ols(formula, rows).fit()
    contrast = model.contrast(B_FROM_A)
    assert contrast.estimate == pytest.approx(second.params["group[T.b]"])
    assert contrast.se == pytest.approx(second.HC2_se["group[T.b]"])
    names = ["group[T.b]", "group[T.c]"]
    joint = second.f_test(np.eye(len(second.params))[[second.params.index.get_loc(name) for name in names]])
    found = model.f_test(np.eye(model.x.shape[1])[:2])
    assert (found["statistic"], found["p"], found["df2"]) == pytest.approx((joint.fvalue, joint.pvalue, joint.df_denom))


def test_degrees_of_freedom_are_those_of_the_simulated_variance(rows):
    """Satterthwaite: the estimated variance has mean m and variance v, and df is 2 m^2 / v."""
    model = CellMeans(rows, CELLS, adjusted=True, blocked=False)
    contrast = model.contrast(B_FROM_A)
    spread = np.sqrt(model.variances[model.cell])
    rng, found = np.random.default_rng(1), []
    for _ in range(3000):
        drawn = CellMeans(rows.assign(value=rng.normal(0, spread)), CELLS, adjusted=True, blocked=False)
        found.append(float((drawn.x @ drawn.inverse[0]) ** 2 @ drawn.squares))
    assert 2 * np.mean(found) ** 2 / np.var(found) == pytest.approx(contrast.df, rel=0.1)


def test_adjusted_means_are_those_at_the_mean_of_the_covariate(rows):
    model = CellMeans(rows, CELLS, adjusted=True, blocked=False)
    second = smf.ols("value ~ group + covariate", rows).fit()
    at = pd.DataFrame({"group": list("abc"), "covariate": rows["covariate"].mean()})
    assert [model.mean(cell) for cell in CELLS] == pytest.approx(second.predict(at).to_list())


def test_groups_without_common_clusters_are_not_compared(rows):
    rows = rows.assign(cluster=["L0"] * 4 + ["L1"] * 14)
    model = CellMeans(rows, CELLS, adjusted=False, blocked=True)
    assert model.contrast(B_FROM_A) is None
    assert model.contrast({("c", ""): 1.0, ("b", ""): -1.0}) is not None
