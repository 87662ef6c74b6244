"""Excel workbooks of plain tables."""

import datetime
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from murmur.errors import BadInput
from murmur.presentation.office_file import EPOCH, save
from murmur.provenance.stamp import stamp

MOST_ROWS = 2**20 - 1  # of a sheet, below its header
WIDEST = 60  # of a column, in characters


def write_workbook(sheets: Mapping[str, pd.DataFrame], path: str | Path) -> None:
    """Write each table as a sheet: a header in the first row, which remains in view, and one row per row of the table.

    Numbers have 16 digits, missing values are empty cells, and text is never a formula. Raises BadInput if a table has
    more rows than a sheet can hold.
    """
    workbook = Workbook(write_only=True)
    properties = workbook.properties
    properties.creator, properties.description = "Murmur", stamp()
    properties.created = datetime.datetime(*EPOCH)
    for name, table in sheets.items():
        if len(table) > MOST_ROWS:
            raise BadInput(f"{path}: found {len(table)} rows, expected at most {MOST_ROWS}; use the CSV file")
        sheet = workbook.create_sheet(name)
        sheet.freeze_panes = "B2"
        for number, column in enumerate(table, 1):
            width = max([len(column), *table[column].head(200).astype(str).str.len()])
            sheet.column_dimensions[get_column_letter(number)].width = min(width + 2, WIDEST)
        sheet.append([_text(sheet, column, bold=True) for column in table])
        for row in table.astype(object).where(table.notna(), None).itertuples(index=False, name=None):
            sheet.append([_text(sheet, value) if isinstance(value, str) else value for value in row])
    save(workbook, path)


def _text(sheet, value: str, bold: bool = False) -> Cell | str:
    """Return the cell of a text, which is no formula even if it begins with an equals sign."""
    value = ILLEGAL_CHARACTERS_RE.sub("", value)
    if not bold and not value.startswith("="):
        return value
    cell = WriteOnlyCell(sheet, value)
    cell.data_type = "s"
    if bold:
        cell.font = Font(bold=True)
    return cell
