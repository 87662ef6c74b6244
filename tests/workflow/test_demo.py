"""The default study, whole: what it must reach, what it must write, and that it then rests."""

import pandas as pd
import pytest
import yaml

PAIRS = ["internal/unet3plus", "external_7T/unet3plus"]
COLUMNS = {
    "cohorts/internal/manifest.csv": "mouse file sha256 rows columns slices frames annotated_frames ed_frame es_frame "
    "inflow_frames phenotype status",
    "cohorts/internal/split.csv": "mouse split phenotype",
    "measurements/internal/unet3plus/volumes.csv": "mouse frame time_ms blood_pool_uL myocardium_mg",
    "measurements/internal/unet3plus/function.csv": "mouse metric unit reference reader",
    "measurements/internal/unet3plus/overlap.csv": "mouse phase structure dice hd95_mm assd_mm",
    "statistics/internal/unet3plus/agreement.csv": "metric unit n reference_mean reference_sd reader_mean reader_sd "
    "bias bias_ci_low bias_ci_high loa_low loa_low_ci_low loa_low_ci_high loa_high loa_high_ci_low loa_high_ci_high "
    "t df p p_holm shapiro_p wilcoxon_p pearson_r spearman_rho spearman_p icc2 icc2_ci_low icc2_ci_high icc3 "
    "icc3_ci_low icc3_ci_high ccc mean_abs_difference sd_abs_difference rmse cv_percent tost_p note",
    "statistics/internal/unet3plus/overlap_summary.csv": "structure phase n mean sd median q1 q3 min max",
    "statistics/internal/unet3plus/overlap_anova.csv": "effect df1 df2 F p eta_squared_generalized",
    "statistics/internal/unet3plus/overlap_pairwise.csv": "contrast n mean_difference ci_low ci_high t df p p_holm dz "
    "wilcoxon_p",
    "statistics/internal/unet3plus/dice_error.csv": "structure phase metric n spearman_rho p p_holm",
}


def read(demo, path):
    return pd.read_csv(demo.results("demo") / path)


def test_dice_on_mice_that_the_network_has_not_seen(demo):
    overlap = read(demo, "measurements/internal/unet3plus/overlap.csv")
    split = read(demo, "cohorts/internal/split.csv").set_index("mouse")["split"]
    assert set(split[overlap["mouse"].unique()]) == {"test"}
    dice = overlap.groupby("structure")["dice"].mean()
    assert dice["blood_pool"] >= 0.90
    assert dice["myocardium"] >= 0.85


def test_bias_of_the_ejection_fraction(demo):
    agreement = read(demo, "statistics/internal/unet3plus/agreement.csv").set_index("metric")
    assert abs(agreement.loc["EF", "bias"]) <= 3
    assert agreement["n"].tolist() == [20] * 6


def test_reference_measures_the_known_volumes(demo):
    """The masks of the phantom have the volumes of its geometry, but for their voxels."""
    truth = read(demo, "cohorts/internal/truth.csv").set_index(["mouse", "metric"])["value"]
    measured = read(demo, "measurements/internal/reference/function.csv").set_index(["mouse", "metric"])["reference"]
    ratio = (measured / truth).unstack()
    assert len(ratio) == 36
    assert ratio["EDV"].between(0.95, 1.05).all()
    assert ratio[["mass_ED", "mass_ES"]].stack().between(0.93, 1.07).all()


@pytest.mark.parametrize("pair", PAIRS)
def test_phenotypes_differ_in_what_the_phantom_makes_different(demo, pair):
    """Infarcted and dilated hearts eject less, pressure-loaded ones are heavier; every test has enough mice."""
    tests = read(demo, f"statistics/{pair}/group_tests.csv").set_index(["test", "rater", "metric"])
    assert len(tests) == 3 * 2 * 6
    assert tests["p"].notna().all()
    for metric in ("EF", "mass_ED"):
        assert tests.loc[("anova", "reference", metric), "p"] < 0.05
        assert pair not in PAIRS[:1] or tests.loc[("anova", "reader", metric), "p"] < 0.05
    differences = read(demo, f"statistics/{pair}/group_differences.csv")
    assert differences[["reference_p", "reader_p"]].notna().all().all()


@pytest.mark.parametrize("path", COLUMNS)
def test_columns_are_those_that_users_rely_on(demo, path):
    wanted = COLUMNS[path].split()
    columns = read(demo, path).columns.tolist()
    assert columns[: len(wanted)] == wanted


@pytest.mark.parametrize("pair", PAIRS)
def test_tables_figures_and_movies_are_there(demo, pair):
    results = demo.results("demo")
    figures = [f"{name}.{suffix}" for name in ("figure_2_cases", "figure_3_agreement", "figure_4_time_volume")
               for suffix in ("pdf", "svg", "png")]  # fmt: skip
    figures += [f"movie_{case}.gif" for case in ("best", "median", "worst")]
    for name in figures:
        assert (results / "figures" / pair / name).stat().st_size > 10_000, name
    for suffix in ("csv", "html", "tex", "docx"):
        assert (results / "tables" / pair / f"table_1.{suffix}").stat().st_size > 300


def test_network_is_drawn_once_beside_the_figures_of_its_cohort(demo):
    for name in ("figure_1_network", "learning_curve"):
        assert (demo.results("demo") / "figures" / "internal" / "unet3plus" / f"{name}.pdf").exists()
        assert not (demo.results("demo") / "figures" / "external_7T" / "unet3plus" / f"{name}.pdf").exists()


def test_nothing_is_left_to_do(demo):
    run = demo.snakemake()
    assert run.status == 0
    assert "Nothing to be done" in run.output


def test_report_holds_every_figure_and_table(demo):
    run = demo.snakemake("--report", "results/demo/report.html")
    assert run.status == 0, run.output
    report = (demo.results("demo") / "report.html").read_text()
    for item in ("figure_1_network.png", "figure_2_cases.png", "figure_3_agreement.png", "figure_4_time_volume.png"):
        assert item in report
    for item in ("learning_curve.png", "movie_best.gif", "table_1.html", "the mice of the internal cohort"):
        assert item in report, item


def test_memory_of_all_but_training_stays_under_a_gigabyte(demo):
    for path in (demo.results("demo") / "benchmarks").rglob("*.tsv"):
        peak = pd.read_csv(path, sep="\t")["max_rss"].max()
        assert peak < (4000 if path.parent.name == "train_network" else 1000), path.parent.name


def test_settings_are_recorded_with_the_network(demo, root):
    record = yaml.safe_load((demo.results("demo") / "readers" / "unet3plus" / "training.json").read_text())
    assert record["network"]["filters"] == [8, 16, 24, 32, 48]
    assert record["slices"]["train"] > 200
    test = set(read(demo, "cohorts/internal/split.csv").query("split == 'test'")["mouse"])
    assert not test & {*record["mice"]["train"], *record["mice"]["validation"]}
