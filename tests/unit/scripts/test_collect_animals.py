import re

import numpy as np
import pytest
from PIL import Image

import collect_animals
from murmur.provenance.stamp import Stamp, read_stamp, stamping


@pytest.fixture
def sheets(tmp_path):
    """Seven sheets of 180 × 50 mm, of which five fit on a page."""
    paths = []
    for number in range(7):
        path = tmp_path / f"M{number}.png"
        Image.fromarray(np.full((100, 360, 3), 30 * number, np.uint8)).save(path)
        paths.append(str(path))
    return paths


def test_pages_hold_as_many_sheets_as_fit_in_their_order(sheets):
    assert collect_animals.pages(sheets, mm=2) == [sheets[:5], sheets[5:]]


def test_sheet_higher_than_a_page_has_one_of_its_own(sheets, tmp_path):
    Image.fromarray(np.zeros((1000, 360), np.uint8)).save(tmp_path / "high.png")
    found = collect_animals.pages([sheets[0], str(tmp_path / "high.png"), sheets[1]], mm=2)
    assert [len(page) for page in found] == [1, 1, 1]


def test_sheets_lie_below_one_another(sheets):
    page = np.asarray(collect_animals.draw_page(sheets[1:3], "words", mm=2))
    assert page.shape == (594, 420, 3)
    column = page[:, 200, 0].tolist()
    assert column[30:130] == [30] * 100
    assert column[130:138] == [255] * 8
    assert column[138:238] == [60] * 100


@pytest.mark.parametrize("at_once", [1, 10])
def test_pdf_has_all_pages_the_stamp_and_the_same_bytes_every_time(sheets, tmp_path, monkeypatch, at_once):
    monkeypatch.setattr(collect_animals, "AT_ONCE", at_once)
    outputs = [tmp_path / name for name in ("a.pdf", "b.pdf")]
    stamp = Stamp("own", "ab" * 32, "unknown")
    for output in outputs:
        with stamping(stamp):
            collect_animals.main(sheets * 3, "mine cohort, reader r", str(output))
    first, second = (output.read_bytes() for output in outputs)
    assert first == second
    assert re.findall(rb"/Count (\d+)", first)[-1] == b"5"
    assert len(re.findall(rb"/Subtype /Image\b", first)) == 5
    assert b"Date" not in first
    assert read_stamp(outputs[0]) == stamp
