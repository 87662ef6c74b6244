import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection, PathCollection

import plot_agreement
from drawn_figures import record_figures, smallest_font, words
from murmur.csv_tables import write_csv
from murmur.statistics.agreement import agreement_table
from murmur.vocabulary import METRICS


def pairs(mice: int, slope: float = 0) -> pd.DataFrame:
    random = np.random.default_rng(3)
    rows = []
    for metric, unit in METRICS.items():
        for mouse in range(mice):
            value = random.uniform(40, 80)
            rows.append((f"Mouse{mouse}", metric, unit, value, value + slope * (value - 60) + random.normal(1, 3)))
    return pd.DataFrame(rows, columns=["mouse", "metric", "unit", "reference", "reader"])


def plot(folder, table, suffix="png", animals=None, names=("unet3plus", "internal"), phenotypes=None):
    numbers = agreement_table(table, 1, 0.05, {}, animals or {})
    write_csv(table, folder / "function.csv")
    write_csv(numbers, folder / "agreement.csv")
    output = folder / f"figure.{suffix}"
    tables = str(folder / "function.csv"), str(folder / "agreement.csv")
    plot_agreement.main(*tables, [str(output)], *names, 0.05, phenotypes or {})
    return output, numbers.set_index("metric")


def slopes(line) -> bool:
    return np.ptp(line.get_ydata()) > 0


@pytest.mark.parametrize("mice", [1, 2, 3, 25])
def test_the_lines_lie_at_the_numbers_of_the_table_and_every_mouse_is_a_point(tmp_path, monkeypatch, mice):
    seen = record_figures(monkeypatch)
    table = pairs(mice)
    _, numbers = plot(tmp_path, table)
    for index, metric in enumerate(METRICS):
        panel, equality = (seen[0].axes[(index // 3 * 2 + below) * 3 + index % 3] for below in (0, 1))
        heights = sorted(line.get_ydata()[0] for line in panel.lines if not slopes(line))
        assert heights == pytest.approx(sorted([0, *numbers.loc[metric, list(plot_agreement.LINES)].dropna()]))
        rows = table[table["metric"] == metric]
        (points,) = (marks.get_offsets() for marks in panel.collections if isinstance(marks, PathCollection))
        np.testing.assert_allclose(points[:, 1], rows["reader"] - rows["reference"])
        low, high = panel.get_ylim()
        assert np.all((low < points[:, 1]) & (points[:, 1] < high))
        assert equality.get_xlim() == equality.get_ylim()
        assert panel.get_box_aspect() == equality.get_box_aspect() == 1, "panels of one size, with equal scales"
        bars = [lines.get_segments()[0][:, 1] for lines in panel.collections if isinstance(lines, LineCollection)]
        limits = [numbers.loc[metric, [f"{line}_ci_low", f"{line}_ci_high"]] for line in plot_agreement.LINES]
        np.testing.assert_allclose(bars, [pair for pair in limits if pair.notna().all()])
        assert f"n = {mice}" in equality.get_title(loc="left")
    assert smallest_font(seen[0]) >= 7


def test_every_scan_is_a_point_and_the_line_that_of_animals(tmp_path, monkeypatch):
    seen = record_figures(monkeypatch)
    table = pairs(24, slope=0.5)
    table = table[table["metric"] == "EF"]
    animals = {mouse: f"animal{number % 12}" for number, mouse in enumerate(table["mouse"])}
    _, numbers = plot(tmp_path, table, animals=animals)
    panel, equality = seen[0].axes[6], seen[0].axes[9]
    (points,) = (marks.get_offsets() for marks in panel.collections if isinstance(marks, PathCollection))
    assert len(points) == 24
    assert equality.get_title(loc="left").endswith(" of means, n = 12 (24 scans)")
    (line,) = (line for line in panel.lines if slopes(line))
    x, y = line.get_data()
    np.testing.assert_allclose(y, numbers.loc["EF", "intercept"] + numbers.loc["EF", "slope"] * x)
    assert numbers.loc["EF", "slope_p_holm"] < 0.05


def test_symbols_tell_phenotypes_apart(tmp_path, monkeypatch):
    seen = record_figures(monkeypatch)
    table = pairs(6)
    plot(tmp_path, table, phenotypes={"Mouse0": "tac", "Mouse1": "control", "Mouse2": "tac", "Mouse3": "control"})
    (legend,) = seen[0].legends
    assert [text.get_text() for text in legend.get_texts()] == ["control", "tac", "unknown phenotype"]
    assert len({text.get_window_extent().y0 for text in legend.get_texts()}) == 1, "in one row"
    rows = table[table["metric"] == "EDV"]
    drawn = [marks.get_offsets() for marks in seen[0].axes[0].collections if isinstance(marks, PathCollection)]
    for points, mice in zip(drawn, ([1, 3], [0, 2], [4, 5]), strict=True):
        np.testing.assert_allclose(points[:, 1], (rows["reader"] - rows["reference"]).iloc[mice])
    looks = {(marks.get_facecolor().tobytes(), marks.get_paths()[0].vertices.tobytes())
             for marks in seen[0].axes[3].collections}  # fmt: skip
    assert len(looks) == 3


def test_long_names_of_phenotypes_fit_the_page(tmp_path, monkeypatch):
    seen = record_figures(monkeypatch)
    plot(tmp_path, pairs(6), phenotypes={f"Mouse{n}": f"a_phenotype_with_a_very_long_name_{n}" for n in range(6)})
    (legend,) = seen[0].legends
    extent = legend.get_window_extent()
    assert seen[0].bbox.x0 <= extent.x0 < extent.x1 <= seen[0].bbox.x1


@pytest.mark.parametrize("kinds", [0, 1, 7])
def test_symbols_are_the_same_for_one_phenotype_or_too_many(tmp_path, monkeypatch, kinds):
    seen = record_figures(monkeypatch)
    plot(tmp_path, pairs(7), phenotypes={f"Mouse{number}": f"kind{number % kinds}" for number in range(7) if kinds})
    assert not seen[0].legends
    (points,) = (marks for marks in seen[0].axes[0].collections if isinstance(marks, PathCollection))
    assert len(points.get_offsets()) == 7


def test_a_proportional_bias_is_drawn_as_sloping_lines(tmp_path, monkeypatch):
    seen = record_figures(monkeypatch)
    flat, steep = pairs(25), pairs(25, slope=0.5)
    flat = flat[flat["metric"] == "EDV"]
    table = pd.concat([flat, steep[steep["metric"] == "EF"]])
    _, numbers = plot(tmp_path, table)
    assert list(numbers.index[numbers["loa_low_slope"].notna()]) == ["EF"]
    panel, row = seen[0].axes[6], numbers.loc["EF"]
    sloping = [line for line in panel.lines if slopes(line)]
    assert [line.get_linestyle() for line in sloping] == ["-", "-.", "-."]
    means = table[table["metric"] == "EF"][["reference", "reader"]].mean(axis=1)
    for line, name in zip(sloping, ("", "loa_low_", "loa_high_"), strict=True):
        x, y = line.get_data()
        assert list(x) == [means.min(), means.max()]
        np.testing.assert_allclose(y, row[f"{name}intercept"] + row[f"{name}slope"] * x)
        assert panel.get_ylim()[0] < y.min() < y.max() < panel.get_ylim()[1]
    assert not any(slopes(line) for line in seen[0].axes[0].lines)
    assert "sloping" in seen[0].get_suptitle()
    plot(tmp_path, flat)
    assert "sloping" not in seen[1].get_suptitle()


def test_the_panels_of_two_cohorts_lie_at_the_same_heights(tmp_path, monkeypatch):
    seen = record_figures(monkeypatch)
    for slope in (0, 0.5):
        plot(tmp_path, pairs(25, slope))
    for figure in seen:
        figure.draw_without_rendering()
        for column in range(3):
            left = [axes.yaxis.label.get_window_extent().x0 for axes in figure.axes[column::3]]
            assert np.ptp(left) < 1, "the labels of a column are aligned"
    one, other = ([axes.get_position().intervaly for axes in figure.axes] for figure in seen)
    np.testing.assert_allclose(one, other, atol=1e-3)


def test_the_headline_fits_the_page_with_long_names(tmp_path, monkeypatch):
    seen = record_figures(monkeypatch)
    plot(tmp_path, pairs(25, slope=0.5), names=("a_reader_with_a_long_name_", "a_cohort_with_a_long_name_"))
    (figure,) = seen
    assert figure._suptitle.get_window_extent().x1 <= figure.bbox.x1


def test_ef_is_in_percent_and_its_differences_in_percentage_points(tmp_path, monkeypatch):
    seen = record_figures(monkeypatch)
    plot(tmp_path, pairs(5))
    above, below = seen[0].axes[6], seen[0].axes[9]
    assert (above.get_xlabel(), above.get_ylabel()) == ("Mean (%)", "Difference (points)")
    assert (below.get_xlabel(), below.get_ylabel()) == ("Reference (%)", "Reader (%)")


def test_the_numbers_are_printed_at_the_lines(tmp_path, monkeypatch):
    seen = record_figures(monkeypatch)
    _, numbers = plot(tmp_path, pairs(25))
    printed = [text.get_text() for text in seen[0].axes[0].texts]
    lines = [f"{numbers.loc['EDV', line]:.1f}".replace("-", "−") for line in plot_agreement.LINES]
    assert printed == [*lines, "A"], "the letter of the panel comes last"


def test_a_metric_without_pairs_says_so(tmp_path, monkeypatch):
    seen = record_figures(monkeypatch)
    table = pairs(5)
    table.loc[table["metric"] == "mass_ES", "reader"] = None
    table = table[table["metric"] != "EF"]
    plot(tmp_path, table)
    assert words(seen[0]).count("No mouse has both values.") == 2


def test_same_data_same_bytes(tmp_path):
    first = plot(tmp_path, pairs(4), "pdf")[0].read_bytes()
    assert plot(tmp_path, pairs(4), "pdf")[0].read_bytes() == first
