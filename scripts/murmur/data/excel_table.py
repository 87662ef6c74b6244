"""Tables of users as Excel workbooks (.xlsx)."""

import datetime
import io
import unicodedata
import warnings
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from murmur.data.user_tables import MOST_BYTES, Row
from murmur.errors import BadInput
from murmur.files import reading

if TYPE_CHECKING:
    from openpyxl.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

START = b"PK\x03\x04"  # of a file of this format


def is_workbook(path: str | Path) -> bool:
    """Return whether a file begins as a workbook does, whatever its name."""
    with reading(path, "table"), open(path, "rb") as file:
        return file.read(len(START)) == START


def read_workbook(path: str | Path) -> list[Row]:
    """Read the table of a workbook.

    Parameters
    ----------
    path : str or Path
        Workbook (.xlsx) with one sheet that is not empty, or one that is named participants or sessions. Its first row
        that is not empty names the columns; columns without a name are ignored.

    Returns
    -------
    list of Row
        One row per row of the sheet that is not blank; all cells are text, dates as YYYY-MM-DD.

    Raises
    ------
    BadInput
        If the file is no workbook, several sheets could be meant, a cell is merged or holds a formula, a column is
        given twice, or there are no rows.
    """
    import openpyxl  # only now, because each call of Snakemake would wait for it

    with reading(path, "Excel table"):
        with zipfile.ZipFile(path) as parts:
            size = sum(part.file_size for part in parts.infolist())
        if size > MOST_BYTES:
            raise BadInput(f"{path}: found a table of {size:,} bytes, expected at most {MOST_BYTES:,}; shorten it")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # on parts such as drop-down lists, which are lost in writing
            book = openpyxl.load_workbook(io.BytesIO(Path(path).read_bytes()), keep_links=False)
        sheet = _sheet(path, book.worksheets)
        if merged := sorted(map(str, sheet.merged_cells.ranges)):
            raise BadInput(
                f"{path}: found merged cells ({merged[0]}), expected one value per cell; unmerge them, "
                "and fill in every row"
            )
        return _rows(path, sheet)


def _sheet(path: str | Path, sheets: list["Worksheet"]) -> "Worksheet":
    """Return the sheet that is the table."""
    filled = [sheet for sheet in sheets if any(cell.value is not None for row in sheet.iter_rows() for cell in row)]
    named = [sheet for sheet in filled if sheet.title.strip().lower() in ("participants", "sessions")]
    if len(filled) > 1 and len(named) != 1:
        raise BadInput(
            f"{path}: found the sheets {', '.join(sheet.title for sheet in filled)}, expected one; name the sheet of "
            "the table participants, or remove the others"
        )
    return (named if len(filled) > 1 else filled or sheets)[0]


def _rows(path: str | Path, sheet: "Worksheet") -> list[Row]:
    header, found = [], []
    for cells in sheet.iter_rows():
        texts = [_text(path, cell) for cell in cells]
        if not any(texts):
            continue
        if not header:
            header = texts
            if twice := [name for name in dict.fromkeys(filter(None, header)) if header.count(name) > 1]:
                raise BadInput(
                    f"{path}: found the column {twice[0]} twice, expected different names; rename or remove one"
                )
            continue
        row = Row({name: text for name, text in zip(header, texts, strict=True) if name})
        row.line = cells[0].row
        found.append(row)
    if not found:
        raise BadInput(f"{path}: found no rows below the header, expected at least one; add them")
    return found


def _text(path: str | Path, cell: "Cell") -> str:
    """Return what a cell holds as text; whole numbers without decimals."""
    value = cell.value
    if cell.data_type == "f":
        raise BadInput(
            f"{path}, cell {cell.coordinate}: found a formula, expected its value; copy the column and paste it as "
            "values"
        )
    if value is None:
        return ""
    if isinstance(value, datetime.datetime | datetime.date):
        return value.isoformat()[:10]
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return unicodedata.normalize("NFC", str(value).strip())
