"""Pages of pictures of the findings."""

import re

import h5py
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb

import plot_review
from drawn_figures import smallest_font, words
from murmur.csv_tables import read_csv, write_csv
from murmur.presentation import style
from murmur.quality.review import COLUMNS
from plot_review import Tile, tiles_of_slice
from round_hearts import without_reference, write_cohort

HOLES = "holes in the mask, 3% of the area of the heart; at most 1.5% expected"
FINDINGS = [
    ("Mouse2", 1, 2, "holes", HOLES),
    ("Mouse2", 2, 3, "area_slices", "the area of the heart jumps between slices, by 30%; at most 15% expected"),
    ("Mouse2", None, None, "curve_residual", "three harmonics leave 20% unexplained; at most 7% expected"),
    ("Mouse2", None, None, "blunt_apex", "slices at the apex may be missing; at most 65% expected"),
    ("Mouse1", 0, 5, "moved", "the centre lies 2 mm from that of the other frames; at most 0.7 mm expected"),
]


@pytest.fixture
def figures(monkeypatch):
    """All pages that are printed from now on."""
    seen, print_pages = [], style.print_pages

    def recording(output, pages, size_mm):
        def kept(draw):
            return lambda figure: (draw(figure), seen.append(figure))

        print_pages(output, map(kept, pages), size_mm)

    monkeypatch.setattr(style, "print_pages", recording)
    return seen


def pages(folder, findings=FINDINGS, frames_known=True):
    """Write the pages of two mice with these findings; return the file."""
    paths = without_reference(write_cohort(folder, 2))
    manifest = read_csv(paths["manifest"])
    write_csv(manifest.assign(phenotype="sham"), paths["manifest"])
    table = pd.DataFrame(findings, columns=["mouse", "slice", "frame", "sign", "reason"])
    rows = [
        (
            mouse,
            number + 1,
            group["frame"].min() + 1,
            len(group),
            "; ".join(group["reason"]),
            0.9,
            0.7,
            3.0,
            "",
            0.8,
            4.0,
            "r.pdf#page=1",
        )
        for (mouse, number), group in table.groupby(["mouse", "slice"], dropna=False, sort=False)
    ]
    rows = rows or [("Mouse1", None, None, None, None, 0.9, 0.9, 1.0, "", None, None, None)]
    write_csv(pd.DataFrame(rows, columns=COLUMNS), folder / "review.csv")
    write_csv(table, folder / "findings.csv")
    ed, es = (0, 3) if frames_known else (None, None)
    frames = [(mouse, ed, es, "own") for mouse in paths["mice"]]
    write_csv(pd.DataFrame(frames, columns=["mouse", "ed_frame", "es_frame", "frames"]), folder / "frames.csv")
    tables = [str(folder / f"{name}.csv") for name in ("review", "findings", "frames")]
    output = folder / "review.pdf"
    plot_review.main(*tables, paths["manifest"], paths["mice"], paths["segmentations"], "mine cohort", str(output))
    return output


def test_each_row_has_its_pictures_and_its_reasons(tmp_path, figures):
    pages(tmp_path)
    (figure,) = figures
    written = words(figure)
    assert "1. Mouse2, slice 2 of 4, frame 3 of 6" in written
    assert "sham" not in " ".join(written), "who corrects masks must not see the group"
    assert {"slice 2", "slice 4"} <= set(written)  # neighbours of slice 3
    assert "frame 5" in written and "frame 6" not in written  # the one neighbour of the last frame
    assert {"ED, slice 1", "ES, slice 1", "ED, slice 4", "blood pool (µL)"} <= set(written)
    assert "Holes in the mask, 3% of the area of the heart; at" in written
    assert "Predicted Dice: blood pool 0.90, myocardium 0.70" in written
    assert "mine cohort: all 4 rows with findings" in written
    assert len(figure.axes) == 1 + 3 + 4 + 1 + 2
    assert smallest_font(figure) >= 7


def test_without_ed_and_es_the_first_frame_is_shown(tmp_path, figures):
    pages(tmp_path, frames_known=False)
    assert "frame 1, slice 1" in words(figures[0])


def test_entropy_of_an_ensemble_is_shown_beside_its_contours(tmp_path, figures, monkeypatch):
    write = write_cohort

    def with_entropy(folder, mice):
        paths = write(folder, mice)
        for path in paths["segmentations"].values():
            with h5py.File(path, "r+") as file:
                file["Entropy"] = 50 * np.ones(file["Masks"].shape, np.uint8)
        return paths

    monkeypatch.setitem(globals(), "write_cohort", with_entropy)
    pages(tmp_path, findings=FINDINGS[:1])
    first, second = figures[0].axes
    assert "entropy" in words(figures[0]) and first.lines and not second.lines
    grey, mixed = (axes.images[0].get_array() for axes in (first, second))
    np.testing.assert_allclose(mixed, 0.5 * grey[..., None] + 0.5 * np.array(to_rgb(style.YELLOW)))


def test_no_findings_are_stated(tmp_path, figures):
    pages(tmp_path, findings=[])
    assert "None of 2 mice has findings." in words(figures[0])


def test_same_bytes_every_time(tmp_path):
    first = pages(tmp_path).read_bytes()
    assert pages(tmp_path).read_bytes() == first
    assert re.findall(rb"/Count (\d+)", first)[-1] == b"1" and b"CreationDate" not in first


def test_neighbours_are_those_that_the_signs_compare():
    shape = (5, 8)
    assert tiles_of_slice((0, 7), {"holes", "dice_myocardium"}, shape, False) == [Tile(0, 7)]
    assert tiles_of_slice((0, 7), {"off_axis"}, shape, False) == [Tile(0, 7), Tile(1, 7, "slice 2")]
    both = tiles_of_slice((2, 3), {"missing_slice"}, shape, True)
    assert [tile[:2] for tile in both] == [(2, 3), (2, 3), (1, 3), (3, 3), (2, 2), (2, 4)]
    assert [tile.entropy for tile in both] == [False, True, *[False] * 4]


def test_contours_lie_on_the_border_of_the_mask():
    figure = style.Figure()
    masks = np.zeros((9, 9, 1, 1), np.uint8)
    masks[2:5, 3:7] = 2

    class Square:
        images, pixel_aspect = np.zeros((9, 9, 1, 1)), 1.0

    Square.masks = masks
    axes = figure.subplots()
    plot_review.draw_tile(axes, Square, Tile(0, 0))
    points = np.concatenate([line.get_xydata() for line in axes.lines])
    assert np.nanmin(points, axis=0).tolist() == [2.5, 1.5] and np.nanmax(points, axis=0).tolist() == [6.5, 4.5]
