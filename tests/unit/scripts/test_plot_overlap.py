import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgba

import plot_overlap
from drawn_figures import record_figures, smallest_font, words
from murmur.csv_tables import write_csv

MEASURES = ["dice", "hd95_mm", "assd_mm"]


pytestmark = pytest.mark.usefixtures("no_warnings")


def overlap_of(mice):
    random = np.random.default_rng(5)
    rows = [
        (f"Mouse{m}", phase, structure, random.uniform(0.8, 1), random.gamma(4, 0.1), random.gamma(4, 0.02))
        for m in range(mice)
        for phase in ("ED", "ES")
        for structure in ("myocardium", "blood_pool")
    ]
    return pd.DataFrame(rows, columns=["mouse", "phase", "structure", *MEASURES])


def ticks(axes):
    return [label.get_text() for label in axes.get_xticklabels()]


def points_of(axes):
    return np.concatenate([np.asarray(points.get_offsets()) for points in axes.collections])


def looks(points):
    return points.get_facecolor(), points.get_paths()


def plot(folder, table, suffix="png"):
    write_csv(table, folder / "overlap.csv")
    output = folder / f"figure.{suffix}"
    plot_overlap.main(str(folder / "overlap.csv"), [str(output)], "unet3plus", "internal")
    return output


@pytest.mark.parametrize("mice", [1, 2, 5, 130])
def test_every_mouse_is_a_point_in_the_column_of_its_phase_and_structure(tmp_path, monkeypatch, mice):
    seen = record_figures(monkeypatch)
    table = overlap_of(mice)
    plot(tmp_path, table)
    for axes, measure in zip(seen[0].axes, MEASURES, strict=True):
        points = points_of(axes)
        assert len(points) == 4 * mice
        for structure, place in (("blood_pool", -0.2), ("myocardium", 0.2)):
            for middle, phase in enumerate(("ED", "ES")):
                expected = table[(table["structure"] == structure) & (table["phase"] == phase)][measure]
                found = points[np.abs(points[:, 0] - (middle + place)) <= 0.14]
                assert sorted(found[:, 1]) == pytest.approx(sorted(expected))
        low, high = axes.get_ylim()
        assert low <= table[measure].min() <= table[measure].max() <= high
        scans = "1 scan" if mice == 1 else f"{mice} scans"
        assert ticks(axes) == [f"ED\n{scans}", f"ES\n{scans}"]
    assert {"A", "B", "C"} <= set(words(seen[0]))
    assert smallest_font(seen[0]) >= 7


def test_the_boxes_are_median_and_quartiles(tmp_path, monkeypatch):
    seen = record_figures(monkeypatch)
    table = overlap_of(9)
    plot(tmp_path, table)
    for axes, measure in zip(seen[0].axes, MEASURES, strict=True):
        values = table[(table["structure"] == "blood_pool") & (table["phase"] == "ED")][measure]
        low, middle, high = np.percentile(values, [25, 50, 75])
        box = axes.patches[0].get_path().vertices[:, 1]
        assert (box.min(), box.max()) == pytest.approx((low, high))
        level = [line.get_ydata()[0] for line in axes.lines if len(set(line.get_ydata())) == 1]
        assert any(value == pytest.approx(middle) for value in level)


def test_no_box_or_line_lies_over_a_mouse(tmp_path, monkeypatch):
    seen = record_figures(monkeypatch)
    plot(tmp_path, overlap_of(9))
    for axes in seen[0].axes:
        points = axes.collections[0].get_zorder()
        assert all(artist.get_zorder() < points for artist in [*axes.lines, *axes.patches])


def test_the_structures_differ_by_colour_and_symbol_and_are_named_in_the_legend(tmp_path, monkeypatch):
    seen = record_figures(monkeypatch)
    table = overlap_of(4)
    singles = table[:2].assign(mouse="odd", phase="single")
    plot(tmp_path, pd.concat([table, singles]))
    legend = seen[0].legends[0]
    assert [text.get_text() for text in legend.get_texts()] == ["Blood pool", "Myocardium"]
    named = [to_rgba(handle.get_color()) for handle in legend.legend_handles]
    for axes in seen[0].axes:
        assert ticks(axes) == ["ED\n4 scans", "ES\n4 scans", "Single frame\n1 scan"]
        points = axes.collections[0]
        shapes = {tuple(colour): len(path.vertices) for colour, path in zip(*looks(points), strict=True)}
        assert set(shapes) == set(named)
        assert len(set(shapes.values())) == 2


def test_an_empty_mask_has_dice_zero_and_no_distance(tmp_path, monkeypatch):
    seen = record_figures(monkeypatch)
    table = overlap_of(6)
    table.loc[1, MEASURES] = 0, np.nan, np.nan  # Mouse0, ED, blood pool
    plot(tmp_path, table)
    dice, distance, _ = seen[0].axes
    assert dice.get_ylim()[0] < 0
    assert list(points_of(dice)[:, 1]).count(0) == 1
    assert [ticks(axes)[0] for axes in (dice, distance)] == ["ED\n6 scans", "ED\n5, 6 scans"]


def test_what_has_no_value_says_so(tmp_path, monkeypatch):
    seen = record_figures(monkeypatch)
    plot(tmp_path, overlap_of(3).assign(hd95_mm=np.nan))
    assert words(seen[0]).count("HD95 (mm): no mouse has a value.") == 1
    plot(tmp_path, overlap_of(0))
    assert sum("no mouse has a value" in text for text in words(seen[1])) == 3
    plot(tmp_path, overlap_of(3)[lambda t: (t["structure"] == "myocardium") & (t["phase"] == "ES")])
    assert [ticks(axes) for axes in seen[2].axes] == 3 * [["ES\n0, 3 scans"]]


@pytest.mark.parametrize("suffix", ["pdf", "svg", "png"])
def test_same_data_same_bytes(tmp_path, suffix):
    first = plot(tmp_path, overlap_of(4), suffix).read_bytes()
    assert plot(tmp_path, overlap_of(4), suffix).read_bytes() == first
