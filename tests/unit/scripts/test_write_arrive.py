import re
from types import SimpleNamespace

import pandas as pd
import pytest

import write_arrive
from compared_groups import write_comparison as tables_of
from murmur.csv_tables import read_csv, write_csv
from murmur.presentation.prose import arrive
from murmur.presentation.prose.differences import TABLES
from murmur.subject import choose_subject

SESSIONS = ("baseline", "day 7")


@pytest.fixture
def page(tmp_path):
    sizes = {"sham": 5, "MI": 6}
    paths, settings = tables_of(tmp_path, sizes, control="sham", sessions=SESSIONS, missing=0.2)
    scans = read_csv(paths["measurements"])
    scans = scans.assign(randomised="yes", blinded_reading=["yes"] * 3 + ["no"] * (len(scans) - 3))
    scans.loc[scans.index[-1], "group"] = None
    write_csv(scans, paths["measurements"])
    output = tmp_path / "arrive.md"
    tables = {name: paths[name] for name in TABLES}
    given = [tables, paths["measurements"], paths["assumptions"]]
    write_arrive.main(*given, str(output), "treatment", "murmur", settings, {"x": "died"})
    page = output.read_text()
    items = dict(part.partition("\n")[::2] for part in page.split("\n## ")[1:])
    return items, read_csv(paths["summary"]), read_csv(paths["differences"]), scans


def test_every_essential_item_is_there_and_says_what_the_authors_must_write(page):
    items, *_ = page
    numbers = [name.partition(".")[0] for name in items]
    assert numbers == [*map(str, range(1, 11)), "Recommended set"]
    by_data_only = ("7. Statistical methods", "10. Results")
    for name, text in items.items():
        assert ("To be written by the authors" in text) == (name not in by_data_only), name


def test_numbers_are_those_of_each_group_and_analysis(page):
    items, summary, _, scans = page
    assert "| sham | 5 |" in items["2. Sample size"]
    assert "| all | 11 |" in items["2. Sample size"]
    found = items["3. Inclusion and exclusion criteria"]
    assert f"Of {len(scans) + 1} scans, 1 was excluded (died, n = 1). The group of 1 scan is unknown." in found
    n = summary[(summary["measure"] == "EDV") & (summary["session"] == "day 7")].set_index("group")["n"]
    assert f"| EDV, day 7 | {n['sham']} | {n['MI']} |" in found


def test_body_weight_is_that_of_the_first_session_whatever_the_names_of_scans(tmp_path):
    sizes, sessions = {"sham": 4, "MI": 4}, ("pre", "post")
    paths, settings = tables_of(tmp_path, sizes, sessions=sessions, measures=["EF"])
    scans = read_csv(paths["measurements"])
    weights = scans["session"].map({"pre": 20.0, "post": 30.0})
    write_csv(scans.assign(body_weight_g=weights).sort_values("mouse"), paths["measurements"])
    output = tmp_path / "arrive.md"
    given = [{n: paths[n] for n in TABLES}, paths["measurements"], paths["assumptions"]]
    write_arrive.main(*given, str(output), "t", "murmur", settings, {})
    assert "| sham | 4 | F, 2; M, 2 | 20.0 ± 0.0 |" in output.read_text()


def test_doubtful_assumptions_are_listed(page):
    items, *_ = page
    text = items["7. Statistical methods"]
    assert re.search(r"The Shapiro-Wilk test of the residuals had p < 0.05 in \d of 12 tests", text)
    assert re.search(r"The Brown-Forsythe test of equal variances had p < 0.05 in \d of 8 tests", text)


def test_assumptions_are_named_with_their_analysis():
    found = SimpleNamespace(alpha=0.05, settings={"sessions": ["day 0", "day 7"]})
    rows = [("EF", "day 7", 0.01, 0.4), ("EF", "", 0.03, None), ("EDV", "day 7", 0.2, 0.001)]
    table = pd.DataFrame(rows, columns=["measure", "session", "shapiro_p", "brown_forsythe_p"])
    assert arrive.diagnostics(found, table) == (
        "The Shapiro-Wilk test of the residuals had p < 0.05 in 2 of 3 tests: EF at day 7 (p = 0.010) and EF in the "
        "mixed model (p = 0.030). The Brown-Forsythe test of equal variances had p < 0.05 in 1 of 2 tests: EDV at "
        "day 7 (p = 0.001)."
    )


def test_randomisation_and_blinding_are_those_of_the_participants(page):
    items, _, _, scans = page
    assert (
        f"The column randomised of the table of participants gives yes for {len(scans) - 1} scans."
        in items["4. Randomisation"]
    )
    assert f"gives yes for 3 and no for {len(scans) - 4} scans" in items["5. Blinding"]


def test_computed_columns_do_not_declare_blinding(page, tmp_path):
    """mask_findings is a column of measurements.csv, not of the table of participants."""
    *_, scans = page
    given = SimpleNamespace(settings={"group": "group", "groups": ["sham", "MI"]})
    scans = scans.drop(columns="blinded_reading").assign(mask_findings=3)
    assert arrive.declared("blinding", given, scans) == "The table of participants does not mention blinding."
    assert "masked" in arrive.declared("blinding", given, scans.assign(masked="yes"))


def test_f_tests_are_listed(page, tmp_path):
    items, *_ = page
    table = items["10. Results"].partition("F tests, p corrected for the number of measures:")[2]
    rows = [line for line in table.splitlines() if line.startswith("| ")][2:]
    assert len(rows) == 12, "group, session and their interaction of 4 measures"
    assert re.match(r"\| EF \| group × session \| mixed model \| \d+\.\d\d \(\d+\.\d, \d+\.\d\) \| ", rows[2])


def test_all_comparisons_are_listed_with_their_statistics(page):
    items, _, differences, _ = page
    results, changes = items["10. Results"].split("Changes from baseline within groups")
    rows = [line for line in results.splitlines() if line.startswith("| ")]
    assert len(rows) == len(differences) + 2
    first = differences.iloc[0]
    assert f"| EF, baseline | MI − sham | {first['n_b']}, {first['n_a']} |" in rows[2]
    assert f"{first['statistic']:.2f} ({first['df']:.1f})" in rows[2].replace("−", "-")
    assert "Differences between groups in the change from baseline:" in changes
    assert "| EF, day 7 | sham | " in changes and "| EF, day 7 | MI − sham | " in changes


def test_weights_of_large_subjects_are_in_kg_and_formulas_in_their_units(tmp_path, monkeypatch):
    monkeypatch.setenv("MURMUR_SUBJECT", '"mouse"')
    choose_subject("human")
    paths, settings = tables_of(tmp_path, {"controls": 5, "HCM": 5}, measures=["mass_ED"])
    write_csv(read_csv(paths["measurements"]).assign(body_weight_g=80_000), paths["measurements"])
    output = tmp_path / "arrive.md"
    given = [{n: paths[n] for n in TABLES}, paths["measurements"], paths["assumptions"]]
    write_arrive.main(*given, str(output), "t", "murmur", settings, {})
    page = output.read_text()
    assert "body weight at the first scan (kg, mean ± SD)" in page and "80.0 ± 0.0" in page
    assert "volume of the myocardium × 1.05 g/mL" in page and "Mass at ED (g)" in page
