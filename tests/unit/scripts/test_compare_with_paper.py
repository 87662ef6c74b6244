import math
import statistics
import warnings
from pathlib import Path

import docx
import numpy as np
import pandas as pd
import pytest
import scipy.stats

import compare_overlap
import compare_with_paper
import correlate_dice_error
import measure_agreement
import summarise_overlap
import tabulate_paper
from murmur.csv_tables import read_csv, write_csv
from murmur.paper.comparison import NO_CLOCK, Computed, judge, significance
from murmur.paper.printed_values import read_figure
from murmur.statistics.overlap_summary import select_cases

FIGURE_3 = Path(__file__).resolve().parents[3] / "config/published/figure3.csv"
MICE = [f"M{number:02}" for number in range(1, 26)]
CELLS = [(phase, structure) for phase in ("ED", "ES") for structure in ("blood_pool", "myocardium")]


@pytest.fixture
def compare(root, tmp_path):
    """Compare Figure 3, or another function.csv, with the paper; `inputs` are what a cohort of images has as well."""

    def run(function=None, sd_ddof=0, **inputs):
        published = root / "config/published"
        write_csv(read_figure(published / "figure3.csv") if function is None else function, tmp_path / "function.csv")
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            measure_agreement.main(tmp_path / "function.csv", tmp_path / "agreement.csv", sd_ddof, 0.05, {})
            compare_with_paper.main(
                table_1=published / "table_1.csv",
                paper_values=published / "paper_values.csv",
                agreement=tmp_path / "agreement.csv",
                output=tmp_path / "comparison.csv",
                sd_ddof=sd_ddof,
                alpha=0.05,
                **inputs,
            )
        table = tabulate_paper.read_comparison(tmp_path / "comparison.csv")
        keys = ["quantity", "structure", "phase", "metric"]
        return table.fillna(dict.fromkeys([*keys, "note"], "")).set_index(keys).sort_index()

    return run


@pytest.fixture
def images(tmp_path):
    """A cohort of 25 mice, one with inflow frames, and a history of 7 epochs; returns the inputs of `main`."""

    def run(overlap=None, phenotypes=("Control", "MI+patch", "DCM", "TAC", ""), sd_ddof=1):
        if overlap is None:
            generator = np.random.default_rng(0)
            overlap = pd.DataFrame(
                [
                    (m, p, s, generator.uniform(0.85, 0.9 + 0.05 * (s == "blood_pool")), 0.1)
                    for m in MICE
                    for p, s in CELLS
                ],
                columns=["mouse", "phase", "structure", "dice", "hd95_mm"],
            ).assign(assd_mm=0.1)
        function = pd.DataFrame(
            [(m, "EDV", "uL", 60.0, 60.0 + n) for n, m in enumerate(MICE)],
            columns=["mouse", "metric", "unit", "reference", "reader"],
        )
        manifest = pd.DataFrame({"mouse": MICE, "file": "x.h5", "sha256": "0", "images_sha256": "0"})
        manifest = manifest.assign(rows=64, columns=64, slices=9, frames=20, annotated_frames="0;7", ed_frame=0)
        manifest = manifest.assign(
            es_frame=7, inflow_frames=None, excluded=None, phenotype=[phenotypes[n % 5] for n in range(25)]
        )
        manifest = manifest.assign(status="", row_mm=0.1, column_mm=0.1, slice_mm=1.0, frame_interval_ms=5.0)
        manifest.loc[0, ["slices", "annotated_frames", "inflow_frames"]] = [10, "0;3;7", "3"]
        split = pd.DataFrame({"mouse": MICE, "split": ["train"] * 15 + ["validation"] * 4 + ["test"] * 6})
        history = pd.DataFrame({"epoch": range(7), "loss": 0.1})
        tables = {"overlap": overlap, "manifest": manifest, "split": split, "history": history, "values": function}
        paths = {name: tmp_path / f"{name}.csv" for name in tables}
        for name, table in tables.items():
            write_csv(table, paths[name])
        paths |= {
            n: tmp_path / f"{n}.csv" for n in ("overlap_summary", "overlap_anova", "overlap_pairwise", "dice_error")
        }
        summarise_overlap.main(paths["overlap"], paths["overlap_summary"], tmp_path / "surface.csv", sd_ddof)
        compare_overlap.main(paths["overlap"], paths["overlap_anova"], paths["overlap_pairwise"], 0.05)
        correlate_dice_error.main(paths["overlap"], paths.pop("values"), paths["dice_error"], 0.05)
        return paths

    return run


def test_every_printed_number_is_there(compare, root):
    table = compare()
    published = root / "config/published"
    table_1, others = (pd.read_csv(published / f"{name}.csv") for name in ("table_1", "paper_values"))
    assert len(table) == 9 * len(table_1) + len(others) + others["sd"].notna().sum()
    assert table.loc[("p", "", "", "ESV"), "printed"] == "0.330"
    assert table.loc[("p_phase", "myocardium", "", ""), "printed"] == "<0.002"
    assert table.loc[("dice_sd", "blood_pool", "ED", ""), "printed"] == "0.02"
    assert set(table["verdict"]) == {"reproduced", "consistent", "differs", "not computed"}


def test_figure_3_reproduces_table_1_but_for_its_misprints(compare):
    table = compare()
    table = table[(table["table"] == "table_1") & (table.index.get_level_values("quantity") != "p")]
    verdicts = table["verdict"]
    assert verdicts["reference_sd", "", "", "mass_ES"] == "differs"
    assert verdicts["loa_high", "", "", "EDV"] == "consistent"
    assert verdicts["loa_low", "", "", "mass_ES"] == "consistent"  # -13.06 by the figure's reading
    assert (verdicts == "reproduced").sum() == len(verdicts) - 3
    assert table.loc[("loa_high", "", "", "EDV"), "note"] == "upper limit is 7.3 in Figure 3"
    assert table.loc[("loa_low", "", "", "EDV"), "note"] == ""


def test_intervals_are_those_of_other_code(compare):
    table = compare()
    figure = read_figure(FIGURE_3)
    edv = figure[figure["metric"] == "EDV"]
    x, d = edv["reference"], edv["reader"] - edv["reference"]

    def row(quantity):
        found = table.loc[(quantity, "", "", "EDV")]
        return [found["computed"], found["ci_low"], found["ci_high"]]

    interval = scipy.stats.ttest_1samp(x, 0).confidence_interval()
    assert row("reference_mean") == pytest.approx([x.mean(), *interval], rel=1e-8)
    assert row("bias") == pytest.approx([d.mean(), *scipy.stats.ttest_1samp(d, 0).confidence_interval()], rel=1e-8)
    assert row("r") == pytest.approx(
        [statistics.correlation(x, edv["reader"]), *scipy.stats.pearsonr(x, edv["reader"]).confidence_interval()],
        rel=1e-8,
    )
    squares = statistics.variance(x) * 24
    low, high = (math.sqrt(squares / scipy.stats.chi2.isf(q, 24)) for q in (0.025, 0.975))
    assert row("reference_sd") == pytest.approx([statistics.pstdev(x), low, high], rel=1e-8)
    assert table.loc[("bias", "", "", "EDV"), "difference"] == pytest.approx(d.mean() - 0.6)


def test_sd_and_limits_do_not_depend_on_the_studys_denominator(compare):
    with_n, with_less = compare(sd_ddof=0), compare(sd_ddof=1)
    for column in ("computed", "ci_low", "ci_high"):
        assert with_less[column].to_numpy(float) == pytest.approx(
            with_n[column].to_numpy(float), rel=1e-10, nan_ok=True
        )
    assert (with_less["verdict"] == with_n["verdict"]).all()
    assert "n - 1" in with_less.loc[("loa_low", "", "", "SV"), "note"]


def test_what_a_cohort_of_measurements_lacks_has_a_reason(compare):
    table = compare()
    missing = table[table["verdict"] == "not computed"]
    assert missing["note"].ne("").all()
    assert missing.loc[("mice", "", "", ""), "note"] == "the cohort has no images"
    assert missing.loc[("epochs", "", "", ""), "note"].endswith("the reader was not trained in this study")
    assert missing.loc[("full_cine_sd", "", "", ""), "note"] == NO_CLOCK
    few = compare(read_figure(FIGURE_3)[lambda t: t["metric"].isin(["EDV", "EF"])])
    assert few.loc[("bias", "", "", "mass_ED"), "note"] == "mass_ED was not measured"


@pytest.mark.parametrize("mice", [0, 1, 2, 3])
def test_few_mice_give_reasons(compare, mice):
    figure = read_figure(FIGURE_3)
    figure.loc[~figure["mouse"].isin(MICE[:mice]), "reader"] = math.nan
    table = compare(figure, sd_ddof=1)
    missing = table[table["computed"].isna()]
    assert missing["note"].ne("").all()
    assert math.isnan(table.loc[("reference_sd", "", "", "EDV"), "computed"]) == (mice < 2)
    assert (table.loc[("bias", "", "", "EDV"), "verdict"] == "not computed") == (mice == 0)


def test_counts_of_a_cohort(compare, images):
    table = compare(**images())
    expected = {"mice": 25, "images_2d": (24 * 9 + 10) * 20, "annotated_frames": 51, "annotated_images": 24 * 18 + 30}
    expected |= {"mice_train": 15, "mice_validation": 4, "mice_test": 6, "stacks_train": 31, "stacks_validation": 8}
    expected |= {"stacks_test": 12, "images_train": 14 * 18 + 30, "images_validation": 72, "images_test": 108}
    expected |= {"controls": 5, "myocardial_infarction_patch": 5, "dilated_cardiomyopathy": 5, "epochs": 7}
    expected |= {"transverse_aortic_constriction": 5}
    for quantity, count in expected.items():
        row = table.loc[(quantity, "", "", "")]
        assert (row["computed"], row["difference"]) == (count, count - float(row["printed"])), quantity
        assert row["verdict"] == "differs"
    unknown = compare(**images(phenotypes=[""] * 5)).loc[("controls", "", "", "")]
    assert (unknown["verdict"], unknown["note"]) == ("not computed", "no phenotype of the cohort's mice is known")


@pytest.mark.parametrize("sd_ddof", [0, 1])
def test_overlap(compare, images, sd_ddof):
    inputs = images(sd_ddof=sd_ddof)
    table = compare(sd_ddof=sd_ddof, **inputs)
    overlap = read_csv(inputs["overlap"])
    blood = overlap[overlap["structure"] == "blood_pool"].pivot(index="mouse", columns="phase", values="dice")
    at_ed, both = table.loc[("dice", "blood_pool", "ED", "")], table.loc[("dice", "blood_pool", "all", "")]
    limits = scipy.stats.ttest_1samp(blood["ED"], 0).confidence_interval()
    assert list(at_ed[["computed", "ci_low", "ci_high"]]) == pytest.approx([blood["ED"].mean(), *limits], rel=1e-8)
    limits = scipy.stats.ttest_1samp(blood.mean(axis=1), 0).confidence_interval()
    assert list(both[["computed", "ci_low", "ci_high"]]) == pytest.approx([blood.stack().mean(), *limits], rel=1e-8)
    for phase, values in (("ED", blood["ED"]), ("all", blood.stack())):
        sd = table.loc[("dice_sd", "blood_pool", phase, "")]
        assert sd["computed"] == pytest.approx(statistics.pstdev(values), rel=1e-8)
        assert sd["ci_low"] < sd["computed"] < sd["ci_high"]
    for case, (mouse, dice) in select_cases(overlap).items():
        row = table.loc[(f"dice_{case}", "combined", "", "")]
        assert (row["computed"], row["note"]) == (pytest.approx(dice), mouse)
    mean = overlap.pivot(index="mouse", columns=["structure", "phase"], values="dice")
    t = scipy.stats.ttest_rel(mean["blood_pool"].mean(axis=1), mean["myocardium"].mean(axis=1))
    assert table.loc[("p_structure", "", "", ""), "computed"] == pytest.approx(t.pvalue, rel=1e-6)
    t = scipy.stats.ttest_rel(mean["myocardium", "ED"], mean["myocardium", "ES"])
    assert table.loc[("p_phase", "myocardium", "", ""), "computed"] == pytest.approx(t.pvalue, rel=1e-8)
    rho = table.loc[("rho", "blood_pool", "ED", "")]
    assert rho["computed"] == pytest.approx(scipy.stats.spearmanr(blood["ED"], range(25)).statistic, rel=1e-8)
    assert rho["ci_low"] < rho["computed"] < rho["ci_high"]
    assert "n = 0 with both values" in table.loc[("rho", "myocardium", "ES", ""), "note"]


def test_overlap_of_nothing_has_reasons(compare, images):
    overlap = pd.DataFrame([(m, p, s, math.nan, math.nan, math.nan) for m in MICE[:3] for p, s in CELLS])
    overlap.columns = ["mouse", "phase", "structure", "dice", "hd95_mm", "assd_mm"]
    table = compare(**images(overlap))
    dice = table[table["table"].isin(["overlap", "dice_error"])]
    assert set(dice["verdict"]) == {"not computed"}
    assert dice["note"].ne("").all()
    assert not dice["note"].str.contains("no images").any()


@pytest.mark.parametrize(
    ("printed", "number", "verdict"),
    [
        ("0.94", Computed(0.9449), "reproduced"),
        ("0.94", Computed(0.9451), "differs"),
        ("0.94", Computed(0.96, 0.93, 0.98), "consistent"),
        ("0.94", Computed(0.96, 0.95, 0.98), "differs"),
        ("-6.0", Computed(-6.04), "reproduced"),
        ("0.0", Computed(-0.04), "reproduced"),
        ("460", Computed(460), "reproduced"),
        ("460", Computed(459), "differs"),
        ("<0.001", Computed(0.0009), "reproduced"),
        ("<0.001", Computed(0.001), "differs"),
        ("0.94", Computed(math.nan), "not computed"),
    ],
)
def test_verdicts(printed, number, verdict):
    assert judge({"printed": printed, "quantity": "r"}, number, 0.05) == verdict


def test_p_says_whether_the_conclusion_is_the_same(compare):
    notes = compare()["note"].xs("p", level="quantity")
    assert set(notes) == {"neither below 0.05"}
    assert significance("0.3", 0.01, 0.05) == "below 0.05 here alone"
    assert significance("0.01", 0.3, 0.05) == "below 0.05 in the paper alone"


def test_same_bytes_and_a_table_for_print(compare, images, tmp_path):
    inputs = images()
    compare(**inputs)
    first = (tmp_path / "comparison.csv").read_bytes()
    compare(**inputs)
    assert (tmp_path / "comparison.csv").read_bytes() == first
    outputs = [tmp_path / f"comparison.{suffix}" for suffix in ("html", "tex", "docx")]
    tabulate_paper.main(tmp_path / "comparison.csv", outputs, cohort="internal", reader="net")
    grid = docx.Document(outputs[-1]).tables[0]
    assert [cell.text for cell in grid.rows[0].cells] == ["Quantity", "Printed", "Here", "Difference", "Verdict"]
    rows = {cells[0].text: [cell.text for cell in cells[1:]] for cells in (row.cells for row in grid.rows[1:])}
    assert len(rows) == len(read_csv(tmp_path / "comparison.csv"))  # every name is another
    assert rows["EDV, mean of the reference (µL)"] == ["65.6", "65.6 (61.3 to 69.8)", "0.0", "reproduced"]
    assert rows["EDV, lower limit of agreement (µL)"][0] == "−6.0"
    assert rows["ESV, p"] == ["0.330", "0.329", "−0.001", "consistent"]
    assert rows["Images, test"] == ["460", "108", "−352", "differs"]
    assert rows["p of the structures' Dice"][0] == "<0.001"
    assert rows["Segmentation of a cine, SD (ms)"] == ["676", "–", "–", "not computed"]
    html = outputs[0].read_text(encoding="utf-8")
    assert "Of 103 numbers: " in html
    assert "Murmur keeps no clock in its results (9)" in html


def test_p_is_consistent_where_it_leads_to_the_same_conclusion():
    p = {"printed": "0.330", "quantity": "p"}
    assert judge(p, Computed(0.3297), 0.05) == "reproduced"
    assert judge(p, Computed(0.2), 0.05) == "consistent"
    assert judge(p, Computed(0.04), 0.05) == "differs"
    assert judge({"printed": "0.04", "quantity": "p"}, Computed(0.001), 0.05) == "consistent"


def test_bound_of_a_p_is_reproduced_below_it_and_consistent_below_alpha():
    p = {"printed": "<0.01", "quantity": "p_phase"}
    assert [judge(p, Computed(value), 0.05) for value in (0.001, 0.02, 0.2)] == ["reproduced", "consistent", "differs"]
