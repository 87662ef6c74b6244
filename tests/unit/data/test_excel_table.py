import datetime
import zipfile

import openpyxl
import pytest

from murmur.data.excel_table import is_workbook, read_workbook
from murmur.errors import BadInput


@pytest.fixture
def saved(tmp_path):
    """Return a function that saves sheets, by name, as a workbook; `change` gets the workbook before."""

    def save(change=lambda book: None, **sheets):
        book = openpyxl.Workbook()
        book.remove(book.active)
        for name, rows in sheets.items():
            sheet = book.create_sheet(name)
            for row in rows:
                sheet.append(row)
        change(book)
        book.save(tmp_path / "people.xlsx")
        return tmp_path / "people.xlsx"

    return save


ROWS = [["mouse", "BW (g)", "born", None], ["M1", 24.0, datetime.date(2026, 3, 1), "look"], [None], [" M2 ", 23.5]]


def test_cells_are_text_and_lines_those_of_the_sheet(saved):
    rows = read_workbook(saved(Sheet1=ROWS))
    assert rows == [
        {"mouse": "M1", "BW (g)": "24", "born": "2026-03-01"},
        {"mouse": "M2", "BW (g)": "23.5", "born": ""},
    ]
    assert [row.line for row in rows] == [2, 4]


def test_sheet_of_the_table_is_the_only_one_with_cells_or_named(saved):
    assert len(read_workbook(saved(Empty=[], Data=ROWS))) == 2
    assert len(read_workbook(saved(Notes=[["x"], ["y"]], Participants=ROWS))) == 2
    with pytest.raises(BadInput, match="found the sheets Notes, Data, expected one"):
        read_workbook(saved(Notes=[["x"]], Data=ROWS))


@pytest.mark.parametrize(
    ("rows", "change", "words"),
    [
        ([["mouse", "ratio"], ["M1", "=1/2"]], None, "cell B2: found a formula, expected its value"),
        (ROWS, lambda book: book.active.merge_cells("A2:A4"), r"found merged cells \(A2:A4\)"),
        ([["mouse", "mouse"], ["M1", "M2"]], None, "found the column mouse twice"),
        ([["mouse"]], None, "found no rows below the header"),
        ([], None, "found no rows"),
    ],
)
def test_what_cannot_be_read_is_refused(saved, rows, change, words):
    with pytest.raises(BadInput, match=words):
        read_workbook(saved(change or (lambda book: None), Sheet1=rows))


def test_workbook_is_known_by_its_content(saved, tmp_path):
    assert is_workbook(saved(Sheet1=ROWS))
    (tmp_path / "people.tsv").write_text("mouse\nM1\n")
    assert not is_workbook(tmp_path / "people.tsv")
    with zipfile.ZipFile(tmp_path / "other.xlsx", "w") as file:
        file.writestr("photo.txt", "no workbook")
    with pytest.raises(BadInput, match="other.xlsx: found no readable Excel table"):
        read_workbook(tmp_path / "other.xlsx")
