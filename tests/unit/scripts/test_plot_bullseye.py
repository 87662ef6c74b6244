import numpy as np
import pandas as pd
import pytest
from matplotlib.patches import Wedge

import plot_bullseye
from compared_groups import settings_of
from drawn_figures import record_figures, smallest_font, words
from murmur.csv_tables import write_csv
from murmur.measurement.measures import LEVELS
from murmur.presentation.style import MM


def draw(folder, monkeypatch, groups, sessions=(), left_out=()):
    rows = [
        (group, session, phase, level, segment, 5, 0.8 + 0.01 * segment + 0.1 * number + 0.4 * (phase == "ES"), 0.1)
        for number, group in enumerate(groups)
        for session in sessions or [""]
        for phase in ("ED", "ES")
        for level, segments in LEVELS.items()
        for segment in segments
        if segment not in left_out
    ]
    columns = ["group", "session", "phase", "level", "segment", "n", "mean_mm", "sd_mm"]
    write_csv(pd.DataFrame(rows, columns=columns), folder / "means.csv")
    seen = record_figures(monkeypatch)
    settings = settings_of(dict.fromkeys(groups, 5), sessions)
    plot_bullseye.main(str(folder / "means.csv"), [str(folder / "figure.png")], settings)
    return seen[0]


@pytest.mark.parametrize(
    ("groups", "sessions"), [(["sham", "MI"], ()), ([f"group {k}" for k in range(6)], ("a", "b", "c"))]
)
def test_sixteen_segments_of_each_group_session_and_phase_fit_on_a_page(tmp_path, monkeypatch, groups, sessions):
    figure = draw(tmp_path, monkeypatch, groups, sessions)
    assert smallest_font(figure) >= 7
    assert figure.get_size_inches()[1] / MM <= 250
    panels = figure.axes[:-2]
    assert len(panels) == len(groups) * 2 * max(1, len(sessions))
    for axes in panels:
        assert len([patch for patch in axes.patches if isinstance(patch, Wedge)]) == 16


def test_segments_start_at_the_top_and_follow_anticlockwise(tmp_path, monkeypatch):
    assert plot_bullseye.angles("base", 1) == (60, 120)
    assert plot_bullseye.angles("base", 2) == (120, 180)
    assert plot_bullseye.angles("mid", 7) == (60, 120)
    assert plot_bullseye.angles("apex", 13) == (45, 135)
    figure = draw(tmp_path, monkeypatch, ["sham", "MI"])
    first = figure.axes[0]
    top = max(first.texts, key=lambda text: text.get_position()[1])
    assert top.get_text() == "0.81"


def test_small_segments_have_their_values_with_one_decimal(tmp_path, monkeypatch):
    figure = draw(tmp_path, monkeypatch, [f"group {k}" for k in range(4)], ("a", "b", "c"))
    written = [text.get_text() for text in figure.axes[0].texts]
    assert written.count("0.8") + written.count("0.9") + written.count("1.0") == 16


def test_thicker_walls_are_lighter_in_each_phase_and_missing_segments_white(tmp_path, monkeypatch):
    figure = draw(tmp_path, monkeypatch, ["sham", "MI"], left_out=[3])
    light = [
        np.mean([patch.get_facecolor()[:3] for patch in axes.patches if axes.patches.index(patch) != 2])
        for axes in figure.axes[:4]
    ]
    assert light[0] < light[1] and light[2] < light[3]
    shades = [{patch.get_facecolor() for patch in axes.patches} - {(1, 1, 1, 1)} for axes in figure.axes[:4]]
    assert not (shades[0] | shades[1]) & (shades[2] | shades[3]), "a colour stands for one thickness"
    assert any("imaged in one orientation" in text for text in words(figure))
    ed = figure.axes[0]
    assert ed.patches[2].get_facecolor() == (1, 1, 1, 1)


def test_without_values_the_figure_says_so(tmp_path, monkeypatch):
    figure = draw(tmp_path, monkeypatch, ["sham", "MI"], left_out=range(1, 17))
    assert words(figure) == ["No scan has the wall thickness of segments."]
