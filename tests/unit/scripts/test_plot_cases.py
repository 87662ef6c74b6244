import numpy as np
import pytest

import plot_cases
from drawn_figures import record_figures, smallest_font, words
from murmur.csv_tables import read_csv, write_csv
from round_hearts import without_reference, write_cohort


def plot(folder, paths, suffix="png"):
    outputs = [str(folder / f"figure.{suffix}")]
    files = [paths[name] for name in ("overlap", "function", "frames", "manifest", "mice", "segmentations")]
    plot_cases.main(*files, outputs)
    return folder / f"figure.{suffix}"


@pytest.mark.parametrize(
    ("mice", "titles"),
    [
        (1, ["Best, median and worst of 1 scan: Mouse1 (control), mean Dice at ED and ES 0.9"]),
        (2, ["Best of 2 scans: Mouse1 (control)", "Median and worst of 2 scans: Mouse2,"]),
        (4, ["Best of 4 scans: Mouse1 (control)", "Median of 4 scans: Mouse3 (control)", "Worst of 4 scans: Mouse4,"]),
    ],
)
def test_each_case_has_a_strip_of_the_expert_and_one_of_the_reader(tmp_path, monkeypatch, mice, titles):
    seen = record_figures(monkeypatch)
    plot(tmp_path, write_cohort(tmp_path, mice))
    found = [text for text in words(seen[0]) if "mean Dice" in text]
    assert len(seen[0].axes) == 2 * len(titles) == 2 * len(found)
    assert all(text.startswith(title) for text, title in zip(found, titles, strict=True))
    assert all(text.endswith("; shown: ES, frame 4 of 6") for text in found)
    assert smallest_font(seen[0]) >= 7


def test_slices_are_shown_from_base_to_apex_as_on_the_contact_sheets(tmp_path, monkeypatch):
    """The first slice is without masks, so that it is the apex."""
    read = plot_cases.read_case

    def with_apex_first(*given):
        case = read(*given)
        case.masks[:, :, 0] = 0
        case.masks[:, :, 1, :-1] = 0
        return case

    monkeypatch.setattr(plot_cases, "read_case", with_apex_first)
    seen = record_figures(monkeypatch)
    plot(tmp_path, write_cohort(tmp_path, 2, slices=4))
    labels = [text.get_text() for text in seen[0].axes[0].texts if "mm" not in text.get_text()]
    assert labels == ["4 base", "3", "2", "1 apex"]
    assert {"A", "B"} <= set(words(seen[0]))


def test_the_contours_are_those_of_each_reader(tmp_path, monkeypatch):
    seen = record_figures(monkeypatch)
    plot(tmp_path, write_cohort(tmp_path, 1, slices=1))
    # the outer contour (myocardium) of the reader lies one pixel lower; its blood pool has a radius of 8 pixels
    centres, widths = [], []
    for axes in seen[0].axes:
        myocardium, blood_pool = (line.get_ydata() for line in axes.lines[:2])
        centres.append((np.nanmax(myocardium) + np.nanmin(myocardium)) / 2)
        widths.append(np.nanmax(blood_pool) - np.nanmin(blood_pool))
    assert centres[1] - centres[0] == pytest.approx(1)
    assert widths == pytest.approx([16, 16], abs=1)


def test_many_slices_go_on_in_a_second_line(tmp_path, monkeypatch):
    seen = record_figures(monkeypatch)
    plot(tmp_path, write_cohort(tmp_path, 1, frames=1, slices=14))
    rows, columns = seen[0].axes[0].images[0].get_array().shape
    assert columns / rows == pytest.approx(12 / 2, rel=0.1)
    assert any("mean Dice 0.9" in text and "single annotated frame, frame 1 of 1" in text for text in words(seen[0]))


def test_no_mouse_to_show_is_said_in_words(tmp_path, monkeypatch):
    paths = write_cohort(tmp_path, 1)
    write_csv(read_csv(paths["overlap"]).assign(dice=None), paths["overlap"])
    write_csv(read_csv(paths["function"]).assign(reader=None), paths["function"])
    seen = record_figures(monkeypatch)
    plot(tmp_path, paths)
    assert "No mouse has masks of both reference and reader, or an EF." in words(seen[0])


def test_without_a_reference_the_reader_is_shown_by_ef(tmp_path, monkeypatch):
    paths = without_reference(write_cohort(tmp_path, 4))
    function = read_csv(paths["function"])
    ef = {"Mouse1": 60.0, "Mouse2": 20.0, "Mouse3": 50.0, "Mouse4": 40.0}
    is_ef = function["metric"] == "EF"
    write_csv(function.assign(reader=function["mouse"].map(ef).where(is_ef, 0.0)), paths["function"])
    seen = record_figures(monkeypatch)
    plot(tmp_path, paths)
    assert len(seen[0].axes) == 3
    found = words(seen[0])
    assert [text for text in found if " EF of 4 scans: " in text] == [
        "Lowest EF of 4 scans: Mouse2, EF 20.0%; shown: ES, frame 4 of 6",
        "Median EF of 4 scans: Mouse4, EF 40.0%; shown: ES, frame 4 of 6",
        "Highest EF of 4 scans: Mouse1 (control), EF 60.0%; shown: ES, frame 4 of 6",
    ]
    assert "Reference" not in found


def test_same_data_same_bytes(tmp_path):
    paths = write_cohort(tmp_path, 1, slices=2)
    assert plot(tmp_path, paths, "svg").read_bytes() == plot(tmp_path, paths, "svg").read_bytes()
