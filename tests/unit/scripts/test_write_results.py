import re

import numpy as np
import pandas as pd
import pytest

import measure_agreement
import write_results
from murmur.csv_tables import read_csv, write_csv
from murmur.presentation.number_format import rounded
from murmur.statistics.agreement import STATISTICS
from results_of_a_cohort import MARGINS, TABLES, changed, measurements, paragraphs, statistics

WORDS_OF_NOTHING = re.compile(r"\bnan\b|\bnone\b|–|\( |\(\)|\(,|, \)|  | \.|\.\.|,,| ,", re.IGNORECASE)


def numbers(text):
    """Return the numbers of a text, but those that belong to names."""
    for name in ("ICC(2,1)", "HD95", "1 − Dice", "n − 1", "95% limits", "95th", "Mouse1"):
        text = text.replace(name, "")
    text = re.sub(r"(Table|Figure) \d", "", text)
    text = re.sub(r"Of \d+ pairwise differences[^.]*\.", "", text)  # counted, not in a table
    text = re.sub(r"bias was \S+% \(", "", text)  # the quotient of two cells
    return re.findall(r"(?<![\w.])−?\d+(?:\.\d+)?", text)


# the tables that each paragraph may take its numbers from
SOURCES = {
    "Summary": [["agreement", "overlap_summary"]],
    "Mice": [["agreement", "manifest", "groups"]],
    "Agreement": [["agreement"]] * 5,
    "Segmentation accuracy": [
        ["overlap_summary", "surface_summary"],
        ["overlap_anova", "overlap_pairwise"],
        ["overlap_pairwise"],
        ["overlap_model"],
        ["dice_error"],
    ],
    "Phenotypes": [["group_tests"], ["group_differences"], ["group_differences"]],
    "Sample size": [["sample_size"]],
}


def test_every_number_is_a_rounded_cell(cohort, write):
    """No number is typed, and none is taken from the table of another paragraph."""
    found = paragraphs(write(cohort))
    assert list(found) == list(SOURCES)
    checked = 0
    for heading, sources in SOURCES.items():
        assert len(found[heading]) == len(sources), heading
        for text, names in zip(found[heading], sources, strict=True):
            cells = np.concatenate(
                [cohort[name].select_dtypes("number").to_numpy(dtype=float, na_value=np.nan).ravel() for name in names]
            )
            cells = np.unique(cells[np.isfinite(cells)])
            constants = {"0.05", "95", "80", "0.001", "0.999"}
            for token in numbers(text):
                decimals = len(token.partition(".")[2])
                cell = any(rounded(value, decimals) == token for value in cells)
                assert cell or token in constants, (token, text)
                checked += 1
    assert checked > 250


def test_mouse_is_the_unit_where_it_has_several_scans(cohort):
    tables = {name: table for name, table in cohort.items() if name in ("agreement", "overlap_summary", "dice_error")}
    tables["agreement"] = tables["agreement"].assign(scans=2 * tables["agreement"]["n"])
    tables["surface_summary"] = cohort["surface_summary"]
    n = tables["agreement"]["n"].max()
    found = write_results.sections(tables, "mine", "net", 0.05, 0.8, animals=n)
    assert f"in {n} mice ({2 * n} scans) of the mine cohort" in found["Summary"][0]
    assert found["Mice"][0].startswith(
        f"Reader net was compared with the reference in {n} mice ({2 * n} scans) of the mine cohort."
    )
    assert "net − reference, of the means over the scans of each mouse." in found["Agreement"][0]
    assert ", the 95% limits of agreement of single scans were narrowest" in found["Agreement"][3]
    assert "ICC(2,1) of the means of each mouse was" in found["Agreement"][5]
    assert "The coefficient of variation of single scans between reader and reference" in found["Agreement"][5]
    assert " scans, the Dice coefficient (mean ± SD) was" in found["Segmentation accuracy"][0]
    tables["manifest"] = pd.DataFrame({"mouse": range(2 * n + 3), "es_frame": 5.0}).assign(
        es_frame=lambda t: t["es_frame"].where(t["mouse"] > 0)
    )
    text = write_results.sections(tables, "mine", "net", 0.05, 0.8, animals=n)["Mice"][0]
    assert f"in {n} mice ({2 * n} of the {2 * n + 3} scans) of the mine cohort" in text
    assert "Of the other scans, 1 had no reference contours at ED and ES and 2 were not measured by net." in text


def test_every_number_stands_where_it_belongs(write):
    """Numbers that occur once in the table: each must be found behind the words that name it."""
    cells = {
        "n": 11, "scans": 11, "reference_mean": 61.26, "reference_sd": 9.14, "reader_mean": 57.93, "reader_sd": 8.37,
        "bias": -3.33, "bias_ci_low": -5.52, "bias_ci_high": -1.13, "loa_low": -10.04, "loa_low_ci_low": -12.21,
        "loa_low_ci_high": -8.68, "loa_high": 2.57, "loa_high_ci_low": 0.76, "loa_high_ci_high": 4.85, "p": 0.0172,
        "p_holm": 0.0344, "icc2": 0.842, "icc2_ci_low": 0.713, "icc2_ci_high": 0.934, "ccc": 0.831,
        "cv_percent": 4.44, "tost_p": 0.0231, "slope": -0.185, "slope_ci_low": -0.294, "slope_ci_high": -0.076,
        "slope_p": 0.0127, "equivalence_margin": 6.5, "tost_p_holm": 0.0462, "slope_p_holm": 0.0254,
    }  # fmt: skip
    other = {"n": 11, "scans": 11, "reference_mean": 1.0, "reader_mean": 1.0, "bias": 0.0, "p": 0.5, "p_holm": 0.5}
    columns = ["metric", "unit", *STATISTICS]
    rows = [{"metric": "EF", "unit": "%"} | cells, {"metric": "mass_ES", "unit": "mg"} | other]
    text = write({"agreement": pd.DataFrame(rows, columns=columns)})
    assert (
        "Reader net significantly underestimated EF (bias −3.3 percentage points, 95% CI −5.5 to −1.1, p = 0.034), but "
        "did not differ significantly from the reference in mass at ES (bias 0.0 mg). Bias was proportional for EF "
        "(see below). Table 1 gives the means, limits of agreement and p values, and Figure 3 shows all differences.\n"
    ) in text
    assert "61.3" not in text, "the means of Table 1 are not repeated"
    assert (
        "Although bias lay within the margin in two one-sided paired t-tests for EF (p = 0.046), equivalence was not "
        "concluded, because the difference depended on size (see below), and differences of opposite sign may cancel "
        "in the mean.\n"
    ) in text
    assert (
        "The constant 95% limits of agreement were calculated for EF (−10.0 to 2.6 percentage points, 95% CI −12.2 to "
        "−8.7 and 0.8 to 4.8). The difference net − reference decreased significantly with increasing mean of the two "
        "measurements for EF (slope −0.18, 95% CI −0.29 to −0.08, p = 0.025).\n"
    ) in text
    assert (
        "ICC(2,1) was 0.84 (95% CI 0.71 to 0.93) for EF. Lin's concordance correlation coefficient was 0.83 for EF. "
        "The coefficient of variation between reader and reference, which includes the bias, was 4.4% for EF.\n"
    ) in text
    assert (
        "Bias is the mean difference, net − reference. P values are Holm-corrected across parameters; 95% confidence "
        "intervals (CIs) are not.\n"
    ) in text


EF = {"metric": "EF"}
DIFFERENCE = {"metric": "EF", "group_a": "control", "group_b": "DCM"}
AT_ED = {"structure": "blood_pool", "phase": "ED"}
CONTRAST = {"contrast": "blood_pool: ED - ES"}


@pytest.mark.parametrize(
    ("table", "column", "where", "value", "said"),
    [
        ("agreement", "bias", EF, 77.77, "EF (77.8 percentage points, 95% CI "),
        ("agreement", "loa_high", EF, 77.77, " to 77.8 percentage points, 95% CI "),
        ("agreement", "equivalence_margin", EF, 7.77, "EF (margin ±7.8 percentage points"),
        ("agreement", "icc2", EF, 0.777, "0.78 (95% CI 0.71 to 0.91) for EF"),
        ("agreement", "cv_percent", EF, 77.77, "to 77.8% (EF)"),
        ("agreement", "n", EF, 39, "n = 39)"),
        ("overlap_summary", "mean", AT_ED, 0.777, "Dice coefficient (mean ± SD) was 0.78 ± 0.02 at ED and"),
        (
            "overlap_summary",
            "missing",
            AT_ED,
            3,
            "No Dice coefficient was available for the blood pool at ED in 3 mice",
        ),
        ("overlap_summary", "failed", AT_ED, 1, "were empty for the blood pool at ED in 1 mouse (Dice 0"),
        ("surface_summary", "median", AT_ED | {"measure": "hd95_mm"}, 0.777, "median with quartiles) was 0.78 ("),
        ("surface_summary", "q3", AT_ED | {"measure": "hd95_mm"}, 0.777, " to 0.78) mm at ED and"),
        ("overlap_anova", "F", {"effect": "structure"}, 77.777, "and the myocardium (F(1, 39) = 77.78, p < 0.001"),
        ("overlap_pairwise", "ci_high", CONTRAST, 0.7777, " to 0.778, p"),
        ("overlap_model", "F", {"term": "phenotype"}, 77.777, ") = 77.78, p"),
        ("dice_error", "spearman_rho", {"metric": "EDV"}, 0.777, "EDV (Spearman's ρ = 0.78, unadjusted 95% CI"),
        ("group_tests", "statistic", EF | {"test": "welch_anova", "rater": "reader"}, 77.777, ") = 77.78, p"),
        ("group_differences", "reader_difference", DIFFERENCE, -77.77, "−77.8 percentage points"),
        ("sample_size", "calibrated_mice_per_group", EF, 77, " and about 77 with net (SD "),
        (
            "sample_size",
            "reference_mice_per_group_ci_high",
            EF,
            77,
            " to 77) would be required with the reference (SD ",
        ),
        ("sample_size", "change", EF, 7, "a difference of 7 percentage points in EF, "),
    ],
)
def test_a_changed_cell_changes_the_text(cohort, write, table, column, where, value, said):
    names = {"agreement", "overlap_summary", "surface_summary", "group_tests", "group_differences", table}
    tables = {name: cohort[name] for name in names}
    assert said not in write(tables)
    assert said in write(changed(tables, table, column, value, **where))


def test_errors_are_compared_with_those_of_the_internal_cohort(cohort, write):
    columns = ["reader", "internal", "external", "measure", "structure", "metric", "ratio", "ratio_ci_low"]
    columns += ["ratio_ci_high", "p_holm", "n_external", "n_internal"]
    rows = [
        ("net", "home", "mine", "dice_error", "blood_pool", None, 1.994, 1.425, 2.79, 0.004, 12, 20),
        ("net", "home", "mine", "absolute_error", None, "EDV", 3.7, 0.88, 15.5, 0.214, 12, 19),
        ("net", "home", "mine", "absolute_error", None, "EF", 0.5, 0.4, 0.6, 0.01, 12, 20),
        ("other", "home", "mine", "absolute_error", None, "EF", 9.0, 8.0, 10.0, 0.01, 12, 20),
        ("net", "home", "third", "absolute_error", None, "EF", 7.0, 6.0, 10.0, 0.01, 8, 20),
    ]
    table = pd.DataFrame(rows, columns=columns)
    tables = {"agreement": cohort["agreement"], "cohort_comparison": table}
    assert paragraphs(write(tables))["Generalisation"] == [
        "P values are Holm-corrected across the quantities; CIs are not. Mean Dice errors (1 − Dice) of the blood pool "
        "(ratio 1.99, 95% CI 1.43 to 2.79, p = 0.004) were significantly larger in the mine cohort (n = 12) than in "
        "the home cohort. Mean absolute errors in EF (ratio 0.50, 95% CI 0.40 to 0.60, p = 0.010) were significantly "
        "smaller in the mine cohort than in the home cohort. Mean absolute errors in EDV (ratio 3.70, 95% CI 0.88 to "
        "15.50, p = 0.214) did not differ significantly between the mine cohort and the home cohort. Figure 8 shows "
        "these ratios."
    ]
    said = paragraphs(write(tables))["Summary"][0]
    assert (
        "Compared with the home cohort, mean Dice errors (1 − Dice) were significantly larger for the blood pool "
        "(ratio 1.99), and mean absolute errors in parameters were significantly smaller for EF (ratio 0.50)."
    ) in said
    parameters = table.assign(p_holm=table["p_holm"].mask(table["measure"] == "absolute_error", 0.2))
    assert (
        "(ratio 1.99), and mean absolute errors in parameters did not differ significantly (ratio 0.50 to 3.70)."
        in write(tables | {"cohort_comparison": parameters})
    )
    alike = paragraphs(write(tables | {"cohort_comparison": table.assign(p_holm=0.2)}))["Summary"][0]
    assert "No mean error differed significantly from that in the home cohort." in alike
    (one,) = paragraphs(write(tables | {"cohort_comparison": table.iloc[1:2]}))["Generalisation"]
    assert one.startswith("Mean absolute errors in EDV (")
    assert one.endswith("between the mine cohort (n = 12) and the home cohort (n = 19).")
    assert "Generalisation" not in paragraphs(write({"agreement": cohort["agreement"]}))


def test_the_level_is_that_of_the_study(cohort, write):
    text = write(cohort, alpha=0.1, power=0.9)
    assert "95% CI" not in text
    assert "90% CI" in text
    assert "a power of 90% and a significance level of 0.1" in text
    assert "a power of 80% and a significance level of 0.05" in write(cohort)


def test_the_published_values(root, tmp_path, write):
    function = pd.read_csv(root / "config/published/figure3.csv").rename(columns={"dl": "reader"})
    write_csv(function, tmp_path / "function.csv")
    measure_agreement.main(tmp_path / "function.csv", tmp_path / "agreement.csv", 0, 0.05, MARGINS)
    text = write({"agreement": read_csv(tmp_path / "agreement.csv")})
    assert "in 25 mice of the mine cohort." in text
    assert "Reader net did not differ significantly from the reference in EDV (bias 0.6 µL, 95% CI −0.8 to " in text
    assert "narrowest for EF (−" in text and "widest for SV (−" in text
    assert list(paragraphs(text)) == ["Summary", "Mice", "Agreement"]


CI = ["ci_low", "ci_high"]
# what can be missing together while the rest of a row is there
MISSING = {
    "agreement": [
        ["bias_ci_low", "bias_ci_high", "p", "p_holm", "tost_p_holm"],
        ["tost_p_holm", "equivalence_margin"],
        ["reference_sd", "reader_sd", "loa_low", "loa_high"],
        [f"loa_{side}_{limit}" for side in ("low", "high") for limit in CI],
        ["slope", "slope_ci_low", "slope_ci_high", "slope_p_holm"],
        ["slope_ci_low", "slope_ci_high", "slope_p_holm"],
        ["icc2", "icc2_ci_low", "icc2_ci_high", "ccc"],
        ["icc2_ci_low", "icc2_ci_high"],
        ["cv_percent"],
    ],
    "overlap_summary": [["sd"]],
    "surface_summary": [["sd"]],
    "overlap_anova": [["df1", "df2", "F", "p", "p_holm", "eta_squared_generalized"]],
    "overlap_pairwise": [["ci_low", "ci_high", "p", "p_holm", "p_adjusted"]],
    "overlap_model": [["estimate", *CI, "p", "p_adjusted", "F", "df1", "df2"]],
    "dice_error": [["spearman_rho", "p", "p_holm", *CI], CI],
    "group_tests": [["statistic", "df1", "df2", "p", "p_holm"]],
    "group_differences": [
        [f"{rater}_{cell}" for rater in ("reference", "reader") for cell in (*CI, "p_adjusted")] + ["conclusion"],
        ["reference_ci_low", "reference_ci_high", "reference_p_adjusted", "conclusion"],
    ],
    "sample_size": [
        ["calibrated_mice_per_group", "slope"],
        ["reader_mice_per_group", "calibrated_mice_per_group"],
        ["reference_mice_per_group_ci_low", "reference_mice_per_group_ci_high"],
        ["change_absolute", "reference_sd", "reader_sd", "reference_mice_per_group", "reader_mice_per_group"],
    ],
}


@pytest.mark.parametrize("table", MISSING)
def test_missing_cells_are_left_out(cohort, write, table):
    """In all rows, in the first or in the last."""
    for columns in MISSING[table]:
        for rows in (slice(None), slice(0, 1), slice(-1, None)):
            blank = cohort[table].copy()
            blank.loc[blank.index[rows], columns] = np.nan
            others = ("agreement", "surface_summary", "group_tests", "group_differences")
            text = write({name: cohort[name] for name in others} | {table: blank})
            assert not WORDS_OF_NOTHING.search(text), (columns, WORDS_OF_NOTHING.search(text))


@pytest.mark.parametrize(
    ("mice", "phenotypes", "lost"),
    [(1, ("control",), 0), (1, ("control", "DCM"), 0), (2, ("control", "DCM"), 1), (3, ("MI",), 0), (2, ("MI",), 2)],
)
def test_few_mice(tmp_path, write, mice, phenotypes, lost):
    """With 1, 2, 3, 3 and no mice the reasons are given, and nothing is printed that is not there."""
    known = measurements(tmp_path, mice, phenotypes)
    function = read_csv(tmp_path / "function.csv")
    function.loc[function["mouse"].isin([f"Mouse{number + 1}" for number in range(lost)]), "reader"] = np.nan
    write_csv(function, tmp_path / "function.csv")
    paths = statistics(tmp_path, known)
    text = write({name: read_csv(path) for name, path in paths.items()})
    assert not WORDS_OF_NOTHING.search(text), WORDS_OF_NOTHING.search(text)
    left = mice * len(phenotypes) - lost
    start = "No mouse of the mine cohort" if left == 0 else f"Reader net was compared with the reference in {left} "
    assert paragraphs(text)["Mice"][0].startswith(start)
    assert ("overestimated" in text or "differ significantly from" in text) == (left > 1)
    assert left > 2 or "could not be computed" in text or left == 0


def test_mice_without_contours_are_only_counted(tmp_path, write):
    known = measurements(tmp_path, 1)
    write_csv(read_csv(tmp_path / "function.csv").assign(reference=np.nan), tmp_path / "function.csv")
    write_csv(read_csv(tmp_path / "overlap.csv").head(0), tmp_path / "overlap.csv")
    manifest = read_csv(tmp_path / "manifest.csv").assign(ed_frame=None, es_frame=None)
    write_csv(manifest, tmp_path / "manifest.csv")
    paths = statistics(tmp_path, known)
    text = write({name: read_csv(paths[name]) for name in TABLES if not name.startswith("group")})
    assert paragraphs(text) == {
        "Mice": [
            "No mouse of the mine cohort was measured by both the reference and reader net. Four mice had no reference "
            "contours at ED and ES."
        ]
    }


def test_what_could_not_be_computed_is_named_unless_mice_are_few(tmp_path, write):
    """Of three mice, two have contours at ED and ES; with a single one, a test is not expected."""
    known = measurements(tmp_path, 3, ["control"])
    tables = {name: read_csv(path) for name, path in statistics(tmp_path, known).items()}
    few = '[["too_few_with_both", ["n = 2"], []]]'
    tables["dice_error"] = tables["dice_error"].assign(p_holm=np.nan, reasons=few)
    assert paragraphs(write(tables))["Segmentation accuracy"][-1] == (
        "The association of the Dice coefficient with the absolute error could not be tested (n = 2 with both values, "
        "at least 3 are required)."
    )
    paths = statistics(tmp_path, measurements(tmp_path, 1, ["control"]))
    found = paragraphs(write({name: read_csv(path) for name, path in paths.items()}))["Segmentation accuracy"]
    assert len(found) == 1, "only the Dice coefficients themselves"


def test_no_metric_at_all(write):
    text = write({"agreement": pd.DataFrame(columns=["metric", "unit", *STATISTICS])})
    assert text == (
        "# Results: mine cohort, reader net\n\n## Mice\n\n"
        "No mouse of the mine cohort was measured by both the reference and reader net.\n"
    )


def test_the_same_tables_give_the_same_bytes(cohort, write):
    assert write(cohort) == write(cohort)
