import pandas as pd
import pytest

import draw_flow
from drawn_figures import record_figures, smallest_font, words
from murmur.csv_tables import read_csv, write_csv
from murmur.presentation.flow_diagram import LETTERS, fitted
from round_hearts import write_cohort

EXCLUDED = {"A": "motion", "B": "motion", "C": "invalid file: mice/C.h5: found none", "D": "died during the scan"}

SETS = ["Training (n = 2)", "Validation (n = 1)", "Test (n = 3)"]


@pytest.fixture
def draw(tmp_path, monkeypatch):
    """Draws the flow of six mice, one without contours, read by two readers; returns what is written in the figure."""
    paths = write_cohort(tmp_path, 6)
    manifest = read_csv(paths["manifest"])
    manifest.loc[5, ["annotated_frames", "ed_frame", "es_frame"]] = [None, pd.NA, pd.NA]
    write_csv(manifest, paths["manifest"])
    split = pd.DataFrame(
        {"mouse": manifest["mouse"], "split": ["train", "train", "validation", "test", "test", "test"]}
    )
    write_csv(split, tmp_path / "split.csv")
    write_csv(read_csv(paths["function"])[lambda table: table["mouse"] < "Mouse4"], tmp_path / "few.csv")
    seen = record_figures(monkeypatch)

    def draw(excluded=EXCLUDED, images=True, compared=("net", "observer"), **given):
        functions = {"net": str(tmp_path / "few.csv"), "observer": paths["function"]}
        overlaps = dict.fromkeys(compared, paths["overlap"]) if images else {}
        more = {"manifest": paths["manifest"], "split": str(tmp_path / "split.csv")} if images else {}
        draw_flow.main(["flow.png"], excluded, functions, overlaps, {"net": 3, "observer": 6}, 6, **more, **given)
        return seen[-1]

    return draw


def test_every_number_of_mice(draw):
    figure = draw()
    assert words(figure) == [
        *("Mice found (n = 10)", "Analysed (n = 6)", "with reference contours (n = 5)"),
        *("without reference contours (n = 1)", "Training (n = 2)", "Validation (n = 1)", "Test (n = 3)"),
        *("net", "segmented (n = 3)", "function compared (n = 3)", "overlap compared (n = 6)"),
        *("observer", "segmented (n = 6)", "function compared (n = 6)", "overlap compared (n = 6)"),
        *("Excluded (n = 4)", "motion (n = 2)", "invalid file (n = 1)", "died during the scan (n = 1)"),
    ]
    assert smallest_font(figure) >= 6


@pytest.mark.parametrize(
    ("measured", "leading"), [(["Mouse4", "Mouse5"], ["Test (n = 3)"]), (["Mouse1", "Mouse4"], SETS[::2]), ([], SETS)]
)
def test_arrows_come_from_the_sets_that_are_measured(draw, tmp_path, measured, leading):
    """Where no mouse is measured, from all."""
    for path in (tmp_path / "few.csv", *tmp_path.rglob("function.csv")):
        write_csv(read_csv(path)[lambda table: table["mouse"].isin(measured)], path)
    (axes,) = draw(excluded={}, compared=()).axes
    places = {text.get_text(): text.get_position() for text in axes.texts}
    upright = [line.get_xdata()[0] for line in axes.lines
               if len({*line.get_xdata()}) == 1 and line.get_ydata()[0] > places[SETS[0]][1]]  # fmt: skip
    assert upright == [places[name][0] for name in leading]


def test_lines_are_broken_to_fit_into_narrow_boxes_but_not_within_numbers():
    assert fitted("function compared (n = 8)", 2) == ["function compared (n = 8)"]
    assert fitted("function compared (n = 8)", 6) == ["function compared", "(n = 8)"]


def test_what_became_of_reviewed_masks(draw):
    outcomes = {"A": "accepted", "B": "accepted", "C": "corrected", "D": "excluded: ghosting", "E": "not reviewed"}
    found = words(draw(compared=["net"], reviews={"observer": ("net", outcomes)}))
    at = found.index("observer")
    assert found[at : at + 6] == [
        *("observer", "masks of net reviewed (n = 5)", "accepted (n = 2)", "corrected (n = 1)"),
        *("excluded: ghosting (n = 1)", "not reviewed (n = 1)"),
    ]
    assert found[at + 6] == "measured (n = 3)"


def test_mice_that_were_not_scanned_are_listed(draw):
    found = words(draw(not_scanned={"E": "died before the scan"}))
    assert found[:3] == ["Mice listed (n = 11)", "Mice found (n = 10)", "Analysed (n = 6)"]
    at = found.index("Not scanned (n = 1)")
    assert found[at : at + 3] == ["Not scanned (n = 1)", "died before the scan (n = 1)", "Excluded (n = 4)"]


def test_several_scans_of_an_animal_are_scans(draw):
    rest = words(draw(excluded={}))[2:3]
    assert words(draw(excluded={}, animals=2))[:3] == ["Scans found (n = 6)", "Analysed: 6 scans of 2 mice", *rest]


def test_measurements_without_images(draw):
    found = words(draw(excluded={}, images=False))
    assert found[:2] == ["Mice found (n = 6)", "Analysed (n = 6)"]
    assert "measured (n = 3)" in found
    assert not any("overlap" in word or "Excluded" in word or "Training" in word for word in found)


def test_reader_without_reference_is_not_compared(draw, tmp_path):
    without = read_csv(tmp_path / "few.csv").assign(reference=float("nan"))
    write_csv(without, tmp_path / "few.csv")
    found = words(draw(compared=("observer",)))
    net = found[found.index("net") : found.index("observer")]
    assert net == ["net", "segmented (n = 3)"]


def test_many_and_long_reasons(draw):
    reasons = {
        f"M{n}": f"reason {n} " + "with a long explanation of what happened in the scanner " * 2 for n in range(9)
    }
    found = words(draw(excluded=reasons))
    assert "other reasons (n = 3)" in found
    assert max(map(len, found)) <= LETTERS
