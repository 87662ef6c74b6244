import matplotlib
import numpy as np
import pytest
from PIL import Image

from murmur.presentation import style
from murmur.presentation.number_format import rounded


def draw(paths):
    with style.printed_figure(paths, height_mm=60) as figure:
        axes = figure.subplots()
        axes.plot([0, 1, 2], [1, -1, 0.5], label="volume")
        axes.axhspan(0, 1, alpha=0.2)
        axes.set(xlabel="Time (ms)", ylabel="Blood-pool volume (µL)", title="−5 µL")
        axes.legend()


def paths(folder):
    return [folder / f"figure.{suffix}" for suffix in ("pdf", "svg", "png")]


def test_same_figure_same_bytes_whatever_the_users_settings(tmp_path):
    draw(paths(tmp_path / "one"))
    with matplotlib.rc_context({"font.size": 20, "axes.facecolor": "red", "svg.hashsalt": "x", "pdf.fonttype": 3}):
        draw(paths(tmp_path / "two"))
    for one, two in zip(paths(tmp_path / "one"), paths(tmp_path / "two"), strict=True):
        assert one.read_bytes() == two.read_bytes()


def test_files_carry_their_fonts_and_no_date(tmp_path):
    pdf, svg, png = paths(tmp_path)
    draw([pdf, svg, png])
    assert b"/Type3" not in pdf.read_bytes() and b"/CIDFontType2" in pdf.read_bytes()
    assert b"Date" not in pdf.read_bytes()
    assert "<text" not in svg.read_text() and "<dc:date>" not in svg.read_text()
    assert Image.open(png).info.keys() == {"dpi"}


def test_a_figure_has_the_size_of_the_page_at_300_dpi(tmp_path):
    draw([tmp_path / "figure.png"])
    width, height = Image.open(tmp_path / "figure.png").size
    assert (width / 300 * 25.4, height / 300 * 25.4) == pytest.approx((180, 60), abs=0.1)


def test_the_structures_differ_in_grey():
    lightness = [np.dot(matplotlib.colors.to_rgb(c), (0.299, 0.587, 0.114)) for c in style.STRUCTURE_COLOURS.values()]
    assert abs(lightness[0] - lightness[1]) > 0.15


def test_rounded_prints_a_true_minus_and_no_negative_zero():
    assert rounded(-6.04, 1) == "−6.0"
    assert rounded(-0.04, 1) == "0.0"
    assert rounded(0.945, 2) in ("0.94", "0.95")


def test_write_in_panel_replaces_a_panel_by_words_and_keeps_its_title(tmp_path):
    with style.printed_figure([tmp_path / "figure.png"], height_mm=30) as figure:
        axes = figure.subplots()
        axes.plot([0, 1])
        axes.set_title("EDV")
        style.write_in_panel(axes, "No mouse has both values.")
        assert axes.get_title(loc="left") == "EDV"
        assert [text.get_text() for text in axes.texts] == ["No mouse has both values."]
        assert not axes.lines


def test_panels_have_letters_unless_there_is_only_one(tmp_path):
    with style.printed_figure([tmp_path / "figure.png"], height_mm=60) as figure:
        panels = figure.subplots(1, 3)
        style.letter_panels(panels)
        assert [[text.get_text() for text in axes.texts] for axes in panels] == [["A"], ["B"], ["C"]]
    with style.printed_figure([tmp_path / "figure.png"], height_mm=60) as figure:
        style.letter_panels([axes := figure.subplots()])
        assert not axes.texts
