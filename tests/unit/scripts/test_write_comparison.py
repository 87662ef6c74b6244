import numpy as np

import write_comparison
from compared_groups import write_comparison as tables_of
from murmur.csv_tables import read_csv, write_csv
from murmur.presentation.prose.differences import TABLES


def write(folder, change=lambda values: values, flags=()):
    paths, settings = tables_of(folder, {"sham": 4, "MI": 4}, control="sham")
    for name in ("values", "summary"):
        write_csv(change(read_csv(paths[name])), paths[name])
    output = folder / "results.md"
    tables = {name: paths[name] for name in TABLES}
    scans = read_csv(paths["measurements"])
    write_csv(scans.assign(flags=[*flags, *[None] * (len(scans) - len(flags))]), paths["measurements"])
    write_comparison.main(tables, paths["measurements"], str(output), "treatment", "murmur", settings, {"x": "died"})
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
    assert "2 of the 8 scans compared have findings of the plausibility checks" in summary
    (tmp_path / "good").mkdir()
    assert "findings of the plausibility" not in write(tmp_path / "good")
