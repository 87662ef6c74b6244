import pandas as pd
import pytest

import tabulate_comparison
from compared_groups import write_comparison
from murmur.csv_tables import read_csv

SESSIONS = ("baseline", "day 7", "day 28")


def tabulate(folder, sizes, **design):
    paths, settings = write_comparison(folder, sizes, **design)
    summary, differences = (read_csv(paths[name]) for name in ("summary", "differences"))
    return tabulate_comparison.tabulate(summary, differences, settings), summary, differences


def test_cells_are_means_and_differences_from_the_control(tmp_path):
    table, summary, differences = tabulate(tmp_path, {"sham": 6, "MI": 7}, control="sham", measures=["EF", "EDV"])
    assert table.header == ["Measure", "sham (n = 6)", "MI (n = 7)"]
    assert [row[0] for row in table.rows] == [
        "EF (%)",
        "Difference from sham (percentage points)",
        "EDV (µL)",
        "Difference from sham (µL)",
    ]
    for place, pair in enumerate(differences.to_dict("records")):
        of_measure = summary[summary["measure"] == pair["measure"]]
        means = [f"{mean:.1f} ± {sd:.1f}" for mean, sd in of_measure[["mean", "sd"]].to_numpy()]
        assert table.rows[2 * place][1:] == means
        cell = table.rows[2 * place + 1][2].replace("−", "-")
        assert cell.startswith(f"{pair['difference']:.1f} ({pair['ci_low']:.1f} to {pair['ci_high']:.1f}), p")
        assert cell.endswith("*") == (pair["verdict"] == "significant")
        assert cell.endswith("†") == (pair["verdict"] == "unconfirmed")


def test_all_pairs_have_a_row_for_each_group_that_others_differ_from(tmp_path):
    table, _, differences = tabulate(tmp_path, {"a": 4, "b": 4, "c": 4}, measures=["EF"])
    assert [row[0] for row in table.rows[1:]] == [f"Difference from {name} (percentage points)" for name in "ab"]
    assert sum(", p" in cell for row in table.rows for cell in row) == len(differences) == 3


def test_missing_scans_are_counted_in_the_cells(tmp_path):
    table, summary, _ = tabulate(tmp_path, {"sham": 6, "MI": 6}, sessions=SESSIONS, missing=0.4, measures=["EF"])
    assert [row[0] for row in table.rows[::2]] == [f"EF (%), {session}" for session in SESSIONS]
    for row, (_, rows) in zip(table.rows[::2], summary.groupby("session", sort=False), strict=True):
        for cell, n in zip(row[1:], rows["n"], strict=True):
            assert cell.endswith(f"(n = {n})") == (n < 6)


def test_levels_of_a_factor_are_rows_and_n_is_in_each_cell(tmp_path):
    table, _, _ = tabulate(tmp_path, {"sham": 8, "MI": 9}, control="sham", measures=["EF"], settings={"factor": "sex"})
    assert table.header == ["Measure", "sham", "MI"]
    assert [row[0].partition("),")[2].strip() for row in table.rows] == ["F", "", "M", "", "mean of F and M"]
    assert table.rows[0][2].endswith("(n = 5)")


@pytest.mark.parametrize("sizes", [{"sham": 4, "MI": 2, "TAC": 4}])
def test_groups_that_are_too_small_are_named_once(tmp_path, sizes):
    table, _, _ = tabulate(tmp_path, sizes, control="sham")
    assert table.footnote.count("MI") == 1
    assert "Groups of fewer than 3 animals were not tested: MI." in table.footnote


def test_every_format_is_written(tmp_path):
    paths, settings = write_comparison(tmp_path, {"sham": 3, "MI_1 & 2": 3}, measures=["EF"])
    outputs = [tmp_path / f"table{suffix}" for suffix in (".csv", ".html", ".tex", ".docx")]
    tabulate_comparison.main(paths["summary"], paths["differences"], paths["changes"], outputs, settings, {"x": "died"})
    assert list(pd.read_csv(outputs[0]).columns)[2] == "MI_1 & 2 (n = 3)"
    assert "1 mouse was excluded (died, n = 1)." in outputs[1].read_text()
    assert r"MI\_1 \& 2" in outputs[2].read_text()


def test_covariates_have_their_printed_names(tmp_path):
    settings = {"covariate": "body_weight_g"}
    table, _, _ = tabulate(tmp_path, {"sham": 6, "MI": 6}, measures=["EF"], settings=settings)
    assert "differences, adjusted for body weight, are given" in table.footnote.lower()
