import numpy as np
import pandas as pd
import pytest

import write_comparison
from compared_groups import write_comparison as tables_of
from murmur.comparison.contoured import compare_contoured
from murmur.csv_tables import read_csv, write_csv
from murmur.presentation.prose.differences import TABLES

KEY = {"values": ["measure"], "measurements": []}


def write(folder, change=lambda values: values, flags=(), contoured=0):
    paths, settings = tables_of(folder, {"sham": 4, "MI": 4}, control="sham")
    for name in ("values", "measurements"):
        table = read_csv(paths[name])
        write_csv(table.assign(contoured=table.groupby(["group", *KEY[name]]).cumcount() < contoured), paths[name])
    for name in ("values", "summary"):
        write_csv(change(read_csv(paths[name])), paths[name])
    output = folder / "results.md"
    tables = {name: paths[name] for name in TABLES}
    scans = read_csv(paths["measurements"])
    write_csv(scans.assign(flags=[*flags, *[None] * (len(scans) - len(flags))]), paths["measurements"])
    expected = scans.assign(EF_percent=scans["EF_percent"] + 3 * (scans["group"] == "MI"))
    contoured_only = str(folder / "contoured.csv")
    write_csv(compare_contoured(scans, expected, settings), contoured_only)
    write_comparison.main(
        tables, paths["measurements"], contoured_only, str(output), "treatment", "murmur", settings, {"x": "died"}
    )
    return output.read_text()


def test_page_has_the_summary_first_and_the_excluded_mice(tmp_path):
    page = write(tmp_path)
    headings = [line for line in page.splitlines() if line.startswith("#")]
    assert headings[:3] == ["# Results: treatment", "## Summary", "## Animals"]
    assert headings[-1] == "## Statistical methods"
    assert "1 mouse was excluded (died, n = 1)." in page
    assert "nan" not in page


def test_without_any_value_the_page_says_so(tmp_path):
    def empty(table):
        return table.assign(value=np.nan) if "value" in table else table.assign(n=0, mean=np.nan)

    assert "No animal of the groups compared has a value." in write(tmp_path, empty)


def test_scans_with_findings_are_counted_in_the_summary(tmp_path):
    page = write(tmp_path, flags=["EF: found 95%", "EDV: found 200 µL"])
    summary = page.partition("## Animals")[0]
    assert "Two of the 8 scans failed a plausibility check (`flags`" in summary
    assert "review.pdf" not in page, "a table of measurements has no masks"
    (tmp_path / "good").mkdir()
    assert "plausibility" not in write(tmp_path / "good")


def test_findings_in_masks_are_those_of_a_reader():
    scans = pd.DataFrame({"mouse": ["A", "B"], "flags": [None, "EF: found 95%"], "mask_findings": [3, 0]})
    signs = "In 1 of the 2 scans, slices or frames were flagged for review (review.pdf)."
    what = "failed a plausibility check or had a predicted Dice coefficient below 0.8"
    flagged = f"One of the 2 scans {what} (`flags` in measurements.csv). {signs}"
    assert write_comparison.findings(scans, scans) == flagged
    assert write_comparison.findings(scans.assign(flags=None), scans) == f"No scan {what}. {signs}"
    assert write_comparison.findings(scans.assign(flags=None, mask_findings=0), scans) == ""


def test_contoured_animals_are_compared_by_reader_and_reference(tmp_path):
    page = write(tmp_path, contoured=3)
    section = page.partition("## Differences by murmur and by the reference\n")[2].partition("##")[0]
    assert "Reference contours were available for 6 of the 8 scans; the table gives the differences in EF" in section
    assert " in these, as measured by murmur" in section
    header, _, row = section.strip().splitlines()[-3:]
    assert header == "| groups | animals | by murmur | by the reference |"
    pair, animals, reader, reference = (cell.strip() for cell in row.strip("|").split("|"))
    assert (pair, animals) == ("MI − sham", "3, 3")
    values = [float(cell.partition(" ")[0].replace("−", "-")) for cell in (reader, reference)]
    assert values[1] - values[0] == pytest.approx(3, abs=0.11)
    assert "p = " not in reference and " to " in reference


@pytest.mark.parametrize("contoured", [0, 4])
def test_section_of_the_reference_exists_where_there_are_contours(tmp_path, contoured):
    page = write(tmp_path, contoured=contoured)
    assert ("## Differences by murmur and by the reference\n" in page) == bool(contoured)
    assert "Reference contours were available for all 8 scans" in page or not contoured
    assert " in these, as measured" not in page
