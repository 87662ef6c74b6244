"""Tables written as text, as a workbook, or as something that only looks like one."""

import zipfile

import openpyxl

from good_study import Place


def text(content, name="numbers.csv"):
    """Write the text or bytes of a table."""
    data = content if isinstance(content, bytes) else content.encode()
    return lambda place: (place / name).write_bytes(data)


def excel(place: Place, name: str = "numbers.csv") -> None:
    with zipfile.ZipFile(place / name, "w") as file:
        file.writestr("[Content_Types].xml", "<Types/>")
        file.writestr("xl/workbook.xml", "<workbook/>")
        file.writestr("xl/media.bin", bytes(range(128, 256)))


def workbook(rows: list[list], name: str = "participants.tsv"):
    """Write a table as a workbook, whatever its name."""

    def spoil(place: Place) -> None:
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        book.save(place / name)

    return spoil
