import math
import warnings
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

import compare_groups
from murmur.csv_tables import write_csv
from murmur.statistics.phenotypes import TESTS, mann_whitney
from murmur.vocabulary import METRICS

OUTPUTS = ("summary", "tests", "differences")
TWO_METRICS = ("EDV", "EF")


def cohort(sizes: dict[str, int], seed: int = 0) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return function and phenotypes of mice whose values rise from one phenotype to the next."""
    rng = np.random.default_rng(seed)
    rows, phenotypes = [], {}
    for level, (phenotype, n) in enumerate(sizes.items()):
        for _ in range(n):
            mouse = f"M{len(phenotypes) + 1:02}"
            phenotypes[mouse] = phenotype
            for metric in TWO_METRICS:
                value = rng.normal(50 + 3 * level, 4 + 2 * level)
                rows.append((mouse, metric, METRICS[metric], value, value + rng.normal(1 + level, 3)))
    return pd.DataFrame(rows, columns=["mouse", "metric", "unit", "reference", "reader"]), phenotypes


def values(function, phenotypes, metric, rater):
    rows = function[function["metric"] == metric]
    return [group[rater].to_numpy() for _, group in rows.groupby(rows["mouse"].map(phenotypes))]


@pytest.fixture
def three():
    return cohort({"control": 9, "dcm": 12, "tac": 7})


@pytest.fixture
def compare(tmp_path):
    def run(function, phenotypes, sd_ddof=1, alpha=0.05):
        write_csv(function, tmp_path / "function.csv")
        files = {f"{name}_output": str(tmp_path / f"{name}.csv") for name in OUTPUTS}
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            compare_groups.main(str(tmp_path / "function.csv"), phenotypes, **files, sd_ddof=sd_ddof, alpha=alpha)
        return [pd.read_csv(file, keep_default_na=False, na_values=[""]) for file in files.values()]

    return run


def test_tests_against_pingouin_and_sums_of_squares(three, compare):
    import pingouin

    function, phenotypes = three
    _, tests, _ = compare(function, phenotypes)
    assert tests["note"].isna().all()
    assert len(tests) == 2 * 2 * 3
    tests = tests.set_index(["metric", "rater", "test"])
    for metric in TWO_METRICS:
        for rater in ("reference", "reader"):
            rows = function[function["metric"] == metric].assign(phenotype=lambda t: t["mouse"].map(phenotypes))
            anova, welch, kruskal = (tests.loc[(metric, rater, test)] for test in TESTS)

            x = values(function, phenotypes, metric, rater)
            grand = np.concatenate(x)
            between = sum(len(g) * (g.mean() - grand.mean()) ** 2 for g in x)
            within = sum(np.sum((g - g.mean()) ** 2) for g in x)
            error = within / 25
            assert (anova["df1"], anova["df2"]) == (2, 25)
            assert anova["statistic"] == pytest.approx(between / 2 / error, rel=1e-8)
            assert anova["p"] == pytest.approx(stats.f.sf(between / 2 / error, 2, 25), rel=1e-8)
            omega = (between - 2 * error) / (between + within + error)  # as in textbooks
            assert anova["effect_size"] == pytest.approx(omega, rel=1e-8)
            assert anova["effect_size_name"] == "omega_squared"

            other = pingouin.welch_anova(rows, rater, "phenotype").iloc[0]
            assert welch["statistic"] == pytest.approx(other["F"], rel=1e-8)
            assert (welch["df1"], welch["df2"]) == pytest.approx((other["ddof1"], other["ddof2"]), rel=1e-8)
            assert welch["p"] == pytest.approx(other.filter(like="p").iloc[0], rel=1e-8)

            ranks = np.split(stats.rankdata(grand), np.cumsum([len(g) for g in x])[:-1])
            h = 12 / (28 * 29) * sum(r.sum() ** 2 / len(r) for r in ranks) - 3 * 29
            assert kruskal["statistic"] == pytest.approx(h, rel=1e-8)
            assert kruskal["df1"] == 2
            assert kruskal["p"] == pytest.approx(math.exp(-h / 2), rel=1e-8)  # chi-squared with 2 df
    for _, p in tests.groupby(["rater", "test"]):
        assert p["p_holm"].to_numpy() == pytest.approx(multipletests(p["p"], method="holm")[1], rel=1e-12)


def test_differences_are_those_of_scipy_and_pingouin(three, compare):
    import pingouin

    function, phenotypes = three
    function = function[function["metric"] == "EDV"]
    alpha = 0.1
    _, _, differences = compare(function, phenotypes, alpha=alpha)
    names = ["control", "dcm", "tac"]
    assert differences["note"].isna().all()
    differences = differences.set_index(["metric", "group_a", "group_b"])
    rows = function.assign(phenotype=lambda t: t["mouse"].map(phenotypes))
    for rater in ("reference", "reader"):
        x = values(function, phenotypes, "EDV", rater)
        other = pingouin.pairwise_tests(rows, rater, "phenotype", correction=True, padjust="bonf")
        other = other.set_index(["A", "B"])["p_corr"]
        whitney = []
        for i, j in combinations(range(3), 2):
            row = differences.loc[("EDV", names[i], names[j])]
            assert row[f"{rater}_difference"] == pytest.approx(x[j].mean() - x[i].mean(), rel=1e-8)
            test = stats.ttest_ind(x[j], x[i], equal_var=False)
            limits = tuple(test.confidence_interval(1 - alpha / 3))
            assert (row[f"{rater}_ci_low"], row[f"{rater}_ci_high"]) == pytest.approx(limits, rel=1e-8)
            p = min(1, 3 * test.pvalue)
            assert row[f"{rater}_p"] == pytest.approx(p, rel=1e-8)
            assert row[f"{rater}_p"] == pytest.approx(other[names[i], names[j]], rel=1e-8)
            assert (p < alpha) == (limits[0] * limits[1] > 0)
            whitney.append(stats.mannwhitneyu(x[i], x[j], method="exact").pvalue)
        found = differences.loc["EDV"][f"{rater}_p_mannwhitney"]
        assert found.to_list() == pytest.approx(multipletests(whitney, method="holm")[1], rel=1e-8)
    error = rows["reader"] - rows["reference"]
    test = stats.ttest_ind(error[rows["phenotype"] == "tac"], error[rows["phenotype"] == "dcm"], equal_var=False)
    row = differences.loc[("EDV", "dcm", "tac")]
    assert row["bias_difference"] == pytest.approx(row["reader_difference"] - row["reference_difference"])
    assert row["bias_difference_p"] == pytest.approx(min(1, 3 * test.pvalue), rel=1e-8)
    omnibus = pingouin.welch_anova(rows.assign(error=error), dv="error", between="phenotype")["p_unc"].iloc[0]
    assert row["bias_difference_p_adjusted"] == pytest.approx(max(row["bias_difference_p"], omnibus), rel=1e-8)
    limits = test.confidence_interval(1 - alpha / 3)
    assert (row["bias_difference_ci_low"], row["bias_difference_ci_high"]) == pytest.approx(tuple(limits), rel=1e-8)


def test_one_pair_is_not_corrected(compare):
    function, phenotypes = cohort({"control": 5, "tac": 8, "alone": 1})
    _, _, differences = compare(function, phenotypes)
    for row in differences[differences["group_b"] == "tac"].query("group_a == 'control'").to_dict("records"):
        a, b = (values(function, phenotypes, row["metric"], "reader")[i] for i in (1, 2))
        test = stats.ttest_ind(b, a, equal_var=False)
        assert row["reader_p"] == pytest.approx(test.pvalue, rel=1e-8)
        limits = (row["reader_ci_low"], row["reader_ci_high"])
        assert limits == pytest.approx(tuple(test.confidence_interval()), rel=1e-8)


def test_mann_whitney_by_counting_and_with_ties():
    a, b = np.array([1.0, 4, 6]), np.array([2.0, 7, 8, 9])
    ranks = np.arange(1, 8)
    sums = [sum(chosen) for chosen in combinations(ranks, 3)]
    observed = 1 + 3 + 4
    by_counting = 2 * np.mean([s <= observed for s in sums])
    assert mann_whitney(a, b) == pytest.approx(by_counting, rel=1e-12)

    # 0.3 - 0.1 and 0.2 are a tie: U = 1/2 of 6, the normal approximation with ties and continuity corrected
    a, b = np.array([0.1, 0.2]), np.array([0.3 - 0.1, 0.4, 0.5])
    sd = math.sqrt(6 / 12 * (6 - (2**3 - 2) / (5 * 4)))
    assert mann_whitney(a, b) == pytest.approx(2 * stats.norm.sf((5.5 - 3 - 0.5) / sd), rel=1e-12)


def test_conclusion_of_each_kind(compare):
    spread = np.linspace(-1, 1, 10)
    rows = []
    shifts = {"EDV": (5, 5), "ESV": (0, 0), "SV": (5, 0), "EF": (0, 5), "mass_ED": (5, -5)}
    for metric, (reference, reader) in shifts.items():
        for i, x in enumerate(spread):
            rows.append((f"a{i}", metric, METRICS[metric], 20 + x, 20 + x))
            rows.append((f"b{i}", metric, METRICS[metric], 20 + x + reference, 20 + 1.1 * x + reader))
    function = pd.DataFrame(rows, columns=["mouse", "metric", "unit", "reference", "reader"])
    _, _, differences = compare(function, {mouse: mouse[0] for mouse in function["mouse"]})
    assert differences["metric"].to_list() == list(shifts)
    assert differences["conclusion"].to_list() == [
        "same: significant",
        "same: not significant",
        "reference only",
        "reader only",
        "opposite",
    ]
    assert differences["reader_difference"].to_list() == pytest.approx([5, 0, 0, 5, -5])
    assert differences["bias_difference"].to_list() == pytest.approx([0, 0, -5, 5, -10])


def test_summary_by_hand_with_control_first_and_who_is_left_out(compare):
    function = pd.DataFrame(
        [
            ("m1", "EDV", "uL", 10, 11),
            ("m2", "EDV", "uL", 14, 17),
            ("m3", "EDV", "uL", 20, 21),
            ("m4", "EDV", "uL", 22, None),
            ("m5", "EDV", "uL", 24, 25),
            ("m6", "EDV", "uL", 99, 99),
            ("m7", "EDV", "uL", 99, None),
        ],
        columns=["mouse", "metric", "unit", "reference", "reader"],
    )
    phenotypes = {"m1": "Control", "m2": "Control", "m3": "TAC", "m4": "TAC", "m5": "Ang", "train1": "other"}
    summary, tests, differences = compare(function, phenotypes)
    assert summary["phenotype"].to_list() == ["Control", "Ang", "TAC"]
    assert summary["n"].to_list() == [2, 1, 1]
    control = summary.iloc[0]
    assert (control["reference_mean"], control["reader_mean"]) == (12, 14)
    assert (control["reference_sd"], control["reader_sd"]) == pytest.approx((math.sqrt(8), math.sqrt(18)))
    unknown = "excluded, phenotype unknown: n = 1"
    assert summary["note"].to_list() == [
        unknown,
        f"n = 1: no standard deviation; {unknown}",
        f"n = 1: no standard deviation; excluded, no value for reference or reader: m4; {unknown}",
    ]
    assert set(tests["note"]) == {
        "no phenotype with n of at least 3, two are required; excluded, n below 3: Control, Ang, TAC; " + unknown
    }
    assert differences["note"].to_list() == [
        "n below 3: Control, Ang",
        "n below 3: Control, TAC",
        "n below 3: Ang, TAC",
    ]
    assert differences["reader_difference"].to_list() == [11, 7, -4]
    assert differences[["reader_p", "reader_ci_low", "reader_p_mannwhitney", "conclusion"]].isna().all(axis=None)
    assert compare(function, phenotypes, sd_ddof=0)[0].loc[0, "reference_sd"] == 2


def test_with_two_phenotypes_a_metric_has_one_test(compare):
    """The pair's p is that of the metric's Welch ANOVA, Holm-corrected over the metrics: the same in every table."""
    function, phenotypes = cohort({"control": 6, "tac": 7, "few": 2})
    _, tests, differences = compare(function, phenotypes)
    welch = tests[tests["test"] == "welch_anova"].set_index(["metric", "rater"])["p_holm"]
    pair = differences[(differences["group_a"] == "control") & (differences["group_b"] == "tac")].set_index("metric")
    for metric in TWO_METRICS:
        for rater in ("reference", "reader"):
            assert pair.loc[metric, f"{rater}_p_adjusted"] == pytest.approx(welch[metric, rater], rel=1e-12)


def test_kruskal_wallis_of_two_phenotypes_is_exact(compare):
    function, phenotypes = cohort({"control": 3, "tac": 3})
    function["reference"] = function["mouse"].map(phenotypes).map({"control": 0.0, "tac": 10.0}) + function.index
    _, tests, _ = compare(function, phenotypes)
    found = tests[(tests["test"] == "kruskal_wallis") & (tests["rater"] == "reference")]
    assert found["p"].to_list() == pytest.approx([0.1, 0.1])  # two of the 20 orders


def test_a_pair_is_significant_only_where_its_metric_is(three, compare):
    _, tests, differences = compare(*three)
    welch = tests[tests["test"] == "welch_anova"].set_index(["metric", "rater"])["p_holm"]
    for row in differences.to_dict("records"):
        for rater in ("reference", "reader"):
            expected = max(row[f"{rater}_p"], welch[row["metric"], rater])
            assert row[f"{rater}_p_adjusted"] == pytest.approx(expected, rel=1e-12)


def test_a_phenotype_of_one_mouse_changes_nothing_for_the_others(compare):
    function, phenotypes = cohort({"control": 6, "dcm": 5, "other": 4, "tac": 1})
    _, tests, differences = compare(function, phenotypes)
    assert set(tests["note"]) == {"excluded, n below 3: tac"}
    others = function[function["mouse"] != "M16"]
    _, tests_without, differences_without = compare(others, phenotypes)
    words = ["note", "reasons"]
    pd.testing.assert_frame_equal(tests.drop(columns=words), tests_without.drop(columns=words))
    kept = differences[(differences["group_b"] != "tac")].reset_index(drop=True)
    pd.testing.assert_frame_equal(kept, differences_without, check_dtype=False)


def test_no_variation_leaves_rows_with_a_note(compare):
    rows = [
        (f"{phenotype}{i}", metric, METRICS[metric], float(value), float(value))
        for metric, of in {"EDV": [10, 20, 30], "ESV": [5, 5, 5]}.items()
        for phenotype, value in zip("abc", of, strict=True)
        for i in range(3)
    ]
    rows += [
        (f"{phenotype}{i}", "EF", "%", 10.0 + i, 10.0 + i * (phenotype != "a")) for phenotype in "abc" for i in range(3)
    ]
    function = pd.DataFrame(rows, columns=["mouse", "metric", "unit", "reference", "reader"])
    _, tests, differences = compare(function, {mouse: mouse[0] for mouse in function["mouse"]})
    note = tests.set_index(["metric", "rater", "test"])["note"]
    assert note["EDV", "reader", "anova"] == "no variation within any phenotype: no ANOVA"
    assert note["EDV", "reader", "welch_anova"] == "no variation in a, b, c: no Welch's ANOVA"
    assert pd.isna(note["EDV", "reader", "kruskal_wallis"])
    assert note["ESV", "reader", "kruskal_wallis"] == "the value does not vary: no Kruskal-Wallis test"
    assert note["EF", "reader", "welch_anova"] == "no variation in a: no Welch's ANOVA"
    assert pd.isna(note["EF", "reader", "anova"])
    assert (tests["p"].isna() == tests["note"].notna()).all()

    differences = differences.set_index(["metric", "group_a", "group_b"])
    assert differences.loc[("EDV", "a", "b"), "reader_difference"] == 10
    assert differences.loc[("EDV", "a", "b"), "note"] == (
        "the reference varies in neither group: no Welch's t-test; "
        "the reader varies in neither group: no Welch's t-test; "
        "no Welch's ANOVA of the metric: no conclusion; "
        "the reader's error varies in neither group: no test of its difference"
    )
    assert "the reader does not vary: no Mann-Whitney test" in differences.loc[("ESV", "a", "b"), "note"]
    assert pd.isna(differences.loc[("ESV", "a", "b"), "conclusion"])
    one_varies = differences.loc[("EF", "a", "b")]
    assert one_varies["note"] == "no Welch's ANOVA of the metric: no conclusion"
    assert 0 < one_varies["reader_p"] < 1
    assert pd.isna(one_varies["reader_p_adjusted"])


@pytest.mark.parametrize(
    "sizes",
    [{}, {"control": 1}, {"control": 4}, {"control": 1, "tac": 1}, {"control": 2, "tac": 2}, {"b": 1, "c": 2, "a": 3}],
)
def test_few_mice_and_phenotypes_leave_a_reason_for_every_missing_value(compare, sizes):
    function, phenotypes = cohort(sizes)
    summary, tests, differences = compare(function, phenotypes)
    assert len(summary) == 2 * len(sizes)
    assert len(differences) == 2 * math.comb(len(sizes), 2)
    for table in (summary, tests, differences):
        optional = ["note", "reasons", "effect_size", "effect_size_name", "df2"]
        missing = table.drop(columns=optional, errors="ignore").isna().any(axis=1)
        assert (missing <= table["note"].notna()).all()


def test_without_a_known_phenotype_or_a_pair_nothing_is_tested(compare):
    function, phenotypes = cohort({"control": 3, "tac": 3})
    summary, tests, differences = compare(function, {})
    assert len(summary) == len(differences) == 0
    assert set(tests["note"]) == {
        "no phenotype with n of at least 3, two are required; excluded, phenotype unknown: n = 6"
    }
    function["reader"] = None
    summary, tests, differences = compare(function, phenotypes)
    assert summary["n"].eq(0).all()
    assert summary.loc[0, "note"] == "none with both values; excluded, no value for reference or reader: M01, M02, M03"
    assert tests["p"].isna().all()
    assert differences["reader_difference"].isna().all()


def test_same_input_same_bytes(tmp_path):
    function, phenotypes = cohort({"control": 5, "tac": 4})
    write_csv(function, tmp_path / "function.csv")
    seen = []
    for _ in range(2):
        outputs = [str(tmp_path / f"{name}.csv") for name in OUTPUTS]
        compare_groups.main(str(tmp_path / "function.csv"), phenotypes, *outputs, 1, 0.05)
        seen.append([Path(file).read_bytes() for file in outputs])
    assert seen[0] == seen[1]
