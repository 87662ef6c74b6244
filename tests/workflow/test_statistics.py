"""Statistics of numbers measured elsewhere, and the comparison with the published study, through the real rules."""

import json
import re
import shutil

import numpy as np
import pandas as pd
import pytest

from paper_cohort import write_paper_cohort
from workplace import ROOT, Workplace

FIGURE_3 = ROOT / "config" / "published" / "figure3.csv"


@pytest.fixture(scope="module")
def numbers(tmp_path_factory):
    """Two cohorts of numbers: the paper's with an observer of our own beside its network, and one of 12 mice."""
    workplace = Workplace(tmp_path_factory.mktemp("numbers"))
    paper = pd.read_csv(FIGURE_3)
    random = np.random.default_rng(0)
    paper["observer"] = paper["reference"] + random.normal(0, 1, len(paper))
    paper.to_csv(workplace.folder / "paper.csv", index=False)
    other = paper[paper["mouse"].isin([f"M{number:02d}" for number in range(1, 13)])].copy()
    other["dl"] = other["reference"] + 2 * (other["dl"] - other["reference"])
    other.to_csv(workplace.folder / "other.csv", index=False)
    mice = sorted(set(paper["mouse"]))
    lines = [f"{mouse}\t{i % 3}" for i, mouse in enumerate(mice)]
    (workplace.folder / "people.tsv").write_text("\n".join(["mouse\tphenotype", *lines]) + "\n")
    study = {
        "study": "numbers",
        "cohorts": {
            "paper": {"source": {"measurements": "paper.csv"}, "participants": "people.tsv"},
            "other": {"source": {"measurements": "other.csv"}},
        },
        "comparison": {"treatment": {"cohort": "paper", "values": "reference", "group": "phenotype", "control": 0}},
        "statistics": {"sd_ddof": 0, "observers": ["observer"]},
        "paper": {"cohort": "paper", "reader": "dl"},
    }
    run = workplace.snakemake(study=workplace.write(study))
    assert run.status == 0, run.output[-5000:]
    return workplace


def read(workplace, path, study="numbers"):
    return pd.read_csv(workplace.results(study) / path, keep_default_na=False, na_values=[""])


def test_every_table_is_made_and_says_why_something_is_missing(numbers):
    folder = numbers.results("numbers")
    for cohort in ("paper", "other"):
        for reader in ("dl", "observer"):
            for path in ("statistics/{}/agreement.csv", "statistics/{}/sample_size.csv", "tables/{}/results.md"):
                assert (folder / path.format(f"{cohort}/{reader}")).stat().st_size > 0
        for table in ("comparison", "ranking", "beside_observer"):
            assert len(read(numbers, f"statistics/{cohort}/reader_{table}.csv"))
    assert not list(folder.glob("statistics/other/*/groups.csv")), "no phenotype is known there"
    for path in folder.glob("statistics/**/*.csv"):
        table = read(numbers, path.relative_to(folder))
        bare = table[table["note"].isna()]
        assert "p" not in bare or bare["p"].notna().all(), path


def test_observer_ranks_first_and_stands_beside_the_network(numbers):
    ranking = read(numbers, "statistics/paper/reader_ranking.csv").set_index(["quantity", "reader"])
    assert ranking.loc[("mass_ED", "observer"), "rank"] == 1
    assert ranking.loc[("mass_ED", "observer"), "probability_best"] > 0.99
    beside = read(numbers, "statistics/paper/reader_beside_observer.csv").set_index(["reader", "metric"])
    assert beside.loc[("dl", "EDV"), "role"] == "reader"
    assert beside.loc[("observer", "EDV"), "role"] == "observer"
    assert beside.loc[("dl", "EDV"), "loa_width_ratio"] > 2


def test_errors_twice_as_large_in_the_other_cohort(numbers):
    """The other cohort has the errors of twelve of the same mice, doubled."""
    rows = read(numbers, "statistics/cohort_comparison.csv").set_index(["reader", "metric"])
    paper, other = (pd.read_csv(numbers.folder / f"{name}.csv").query("metric == 'EDV'") for name in ("paper", "other"))
    error = [(table["dl"] - table["reference"]).abs().mean() for table in (paper, other)]
    row = rows.loc[("dl", "EDV")]
    assert (row["internal"], row["external"]) == ("paper", "other")
    assert row["ratio"] == pytest.approx(error[1] / error[0], rel=1e-8)
    assert row["ratio_ci_low"] < row["ratio"] < row["ratio_ci_high"]


def test_the_paper_is_reproduced_from_its_figure_and_its_misprints_are_found(numbers):
    comparison = read(numbers, "paper/paper_comparison.csv")
    table_1 = comparison[comparison["table"] == "table_1"].set_index(["metric", "quantity"])
    assert (table_1["verdict"] != "not computed").all()
    assert table_1.loc[("EDV", "bias"), "verdict"] == "reproduced"
    assert table_1.loc[("mass_ES", "reference_sd"), "verdict"] == "differs"
    assert len(comparison[comparison["table"] != "table_1"]) >= 40
    conventions = read(numbers, "paper/paper_conventions.csv").set_index("candidate")
    assert set(conventions.index[conventions["adopted"]]) >= {"Pearson", "paired t-test"}
    audit = read(numbers, "paper/paper_audit.csv").set_index(["metric", "quantity"])
    assert audit.loc[("EDV", "loa_high"), "should_read"].dropna().iloc[0] == pytest.approx(7.3)


def test_agreement_is_that_of_the_published_table(numbers):
    """Figure 3 gives Table 1 back, but for what the table misprints."""
    found = read(numbers, "statistics/paper/dl/agreement.csv").set_index("metric")
    printed = pd.read_csv(FIGURE_3.with_name("table_1.csv")).set_index("metric")
    misprints = {("EDV", "loa_high"): 7.3, ("mass_ES", "reference_sd"): 25.6}
    for metric in printed.index:
        for column in ("reference_mean", "reference_sd", "reader_mean", "reader_sd", "bias", "loa_low", "loa_high"):
            expected = misprints.get((metric, column), printed.loc[metric, column])
            assert found.loc[metric, column] == pytest.approx(expected, abs=0.1), (metric, column)
        assert found.loc[metric, "p"] == pytest.approx(printed.loc[metric, "p"], abs=0.005), metric
    assert (found["n"] == 25).all()


def test_prose_and_tables_carry_the_numbers_of_the_paper(numbers):
    words = (numbers.results("numbers") / "tables/paper/dl/results.md").read_text(encoding="utf-8")
    assert "bias in EF was −0.2 percentage points (95% limits of agreement −5.7 to 5.3)" in words
    assert "nan" not in words.lower().split()
    table = (numbers.results("numbers") / "tables/paper/dl/table_1.html").read_text(encoding="utf-8")
    assert "66.2 ± 10.1" in table
    assert "paired t-test" in table


def test_test_mice_of_the_paper_are_found_in_130_and_offered_as_a_split(workplace):
    names = write_paper_cohort(workplace.folder / "mice", FIGURE_3, reader_folder=workplace.folder / "masks")
    study = {
        "study": "found",
        "cohorts": {"all": {"source": {"folder": "mice"}, "participants": "mice/participants.tsv"}},
        "readers": {"dl": {"masks": "masks", "postprocess": "none"}},
        "statistics": {"sd_ddof": 0},
        "paper": {"cohort": "all", "reader": "dl"},
    }
    targets = ["results/found/paper/paper_split.csv", "results/found/paper/paper_comparison.csv"]
    run = workplace.snakemake("--", *targets, study=workplace.write(study))
    assert run.status == 0, run.output[-5000:]

    found = read(workplace, "paper/paper_test_mice.csv", "found").set_index("figure_id")
    assert found["mouse"].to_dict() == names
    assert (found["verdict"] == "accepted").all()
    assert (found["residual_uL"] < 0.02).all()
    assert (found["next_best_uL"] > 5 * found["residual_uL"]).all()

    split = read(workplace, "paper/paper_split.csv", "found").set_index("mouse")["split"]
    assert split.value_counts().to_dict() == {"train": 90, "validation": 15, "test": 25}
    assert set(split.index[split == "test"]) == set(names.values())

    comparison = read(workplace, "paper/paper_comparison.csv", "found").set_index(["table", "quantity"])
    for quantity in ("mice", "annotated_frames"):
        assert comparison.loc[("dataset", quantity), "verdict"] == "reproduced"

    # Offered as a split, it is one that the workflow takes.
    shutil.copy(workplace.results("found") / "paper" / "paper_split.csv", workplace.folder)
    study["cohorts"]["all"]["split"] = {"file": "paper_split.csv"}
    run = workplace.snakemake("--", "results/found/cohorts/all/split.csv", study=workplace.write(study))
    assert run.status == 0, run.output[-5000:]


def test_mice_that_are_not_those_of_the_paper_are_refused_with_the_figures(workplace):
    write_paper_cohort(workplace.folder / "mice", FIGURE_3, mice=30)
    for mouse in ("Mouse1", "Mouse2", "Mouse3", "Mouse4", "Mouse5", "Mouse6"):
        (workplace.folder / "mice" / f"{mouse}.h5").unlink()
    study = {
        "study": "refused",
        "cohorts": {"all": {"source": {"folder": "mice"}}},
        "readers": {"dl": {"masks": "mice"}},
        "paper": {"cohort": "all", "reader": "dl"},
    }
    run = workplace.snakemake("--", "results/refused/paper/paper_split.csv", study=workplace.write(study))
    assert run.status == 1
    assert "refused" in run.output
    assert not (workplace.results("refused") / "paper" / "paper_split.csv").exists()
    table = read(workplace, "paper/paper_test_mice.csv", "refused")
    refused = table[table["verdict"] == "refused"]
    assert len(refused)
    assert refused["note"].notna().all()


def test_groups_are_compared_and_open_the_report(numbers):
    folder = numbers.results("numbers") / "comparisons" / "treatment"
    values, differences = (read(numbers, f"comparisons/treatment/{name}.csv") for name in ("values", "differences"))
    sizes = values.dropna(subset="value").groupby("group")["animal"].nunique()
    assert sizes.index.astype(str).tolist() == ["0", "1", "2"]
    assert differences.groupby("measure", sort=False)["group_b"].agg(list).map(len).eq(2).all()
    assert read(numbers, "comparisons/treatment/changes.csv").empty
    assert read(numbers, "comparisons/treatment/contoured.csv").empty, "the values are those of the reference"
    files = {path.name for path in folder.iterdir()}
    assert {"figure_flow.pdf", "figure_groups.svg", "table_groups.docx", "arrive.md", "results.md"} <= files
    assert not any(name.startswith(("figure_sessions", "figure_curves", "figure_bullseye")) for name in files)
    methods = (numbers.results("numbers") / "tables" / "methods.md").read_text()
    n = ", ".join(f"{group} (n = {size})" for group, size in sizes.iloc[:2].items()) + f" and 2 (n = {sizes.iloc[2]})"
    assert f"The groups compared were {n}; 0 was the control group." in methods

    run = numbers.snakemake("--report", "report.html", study="numbers.yaml")
    assert run.status == 0, run.output[-3000:]
    report = (numbers.folder / "report.html").read_text()
    front = json.loads(re.search(r"^\s*var workflow_desc = (.*);$", report, re.MULTILINE)[1])
    summary = (folder / "results.md").read_text().partition("## Summary")[2].partition("##")[0]
    assert summary.split(".")[0].strip() in front
    assert front.count("<svg ") == 2, "the flow and the groups"
