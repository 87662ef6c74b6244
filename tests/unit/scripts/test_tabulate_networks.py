import pandas as pd
import pytest

import tabulate_networks
from murmur.statistics.best_reader import BEST, NOT_DISTINGUISHED, UNTESTED, WORSE


@pytest.fixture
def tables():
    """Networks `big` (two seeds), `small` and `given` in a cohort; small differs from big in EF only."""
    networks = pd.DataFrame(
        {
            "reader": ["big", "small", "given", "elsewhere"],
            "trained_on": ["near + far", "near", None, "far"],
            "start_from": [None, "given", "given", None],
            "train_mice": [20, 3, 0, 5],
            "loss": ["dice", "dice", None, "dice_ce"],
            "shape_weight": [None] * 4,
            "repeats": [2, 1, 1, 1],
            "parameters": pd.array([1234567, 100, None, 1], "Int64"),
            "gflop": [102.99, 0.0564, None, 1],
        }
    )
    means = {"big": (0.9, 1.25, 2.0), "small": (0.89, 1.3, 4.0), "given": (0.8, None, None)}
    results = []
    for reader, (dice, distance, error) in means.items():
        values = {"dice": dice, "hd95": distance}
        rows = [(measure, name, value) for measure, value in values.items() for name in ("blood_pool", "myocardium")]
        rows += [("absolute_error", "EF", error), ("absolute_error", "EDV", 5.0)]
        for measure, quantity, value in rows:
            limits = (None, None) if value is None else (value - 0.01, value + 0.01)
            n = 0 if value is None else 7 if (reader, measure) == ("small", "hd95") else 9
            results.append(("here", reader, measure, quantity, 2 if reader == "big" else 1, n, value, *limits))
    columns = ["cohort", "reader", "measure", "quantity", "repeats", "n", "mean", "ci_low", "ci_high"]
    spread = {("big", "blood_pool"): 0.0219, ("big", "myocardium"): 0.0374}
    pairs = [("big", "small", "myocardium", None, 0.3), ("big", "given", "myocardium", None, 0.001)]
    pairs += [("big", "small", None, "EF", 0.001)]
    comparison = pd.DataFrame(pairs, columns=["reader_a", "reader_b", "structure", "metric", "p_holm"])
    results = pd.DataFrame(results, columns=columns)
    results["sd_repeats"] = [
        spread.get(tuple(of)) if measure == "dice" else None
        for *of, measure in results[["reader", "quantity", "measure"]].itertuples(index=False)
    ]
    return networks, results, comparison


def test_rows_have_settings_means_limits_and_signs(tables):
    table = tabulate_networks.tabulate(*tables, "here", 0.05)
    rows = pd.DataFrame(table.rows, columns=table.header).set_index("Network")
    assert list(rows.index) == ["big (2 trainings)", "small", "given"], (
        "networks without results in the cohort have no row"
    )
    assert rows["Training"].tolist() == ["near + far, n = 20", "near, n = 3, from given", "not trained here"]
    assert rows["Parameters"].tolist() == ["1,234,567", "100", "–"]
    assert rows["GFLOP"].tolist() == ["103.0", "0.056", "–"]
    assert rows["Dice, myocardium"].tolist() == [
        "0.900 (0.890 to 0.910)",
        "0.890 (0.880 to 0.900)†",
        "0.800 (0.790 to 0.810)",
    ]
    assert rows["HD95, myocardium (mm)"].tolist() == ["1.25 (1.24 to 1.26)", "1.30 (1.29 to 1.31)", "–"]
    assert rows["Error of EF (points)"].tolist() == ["2.0 (2.0 to 2.0)", "4.0 (4.0 to 4.0)", "–"]


def test_losses_are_named_where_they_differ(tables):
    networks, *others = tables
    networks = networks.astype({"shape_weight": float})
    networks.loc[1, ["loss", "shape_weight"]] = ["dice_ce_shape", 0.05]
    rows = pd.DataFrame(tabulate_networks.tabulate(networks, *others, "here", 0.05).rows)[1].tolist()
    expected = [
        "near + far, n = 20, Dice loss",
        "near, n = 3, from given, Dice loss, cross-entropy and shape (weight 0.05)",
    ]
    assert rows == [*expected, "not trained here"]


def test_footnote_draws_the_conclusions_that_the_tests_allow(tables):
    note = tabulate_networks.tabulate(*tables, "here", 0.05).footnote
    assert "means over 9 mice with 95% confidence intervals" in note
    assert "averaged over the repeated trainings" in note
    assert (
        "do not include the variation between repeated trainings (SD of mean Dice between those of a network, 0.022 to "
        in note
    )
    assert "variation between" not in tabulate_networks.footnote(tables[1].assign(sd_repeats=float("nan")), {}, 0.05)
    assert "HD95, blood pool (mm): small, 7 of 9 mice and given, 0 of 9 mice, because" in note
    assert "Dice, blood pool:" not in note
    assert "the highest Dice of the myocardium; small did not differ significantly from it, unlike given." in note
    assert "big had the smallest error of EF; all others differed significantly from it." in note
    assert "big had the highest Dice of the blood pool (small and given could not be tested)." in note


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        ([BEST, NOT_DISTINGUISHED, NOT_DISTINGUISHED], "a was best; b and c did not differ significantly from it."),
        ([BEST, WORSE, UNTESTED], "a was best (c could not be tested)."),
        (["", "", ""], ""),
    ],
)
def test_conclusion(marks, expected):
    words = tabulate_networks.conclusion(pd.Series(marks, index=list("abc")), "was best")
    assert words.replace("a had was best", "a was best") == expected


@pytest.mark.parametrize("suffix", ["csv", "html", "tex", "docx"])
def test_table_is_written_in_each_format(tables, tmp_path, suffix):
    files = [tmp_path / f"{name}.csv" for name in ("networks", "results", "comparison")]
    for table, file in zip(tables, files, strict=True):
        table.to_csv(file, index=False)
    tabulate_networks.main(*map(str, files), [str(tmp_path / f"table_4.{suffix}")], "here", 0.05)
    assert (tmp_path / f"table_4.{suffix}").stat().st_size > 100
