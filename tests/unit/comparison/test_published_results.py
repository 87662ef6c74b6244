"""Tests and effect sizes of published data, recomputed by brute force, by hand or by a second library."""

import numpy as np
import pandas as pd
import pingouin as pg
import pytest
import statsmodels.formula.api as smf
from scipy import stats
from statsmodels.stats.anova import anova_lm

from murmur.comparison.compare import compare
from murmur.comparison.omnibus import omega_squared
from published_data import PLANTS, children, one_way, table, teeth


def test_dunnett_t3_is_the_maximum_of_drawn_multivariate_t():
    found = compare(one_way(PLANTS), {"group": "group"})["differences"]
    rng = np.random.default_rng(0)
    for row in found.to_dict("records"):
        a, b = (np.array(PLANTS[row[f"group_{side}"]]) for side in "ab")
        welch = stats.ttest_ind(b, a, equal_var=False)
        # Dunnett, J Am Stat Assoc 1980;75:796: independent normal values over a common scale with Welch's df
        drawn = np.abs(rng.normal(size=(3, 400_000))).max(axis=0) / np.sqrt(rng.chisquare(welch.df, 400_000) / welch.df)
        error = np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 10)
        half = np.quantile(drawn, 0.95) * error
        assert row["p_adjusted"] == pytest.approx((drawn > abs(welch.statistic)).mean(), abs=3e-3)
        assert row["difference"] == pytest.approx(b.mean() - a.mean())
        assert (row["ci_low"], row["ci_high"]) == pytest.approx(
            (row["difference"] - half, row["difference"] + half), abs=0.01
        )
        inside = stats.multivariate_t(shape=np.eye(3), df=welch.df, seed=1).cdf(
            np.full(3, (row["ci_high"] - row["difference"]) / error),
            lower_limit=np.full(3, (row["ci_low"] - row["difference"]) / error),
            maxpts=10**5,
        )
        assert inside == pytest.approx(0.95, abs=1e-3)


def johansen(cells: list[np.ndarray], hypothesis: np.ndarray) -> tuple[float, float, float]:
    """Return statistic and degrees of freedom, term by term as in Keselman et al., Psychophysiology 2003;40:586."""
    spread = np.diag([cell.var(ddof=1) / len(cell) for cell in cells])
    middle = np.linalg.inv(hypothesis @ spread @ hypothesis.T)
    contrast = hypothesis @ [cell.mean() for cell in cells]
    a, rank = 0.0, np.linalg.matrix_rank(hypothesis)
    for number, cell in enumerate(cells):
        chosen = np.zeros_like(spread)
        chosen[number, number] = 1
        term = spread @ hypothesis.T @ middle @ hypothesis @ chosen
        a += (np.trace(term @ term) + np.trace(term) ** 2) / (len(cell) - 1) / 2
    return contrast @ middle @ contrast / (rank + 2 * a - 6 * a / (rank + 2)), rank, rank * (rank + 2) / (3 * a)


def test_welch_james_of_teeth_is_that_of_the_terms_in_print():
    data = teeth().drop(index=[0, 1, 2, 15, 33, 34, 59])
    tests = compare(data, {"group": "group", "groups": ["OJ", "VC"], "factor": "dose"})["tests"]
    tests = tests[tests["test"] == "welch_james"].set_index("effect")
    values = data.set_index(["group", "dose"])["EF_percent"]
    cells = [values.loc[(group, dose)].to_numpy() for group in ("OJ", "VC") for dose in ("0.5", "1", "2")]
    sums, steps = np.ones((1, 3)), np.array([[1.0, -1, 0], [0, 1, -1]])
    for effect, matrix in {
        "group": np.kron([[1, -1]], sums), "factor": np.kron([[1, 1]], steps), "group:factor": np.kron([[1, -1]], steps)
    }.items():  # fmt: skip
        statistic, df1, df2 = johansen(cells, matrix)
        row = tests.loc[effect]
        assert tuple(row[["statistic", "df1", "df2"]]) == pytest.approx((statistic, df1, df2))
        assert row["p"] == pytest.approx(stats.f.sf(statistic, df1, df2))


def test_adjusted_difference_of_children_is_that_of_statsmodels_with_hc2():
    wide = children().pivot(index=["animal", "group"], columns="session", values="EF_percent").reset_index()
    data = table(wide["14"].to_numpy(), wide["group"].to_numpy(), at_8=wide["8"].to_numpy())
    found = compare(data, {"group": "group", "covariate": "at_8"})
    row = found["differences"].iloc[0]
    fit = smf.ols("EF_percent ~ group + at_8", data).fit(cov_type="HC2")
    assert (row["group_a"], row["group_b"], row["method"]) == ("boy", "girl", "ancova_hc2")
    assert row["difference"] == pytest.approx(fit.params["group[T.girl]"])
    assert row["difference"] / row["statistic"] == pytest.approx(fit.bse["group[T.girl]"])
    half = stats.t.ppf(0.975, row["df"]) * fit.bse["group[T.girl]"]
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((row["difference"] - half, row["difference"] + half))
    assert 9 < row["df"] < 24, "between the smaller group alone, and all animals with a common variance"
    second = pg.ancova(data, dv="EF_percent", covar="at_8", between="group").set_index("Source")
    test = found["tests"].set_index(["test", "effect"]).loc[("ancova", "group")]
    assert (test["statistic"], test["p"]) == pytest.approx(tuple(second.loc["group", ["F", "p_unc"]]))
    assert test["effect_size"] == pytest.approx(second.loc["group", "np2"])


def test_omega_squared_is_that_of_the_sums_of_squares():
    plants = anova_lm(smf.ols("EF_percent ~ group", one_way(PLANTS)).fit())
    error, total = plants.loc["Residual", "mean_sq"], plants["sum_sq"].sum()
    by_hand = (plants.loc["group", "sum_sq"] - 2 * error) / (total + error)  # Hays, Statistics, 1963
    assert omega_squared({"statistic": plants.loc["group", "F"], "df1": 2}, 30) == pytest.approx(by_hand)
    fit = anova_lm(smf.ols("EF_percent ~ C(group) * C(dose)", teeth()).fit())
    error = fit.loc["Residual", "mean_sq"]
    for name, df in {"C(group)": 1, "C(dose)": 2, "C(group):C(dose)": 2}.items():
        square = fit.loc[name, "sum_sq"]
        by_hand = (square - df * error) / (square + (60 - df) * error)  # Keren and Lewis, Educ Psychol Meas 1979;39:119
        assert omega_squared({"statistic": fit.loc[name, "F"], "df1": df}, 60) == pytest.approx(by_hand)


def test_omega_squared_of_welch_tests_rests_on_their_f():
    row = compare(one_way(PLANTS), {"group": "group"})["tests"].iloc[0]
    second = pg.welch_anova(one_way(PLANTS), dv="EF_percent", between="group").iloc[0]
    between = second["ddof1"] * (second["F"] - 1)
    assert (row["effect_size_name"], row["effect_size"]) == ("omega_squared", pytest.approx(between / (between + 30)))
    tests = compare(teeth(), {"group": "group", "factor": "dose"})["tests"]
    for row in tests[tests["test"] == "welch_james"].to_dict("records"):
        between = row["df1"] * (row["statistic"] - 1)
        assert row["effect_size_name"] == "partial_omega_squared"
        assert row["effect_size"] == pytest.approx(between / (between + 60))


def test_omega_squared_without_an_effect_is_not_above_zero():
    same = pd.Series([1.0, 2, 3, 4])
    row = compare(table([*same, *same, *same], np.repeat(list("abc"), 4)), {"group": "group"})["tests"].iloc[0]
    assert row["statistic"] == pytest.approx(0) and row["effect_size"] == pytest.approx(-2 / 10)
