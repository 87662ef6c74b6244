import itertools
import subprocess
import sys

import h5py
import numpy as np
import pytest
from PIL import Image

import plot_animal
from drawn_figures import record_figures, smallest_font, words
from murmur.csv_tables import read_csv
from murmur.presentation import style
from round_hearts import SPACING_MM, without_reference, write_cohort


def sheet(folder, paths, mouse="Mouse1", own=False):
    output = folder / "sheet.png"
    files = paths["mice"][mouse], paths["segmentations"][mouse]
    plot_animal.main(*files, f"{mouse} (sham)", own, list(SPACING_MM), False, str(output))
    return output


def test_title_has_the_ef_of_function_csv_and_that_of_the_expert(tmp_path, monkeypatch):
    paths = write_cohort(tmp_path, 3)
    function = read_csv(paths["function"]).set_index(["mouse", "metric"])
    values = function.loc["Mouse3"]
    seen = record_figures(monkeypatch)
    sheet(tmp_path, paths, "Mouse3")
    (found,) = (text for text in words(seen[0]) if text.startswith("Mouse3 (sham): "))
    reader = values["reader"]
    assert found == (
        f"Mouse3 (sham): EF {reader['EF']:.1f}% (reference {values['reference']['EF']:.1f}%), "
        f"EDV {reader['EDV']:.1f} µL, ESV {reader['ESV']:.1f} µL, mass at ED {reader['mass_ED']:.1f} mg"
    )
    assert "ED is frame 1 and ES frame 4 of 6" in words(seen[0])


def test_ed_and_es_have_a_strip_each_with_the_contours_of_both(tmp_path, monkeypatch):
    paths = write_cohort(tmp_path, 1, slices=9)
    seen = record_figures(monkeypatch)
    sheet(tmp_path, paths)
    assert len(seen[0].axes) == 2
    assert {"ED", "ES", "Blood pool", "Myocardium", "Reference"} <= set(words(seen[0]))
    for axes in seen[0].axes:
        colours = [line.get_color() for line in axes.lines for _ in range(np.isnan(line.get_ydata()).sum())]  # contours
        assert colours.count("white") >= 2 * 9
        for colour in style.STRUCTURE_COLOURS.values():
            assert colours.count(colour) >= 9
    assert smallest_font(seen[0]) >= 7
    seen[0].draw_without_rendering()
    boxes = [text.get_window_extent() for text in [*seen[0].texts, *seen[0].legends[0].get_texts()]]
    assert not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))


def test_slices_run_from_base_to_apex(tmp_path, monkeypatch):
    paths = write_cohort(tmp_path, 1, slices=5)
    with h5py.File(paths["segmentations"]["Mouse1"], "r+") as file:
        file["Masks"][::2, :, 0] = 0  # the apex is smaller
    seen = record_figures(monkeypatch)
    sheet(tmp_path, paths)
    assert [text.get_text() for text in seen[0].axes[1].texts] == ["5 base", "4", "3", "2", "1 apex"]


def test_without_a_reference_only_the_reader_is_drawn_at_its_own_ed_and_es(tmp_path, monkeypatch):
    paths = without_reference(write_cohort(tmp_path, 1))
    seen = record_figures(monkeypatch)
    sheet(tmp_path, paths)
    found = words(seen[0])
    assert not any("xpert" in text for text in found)
    assert "ED is frame 1 and ES frame 4 of 6" in found


def test_reader_with_its_own_frames_is_shown_there_and_the_expert_where_contoured(tmp_path, monkeypatch):
    paths = write_cohort(tmp_path, 1)
    with h5py.File(paths["segmentations"]["Mouse1"], "r+") as file:  # the smallest blood pool moves to frame 5
        file["Masks"][..., 4] = file["Masks"][..., 3]
        file["Masks"][..., 3] = file["Masks"][..., 2]
    seen = record_figures(monkeypatch)
    sheet(tmp_path, paths, own=True)
    sheet(tmp_path, paths)
    own, given = (next(text for text in words(figure) if ": EF" in text) for figure in seen)
    assert "ED is frame 1 and ES frame 5 of 6" in words(seen[0])
    assert "ED is frame 1 and ES frame 4 of 6" in words(seen[1])
    expert = [part.split(")")[0] for part in (own.split("(reference ")[1], given.split("(reference ")[1])]
    assert expert[0] == expert[1]
    assert own.split(" (reference")[0] != given.split(" (reference")[0]
    dashed = [[line.get_color() for line in axes.lines].count("white") for axes in seen[0].axes]
    assert dashed[1] == 0 < dashed[0]


def test_single_frame_has_one_strip_and_no_ef(tmp_path, monkeypatch):
    paths = write_cohort(tmp_path, 1, frames=1)
    seen = record_figures(monkeypatch)
    sheet(tmp_path, paths)
    assert len(seen[0].axes) == 1
    assert "Mouse1 (sham): no EF, because ED and ES are not both known and segmented" in words(seen[0])
    assert "Frame 1 of 1" in words(seen[0])


def test_scan_without_any_masks_is_shown_without_contours(tmp_path, monkeypatch):
    paths = write_cohort(tmp_path, 1)
    without_reference(paths)
    with h5py.File(paths["segmentations"]["Mouse1"], "r+") as file:
        file["Masks"][:] = 0
        file.pop("Frames_with_ROI", None)
        file["Frames_with_ROI"] = np.zeros(0, int)
    seen = record_figures(monkeypatch)
    sheet(tmp_path, paths)
    assert len(seen[0].axes) == 1
    assert "Mouse1 (sham): no EF, because ED and ES are not both known and segmented" in words(seen[0])
    assert "Frame 1 of 6" in words(seen[0])


@pytest.mark.parametrize("slices", [1, 9, 14])
def test_sheet_is_as_wide_as_the_page_and_the_same_every_time(tmp_path, slices):
    paths = write_cohort(tmp_path, 1, slices=slices)
    first = sheet(tmp_path, paths).read_bytes()
    assert sheet(tmp_path, paths).read_bytes() == first
    with Image.open(tmp_path / "sheet.png") as image:
        assert image.width == pytest.approx(style.PAGE_MM * style.MM * plot_animal.DPI, abs=1)


def test_a_sheet_does_not_wait_for_pandas(root):
    code = "import plot_animal, sys; assert 'pandas' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], cwd=root / "scripts", check=True)
