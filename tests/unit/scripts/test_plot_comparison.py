import itertools

import matplotlib.style
import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection, PathCollection

import plot_comparison
from compared_groups import measured, settings_of, write_comparison
from drawn_figures import record_figures, smallest_font, words
from murmur.comparison.compare import compare
from murmur.csv_tables import read_csv, write_csv
from murmur.presentation.style import MM, STYLE

LONG = {f"{group}, day {day}": 4 for group in ("MI + patch", "sham + vehicle") for day in (0, 7, 28)}
CONTROLLED = {"sham": 5, "MI": 6, "MI patch": 4}
SESSIONS = ("baseline", "day 7", "day 28")


def plot(folder, monkeypatch, sizes, **design):
    """Draw a comparison; return the figure and its tables."""
    seen = record_figures(monkeypatch)
    paths, settings = write_comparison(folder, sizes, **design)
    names = ("values", "summary", "differences", "changes")
    plot_comparison.main(*(paths[name] for name in names), [str(folder / "figure.png")], settings)
    return seen[0], {name: read_csv(paths[name]) for name in names[:3]}


def offsets(axes):
    """The symbols of a panel; intervals are no symbols."""
    found = [marks.get_offsets() for marks in axes.collections if isinstance(marks, PathCollection)]
    return np.concatenate(found) if found else np.empty((0, 2))


def intervals(axes, along):
    lines = [lines.get_segments() for lines in axes.collections if isinstance(lines, LineCollection)]
    return np.array([segment[:, along] for segments in lines for segment in segments])


@pytest.mark.parametrize(
    ("sizes", "design"),
    [
        (CONTROLLED, {"control": "sham"}),
        (CONTROLLED, {"control": "sham", "sessions": SESSIONS, "missing": 0.3}),
        ({"a": 3, "b": 3}, {}),
        (LONG, {}),
        ({f"{k}": 40 for k in range(6)}, {"measures": ["EF"], "control": "0"}),
    ],
)
def test_each_animal_mean_and_difference_from_the_group_at_zero_is_drawn(tmp_path, monkeypatch, sizes, design):
    figure, tables = plot(tmp_path, monkeypatch, sizes, **design)
    assert smallest_font(figure) >= 7
    assert figure.get_size_inches()[1] / MM <= 250
    zero = design.get("control") or next(iter(sizes))
    panels = [axes for axes in figure.axes if axes.axison and axes.get_ylabel()]
    for measure, left, right in zip(tables["values"]["measure"].unique(), panels[::2], panels[1::2], strict=True):
        values, summary, differences = (table[table["measure"] == measure] for table in tables.values())
        np.testing.assert_allclose(np.sort(offsets(left)[:, 1]), np.sort(values["value"]))
        means = [line.get_ydata()[0] for line in left.lines if line.get_marker() == "_"]
        np.testing.assert_allclose(np.sort(means), np.sort(summary["mean"]))
        drawn = differences[differences["group_a"] == zero]
        zeros = np.zeros(max(1, len(design.get("sessions", ()))))
        np.testing.assert_allclose(np.sort(offsets(right)[:, 1]), np.sort([*drawn["difference"], *zeros]))
        limits = drawn[["ci_low", "ci_high"]].dropna().to_numpy()
        np.testing.assert_allclose(np.sort(intervals(right, 1), axis=0), np.sort(limits, axis=0))


def test_pairs_of_a_few_groups_without_control_are_listed(tmp_path, monkeypatch):
    figure, tables = plot(tmp_path, monkeypatch, {"sham": 4, "MI": 5, "TAC": 2}, measures=["EF"])
    right = figure.axes[1]
    assert [label.get_text() for label in right.get_yticklabels()] == ["MI − sham", "TAC − sham", "TAC − MI"]
    np.testing.assert_allclose(offsets(right)[:, 0], tables["differences"]["difference"])
    np.testing.assert_allclose(intervals(right, 0), tables["differences"][["ci_low", "ci_high"]].dropna())
    assert any("A difference without an interval was not tested." in text for text in words(figure))


def test_symbols_show_the_verdict(tmp_path, monkeypatch):
    figure, tables = plot(tmp_path, monkeypatch, {"sham": 6, "MI": 6, "late": 6}, control="sham", effect=1.2)
    drawn = []
    for right in figure.axes[1::2][: tables["values"]["measure"].nunique()]:
        for marks in [marks for marks in right.collections if isinstance(marks, PathCollection)][:-1]:
            face, edge = marks.get_facecolor()[0, :3], marks.get_edgecolor()[0, :3]
            light = "not significant" if np.allclose(face, 1) else "unconfirmed"
            drawn.append("significant" if np.allclose(edge, 0) else light)
    assert drawn == tables["differences"]["verdict"].to_list()
    assert set(drawn) == {"significant", "unconfirmed", "not significant"}
    assert set(drawn) <= set(words(figure))


def test_levels_of_a_second_factor_have_columns_and_their_mean_another(tmp_path, monkeypatch):
    figure, tables = plot(
        tmp_path, monkeypatch, {"sham": 8, "MI": 9}, control="sham", measures=["EF"], settings={"factor": "sex"}
    )
    left, right = figure.axes[:2]
    assert [label.get_text().split("\n")[0] for label in left.get_xticklabels()] == ["F", "M"]
    assert [label.get_text() for label in right.get_xticklabels()] == ["F", "M", "F and M"]
    drawn = offsets(right)[:3]
    by_level = tables["differences"].fillna({"level": ""}).set_index("level")["difference"]
    np.testing.assert_allclose(drawn[np.argsort(drawn[:, 0]), 1], by_level[["F", "M", ""]])


def test_litters_as_units_are_named(tmp_path, monkeypatch):
    table = measured({"sham": 8, "MI": 8}, measures=["EF"])
    table["litter"] = table["group"] + table["animal"].str[-1].map(lambda number: str(int(number) // 2))
    settings = settings_of({"sham": 8, "MI": 8}, control="sham", cluster="litter")
    seen = record_figures(monkeypatch)
    for name, content in compare(table, settings).items():
        write_csv(content, tmp_path / f"{name}.csv")
    plot_comparison.main(
        *(str(tmp_path / f"{n}.csv") for n in ("values", "summary", "differences", "changes")), [], settings
    )
    assert any("The unit of analysis is the litter." in text for text in words(seen[0]))


def test_covariates_have_their_printed_names(tmp_path, monkeypatch):
    settings = {"covariate": "body_weight_g"}
    figure, _ = plot(tmp_path, monkeypatch, CONTROLLED, control="sham", measures=["EF"], settings=settings)
    assert any("adjusted for body weight, with 95%" in text for text in words(figure))


def test_numbers_of_animals_are_those_of_each_session_and_measure(tmp_path, monkeypatch):
    sizes = {"sham": 5, "MI": 6}
    figure, tables = plot(tmp_path, monkeypatch, sizes, sessions=SESSIONS, missing=0.4, measures=["EF"])
    n = tables["summary"].pivot(index="session", columns="group", values="n").loc[list(SESSIONS), ["sham", "MI"]]
    expected = [
        f"{session}\nn = {a} each" if a == b else f"{session}\nn = {a}, {b}"
        for session, (a, b) in zip(SESSIONS, n.to_numpy(), strict=True)
    ]
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == expected


def test_equal_numbers_are_given_once(tmp_path, monkeypatch):
    figure, _ = plot(tmp_path, monkeypatch, {"sham": 4, "MI": 4}, sessions=SESSIONS, measures=["EF", "EDV"])
    found = words(figure)
    assert sum("n = 4" in text for text in found) == 1
    assert [label.get_text() for label in figure.axes[2].get_xticklabels()] == list(SESSIONS)


def test_group_at_zero_is_named(tmp_path, monkeypatch):
    figure, _ = plot(tmp_path, monkeypatch, {"sham": 4, "MI": 4}, control="sham", measures=["EF"])
    assert any("Differences from sham (×)" in text for text in words(figure))


def test_means_lie_beside_the_animals(tmp_path, monkeypatch):
    figure, _ = plot(tmp_path, monkeypatch, {"sham": 40, "MI": 3}, measures=["EF"])
    left = figure.axes[0]
    groups = [marks.get_offsets()[:, 0] for marks in left.collections if isinstance(marks, PathCollection)]
    bars = [line.get_xdata()[0] for line in left.lines if line.get_marker() == "_"]
    for points, bar, others in zip(groups, sorted(bars), [groups[1], []], strict=True):
        assert points.max() < bar
        assert all(bar < other for other in others)


def test_names_of_six_groups_do_not_overlap(tmp_path, monkeypatch):
    figure, _ = plot(tmp_path, monkeypatch, LONG, measures=["EF"])
    figure.set_dpi(300)  # as printed
    with matplotlib.style.context(["default", STYLE]):
        figure.canvas.draw()
    labels = [label for label in figure.axes[1].get_xticklabels() if label.get_text()]
    assert [label.get_text().replace("\n", " ") for label in labels] == list(LONG)
    boxes = [label.get_window_extent() for label in labels]
    assert not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))
    assert any("All pairs of groups are in differences.csv." in text for text in words(figure))


def test_without_a_value_the_figure_says_so(tmp_path, monkeypatch):
    seen = record_figures(monkeypatch)
    paths, settings = write_comparison(tmp_path, {"sham": 3, "MI": 3})
    names = ("values", "summary", "differences", "changes")
    for name in names:
        table = pd.read_csv(paths[name])
        write_csv(table.assign(value=np.nan) if name == "values" else table, paths[name])
    plot_comparison.main(*(paths[n] for n in ("values", "summary", "differences", "changes")), [], settings)
    assert words(seen[0]) == ["No animal of a known group has a value."]


def test_same_data_same_bytes(tmp_path):
    paths, settings = write_comparison(tmp_path, {"sham": 3, "MI": 3}, measures=["EF"])
    made = []
    for _ in range(2):
        output = tmp_path / "figure.pdf"
        names = ("values", "summary", "differences", "changes")
        plot_comparison.main(*(paths[name] for name in names), [str(output)], settings)
        made.append(output.read_bytes())
    assert made[0] == made[1]
