import numpy as np
import pandas as pd
import pytest

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


def ticks(axes, minor=False):
    return [label.get_text() for label in axes.get_xticklabels(minor=minor)]


def plot(folder, table, suffix="png"):
    write_csv(table, folder / "overlap.csv")
    output = folder / f"figure.{suffix}"
    plot_overlap.main(str(folder / "overlap.csv"), [str(output)], "unet3plus", "internal")
    return output


@pytest.mark.parametrize("mice", [1, 2, 5, 130])
def test_every_mouse_is_a_mark_joined_to_itself(tmp_path, monkeypatch, mice):
    seen = record_figures(monkeypatch)
    table = overlap_of(mice)
    plot(tmp_path, table)
    for axes, measure in zip(seen[0].axes, MEASURES, strict=True):
        marks = [marks.get_offsets() for marks in axes.collections]
        cells = [(s, p) for s in ("blood_pool", "myocardium") for p in ("ED", "ES")]
        assert len(marks) == 4
        for position, (found, (structure, phase)) in enumerate(zip(marks, cells, strict=True)):
            expected = table[(table["structure"] == structure) & (table["phase"] == phase)].sort_values("mouse")
            np.testing.assert_allclose(found[:, 1], expected[measure])
            middle = position + 0.4 * (structure == "myocardium")
            assert np.abs(found[:, 0] - middle).max() <= 0.16
        lines = [line.get_xydata() for line in axes.lines if len(line.get_xydata()) == 2 and line.get_zorder() == 1]
        assert len(lines) == 2 * mice
        ends = np.concatenate([marks[0], marks[2], marks[1], marks[3]])
        np.testing.assert_allclose(np.concatenate([line[[0]] for line in lines]), ends[: 2 * mice])
        np.testing.assert_allclose(np.concatenate([line[[1]] for line in lines]), ends[2 * mice :])
        low, high = axes.get_ylim()
        assert low <= table[measure].min() <= table[measure].max() <= high
        assert ticks(axes) == 2 * [f"ED\n{mice}", f"ES\n{mice}"]
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
        assert level[2] == pytest.approx(middle)  # after two whiskers without length


def test_the_structures_differ_by_colour_marker_and_name(tmp_path, monkeypatch):
    seen = record_figures(monkeypatch)
    table = overlap_of(4)
    singles = table[:2].assign(mouse="odd", phase="single")
    plot(tmp_path, pd.concat([table, singles]))
    for axes in seen[0].axes:
        assert ticks(axes, minor=True) == ["Blood pool", "Myocardium"]
        assert ticks(axes) == 2 * ["ED\n4", "ES\n4", "single\n1"]
        blood, muscle = axes.collections[0], axes.collections[-1]
        assert not np.allclose(blood.get_facecolor(), muscle.get_facecolor())
        assert len(blood.get_paths()[0].vertices) != len(muscle.get_paths()[0].vertices)


def test_an_empty_mask_has_dice_zero_and_no_distance(tmp_path, monkeypatch):
    seen = record_figures(monkeypatch)
    table = overlap_of(6)
    table.loc[1, MEASURES] = 0, np.nan, np.nan  # Mouse0, ED, blood pool
    plot(tmp_path, table)
    dice, distance, _ = seen[0].axes
    assert dice.get_ylim()[0] < 0 < dice.collections[0].get_offsets()[1, 1]
    assert dice.collections[0].get_offsets()[0, 1] == 0
    assert [ticks(axes)[0] for axes in (dice, distance)] == ["ED\n6", "ED\n5"]


def test_what_has_no_value_says_so(tmp_path, monkeypatch):
    seen = record_figures(monkeypatch)
    plot(tmp_path, overlap_of(3).assign(hd95_mm=np.nan))
    assert words(seen[0]).count("HD95 (mm): no mouse has a value.") == 1
    plot(tmp_path, overlap_of(0))
    assert sum("no mouse has a value" in text for text in words(seen[1])) == 3
    plot(tmp_path, overlap_of(3)[lambda t: (t["structure"] == "myocardium") & (t["phase"] == "ES")])
    assert [ticks(axes) for axes in seen[2].axes] == 3 * [["ES\n0", "ES\n3"]]


@pytest.mark.parametrize("suffix", ["pdf", "svg", "png"])
def test_same_data_same_bytes(tmp_path, suffix):
    first = plot(tmp_path, overlap_of(4), suffix).read_bytes()
    assert plot(tmp_path, overlap_of(4), suffix).read_bytes() == first
