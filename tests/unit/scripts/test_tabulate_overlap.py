import html
import re
import warnings

import docx
import numpy as np
import pandas as pd
import pytest

import compare_overlap
import summarise_overlap
import tabulate_overlap
from murmur.csv_tables import write_csv
from murmur.statistics.dice_cells import CELLS

HEADER = ["Structure, phase", "n", "Dice", "Dice, median (quartiles)", "HD95 (mm)", "HD95 (mm), median (quartiles)"]
HEADER += ["ASSD (mm)"]


@pytest.fixture
def table_2(tmp_path):
    """Run the three scripts on a table of overlap, and return the printed cells and the footnote."""

    def run(overlap, name="table_2"):
        files = {suffix: tmp_path / f"{name}.{suffix}" for suffix in ("csv", "html", "tex", "docx")}
        paths = [tmp_path / f"{table}.csv" for table in ("dice", "surface", "anova", "pairwise")]
        write_csv(overlap, tmp_path / "overlap.csv")
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            summarise_overlap.main(tmp_path / "overlap.csv", *paths[:2], 1)
            compare_overlap.main(tmp_path / "overlap.csv", *paths[2:], 0.05)
            tabulate_overlap.main(*paths, list(files.values()), cohort="9.4T", reader="unet", sd_ddof=1)
        cells = pd.read_csv(files["csv"], dtype=str, index_col=0)
        footnote = re.search("<tfoot><tr><td[^>]*>(.*)</td></tr></tfoot>", files["html"].read_text(encoding="utf-8"))
        return cells, html.unescape(footnote[1]), files

    return run


def overlap_of(mice):
    random = np.random.default_rng(2)
    rows = [
        (f"Mouse{m}", phase, structure, dice + random.normal(0, 0.01), random.gamma(4, 0.1), random.gamma(4, 0.02))
        for m in range(mice)
        for (phase, structure), dice in zip(CELLS, (0.95, 0.93, 0.89, 0.92), strict=True)
    ]
    return pd.DataFrame(rows, columns=["mouse", "phase", "structure", "dice", "hd95_mm", "assd_mm"])


def test_the_cells_are_those_of_the_values(table_2):
    overlap = overlap_of(9)
    cells, footnote, files = table_2(overlap)
    assert [cells.index.name, *cells.columns] == HEADER
    assert list(cells.index) == [
        f"{structure}, {phase}" for structure in ("Blood pool", "Myocardium") for phase in ("ED", "ES")
    ]
    chosen = overlap[overlap["structure"] == "myocardium"]
    for phase, rows in chosen.groupby("phase"):
        d, hd95 = rows["dice"], rows["hd95_mm"]
        quartiles = "{1:.2f} ({0:.2f} to {2:.2f})"
        assert cells.loc[f"Myocardium, {phase}"].to_list() == [
            str(len(d)),
            f"{d.mean():.2f} ± {d.std():.2f}",
            quartiles.format(*np.percentile(d, [25, 50, 75])),
            f"{hd95.mean():.2f} ± {hd95.std():.2f}",
            quartiles.format(*np.percentile(hd95, [25, 50, 75])),
            f"{rows['assd_mm'].mean():.3f} ± {rows['assd_mm'].std():.3f}",
        ]
    word = docx.Document(files["docx"])
    printed = [[cell.text for cell in row.cells] for row in word.tables[0].rows]
    assert printed == [HEADER, *cells.reset_index().to_numpy().tolist()]
    assert word.paragraphs[0].text == "Table 2. Overlap between unet and the reference in the 9.4T cohort."
    assert word.paragraphs[-1].text == footnote


def test_the_footnote_names_the_tests_and_their_numbers(table_2, tmp_path):
    _, footnote, _ = table_2(overlap_of(9))
    anova = pd.read_csv(tmp_path / "anova.csv", index_col="effect")
    phase = anova.loc["phase"]
    assert "two-way repeated-measures ANOVA, p values Holm-corrected for 3 effects: " in footnote
    assert f": phase, F(1, 8) = {phase['F']:.2f}, p = {phase['p_holm']:.3f}; " in footnote
    assert f"structure, F(1, 8) = {anova.loc['structure', 'F']:.2f}, p < 0.001; their interaction, " in footnote
    row = pd.read_csv(tmp_path / "pairwise.csv", index_col="contrast").loc["blood_pool: ED - ES"]
    p = "p < 0.001" if row["p_adjusted"] < 0.001 else f"p = {row['p_adjusted']:.3f}"
    assert (
        "paired t-tests, p values Holm-corrected for 5 contrasts and not below the smaller of those of phase "
        "and interaction: " in footnote
    )
    assert f"blood pool, {row['mean_difference']:.3f}, t(8) = {row['t']:.2f}, {p}; myocardium, −0.0" in footnote
    assert footnote.startswith("Values are mean ± SD (denominator n − 1), ")
    assert "Left out" not in footnote


def test_failed_missing_and_single_are_explained(table_2):
    overlap = overlap_of(6)
    overlap.loc[2, ["dice", "hd95_mm", "assd_mm"]] = 0, np.nan, np.nan
    overlap.loc[7, ["dice", "hd95_mm", "assd_mm"]] = np.nan
    overlap.loc[len(overlap)] = ("odd", "single", "blood_pool", 0.9, 0.2, 0.1)
    cells, footnote, _ = table_2(overlap)
    assert cells.loc["Blood pool, single frame"].to_list() == [
        *("1", "0.90 ± –", "0.90 (0.90 to 0.90)", "0.20 ± –", "0.20 (0.20 to 0.20)", "0.100 ± –"),
    ]
    assert cells.loc[["Myocardium, ED", "Myocardium, ES"], "n"].to_list() == ["6", "5"]
    assert "In the ANOVA: excluded, Dice missing: Mouse1, odd." in footnote
    assert "Myocardium, ED: 1 segmented as empty (Dice 0, no distances)." in footnote
    assert "Myocardium, ES: 1 not annotated or not segmented." in footnote


def test_one_mouse_or_phase_has_no_test(table_2):
    cells, footnote, _ = table_2(overlap_of(1))
    assert cells.loc["Blood pool, ED", "Dice"].endswith(" ± –")
    assert "ANOVA: not computed (n = 1 with complete data, at least 2 are required)." in footnote
    assert "paired t-tests: blood pool, 0.0" in footnote
    cells, _, _ = table_2(overlap_of(4)[lambda t: t["phase"] == "ED"])
    assert list(cells.index) == ["Blood pool, ED", "Myocardium, ED"]


def test_nothing_to_print(table_2):
    cells, footnote, _ = table_2(overlap_of(0))
    assert cells.empty
    assert footnote == "No structure was both annotated and segmented."
    cells, _, _ = table_2(overlap_of(2).assign(dice=np.nan, hd95_mm=np.nan, assd_mm=np.nan))
    assert (cells.drop(columns="n") == "–").all(axis=None)


def test_the_same_tables_give_the_same_bytes(table_2):
    first, second = (table_2(overlap_of(4), name)[2] for name in ("a", "b"))
    assert all(first[suffix].read_bytes() == second[suffix].read_bytes() for suffix in first)
