import itertools

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection, PathCollection

import plot_groups
from drawn_figures import record_figures, smallest_font, words
from murmur.csv_tables import write_csv
from murmur.presentation.style import MM
from murmur.statistics.conclusions import MIN_MICE
from murmur.statistics.phenotypes import compare_groups, group, omnibus_tests
from murmur.vocabulary import METRICS


def cohort(sizes: dict[str, int]) -> tuple[pd.DataFrame, dict[str, str]]:
    rng = np.random.default_rng(1)
    rows, phenotypes = [], {}
    for level, (phenotype, n) in enumerate(sizes.items()):
        for i in range(n):
            phenotypes[f"{phenotype}{i}"] = phenotype
            for metric, unit in METRICS.items():
                value = rng.normal(60 + 4 * level, 8)
                rows.append((f"{phenotype}{i}", metric, unit, value, value + rng.normal(level, 4)))
    return pd.DataFrame(rows, columns=["mouse", "metric", "unit", "reference", "reader"]), phenotypes


def plot(folder, function, phenotypes, suffix="png", sd_ddof=1):
    grouped = group(function, phenotypes)
    differences = compare_groups(grouped, omnibus_tests(grouped), 0.05)
    write_csv(function, folder / "function.csv")
    write_csv(differences, folder / "differences.csv")
    output = folder / f"figure.{suffix}"
    plot_groups.main(
        str(folder / "function.csv"),
        phenotypes,
        str(folder / "differences.csv"),
        [str(output)],
        "unet3plus",
        "internal",
        sd_ddof,
        0.05,
    )
    return output, differences


def points_of(axes):
    """Every symbol of a panel; lines of intervals are no symbols."""
    found = [marks.get_offsets() for marks in axes.collections if isinstance(marks, PathCollection)]
    return np.concatenate(found) if found else np.empty((0, 2))


def intervals_of(axes):
    lines = [lines.get_segments() for lines in axes.collections if isinstance(lines, LineCollection)]
    return [[segment[:, 0].tolist() for segment in found] for found in lines]


def labels(axis):
    return [label.get_text() for label in axis.get_ticklabels()]


LONG = {f"{group} + drug, day {day}": 4 for group in ("sham", "TAC") for day in (0, 7, 28)}


@pytest.mark.parametrize(
    ("sizes", "sd_ddof"),
    [
        ({"control": 12, "tac": 9}, 0),
        ({"0": 6, "1": 5, "01": 4}, 1),
        ({"control": 1, "dcm": 2, "mi_patch": 1, "tac": 1}, 1),
        ({"control": 9, "dcm": 4, "mi_patch": 10, "sham": 3, "transverse aortic constriction": 7}, 1),
    ],
)
def test_every_mouse_mean_and_difference_is_drawn(tmp_path, monkeypatch, sizes, sd_ddof):
    seen = record_figures(monkeypatch)
    function, phenotypes = cohort(sizes)
    _, differences = plot(tmp_path, function, phenotypes, sd_ddof=sd_ddof)
    figure = seen[0]
    assert smallest_font(figure) >= 7
    assert figure.get_size_inches()[1] / MM <= 250
    panels = figure.axes
    for index, metric in enumerate(METRICS):
        left, right = panels[2 * index : 2 * index + 2]
        rows = function[function["metric"] == metric]
        assert sorted(points_of(left)[:, 1]) == pytest.approx(sorted([*rows["reference"], *rows["reader"]]))
        groups = rows.groupby(rows["mouse"].map(phenotypes))[["reference", "reader"]]
        mean, sd = groups.mean().to_numpy().ravel(), groups.std(ddof=sd_ddof).to_numpy().ravel()
        marks = [line.get_ydata() for line in left.lines if line.get_marker() == "_"]
        assert sorted(np.concatenate(marks)) == pytest.approx(sorted(mean))
        bars = np.array([[np.nanmin(line.get_ydata()), np.nanmax(line.get_ydata())] for line in errors_of(left)])
        expected = np.stack([mean - sd, mean + sd], axis=1)[sd > 0]
        np.testing.assert_allclose(bars[bars[:, 0].argsort()], expected[expected[:, 0].argsort()])

        pairs = differences[differences["metric"] == metric]
        assert len(right.get_yticks()) == len(pairs)
        drawn = points_of(right)
        np.testing.assert_allclose(drawn[: len(pairs), 0], pairs["reference_difference"])
        np.testing.assert_allclose(drawn[len(pairs) :, 0], pairs["reader_difference"])
        for rater, found in zip(("reference", "reader"), intervals_of(right), strict=True):
            expected = pairs[[f"{rater}_ci_low", f"{rater}_ci_high"]].astype(float).dropna()
            np.testing.assert_allclose(np.reshape(found, (-1, 2)), expected)
    assert any("fewer than 3 mice" in word for word in words(figure)) == (min(sizes.values()) < MIN_MICE)


def errors_of(axes):
    """The error bars of seaborn's pointplot: lines without symbols that have a height."""
    return [
        line
        for line in axes.lines
        if line.get_marker() != "_"
        and line.get_zorder()
        and len(line.get_ydata()) > 1
        and np.isfinite(line.get_ydata()).any()
    ]


def test_no_bar_hides_a_mouse(tmp_path, monkeypatch):
    """Neither the mean with its mark nor the SD lies within the symbols of the mice, for any number of groups."""
    seen = record_figures(monkeypatch)
    plot(tmp_path, *cohort({"control": 3, "tac": 40}))
    plot(tmp_path, *cohort(LONG))
    for figure in seen:
        figure.draw_without_rendering()
        for left in figure.axes[::2]:
            (points,) = [marks for marks in left.collections if isinstance(marks, PathCollection)]
            pixels = figure.dpi / 72
            mice = left.transData.transform(points.get_offsets())[:, 0]
            symbol = np.sqrt(points.get_sizes()[0]) * pixels / 2
            for line in [*errors_of(left), *(line for line in left.lines if line.get_marker() == "_")]:
                bar = left.transData.transform(np.column_stack([line.get_xdata(), line.get_ydata()]))[:, 0]
                mark = line.get_markersize() * pixels / 2 if line.get_marker() == "_" else 0
                assert np.nanmin(np.abs(np.subtract.outer(mice, bar))) > symbol + mark


def test_six_groups_of_long_names_fit_on_a_page_and_their_names_do_not_overlap(tmp_path, monkeypatch):
    seen = record_figures(monkeypatch)
    plot(tmp_path, *cohort(LONG))
    figure = seen[0]
    figure.canvas.draw()
    assert figure.get_size_inches()[1] / MM <= 250
    lowest = figure.axes[-2]
    assert sorted(labels(lowest.xaxis)) == sorted(LONG)
    for axes in figure.axes[:-2:2]:
        assert not any(label.get_visible() and label.get_text() for label in axes.get_xticklabels())
    for axes in figure.axes[1::2]:
        boxes = [label.get_window_extent() for label in axes.get_yticklabels()]
        assert len(boxes) == 5, "the differences from the first phenotype"
        assert not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))
    names = lowest.get_xticklabels()
    between = np.diff([label.get_window_extent().x1 for label in names]) * np.sin(np.radians(names[0].get_rotation()))
    assert between.min() > 7 / 72 * figure.dpi, "the slanted lines of text are a letter apart"
    assert any("all pairs are in group_differences.csv" in word for word in words(figure))


def test_short_names_stand_below_each_panel(tmp_path, monkeypatch):
    seen = record_figures(monkeypatch)
    plot(tmp_path, *cohort({"0": 3, "1": 4}))
    for axes in seen[0].axes[::2]:
        assert labels(axes.xaxis) == ["0", "1"]
    assert labels(seen[0].axes[1].yaxis) == ["1 − 0"]


def test_ef_is_in_percent_and_its_differences_in_percentage_points(tmp_path, monkeypatch):
    seen = record_figures(monkeypatch)
    plot(tmp_path, *cohort({"0": 3, "1": 4}))
    assert seen[0].axes[6].get_ylabel() == "EF (%)"
    assert seen[0].axes[7].get_xlabel() == "Difference in EF (percentage points)"


def test_the_labels_of_the_metrics_stand_in_one_column_away_from_the_edge(tmp_path, monkeypatch):
    seen = record_figures(monkeypatch)
    function, phenotypes = cohort({"control": 3, "tac": 4})
    function.loc[function["metric"] == "EDV", ["reference", "reader"]] *= 100
    plot(tmp_path, function, phenotypes)
    figure = seen[0]
    figure.draw_without_rendering()
    left = [axes.yaxis.label.get_window_extent().x0 for axes in figure.axes[::2]]
    assert np.ptp(left) < 1
    assert min(left) / figure.dpi > 1.5 * MM


def test_a_changed_conclusion_is_shaded_and_named(tmp_path, monkeypatch):
    seen = record_figures(monkeypatch)
    function, phenotypes = cohort({"control": 10, "dcm": 10, "tac": 10})
    tac = (function["metric"] == "EDV") & function["mouse"].str.startswith("tac")
    function.loc[tac, "reader"] -= 200
    _, differences = plot(tmp_path, function, phenotypes)
    changed = differences[(differences["metric"] == "EDV") & ~differences["conclusion"].str.startswith("same")]
    right = seen[0].axes[1]
    shades = [patch for patch in right.patches if patch.get_height() == 1]
    assert len(changed) == len(shades) == 2
    assert [text.get_text() for text in right.texts] == changed["conclusion"].to_list()
    names = [f"{b} − {a}" for a, b in zip(changed["group_a"], changed["group_b"], strict=True)]
    assert [labels(right.yaxis)[round(patch.get_y() + 0.5)] for patch in shades] == names
    assert "significant for one of them only" in words(seen[0])


def test_significant_differences_are_filled(tmp_path, monkeypatch):
    seen = record_figures(monkeypatch)
    function, phenotypes = cohort({"control": 8, "dcm": 8, "tac": 8})
    function.loc[function["mouse"].str.startswith("tac"), "reader"] += 20
    _, differences = plot(tmp_path, function, phenotypes)
    for metric, axes in zip(METRICS, seen[0].axes[1::2], strict=True):
        pairs = differences[differences["metric"] == metric]
        symbols = [marks for marks in axes.collections if isinstance(marks, PathCollection)]
        for rater, marks in zip(("reference", "reader"), symbols, strict=True):
            filled = (marks.get_facecolors() != 1).any(axis=1)
            assert filled.tolist() == (pairs[f"{rater}_p_adjusted"] < 0.05).to_list()
    assert 0 < (differences["reader_p_adjusted"] < 0.05).sum() < len(differences)


def test_the_legend_names_only_what_is_drawn(tmp_path, monkeypatch):
    seen = record_figures(monkeypatch)
    function, phenotypes = cohort({"control": 3, "tac": 3})
    plot(tmp_path, function.assign(reader=function["reference"] + 1), phenotypes)
    assert [text.get_text() for text in seen[0].legends[0].get_texts()] == [
        "reference",
        "reader unet3plus",
        "mean ± SD",
    ]


def test_metrics_without_values_take_no_room(tmp_path, monkeypatch):
    seen = record_figures(monkeypatch)
    function, phenotypes = cohort({"control": 3, "tac": 3})
    function.loc[function["metric"] == "SV", "reader"] = None
    plot(tmp_path, function[function["metric"] != "EF"], phenotypes)
    assert [axes.get_ylabel() for axes in seen[0].axes[::2]] == [
        "EDV (µL)",
        "ESV (µL)",
        "Mass at ED (mg)",
        "Mass at ES (mg)",
    ]


def test_metric_that_one_phenotype_has_shows_it_without_differences(tmp_path, monkeypatch):
    seen = record_figures(monkeypatch)
    function, phenotypes = cohort({"control": 3, "tac": 3})
    function.loc[(function["metric"] == "SV") & function["mouse"].str.startswith("tac"), "reader"] = None
    plot(tmp_path, function, phenotypes)
    assert len(points_of(seen[0].axes[4])) == 6
    assert [text.get_text() for text in seen[0].axes[5].texts] == ["Fewer than two phenotypes have values."]


def test_one_phenotype_has_no_differences_and_none_says_so(tmp_path, monkeypatch):
    seen = record_figures(monkeypatch)
    function, phenotypes = cohort({"control": 3})
    plot(tmp_path, function, phenotypes)
    assert len(seen[0].axes) == len(METRICS)
    plot(tmp_path, function, {})
    assert words(seen[1]) == ["No mouse of known phenotype was measured by both reference and reader."]


def test_same_data_same_bytes(tmp_path):
    first = plot(tmp_path, *cohort({"control": 3, "tac": 2}), "pdf")[0].read_bytes()
    assert plot(tmp_path, *cohort({"control": 3, "tac": 2}), "pdf")[0].read_bytes() == first
