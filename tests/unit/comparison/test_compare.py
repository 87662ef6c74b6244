"""Comparisons of published data against their results in print and a second library."""

import numpy as np
import pandas as pd
import pingouin as pg
import pytest
import statsmodels.formula.api as smf
from scipy import stats
from statsmodels.stats.anova import anova_lm

from murmur.comparison.compare import compare
from published_data import PLANTS, SLEEP, children, one_way, table, teeth


def by_effect(found: dict[str, pd.DataFrame]) -> dict[tuple[str, str], pd.Series]:
    """Rows of tests by test and effect."""
    return {(row["test"], row["effect"]): row for _, row in found["tests"].iterrows()}


def test_two_groups_are_those_of_the_t_test_in_r():
    found = compare(one_way(SLEEP), {"group": "group"})
    row, test = found["differences"].iloc[0], found["tests"].iloc[0]
    # t.test(extra ~ group, data = sleep) prints t = -1.8608, df = 17.776, p-value = 0.07939, -3.3654832 0.2054832
    assert (row["statistic"], row["df"], row["p"]) == pytest.approx((1.8608, 17.776, 0.07939), rel=1e-4)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((-0.2054832, 3.3654832), abs=1e-7)
    assert (row["mean_a"], row["mean_b"]) == pytest.approx((0.75, 2.33))
    assert (test["test"], test["statistic"], test["p"]) == ("welch_t", row["statistic"], row["p"])
    assert row["p_adjusted"] == row["p"] == row["p_measure"] == test["p_holm"]
    assert (row["correction"], row["verdict"]) == ("none", "not significant")
    assert row["hedges_g"] == pytest.approx(pg.compute_effsize(SLEEP["2"], SLEEP["1"], eftype="hedges"), rel=1e-3)


def test_several_groups_are_those_of_oneway_test_in_r():
    found = compare(one_way(PLANTS), {"group": "group"})
    test = found["tests"].iloc[0]
    # oneway.test(weight ~ group, PlantGrowth) prints F = 5.181, num df = 2.000, denom df = 17.128, p-value = 0.01739
    assert tuple(test[["statistic", "df1", "df2", "p"]]) == pytest.approx((5.181, 2, 17.128, 0.01739), rel=1e-3)
    second = pg.welch_anova(one_way(PLANTS), dv="EF_percent", between="group").iloc[0]
    assert (test["statistic"], test["df2"], test["p"]) == pytest.approx(tuple(second[["F", "ddof2", "p_unc"]]))
    games_howell = pg.pairwise_gameshowell(one_way(PLANTS), dv="EF_percent", between="group")
    assert found["differences"]["statistic"].to_numpy() == pytest.approx(-games_howell["T"].to_numpy())
    assert found["differences"]["df"].to_numpy() == pytest.approx(games_howell["df"].to_numpy())
    assert found["summary"]["mean"].to_numpy() == pytest.approx([5.032, 4.661, 5.526])
    assert found["summary"]["sd"].to_numpy() == pytest.approx([0.5830914, 0.7936757, 0.4425733], abs=1e-7)  # as in R


def test_crossed_factors_are_those_of_aov_in_r():
    found = compare(teeth(), {"group": "group", "groups": ["OJ", "VC"], "factor": "dose"})
    tests = by_effect(found)
    # summary(aov(len ~ supp * factor(dose), ToothGrowth)) prints F = 15.572, 92.000, 4.107 and p = 0.000231, 0.021860
    printed = {"group": (15.572, 1), "factor": (92.000, 2), "group:factor": (4.107, 2)}
    for effect, (statistic, df1) in printed.items():
        row = tests["anova_type3", effect]
        assert (row["statistic"], row["df1"], row["df2"]) == pytest.approx((statistic, df1, 54), abs=5e-4)
    assert tests["anova_type3", "group"]["p"] == pytest.approx(0.000231, abs=5e-7)
    assert tests["anova_type3", "group:factor"]["p"] == pytest.approx(0.021860, abs=5e-7)
    within = found["differences"][found["differences"]["level"] != ""]
    for _, row in within.iterrows():  # t.test(len ~ supp) for dose 0.5, 1 and 2 prints p = 0.006359, 0.001038, 0.9639
        pair = [teeth().set_index(["group", "dose"]).loc[(g, row["level"]), "EF_percent"] for g in ("VC", "OJ")]
        assert (row["statistic"], row["p"]) == pytest.approx(tuple(stats.ttest_ind(*pair, equal_var=False)))
    assert within["p"].to_list() == pytest.approx([0.006359, 0.001038, 0.9639], rel=1e-3)
    assert (within["comparisons"] == 3).all()


def test_unbalanced_factors_are_those_of_statsmodels_type_3():
    data = teeth().drop(index=[0, 1, 2, 15, 33, 34, 59])
    tests = by_effect(compare(data, {"group": "group", "factor": "dose"}))
    second = anova_lm(smf.ols("EF_percent ~ C(group, Sum) * C(dose, Sum)", data).fit(), typ=3)
    for effect, name in {
        "group": "C(group, Sum)",
        "factor": "C(dose, Sum)",
        "group:factor": "C(group, Sum):C(dose, Sum)",
    }.items():
        row = tests["anova_type3", effect]
        assert (row["statistic"], row["p"]) == pytest.approx(tuple(second.loc[name, ["F", "PR(>F)"]]))


def test_sessions_are_those_of_the_split_plot_analysis_in_print():
    found = compare(children(), {"group": "group", "session": "session"})
    tests = by_effect(found)
    # SAS, PROC GLM with REPEATED: F = 9.29 (p 0.0054), 35.35 and 2.36 (p 0.0781), epsilon 0.8672
    for effect, statistic in {"group": 9.29, "session": 35.35, "group:session": 2.36}.items():
        assert tests["mixed_model", effect]["statistic"] == pytest.approx(statistic, abs=5e-3)
    assert tests["mixed_model", "group"]["p"] == pytest.approx(0.0054, abs=5e-5)
    assert tests["mixed_model", "session"]["df1"] == pytest.approx(3 * 0.8672, abs=3e-4)
    assert tests["mixed_model", "session"]["df2"] == pytest.approx(75 * 0.8672, abs=75e-4)
    second = pg.mixed_anova(
        children(), dv="EF_percent", within="session", subject="animal", between="group", correction=True
    ).set_index("Source")
    row = tests["mixed_model", "group:session"]
    assert (row["statistic"], row["p"]) == pytest.approx(tuple(second.loc["Interaction", ["F", "p_GG_corr"]]))
    assert row["effect_size"] == pytest.approx(second.loc["Interaction", "np2"])
    assert found["differences"]["session"].to_list() == ["8", "10", "12", "14"]
    means = found["model_means"]
    assert means.loc[means["group"] == "girl", "mean"].to_list() == pytest.approx(
        [21.181818, 22.227273, 23.090909, 24.090909], abs=1e-6
    )


def test_covariate_is_that_of_pingouin():
    rng = np.random.default_rng(2)
    weight = rng.normal(25, 2, 18)
    data = table(50 + weight + rng.normal(0, 2, 18), np.repeat(list("abc"), 6), weight=weight)
    tests = by_effect(compare(data, {"group": "group", "covariate": "weight"}))
    second = pg.ancova(data, dv="EF_percent", covar="weight", between="group").set_index("Source")
    for effect, name in {"group": "group", "covariate": "weight"}.items():
        row = tests["ancova", effect]
        assert (row["statistic"], row["p"]) == pytest.approx(tuple(second.loc[name, ["F", "p_unc"]]))
    slopes = anova_lm(
        smf.ols("EF_percent ~ weight + group", data).fit(), smf.ols("EF_percent ~ weight * group", data).fit()
    )
    row = tests["ancova", "group:covariate"]
    assert (row["statistic"], row["p"]) == pytest.approx((slopes["F"][1], slopes["Pr(>F)"][1]))


@pytest.mark.usefixtures("no_warnings")
@pytest.mark.parametrize("shift", [0, 4, 6, 7, 12])
def test_interval_p_and_effect_size_agree(shift):
    rng = np.random.default_rng(5)
    values = rng.normal(50, 4, 18) - shift * np.repeat([0, 1, 0, 0], [3, 4, 5, 6])
    found = compare(table(values, np.repeat(list("abcd"), [3, 4, 5, 6])), {"group": "group"})["differences"]
    significant = found["p_adjusted"] < 0.05
    for low, high in (("ci_low", "ci_high"), ("hedges_g_ci_low", "hedges_g_ci_high")):
        assert ((found[low] > 0) | (found[high] < 0)).eq(significant).all()
    assert found["verdict"].eq("significant").eq(significant).all()


@pytest.mark.usefixtures("no_warnings")
def test_small_groups_are_described_but_not_tested():
    found = compare(table([50.0, 60, 55, 40, 45], list("aaabb")), {"group": "group"})
    row = found["differences"].iloc[0]
    assert row["difference"] == -12.5
    assert row[["ci_low", "p", "p_adjusted", "hedges_g"]].isna().all()
    assert (row["verdict"], row["note"]) == ("", "not tested, n below 3: b")
    assert found["tests"].iloc[0]["note"].startswith("one group with n of at least 3, two are required")


@pytest.mark.usefixtures("no_warnings")
def test_values_without_variation_are_not_tested():
    found = compare(table([50.0, 50, 50, 40, 40, 40], list("aaabbb")), {"group": "group"})
    assert found["differences"].iloc[0][["ci_low", "p"]].isna().all()
    assert found["differences"].iloc[0]["note"] == "the value varies in neither group: no test"
    assert found["tests"].iloc[0]["note"] == "the value varies in neither group: no test"
    assert found["assumptions"].iloc[0]["note"] == "too few values, or no variation: no test of normality"


@pytest.mark.usefixtures("no_warnings")
def test_missing_values_are_named():
    data = table([50.0, 60, 55, np.nan, 45, 42, 41], list("aaabbbb"))
    found = compare(data, {"group": "group"})
    assert found["summary"]["n"].to_list() == [3, 3]
    assert found["differences"].iloc[0]["note"] == found["tests"].iloc[0]["note"] == "excluded, no value: M3"
    assert found["summary"]["note"].to_list() == ["", "excluded, no value: M3"]
    assert len(found["values"]) == 7


def test_control_comes_first_in_its_pairs_and_order_is_kept():
    data = table(np.arange(12.0), np.repeat(["MI", "sham", "MI patch"], 4))
    found = compare(data, {"group": "group", "groups": ["MI patch", "MI", "sham"], "control": "sham"})["differences"]
    assert found[["group_a", "group_b"]].to_numpy().tolist() == [["sham", "MI patch"], ["sham", "MI"]]
    every = compare(data, {"group": "group"})["differences"]
    assert every[["group_a", "group_b"]].to_numpy().tolist() == [
        ["sham", "MI"],
        ["sham", "MI patch"],
        ["MI", "MI patch"],
    ]
