import math
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, optimize, stats
from statsmodels.stats.multitest import multipletests

from murmur.statistics.agreement import (
    CORRECTED,
    STATISTICS,
    agreement,
    agreement_table,
    intraclass_correlation,
)
from murmur.statistics.correlation import pearson, spearman
from murmur.statistics.limits import limits_of_agreement
from murmur.statistics.notes import WORDS
from murmur.vocabulary import METRICS

NO_MARGIN, NO_PROPORTIONAL = WORDS["no_margin"], WORDS["no_proportional_bias"]

# Bland and Altman, Lancet 1986: peak expiratory flow (L/min) of 17 subjects, large and mini Wright meter.
LARGE = np.array([494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427.0])
MINI = np.array([512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451.0])
LARGE_AGAIN = np.array([490, 397, 512, 401, 470, 611, 415, 431, 638, 429, 420, 633, 275, 492, 165, 372, 421.0])
# Bland and Altman, Stat Methods Med Res 1999, table 3: fat in human milk (g/100 mL), by Trig and by Gerber.
# fmt: off
TRIG = np.array([
    0.96, 1.16, 0.97, 1.01, 1.25, 1.22, 1.46, 1.66, 1.75, 1.72, 1.67, 1.67, 1.93, 1.99, 2.01,
    2.28, 2.15, 2.29, 2.45, 2.40, 2.79, 2.77, 2.64, 2.73, 2.67, 2.61, 3.01, 2.93, 3.18, 3.18,
    3.19, 3.12, 3.33, 3.51, 3.66, 3.95, 4.20, 4.05, 4.30, 4.74, 4.71, 4.71, 4.74, 5.23, 6.21,
])
GERBER = np.array([
    0.85, 1.00, 1.00, 1.00, 1.20, 1.20, 1.38, 1.65, 1.68, 1.70, 1.70, 1.70, 1.88, 2.00, 2.05,
    2.17, 2.20, 2.28, 2.43, 2.55, 2.60, 2.65, 2.67, 2.70, 2.70, 2.70, 3.00, 3.02, 3.03, 3.11,
    3.15, 3.15, 3.40, 3.42, 3.62, 3.95, 4.27, 4.30, 4.35, 4.75, 4.79, 4.80, 4.80, 5.42, 6.20,
])
# fmt: on
# Shrout and Fleiss 1979, table 2: six targets, four judges.
JUDGES = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7.0]])


pytestmark = pytest.mark.usefixtures("no_warnings")


@pytest.fixture
def published(root):
    return pd.read_csv(root / "config/published/figure3.csv").rename(columns={"dl": "reader"})


def test_bland_and_altman_1986():
    row = agreement(MINI, LARGE)
    assert row["bias"] == pytest.approx(-2.1, abs=0.05)
    assert (row["loa_high"] - row["bias"]) / stats.norm.ppf(0.975) == pytest.approx(38.8, abs=0.05)
    assert row["bias_ci_low"] == pytest.approx(-22.0, abs=0.1)
    assert row["bias_ci_high"] == pytest.approx(17.8, abs=0.1)
    assert round(row["pearson_r"], 2) == 0.94
    assert row["pearson_p"] < 0.001
    # the large meter twice: the SD of the differences, their mean taken as 0, is 21.6, and twice that the repeatability
    row = agreement(LARGE, LARGE_AGAIN)
    assert row["within_subject_sd"] * math.sqrt(2) == pytest.approx(21.6, abs=0.05)
    assert row["repeatability_coefficient"] / stats.norm.ppf(0.975) == pytest.approx(21.6, abs=0.05)


def test_bland_and_altman_1999():
    row = agreement(GERBER, TRIG, margin=0.2)
    assert row["intercept"] == pytest.approx(0.079, abs=5e-4)
    assert row["slope"] == pytest.approx(-0.0283, abs=5e-5)
    # They found no trend in the absolute residuals: the residuals' SD, 0.0803, for all A.
    assert row["loa_low_slope"] == row["loa_high_slope"] == row["slope"]
    assert (row["loa_high_intercept"] - row["intercept"]) / stats.norm.ppf(0.975) == pytest.approx(0.0803, abs=5e-5)
    assert row["note"] == ""


@pytest.mark.parametrize("widening", [False, True])
@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_proportional_bias_against_statsmodels(alpha, widening):
    from statsmodels.regression.linear_model import OLS

    means, differences = (GERBER + TRIG) / 2, TRIG - GERBER
    if widening:  # the spread grows with the mean, and with it comes a trend of the absolute residuals
        differences = 0.1 * means + differences * means**2 / 10
    design = np.column_stack([np.ones(len(means)), means])
    line = OLS(differences, design).fit()
    spread = OLS(np.abs(line.resid), design).fit()
    assert (spread.pvalues[1] < alpha) == widening
    if widening:
        half = 1.959963984540054 * math.sqrt(math.pi / 2) * spread.params  # 2.46 (c0 + c1 A)
    else:
        half = 1.959963984540054 * np.array([math.sqrt(line.mse_resid), 0])
    expected = {
        "intercept": line.params[0],
        "slope": line.params[1],
        "slope_ci_low": line.conf_int(alpha)[1, 0],
        "slope_ci_high": line.conf_int(alpha)[1, 1],
        "slope_p": line.pvalues[1],
        "loa_low_intercept": line.params[0] - half[0],
        "loa_low_slope": line.params[1] - half[1],
        "loa_high_intercept": line.params[0] + half[0],
        "loa_high_slope": line.params[1] + half[1],
    }
    row = agreement(means - differences / 2, means + differences / 2, alpha=alpha, margin=0.2)
    for name, value in expected.items():
        assert row[name] == pytest.approx(value, rel=1e-8), name


def test_regression_based_limits_where_they_would_mislead():
    lines = [f"loa_{side}_{term}" for side in ("low", "high") for term in ("intercept", "slope")]
    row = agreement(GERBER, TRIG, alpha=0.001, margin=0.2)
    assert (row["note"], row["slope_p"] > 0.001) == (NO_PROPORTIONAL, True)
    assert all(math.isnan(row[name]) for name in lines)
    means = np.arange(1, 9.0)
    differences = means + np.array([0, 0, 0, 0, 0, 0.1, -1, 0.9])
    row = agreement(means - differences / 2, means + differences / 2, margin=0.2)
    assert row["slope_p"] < 0.05
    assert row["note"] == "the regression-based limits would cross: not given"
    assert all(math.isnan(row[name]) for name in lines)


def test_shrout_and_fleiss_1979():
    icc = intraclass_correlation(JUDGES, 0.05)
    assert round(icc["icc2"], 2) == 0.29
    assert round(icc["icc3"], 2) == 0.71
    # The intervals as reported for these data by psych::ICC in R.
    assert icc["icc2_ci_low"] == pytest.approx(0.019, abs=5e-4)
    assert icc["icc2_ci_high"] == pytest.approx(0.761, abs=5e-4)
    assert icc["icc3_ci_low"] == pytest.approx(0.342, abs=5e-4)
    assert icc["icc3_ci_high"] == pytest.approx(0.946, abs=5e-4)


def test_published_table_1(root, published):
    printed = pd.read_csv(root / "config/published/table_1.csv").set_index("metric")
    printed.loc["EDV", "loa_high"] = 7.3  # misprints of the paper, by its own Figure 3
    printed.loc["mass_ES", "reference_sd"] = 25.6
    found = agreement_table(published, 0, 0.05, {}).set_index("metric")
    assert list(found.index) == list(printed.index)
    for column in ("reference_mean", "reference_sd", "reader_mean", "reader_sd", "bias", "loa_low", "loa_high"):
        # rounding, and the reading error of the masses' digitised points
        np.testing.assert_allclose(found[column], printed[column], atol=0.06, err_msg=column)
    np.testing.assert_allclose(found["p"], printed["p"], atol=0.0025)
    np.testing.assert_allclose(found["pearson_r"], printed["r"], atol=0.006)
    with_n_minus_1 = agreement_table(published, 1, 0.05, {}).set_index("metric")
    assert with_n_minus_1.loc["EDV", "loa_high"] == pytest.approx(7.4, abs=0.05)


def test_every_statistic_against_an_independent_computation(published):
    import pingouin

    values = published[published["metric"] == "SV"]
    x, y = values["reference"].to_numpy(), values["reader"].to_numpy()
    d, n = y - x, len(x)
    row = agreement(x, y, sd_ddof=1, alpha=0.05, margin=3.0)
    t = d.mean() / (d.std(ddof=1) / math.sqrt(n))
    half = stats.t.ppf(0.975, n - 1) * d.std(ddof=1) / math.sqrt(n)
    sxy = np.cov(x, y, ddof=0)
    ranks = [pd.Series(v).rank() for v in (x, y)]
    rho = np.corrcoef(*ranks)[0, 1]
    rho_t = rho * math.sqrt((n - 2) / (1 - rho**2))
    expected = {
        "n": n,
        "reference_mean": x.mean(),
        "reference_sd": np.std(x, ddof=1),
        "reader_mean": y.mean(),
        "reader_sd": np.std(y, ddof=1),
        "bias": d.mean(),
        "bias_ci_low": d.mean() - half,
        "bias_ci_high": d.mean() + half,
        "t": t,
        "df": n - 1,
        "p": 2 * stats.t.sf(abs(t), n - 1),
        "loa_low": d.mean() - stats.norm.ppf(0.975) * d.std(ddof=1),
        "loa_high": d.mean() + stats.norm.ppf(0.975) * d.std(ddof=1),
        "shapiro_p": pingouin.normality(d)["pval"].iloc[0],
        "wilcoxon_p": exact_signed_rank(d),
        "pearson_r": np.corrcoef(x, y)[0, 1],
        "spearman_rho": rho,
        "spearman_p": 2 * stats.t.sf(abs(rho_t), n - 2),
        "ccc": 2 * sxy[0, 1] / (sxy[0, 0] + sxy[1, 1] + d.mean() ** 2),
        "mean_abs_difference": sum(abs(d)) / n,
        "sd_abs_difference": math.sqrt(sum((abs(d) - sum(abs(d)) / n) ** 2) / (n - 1)),
        "rmse": math.sqrt(sum(d**2) / n),
        "cv_percent": 100 * math.sqrt(sum(d**2) / (2 * n)) / np.concatenate([x, y]).mean(),
        "within_subject_sd": math.sqrt(sum(d**2) / (2 * n)),
        "repeatability_coefficient": 1.959963984540054 * math.sqrt(2) * math.sqrt(sum(d**2) / (2 * n)),
        "equivalence_margin": 3.0,
        "tost_p": pingouin.tost(y, x, bound=3.0, paired=True)["pval"].iloc[0],
    }
    for name, other in (("pearson", pearson(x, y, 0.05)), ("spearman", spearman(x, y, 0.05))):
        expected |= {f"{name}_{key}": other[key] for key in ("p", "ci_low", "ci_high")}
    for name, value in expected.items():
        assert row[name] == pytest.approx(value, rel=1e-8), name
    assert row["note"] == ""


def exact_signed_rank(d):
    """Two-sided p by counting the subsets of ranks with each sum."""
    ranks = stats.rankdata(abs(d)).astype(int)
    counts = [1]
    for rank in ranks:
        counts = [a + b for a, b in zip(counts + [0] * rank, [0] * rank + counts, strict=True)]
    w = min(ranks[d > 0].sum(), ranks[d < 0].sum())
    return min(1, 2 * sum(counts[: w + 1]) / 2 ** len(d))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("scores", [JUDGES, np.column_stack([MINI, LARGE]), np.column_stack([MINI, LARGE + 60])])
def test_icc_against_pingouin(scores):
    import pingouin

    long = pd.DataFrame(scores).rename_axis("target").reset_index().melt("target", var_name="rater")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pingouin.options["round.column.CI95"] = None
        other = pingouin.intraclass_corr(long, "target", "rater", "value").set_index("Type")
    found = intraclass_correlation(scores, 0.05)
    for name, kind in (("icc2", "ICC(A,1)"), ("icc3", "ICC(C,1)")):
        assert found[name] == pytest.approx(other.loc[kind, "ICC"], rel=1e-8)
        low, high = other.loc[kind, "CI95"]
        assert found[f"{name}_ci_low"] == pytest.approx(low, rel=1e-8)
        assert found[f"{name}_ci_high"] == pytest.approx(high, rel=1e-8)


@pytest.mark.parametrize(("n", "alpha"), [(5, 0.05), (17, 0.05), (25, 0.1), (130, 0.05)])
def test_confidence_limits_of_the_limits_cover_exactly(n, alpha):
    """The limit mean + k SD lies above the percentile mu + 1.96 sigma with the stated probability."""
    z = stats.norm.ppf(0.975)

    def below(k):
        # P(mean + k s < mu + z sigma), by integration over the distribution of s
        def integrand(s):
            density = stats.chi2.pdf((n - 1) * s**2, n - 1) * 2 * (n - 1) * s
            return stats.norm.cdf((z - k * s) * math.sqrt(n)) * density

        return integrate.quad(integrand, 0, 4, epsabs=1e-13, epsrel=1e-12, limit=400, points=[1])[0]

    d = np.random.default_rng(n).normal(2, 3, n)
    found = limits_of_agreement(d, 1, alpha)
    for name, probability in (("loa_high_ci_low", 1 - alpha / 2), ("loa_high_ci_high", alpha / 2)):
        k = optimize.brentq(lambda k, p=probability: below(k) - p, 0.1, 10, xtol=1e-13)
        assert found[name] == pytest.approx(d.mean() + k * d.std(ddof=1), rel=1e-8)
    mirrored = limits_of_agreement(-d, 1, alpha)
    assert mirrored["loa_low_ci_low"] == pytest.approx(-found["loa_high_ci_high"], rel=1e-12)
    assert mirrored["loa_low_ci_high"] == pytest.approx(-found["loa_high_ci_low"], rel=1e-12)


def test_ddof_changes_spreads_only():
    n, sample, population = len(LARGE), agreement(MINI, LARGE, 1, margin=9), agreement(MINI, LARGE, 0, margin=9)
    for name in ("reference_sd", "reader_sd", "sd_abs_difference"):
        assert population[name] == pytest.approx(sample[name] * math.sqrt((n - 1) / n))
    assert population["note"] == sample["note"] == NO_PROPORTIONAL
    changed = {name for name in gaps(sample, present=True) if population[name] != sample[name]}
    assert changed == {"reference_sd", "reader_sd", "sd_abs_difference", "loa_low", "loa_high"}


def gaps(row, present=False):
    """The numbers of a row, except the corrected p of the whole table, that are missing (or present)."""
    numbers = [name for name in STATISTICS if name not in ("note", "reasons", *CORRECTED)]
    return [name for name in numbers if math.isnan(row[name]) != present]


def test_alpha_widens_the_intervals():
    wide, narrow = agreement(MINI, LARGE, alpha=0.01), agreement(MINI, LARGE, alpha=0.2)
    for name in ("bias", "loa_low", "loa_high", "icc2", "icc3", "pearson", "spearman", "slope"):
        assert wide[f"{name}_ci_low"] < narrow[f"{name}_ci_low"] < narrow[f"{name}_ci_high"] < wide[f"{name}_ci_high"]


NAN = math.nan
DEGENERATE = {
    "none": ([], []),
    "all missing": ([NAN, 1, 2], [3, NAN, NAN]),
    "one": ([50], [52]),
    "two": ([50, 60], [52, 59]),
    "two the same": ([50, 50], [50, 50]),
    "identical": ([50, 60, 70, 90], [50, 60, 70, 90]),
    "shifted": ([0.1, 0.2, 0.3], [0.4, 0.5, 0.6]),
    "flat reference": ([50, 50, 50, 50], [50, 51, 53, 48]),
    "flat reader": ([50, 51, 53, 48], [50, 50, 50, 50]),
    "both flat": ([50, 50, 50], [52, 52, 52]),
    "zeros": ([0, 0, 0], [0, 0, 0]),
    "three in line": ([1, 2, 3], [2, 4, 6]),
    "four in line": ([1, 2, 4, 5], [2, 4, 8, 10]),
    "three in one order": ([1, 2, 3], [2, 3, 5]),
    "opposed": ([49, 50, 51], [51, 50, 49]),
    "opposed about": ([3, 3, 4, 2], [97.000001, 97, 96, 98]),
    "same mean": ([40, 50, 62], [60, 50, 38]),
    "ten times the same": ([0.1] * 10, [0.3] * 10),
    "differences but for rounding": ([0.1, 0.2, 0.3, 0.4], [0.3, 0.4, 0.5, 0.6 + 2e-12]),
    "negative": ([-3, -2, -1], [-3, -1, -2]),
    "three with ties": ([1, 2, 3], [2, 3, 3]),
}


@pytest.mark.parametrize("name", DEGENERATE)
@pytest.mark.parametrize("ddof", [0, 1])
def test_what_cannot_be_computed_is_empty_and_explained(name, ddof):
    x, y = DEGENERATE[name]
    row = agreement(x, y, ddof, 0.05, margin=1.0)
    assert bool(gaps(row)) == bool(row["note"]), (gaps(row), row["note"])
    assert not any(math.isinf(row[column]) for column in STATISTICS if column not in ("note", "reasons"))


GROUPS = {
    "normality": ["shapiro_p"],
    "regression": ["slope", "intercept"],
    "its test": ["slope_ci_low", "slope_ci_high", "slope_p"],
    "its limits": ["loa_low_intercept", "loa_low_slope", "loa_high_intercept", "loa_high_slope"],
    "r": ["pearson_r", "pearson_p"],
    "r limits": ["pearson_ci_low", "pearson_ci_high"],
    "rho": ["spearman_rho", "spearman_p"],
    "rho limits": ["spearman_ci_low", "spearman_ci_high"],
    "icc": ["icc2", "icc3"],
    "icc limits": ["icc2_ci_low", "icc2_ci_high", "icc3_ci_low", "icc3_ci_high"],
    "ccc": ["ccc"],
    "t": ["t", "df", "p", "bias_ci_low", "bias_ci_high", "tost_p"]
    + [f"loa_{side}_ci_{end}" for side in ("low", "high") for end in ("low", "high")],
    "signed rank": ["wilcoxon_p"],
}
LINE = "the differences lie exactly on a line: no test of the slope, no regression-based limits"
SAME = "all differences are the same: no t-test, equivalence test, regression or confidence limits"
THREE = "3 pairs: confidence limits of correlations require 4"
MEAN = "the mean of both does not vary: no regression, no ICC limits"


@pytest.mark.parametrize(
    ("name", "groups", "notes"),
    [
        ("three in line", {"its test", "its limits", "r limits", "rho limits"}, [LINE, THREE]),
        (
            "four in line",
            {"its test", "its limits", "r limits", "rho limits"},
            [
                LINE,
                "Pearson's r is +1: no confidence limits for it",
                "Spearman's rho is +1: no confidence limits for it",
            ],
        ),
        ("three in one order", {"its limits", "r limits", "rho limits"}, [NO_PROPORTIONAL, THREE]),
        (
            "shifted",
            {"t", "normality", "regression", "its test", "its limits", "icc limits", "r limits", "rho limits"},
            [SAME, THREE],
        ),
        ("opposed", {"regression", "its test", "its limits", "icc limits", "r limits", "rho limits"}, [MEAN, THREE]),
        (
            "flat reference",
            {"its test", "its limits", "r", "r limits", "rho", "rho limits"},
            [LINE, "the reference does not vary: no correlation"],
        ),
        (
            "both flat",
            {"t", "normality", "regression", "its test", "its limits", "icc", "icc limits", "ccc"}
            | {"r", "r limits", "rho", "rho limits"},
            [SAME, "neither reference nor reader varies: no correlation, ICC or CCC"],
        ),
    ],
)
def test_every_gap_has_its_reason(name, groups, notes):
    row = agreement(*DEGENERATE[name], margin=1.0)
    assert set(gaps(row)) == {column for group in groups for column in GROUPS[group]}
    assert row["note"] == "; ".join(notes)


def test_the_normality_test_stops_where_its_p_does():
    x = np.random.default_rng(0).normal(60, 5, 5001)
    y = x + np.random.default_rng(1).normal(0, 1, 5001)
    assert agreement(x[:-1], y[:-1], margin=1.0)["shapiro_p"] > 0
    row = agreement(x, y, margin=1.0)
    assert math.isnan(row["shapiro_p"])
    assert "more than 5000 pairs: no normality test" in row["note"]


@pytest.mark.parametrize("seed", range(40))
def test_small_samples_never_leave_an_unexplained_gap(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(3, 6))
    row = agreement(rng.integers(0, 5, n) + 1, rng.integers(0, 5, n) + 1, 1, 0.05, 1.0)
    assert bool(gaps(row)) == bool(row["note"]), (gaps(row), row["note"])


def test_a_pair_with_a_missing_value_does_not_count():
    with_gaps = agreement([*MINI, NAN, 400], [*LARGE, 400, NAN], margin=9)
    assert with_gaps.pop("note") == f"2 of 19 scans excluded, no value for reference or reader; {NO_PROPORTIONAL}"
    whole = agreement(MINI, LARGE, margin=9)
    assert [why.code for why in with_gaps.pop("reasons")] == ["pairs_missing", "no_proportional_bias"]
    for name, value in with_gaps.items():
        assert value == pytest.approx(whole[name], nan_ok=True), name


def test_identical_masks_agree_fully():
    row = agreement(MINI, MINI, margin=9)
    assert row["icc2"] == row["icc3"] == row["ccc"] == pytest.approx(1)
    assert row["bias"] == row["loa_low"] == row["loa_high"] == row["rmse"] == 0
    assert "all differences are the same" in row["note"]


def test_a_slope_among_several_metrics_is_corrected_before_it_gives_limits():
    """The limits of agreement lean on the mean only where the slope is significant after Holm's correction."""
    x = np.linspace(10, 30, 12)
    noise = 2 * np.sin(3 * np.arange(12.0))
    rows = [
        (f"M{i}", metric, METRICS[metric], value, value + lean * value + error)
        for metric, lean in (("EDV", 0.12), ("ESV", 0), ("SV", 0), ("EF", 0.8))
        for i, (value, error) in enumerate(zip(x, noise, strict=True))
    ]
    function = pd.DataFrame(rows, columns=["mouse", "metric", "unit", "reference", "reader"])
    table = agreement_table(function, 1, 0.05, dict.fromkeys(METRICS, 5.0)).set_index("metric")
    for corrected, p in CORRECTED.items():
        assert list(table[corrected]) == list(multipletests(table[p], method="holm")[1])
    assert table.loc["EDV", "slope_p"] < 0.05 < table.loc["EDV", "slope_p_holm"]
    assert table.loc["EDV", ["loa_low_slope", "loa_high_intercept"]].isna().all()
    assert table.loc["EDV", "note"] == NO_PROPORTIONAL
    assert table.loc["EF", "slope_p_holm"] < 0.05
    assert table.loc["EF", "loa_low_slope":"loa_high_slope"].notna().all()


def test_table_has_the_metrics_of_the_file_in_order(published):
    some = published[published["metric"].isin(["mass_ED", "EDV"])].iloc[::-1]
    table = agreement_table(some, 1, 0.05, {"EDV": 5.0})
    assert list(table["metric"]) == ["EDV", "mass_ED"]
    assert list(table["unit"]) == ["uL", "mg"]
    assert list(table.columns) == ["metric", "unit", *STATISTICS]
    low, high = sorted(table["p"])
    assert sorted(table["p_holm"]) == pytest.approx([2 * low, max(2 * low, high)])
    assert list(table["note"]) == [NO_PROPORTIONAL, f"{NO_PROPORTIONAL}; {NO_MARGIN}"]
    assert list(table["equivalence_margin"].dropna()) == [5]
    assert agreement_table(published.head(0), 1, 0.05, {}).empty
    assert set(METRICS) >= set(table["metric"])
