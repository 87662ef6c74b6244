"""Predicted against true quality, from the tables of a reader to the figure."""

import pandas as pd
from matplotlib.axes import Axes

import check_quality
import plot_quality
from drawn_figures import record_figures, smallest_font, words
from murmur.csv_tables import read_csv, write_csv
from murmur.presentation import style
from round_hearts import write_cohort


def tables(folder, sessions=None):
    """Write the tables of five mice, of which two have findings; return the paths of the outputs."""
    paths = write_cohort(folder, 5)
    rows = [
        (f"Mouse{number}", f"dice_{name}", "", 1 - 0.1 * number, 0.3, 1.0, 1 - 0.1 * number)
        for number in range(1, 6)
        for name in ("blood_pool", "myocardium")
    ]
    columns = ["mouse", "quantity", "unit", "predicted", "low", "high", "uncalibrated"]
    write_csv(pd.DataFrame(rows, columns=columns), folder / "q.csv")
    findings = pd.DataFrame({"mouse": ["Mouse5", "Mouse5", "Mouse4"], "sign": "holes"})
    write_csv(findings, folder / "f.csv")
    outputs = str(folder / "scans.csv"), str(folder / "summary.csv")
    check_quality.main(
        str(folder / "q.csv"), str(folder / "f.csv"), paths["overlap"], paths["function"], *outputs, sessions
    )
    return outputs


def test_masks_with_findings_are_filled_and_counted(tmp_path, monkeypatch):
    scans, summary = tables(tmp_path)
    table = read_csv(scans)
    assert table["findings"].tolist() == [0, 0, 0, 0, 0, 0, 1, 1, 2, 2]
    checked = read_csv(summary).set_index("quantity").loc["dice_myocardium"]
    seen = record_figures(monkeypatch)
    plot_quality.main(scans, summary, [str(tmp_path / "figure.png")])
    (figure,) = seen
    filled, open_ = figure.axes[1].lines[2:4]
    assert len(filled.get_xdata()) == 2 and filled.get_markerfacecolor() == style.STRUCTURE_COLOURS["myocardium"]
    assert len(open_.get_xdata()) == 3 and open_.get_markerfacecolor() == "white"
    start = f"Findings: {int(checked['bad_with_findings'])} of {int(checked['bad'])} (Dice < 0.8), "
    assert any(start in text for text in words(figure))
    assert smallest_font(figure) >= 7


def test_sessions_are_drawn_below(tmp_path, monkeypatch):
    sessions = {f"Mouse{number}": ("none", "blur 4")[number % 2] for number in range(1, 6)}
    scans, summary = tables(tmp_path, sessions)
    assert read_csv(summary)["session"].dropna().unique().tolist() == ["blur 4", "none"]
    seen = record_figures(monkeypatch)
    plot_quality.main(scans, summary, [str(tmp_path / "figure.png")])
    (below,) = [axes for axes in seen[0].findobj(Axes) if axes.get_title(loc="left") == "By corruption"]
    assert [label.get_text() for label in below.get_xticklabels()] == ["blur 4", "none"]
    filled, open_ = below.lines[:2]
    assert filled.get_xdata().round().tolist() == [1, 0] and open_.get_xdata().round().tolist() == [0, 1, 0]
    assert smallest_font(seen[0]) >= 7
    assert {"A", "B", "C"} <= set(words(seen[0]))


def test_scans_of_a_session_with_equal_values_lie_side_by_side(tmp_path, monkeypatch):
    scans, summary = tables(tmp_path, {f"Mouse{number}": "day 7" for number in range(1, 6)})
    write_csv(read_csv(scans).assign(true=0.9, findings=0), scans)
    seen = record_figures(monkeypatch)
    plot_quality.main(scans, summary, [])
    (below,) = [axes for axes in seen[0].findobj(Axes) if axes.get_title(loc="left") == "By session"]
    for places in (below.lines[1].get_xdata(), below.lines[3].get_xdata()):
        assert len(set(places)) == 5 and max(places) - min(places) < 0.3


def test_without_a_common_mouse_there_is_nothing_to_draw(tmp_path, monkeypatch):
    scans, summary = tables(tmp_path)
    for path in (scans, summary):
        write_csv(read_csv(path).head(0), path)
    seen = record_figures(monkeypatch)
    plot_quality.main(scans, summary, [str(tmp_path / "figure.png")])
    assert "No mouse has masks of both reference and reader." in words(seen[0])
