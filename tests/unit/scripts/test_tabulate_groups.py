import docx
import pandas as pd
import pytest

import tabulate_groups
from murmur.csv_tables import write_csv
from murmur.statistics.phenotypes import group, omnibus_tests, summarise
from murmur.vocabulary import METRICS

SUFFIXES = ("csv", "html", "tex", "docx")
SIZES = {"control": 4, "tac": 3, "dcm": 1}


def function_of(sizes: dict[str, int]) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return function and phenotypes; by the reference the mice of a phenotype are 10, 12, 14, ... apart by 30."""
    rows, phenotypes = [], {}
    for level, (phenotype, n) in enumerate(sizes.items()):
        for i in range(n):
            phenotypes[f"{phenotype}{i}"] = phenotype
            value = 10 + 30 * level + 2 * i
            rows += [(f"{phenotype}{i}", metric, unit, value, value + i % 2) for metric, unit in METRICS.items()]
    return pd.DataFrame(rows, columns=["mouse", "metric", "unit", "reference", "reader"]), phenotypes


@pytest.fixture
def print_table(tmp_path):
    def run(function, phenotypes, name="table_3"):
        grouped = group(function, phenotypes)
        write_csv(summarise(grouped, 1), tmp_path / "groups.csv")
        write_csv(omnibus_tests(grouped), tmp_path / "group_tests.csv")
        files = {suffix: tmp_path / f"{name}.{suffix}" for suffix in SUFFIXES}
        tabulate_groups.main(
            tmp_path / "groups.csv",
            tmp_path / "group_tests.csv",
            list(files.values()),
            cohort="9.4T & co",
            reader="net_1",
            sd_ddof=1,
            alpha=0.05,
        )
        return files

    return run


def test_cells_and_footnote(print_table):
    function, phenotypes = function_of(SIZES)
    function.loc[(function["mouse"] == "tac2") & (function["metric"] == "EF"), "reader"] = None
    function.loc[len(function)] = ["stray", "EDV", "uL", 1.0, 1.0]
    files = print_table(function, phenotypes)
    printed = pd.read_csv(files["csv"], dtype=str)
    assert list(printed.columns) == ["Parameter", "control (n = 4)", "dcm (n = 1)", "tac (n = 3)", "p"]
    assert len(printed) == 12
    # control 10, 12, 14, 16 and tac 40, 42, 44: SD 2.58 and 2
    assert printed.iloc[0].to_list() == ["EDV (µL), reference", "13.0 ± 2.6", "70.0 ± –", "42.0 ± 2.0", "<0.001"]
    assert printed.iloc[1].to_list()[:3] == ["EDV (µL), net_1", "13.5 ± 2.9", "70.0 ± –"]
    assert printed.loc[6, "tac (n = 3)"] == "41.0 ± 1.4"

    document = docx.Document(files["docx"])
    title, footnote = (paragraph.text for paragraph in document.paragraphs)
    assert title == "Table 3. Left-ventricular function by phenotype in the 9.4T & co cohort: reference and net_1."
    assert "denominator n − 1" in footnote
    assert "p, Welch's t-test for differences between phenotypes, Holm-corrected for 5 parameters" in footnote
    assert footnote.endswith(
        "A single mouse has no SD. EF: tac, n = 2. EDV, ESV, SV, Mass at ED, Mass at ES: excluded, n below 3: "
        "dcm. EDV: excluded, phenotype unknown: n = 1. EF: one phenotype with n of at least 3, two are required. "
        "EF: excluded, n below 3: dcm, tac."
    )


def test_without_a_test_there_is_a_dash_and_a_reason(print_table):
    files = print_table(*function_of({"control": 3, "tac": 2}))
    assert set(pd.read_csv(files["csv"], dtype=str)["p"]) == {"–"}
    assert "All parameters: one phenotype with n of at least 3, two are required." in files["html"].read_text("utf-8")
    assert "ANOVA" not in files["html"].read_text("utf-8")


def test_without_a_phenotype_it_says_so(print_table):
    files = print_table(function_of(SIZES)[0], {})
    assert files["csv"].read_text("utf-8") == "Parameter,p\n"
    assert "No mouse with a known phenotype" in files["tex"].read_text("utf-8")


def test_same_data_same_bytes(print_table):
    first, second = (print_table(*function_of(SIZES), name=name) for name in ("one", "two"))
    assert [file.read_bytes() for file in first.values()] == [file.read_bytes() for file in second.values()]


def test_phenotypes_that_look_like_numbers_keep_their_names(print_table):
    files = print_table(*function_of({"0": 4, "1": 3, "01": 2}))
    header = files["csv"].read_text(encoding="utf-8").splitlines()[0]
    assert header.startswith("Parameter,0 (n = 4),01 (n = 2),1 (n = 3),")
