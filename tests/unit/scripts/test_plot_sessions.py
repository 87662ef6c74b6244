import numpy as np
import pytest

import plot_sessions
from compared_groups import write_comparison
from drawn_figures import record_figures, smallest_font, words
from murmur.csv_tables import read_csv, write_csv
from murmur.presentation.style import MM

SESSIONS = ("baseline", "day 7", "day 28")
PLACES = {"baseline": 0, "day 7": 0.5, "day 28": 2}  # in proportion to the days
SIX = {f"{group}, day {day}": 4 for group in ("MI + patch", "sham + vehicle") for day in (0, 7, 28)}


def draw(paths, outputs, settings):
    names = ("values", "differences", "changes", "model_means")
    plot_sessions.main(*(paths[name] for name in names), outputs, settings)


def plot(folder, monkeypatch, sizes, **design):
    seen = record_figures(monkeypatch)
    paths, settings = write_comparison(folder, sizes, sessions=SESSIONS, **design)
    draw(paths, [str(folder / "figure.png")], settings)
    return seen[0], read_csv(paths["values"]), read_csv(paths["model_means"])


@pytest.mark.parametrize("sizes", [{"sham": 5, "MI": 6}, {"sham": 6, "MI": 40}, SIX])
def test_a_line_joins_the_sessions_of_each_animal_and_another_the_means(tmp_path, monkeypatch, sizes):
    figure, values, means = plot(tmp_path, monkeypatch, sizes, missing=0.3, measures=["EF", "EDV"])
    assert smallest_font(figure) >= 7
    assert figure.get_size_inches()[1] / MM <= 250
    panels = np.reshape(figure.axes, (2, len(sizes)))
    for row, measure in zip(panels, ["EF", "EDV"], strict=True):
        assert row[0].get_ylabel().startswith(measure)
        for axes, group in zip(row, sizes, strict=True):
            thin = [line for line in axes.lines if line.get_linewidth() < 1 and line.get_marker() == "o"]
            own = values[(values["measure"] == measure) & (values["group"] == group)]
            expected = {
                tuple((PLACES[s], v) for s, v in zip(rows["session"], rows["value"], strict=True))
                for _, rows in own.groupby("animal")
            }
            assert {tuple(zip(line.get_xdata(), line.get_ydata(), strict=True)) for line in thin} == expected
            heavy = [line for line in axes.lines if line.get_linewidth() == 1.3]
            of_group = means[(means["measure"] == measure) & (means["group"] == group)].set_index("session")["mean"]
            np.testing.assert_allclose(heavy[0].get_ydata(), of_group.reindex(SESSIONS))


@pytest.mark.parametrize(
    ("sessions", "places"),
    [
        (["baseline", "day 7", "day 28"], [0, 0.5, 2]),
        (["day 1", "day 2", "day 5"], [0, 0.5, 2]),
        (["0", "2.5", "10", "20"], [0, 0.375, 1.5, 3]),
        (["day -7", "day 0", "day 28"], [0, 0.4, 2]),
        (["day-0", "day-7", "day-28"], [0, 0.5, 2]),
        (["Baseline", "6 weeks"], [0, 1]),
        (["before", "after"], [0, 1]),
        (["before", "day 7", "day 28"], [0, 1, 2]),  # when before is not known
        (["baseline", "day 7", "week 4"], [0, 1, 2]),
        (["day 28", "day 7", "day 1"], [0, 1, 2]),
        (["baseline", "day 0", "day 7"], [0, 1, 2]),
        (["day 0", "day 1", "day 28"], [0, 1, 2]),  # too close to each other
    ],
)
def test_sessions_lie_at_the_times_in_their_names_or_at_equal_distances(sessions, places):
    assert plot_sessions.places_of(sessions) == pytest.approx(dict(zip(sessions, places, strict=True)))


def test_titles_name_the_groups_in_their_order_with_the_number_of_animals(tmp_path, monkeypatch):
    figure, _, _ = plot(tmp_path, monkeypatch, {"sham": 5, "MI": 6}, missing=0.5, measures=["EF"])
    assert [axes.get_title() for axes in figure.axes] == ["sham\nn = 5", "MI\nn = 6"]
    ticks = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert ticks == list(SESSIONS)


def test_without_a_model_the_animals_are_drawn(tmp_path, monkeypatch):
    seen = record_figures(monkeypatch)
    paths, settings = write_comparison(tmp_path, {"sham": 2, "MI": 2}, sessions=SESSIONS, measures=["EF"])
    write_csv(read_csv(paths["model_means"]).iloc[:0], paths["model_means"])
    draw(paths, [], settings)
    assert len([line for line in seen[0].axes[0].lines if len(line.get_xdata()) and line.get_linewidth() < 1]) == 2
    assert not any("model" in text for text in words(seen[0]))


def test_measures_that_do_not_fit_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr(plot_sessions, "MOST_ROWS", 2)
    figure, _, _ = plot(tmp_path, monkeypatch, {"sham": 2, "MI": 2})
    assert "Not shown: ESV, Mass at ED" in words(figure)


@pytest.mark.parametrize("question", ["sessions", "changes"])
def test_significant_differences_of_the_kind_asked_for_are_marked(tmp_path, monkeypatch, question):
    seen = record_figures(monkeypatch)
    design = {"sessions": SESSIONS, "measures": ["EF"], "effect": 4, "settings": {"question": question}}
    paths, settings = write_comparison(tmp_path, {"sham": 6, "MI": 6}, "sham", **design)
    draw(paths, [], settings)
    differences, changes = (read_csv(paths[name]) for name in ("differences", "changes"))
    answers = differences if question == "sessions" else changes[changes["effect"] == "difference_in_change"]
    significant = answers.loc[answers["verdict"] == "significant", "session"]
    assert "day 28" in set(significant)
    drawn = [axes.texts for axes in seen[0].axes]  # one measure, so that panels have no letter
    assert [len(texts) for texts in drawn] == [0, len(significant)]
    assert {text.xy[0] for text in drawn[1]} == {PLACES[session] for session in significant}
    meaning = "value" if question == "sessions" else "change from baseline"
    assert f"{meaning} differs significantly from that of sham" in words(seen[0])


def test_significant_changes_of_a_single_group_are_marked(tmp_path, monkeypatch):
    seen = record_figures(monkeypatch)
    paths, settings = write_comparison(tmp_path, {"MI": 6}, sessions=SESSIONS, measures=["EF"])
    changes = read_csv(paths["changes"])
    write_csv(changes.assign(verdict=["not significant", "significant"]), paths["changes"])
    draw(paths, [], settings)
    assert [text.xy[0] for text in seen[0].axes[0].texts] == [PLACES["day 28"]]
    assert "significant change from baseline" in words(seen[0])
