import time
from html.parser import HTMLParser
from zipfile import ZipFile

import docx
import pandas as pd
import pytest

import measure_agreement
import tabulate_agreement
from murmur.csv_tables import read_csv, write_csv
from murmur.presentation.number_format import number, p_value
from murmur.presentation.rendering import tex

SUFFIXES = ("csv", "html", "tex", "docx")


@pytest.fixture
def table_1(root, tmp_path):
    function = pd.read_csv(root / "config/published/figure3.csv").rename(columns={"dl": "reader"})
    function.loc[function["mouse"].eq("M04") & function["metric"].isin(["EDV", "SV"]), "reader"] = float("nan")
    write_csv(function, tmp_path / "function.csv")
    measure_agreement.main(tmp_path / "function.csv", tmp_path / "agreement.csv", 0, 0.05, {})

    def run(name="table_1"):
        files = {suffix: tmp_path / f"{name}.{suffix}" for suffix in SUFFIXES}
        tabulate_agreement.main(
            tmp_path / "agreement.csv",
            list(files.values()),
            cohort="9.4T & co",
            reader="net_<1>",
            sd_ddof=0,
            alpha=0.05,
        )
        return files

    return run


class Cells(HTMLParser):
    def __init__(self):
        super().__init__()
        self.rows, self.open = [], []

    def handle_starttag(self, tag, attributes):
        if tag not in ("meta",):
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ("th", "td"):
            self.rows[-1].append(data)


def test_the_four_files_hold_the_same_cells(table_1):
    files = table_1()
    printed = pd.read_csv(files["csv"], dtype=str)
    cells = [list(printed.columns), *printed.to_numpy().tolist()]
    assert cells[0] == ["Parameter", "Reference", "net_<1>", "Bias (limits of agreement)", "p", "r", "n"]
    assert cells[2] == ["ESV (µL)", "27.3 ± 10.1", "27.7 ± 10.7", "0.4 (−3.2 to 3.9)", ">0.999", "0.99", "25"]
    assert cells[4] == ["EF (%)", "59.3 ± 10.7", "59.1 ± 12.3", "−0.2 (−5.7 to 5.3)", ">0.999", "0.98", "25"]

    page = Cells()
    page.feed(files["html"].read_text(encoding="utf-8"))
    assert page.open == []
    assert page.rows[:-1] == cells

    document = docx.Document(files["docx"])
    assert [[cell.text for cell in row.cells] for row in document.tables[0].rows] == cells
    assert document.tables[0].style.name == "Light Shading"
    title, footnote = (paragraph.text for paragraph in document.paragraphs)
    assert title == "Table 1. Left-ventricular function in the 9.4T & co cohort: reference and net_<1>."
    assert page.rows[-1] == [footnote]
    assert "denominator n)" in footnote
    assert "p, two-sided paired t-test, Holm-corrected for 6 parameters (significance level 0.05)." in footnote
    assert "proportional" not in footnote
    assert footnote.endswith("EDV, SV: 1 of 25 scans excluded, no value for reference or reader.")

    source = files["tex"].read_text(encoding="utf-8")
    body = source.split("\\midrule\n")[1].split("    \\bottomrule")[0]
    lines = [line.removesuffix(" \\\\").strip().split(" & ") for line in body.splitlines()]
    assert lines == [[tex(cell) for cell in row] for row in cells[1:]]


def test_latex_is_balanced_and_escaped(table_1):
    source = table_1()["tex"].read_text(encoding="utf-8")
    assert source.isascii()
    bare = source.replace("\\{", "").replace("\\}", "")
    assert bare.count("{") == bare.count("}")
    assert source.replace("\\$", "").count("$") % 2 == 0
    assert "9.4T \\& co" in source
    assert "net\\_$<$1$>$" in source
    assert [line for line in source.splitlines() if "%" in line.replace("\\%", "")] == [
        "% In the preamble: \\usepackage{booktabs}"
    ]
    begun, ended = (
        [line.split(f"\\{word}{{")[1].split("}")[0] for line in source.splitlines() if f"\\{word}{{" in line]
        for word in ("begin", "end")
    )
    assert begun == ended[::-1] == ["table", "tabular"]
    assert tex("50% a_b #1 \\ ~^ {x} −1 µL") == (
        r"50\% a\_b \#1 \textbackslash{} \textasciitilde{}\textasciicircum{} \{x\} $-$1 $\mu$L"
    )


def test_the_same_table_gives_the_same_bytes(table_1, monkeypatch):
    first = {suffix: file.read_bytes() for suffix, file in table_1().items()}
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 1e8)
    second = {suffix: file.read_bytes() for suffix, file in table_1("again").items()}
    assert first == second


def test_docx_carries_no_date_of_its_making(table_1):
    file = table_1()["docx"]
    with ZipFile(file) as archive:
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.testzip() is None
    properties = docx.Document(file).core_properties
    assert properties.created.year == properties.modified.year == 1980
    assert properties.author == "Murmur"


def test_an_empty_agreement_is_a_row_of_dashes(tmp_path):
    (tmp_path / "function.csv").write_text("mouse,metric,unit,reference,reader\nM1,EDV,uL,,3\n")
    measure_agreement.main(tmp_path / "function.csv", tmp_path / "agreement.csv", 1, 0.05, {})
    files = {suffix: tmp_path / f"t.{suffix}" for suffix in SUFFIXES}
    tabulate_agreement.main(
        tmp_path / "agreement.csv", list(files.values()), cohort="c", reader="r", sd_ddof=1, alpha=0.05
    )
    assert files["csv"].read_text(encoding="utf-8").splitlines()[1] == "EDV (µL),–,–,–,–,–,0"
    assert "No mouse was measured by both the reference and r." in files["html"].read_text(encoding="utf-8")


def test_statistics_that_the_table_does_not_have_are_not_mentioned(tmp_path):
    """Spearman's rho of the four mice is 1, so it has no confidence limits: of no concern here."""
    rows = ["M1,EDV,uL,50,52", "M2,EDV,uL,60,61", "M3,EDV,uL,70,74", "M4,EDV,uL,80,85"]
    rows += ["M1,EF,%,50,52", "M2,EF,%,60,61", "M3,EF,%,70,"]
    (tmp_path / "function.csv").write_text("\n".join(["mouse,metric,unit,reference,reader", *rows]) + "\n")
    measure_agreement.main(tmp_path / "function.csv", tmp_path / "agreement.csv", 1, 0.05, {})
    agreement = read_csv(tmp_path / "agreement.csv")
    assert "Spearman's rho is +1" in agreement["note"].iloc[0]
    found = tabulate_agreement.footnote(agreement, "r", 1, 0.05)
    assert "Spearman" not in found and "ICC" not in found
    assert found.endswith("EF: 1 of 3 scans excluded, no value for reference or reader. EF: r requires 3 mice.")


def test_no_metric_at_all(tmp_path):
    (tmp_path / "function.csv").write_text("mouse,metric,unit,reference,reader\n")
    measure_agreement.main(tmp_path / "function.csv", tmp_path / "agreement.csv", 1, 0.05, {})
    files = {suffix: tmp_path / f"t.{suffix}" for suffix in SUFFIXES}
    tabulate_agreement.main(
        tmp_path / "agreement.csv", list(files.values()), cohort="c", reader="r", sd_ddof=1, alpha=0.05
    )
    assert "No mouse was measured by both" in files["tex"].read_text(encoding="utf-8")


def test_limits_that_do_not_depend_on_size_where_bias_does_are_qualified(table_1, tmp_path):
    agreement = read_csv(tmp_path / "agreement.csv")
    warning = "Bias depends on size in ESV and EF, which these limits do not take into account."
    assert warning not in table_1()["html"].read_text(encoding="utf-8")
    sloping = agreement["slope_p_holm"].mask(agreement["metric"].isin(["ESV", "EF"]), 0.04)
    write_csv(agreement.assign(slope_p_holm=sloping), tmp_path / "agreement.csv")
    assert warning in table_1()["html"].read_text(encoding="utf-8")


def test_numbers_in_print():
    assert number(-0.04) == "0.0"
    assert number(-0.26) == "−0.3"
    assert number(float("nan")) == "–"
    assert [p_value(p) for p in (0.0004, 0.001, 0.0456, 0.9996, float("nan"))] == [
        "<0.001",
        "0.001",
        "0.046",
        ">0.999",
        "–",
    ]
