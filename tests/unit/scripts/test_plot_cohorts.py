import pandas as pd
import pytest

import plot_cohorts
from drawn_figures import record_figures, smallest_font, words
from murmur.csv_tables import write_csv
from murmur.statistics.cohort_comparison import COLUMNS, QUANTITIES


def comparison(readers, cohorts):
    rows = [
        {"reader": reader, "internal": "here", "external": cohort, "ratio": 1.5 + i / 10, "p_holm": 0.2 - 0.19 * j}
        | {"ratio_ci_low": 1.2 + i / 10, "ratio_ci_high": 2 + i / 10}
        | labels
        for reader in readers
        for j, cohort in enumerate(cohorts)
        for i, labels in enumerate(QUANTITIES)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


@pytest.fixture
def plot(tmp_path):
    def draw(table, suffix="png"):
        write_csv(table, tmp_path / "comparison.csv")
        output = tmp_path / f"figure.{suffix}"
        plot_cohorts.main(tmp_path / "comparison.csv", [output], 0.05)
        return output

    return draw


@pytest.mark.parametrize("readers", [["net"], ["01", "1"], ["net", "tool", "expert2"]])
def test_a_panel_per_reader_and_a_line_per_quantity_and_cohort(plot, monkeypatch, readers):
    seen = record_figures(monkeypatch)
    plot(comparison(readers, ["lab_B", "7T"]))
    panels = [axes for axes in seen[0].axes if axes.axison]
    assert [axes.get_title(loc="left") for axes in panels] == readers
    assert {axes.get_xlabel() for axes in panels} == {"Mean error, external cohort / here"}
    assert [text.get_text() for text in seen[0].legends[0].get_texts()] == ["cohort lab_B", "cohort 7T"]
    for axes in panels:
        assert axes.get_xscale() == "log"
        low, high = axes.get_xlim()
        assert low < 1 < 2.7 < high
        (one,) = axes.lines
        assert one.get_xdata() == [1, 1]
        lines, symbols = axes.collections
        expected = [1.5 + i / 10 for i in range(8) for _ in range(2)]
        assert symbols.get_offsets()[:, 0].tolist() == pytest.approx(expected)
        assert symbols.get_offsets()[:, 1].tolist() == list(range(16))
        shapes = [path.vertices.tobytes() for path in symbols.get_paths()]
        assert shapes == shapes[:2] * 8 and shapes[0] != shapes[1]
        filled = (symbols.get_facecolors() != 1).any(axis=1)
        assert filled.tolist() == [False, True] * 8
        segments = [segment[:, 0].tolist() for segment in lines.get_segments()]
        assert segments[0] == pytest.approx([1.2, 2])
        assert axes.texts[0].get_text() == "1.50 (1.20–2.00)"
    assert smallest_font(seen[0]) >= 7
    assert seen[0].legends[0].get_window_extent().x1 <= seen[0].bbox.x1


def test_a_single_external_cohort_is_named_below_the_panel_without_a_legend(plot, monkeypatch):
    seen = record_figures(monkeypatch)
    plot(comparison(["net"], ["7T"]))
    assert seen[0].axes[0].get_xlabel() == "Mean error, 7T / here"
    assert not seen[0].legends[0].get_texts()


def test_missing_and_extreme_ratios_are_printed(plot, monkeypatch):
    table = comparison(["net"], ["lab_B"])
    table.loc[0, ["ratio", "ratio_ci_low", "ratio_ci_high", "p_holm"]] = None
    table.loc[1, ["ratio_ci_low", "ratio_ci_high"]] = None
    table.loc[2, ["ratio", "ratio_ci_low", "ratio_ci_high"]] = [900, 700, 2000]
    table.loc[3, ["ratio", "ratio_ci_low", "ratio_ci_high"]] = [0, 0, 0.5]
    seen = record_figures(monkeypatch)
    plot(table)
    axes = seen[0].axes[0]
    printed = [text.get_text() for text in axes.texts]
    assert printed[:4] == ["–", "1.60", "900.00 (700.00–2000.00)", "0.00 (0.00–0.50)"]
    low, high = axes.get_xlim()
    drawn = axes.collections[1].get_offsets()[:, 0]
    assert len(drawn) == 7, "one ratio is missing"
    assert ((low < drawn) & (drawn < high)).all()


def test_no_second_cohort_is_said(plot, monkeypatch):
    seen = record_figures(monkeypatch)
    plot(comparison([], []))
    assert "No reader was measured in a second cohort." in words(seen[0])


def test_same_data_same_bytes(plot):
    table = comparison(["net", "tool"], ["lab_B", "7T"])
    first = plot(table, "pdf").read_bytes()
    assert plot(table, "pdf").read_bytes() == first
