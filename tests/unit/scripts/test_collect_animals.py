import re

import numpy as np
import pytest
from PIL import Image

import collect_animals


@pytest.fixture
def sheets(tmp_path):
    """Seven sheets of 180 × 50 mm, of which five fit on a page."""
    paths = []
    for number in range(7):
        path = tmp_path / f"M{number}.png"
        Image.fromarray(np.full((50, 180, 3), 30 * number, np.uint8)).save(path)
        paths.append(str(path))
    return paths


def test_pages_hold_as_many_sheets_as_fit_in_their_order(sheets):
    found = [[sheet for sheet, _ in page] for page in collect_animals.pages(sheets)]
    assert found == [sheets[:5], sheets[5:]]
    assert all(height == pytest.approx(50) for page in collect_animals.pages(sheets) for _, height in page)


def test_sheet_higher_than_a_page_has_one_of_its_own(sheets, tmp_path):
    Image.fromarray(np.zeros((500, 180), np.uint8)).save(tmp_path / "high.png")
    found = list(collect_animals.pages([sheets[0], str(tmp_path / "high.png"), sheets[1]]))
    assert [len(page) for page in found] == [1, 1, 1]


def test_pdf_has_all_pages_and_images_and_the_same_bytes_every_time(sheets, tmp_path):
    outputs = [tmp_path / name for name in ("a.pdf", "b.pdf")]
    for output in outputs:
        collect_animals.main(sheets, "mine cohort, reader r", str(output))
    first, second = (output.read_bytes() for output in outputs)
    assert first == second
    assert len(re.findall(rb"/Type /Page\b", first)) == 2
    assert len(re.findall(rb"/Subtype /Image\b", first)) == 7
    assert b"CreationDate" not in first
