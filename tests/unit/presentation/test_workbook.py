import datetime
import re
import zipfile

import openpyxl
import pandas as pd
import pytest

from murmur.errors import BadInput
from murmur.presentation import workbook
from murmur.presentation.workbook import write_workbook
from murmur.provenance.stamp import Stamp, read_stamp, stamping


def test_sheet_holds_the_values_of_the_table(tmp_path):
    table = pd.DataFrame({"mouse": ["007", "=1+1"], "EDV_uL": [0.3, None], "flags": [None, "bell \x07"]})
    write_workbook({"Measurements": table, "Columns": table[["mouse"]]}, tmp_path / "t.xlsx")
    book = openpyxl.load_workbook(tmp_path / "t.xlsx")
    assert book.sheetnames == ["Measurements", "Columns"]
    rows = list(book["Measurements"].iter_rows(values_only=True))
    assert rows == [("mouse", "EDV_uL", "flags"), ("007", 0.3, None), ("=1+1", None, "bell ")]
    assert book["Measurements"]["A3"].data_type == "s"
    assert not book["Measurements"].merged_cells.ranges


def test_same_table_gives_the_same_bytes_at_another_time(tmp_path, monkeypatch):
    table = pd.DataFrame({"mouse": ["a"], "EDV_uL": [1.5]})
    write_workbook({"Measurements": table}, tmp_path / "a.xlsx")
    later = type("later", (datetime.datetime,), {"now": classmethod(lambda cls, tz=None: cls(2050, 1, 1, tzinfo=tz))})
    monkeypatch.setattr("openpyxl.packaging.core.datetime.datetime", later)
    monkeypatch.setattr("openpyxl.writer.excel.datetime.datetime", later)
    write_workbook({"Measurements": table}, tmp_path / "b.xlsx")
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.xlsx") as archive:
        assert {member.date_time[0] for member in archive.infolist()} == {1980}
        assert set(re.findall(rb">([0-9]{4})-", archive.read("docProps/core.xml"))) == {b"1980"}


def test_workbook_carries_the_stamp(tmp_path):
    expected = Stamp("demo", "0" * 64, "unknown")
    with stamping(expected):
        write_workbook({"Measurements": pd.DataFrame({"mouse": ["a"]})}, tmp_path / "t.xlsx")
    assert read_stamp(tmp_path / "t.xlsx") == expected


def test_table_that_no_sheet_can_hold_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(workbook, "MOST_ROWS", 1)
    with pytest.raises(BadInput, match="found 2 rows, expected at most 1; use the CSV file"):
        write_workbook({"Measurements": pd.DataFrame({"mouse": ["a", "b"]})}, tmp_path / "t.xlsx")
