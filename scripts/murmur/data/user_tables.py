"""Tables written by users, as text: separated by commas, semicolons or tabs, with decimal points or commas."""

import csv
import io
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from murmur.errors import BadInput
from murmur.files import reading

NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?")  # with a decimal point or comma
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
MOST_BYTES = 2**26  # of a table written by a user


class Row(dict):
    """A row of a table written by a user: its cells, as text, by column; `line` is its line in the file, from 1."""

    line: int = 0


def read_rows(
    path: str | Path, columns: Sequence[str], delimiter: str | None = ",", optional: Sequence[str] = ()
) -> list[Row]:
    """Read a table written by a user: one row of text per line that is not blank, without spaces around cells.

    Parameters
    ----------
    path : str or Path
        The table.
    columns, optional : sequence of str
        Columns that must exist, and others, whose names may have capitals in the table.
    delimiter : str, optional
        Separator of the cells; None for the tab, semicolon or comma that the header contains.

    Returns
    -------
    list of Row
        The rows.

    Raises
    ------
    BadInput
        If the file is no text in UTF-8, one of `columns` is missing or a column is given twice, a line has too few or
        too many cells or none in the first of `columns`, or there are no rows.
    """
    with reading(path, "table"):
        text = _text(path)
        delimiter = delimiter or _delimiter(text)
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        header, rows = [], []
        for cells in reader:
            cells = [unicodedata.normalize("NFC", cell.strip()) for cell in cells]
            if not any(cells):
                continue
            if not header:
                header = _without_capitals(cells, (*columns, *optional))
                _check_header(path, header, columns, delimiter)
                continue
            if len(cells) != len(header):
                raise BadInput(
                    f"{path}, line {reader.line_num}: found {len(cells)} cells, expected {len(header)} as in the "
                    f"header, separated by {SEPARATORS[delimiter]}; correct the line"
                )
            row = Row(zip(header, cells, strict=True))
            row.line = reader.line_num
            if columns and not row[columns[0]]:
                raise BadInput(f"{path}, line {row.line}: found no {columns[0]}, expected one; complete the line")
            rows.append(row)
        if not header:
            _check_header(path, header, columns, delimiter)
        if not rows:
            raise BadInput(f"{path}: found no rows below the header, expected at least one; add them")
        return rows


def write_decimal_points(path: str | Path, rows: Sequence[Row], columns: Sequence[str]) -> None:
    """Write decimal points instead of commas in the numbers of columns.

    Raises BadInput if some numbers of the table have decimal points and others commas.
    """
    marked = {
        mark: (row, name)
        for mark in ",."
        for row in rows
        for name in columns
        if mark in row[name] and NUMBER.fullmatch(row[name])
    }
    if len(marked) == 2:
        (row, name), (other, point) = marked[","], marked["."]
        raise BadInput(
            f"{path}, line {row.line}: found '{row[name]}' as {name}, but '{other[point]}' as {point} in line "
            f"{other.line}, expected one decimal mark; correct the table"
        )
    for row in rows:
        row.update({name: row[name].replace(",", ".") for name in columns if NUMBER.fullmatch(row[name])})


def delimiter_of(path: str | Path) -> str:
    """Return the delimiter of a table: the tab, semicolon or comma that its header contains."""
    with reading(path, "table"):
        return _delimiter(_text(path))


def _delimiter(text: str) -> str:
    """Return the delimiter of a table: a tab or else a semicolon in its first line that is not blank, or a comma."""
    header = text.lstrip().partition("\n")[0]
    return next((delimiter for delimiter in ("\t", ";") if delimiter in header), ",")


def _text(path: str | Path) -> str:
    """Return the text of a table; raise BadInput if it is no text in UTF-8."""
    size = Path(path).stat().st_size
    if size > MOST_BYTES:
        raise BadInput(f"{path}: found a table of {size:,} bytes, expected at most {MOST_BYTES:,}; shorten it")
    content = Path(path).read_bytes()
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise BadInput(f"{path}: found an Excel file, expected text; in Excel, save it as 'CSV UTF-8'")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        found = "UTF-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "another encoding, such as Latin-1"
        raise BadInput(
            f"{path}: found text that is not UTF-8 but {found}, expected UTF-8; save it again as 'CSV UTF-8'"
        ) from None


def _without_capitals(header: list[str], known: Sequence[str]) -> list[str]:
    """Return a header in which known columns that differ only in capitals have their name, unless another one has."""
    meant = {name.casefold(): name for name in known if name not in header}
    return [meant.pop(cell.casefold(), cell) for cell in header]


def _check_header(path: str | Path, found: list[str], columns: Sequence[str], delimiter: str) -> None:
    """Raise BadInput unless all `columns` are among those `found`, and none is there twice."""
    separated = SEPARATORS[delimiter]
    if missing := [column for column in columns if column not in found]:
        for other, name in SEPARATORS.items():
            if other != delimiter and any(other in cell for cell in found):
                decimal = ", with decimal points" if delimiter == "," else ""
                raise BadInput(
                    f"{path}: found columns separated by {name}, expected columns separated by {separated}{decimal}; "
                    f"save it again with {separated}"
                )
        raise BadInput(
            f"{path}: found the columns {', '.join(found) or 'none'}, expected {', '.join(columns)}, separated by "
            f"{separated}; add {', '.join(missing)}"
        )
    if twice := [name for name in dict.fromkeys(filter(None, found)) if found.count(name) > 1]:
        raise BadInput(f"{path}: found the column {twice[0]} twice, expected different names; rename or remove one")
