"""Printed tables as CSV, HTML, LaTeX and Word, ready to paste; identical cells give identical bytes."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import docx
import pandas as pd
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt

from murmur.csv_tables import write_csv
from murmur.files import write_text
from murmur.presentation.office_file import EPOCH, save
from murmur.presentation.rendering import render
from murmur.provenance.stamp import stamp
from murmur.statistics.notes import exclusion_note
from murmur.subject import in_words


@dataclass(frozen=True)
class PrintedTable:
    """A table as printed: `header` and each of `rows` have one cell per column; the first cell names the row."""

    number: str  # "Table 1"; LaTeX numbers tables itself
    title: str
    header: list[str]
    rows: list[list[str]]
    footnote: str


def write_table(table: PrintedTable, outputs: Sequence[str | Path], excluded: Mapping[str, str] | None = None) -> None:
    """Write `table` to each path in the format of its suffix: .csv (cells only), .html, .tex or .docx.

    `excluded`, the reasons of the excluded mice, are added to the footnote.
    """
    table = PrintedTable(
        number=table.number,
        title=in_words(table.title),
        header=[*map(in_words, table.header)],
        rows=[[*map(in_words, cells)] for cells in table.rows],
        footnote=in_words(f"{table.footnote} {exclusion_note(excluded or {})}".strip()),
    )
    for output in map(Path, outputs):
        WRITERS[output.suffix](table, output)


def write_cells(table: PrintedTable, path: str | Path) -> None:
    """Write the printed cells as CSV."""
    write_csv(pd.DataFrame(table.rows, columns=table.header), path)


def write_html(table: PrintedTable, path: str | Path) -> None:
    """Write a self-contained page without scripts."""
    text = render("table.html.j2", table=table, title=f"{table.number}. {table.title}")
    write_text(path, text)


def write_tex(table: PrintedTable, path: str | Path) -> None:
    """Write a table environment for \\input; the document needs the package booktabs."""
    write_text(path, render("table.tex.j2", table=table))


def write_docx(table: PrintedTable, path: str | Path) -> None:
    """Write a Word document with the title, a table with a header row repeated on each page, and the footnote."""
    document = docx.Document()
    document.styles["Normal"].font.name = "Times New Roman"
    document.styles["Normal"].font.size = Pt(10)
    document.styles["Normal"].paragraph_format.space_after = Pt(2)
    title = f"{table.number}. {table.title}"
    document.add_paragraph(title)

    # Light Shading without bands has the rules of a journal's table: above and below the header, and at the end.
    grid = document.add_table(rows=0, cols=len(table.header), style="Light Shading")
    look = grid._tblPr.find(qn("w:tblLook"))
    for attribute in list(look.attrib):
        del look.attrib[attribute]
    for name, value in {
        "firstRow": 1,
        "lastRow": 0,
        "firstColumn": 0,
        "lastColumn": 0,
        "noHBand": 1,
        "noVBand": 1,
    }.items():
        look.set(qn(f"w:{name}"), str(value))
    look.set(qn("w:val"), "0620")
    for cells in (table.header, *table.rows):
        for index, (cell, text) in enumerate(zip(grid.add_row().cells, cells, strict=True)):
            cell.text = text
            if index:
                cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.CENTER
    grid.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))

    document.add_paragraph().add_run(table.footnote).font.size = Pt(8.5)
    properties = document.core_properties
    properties.title, properties.author, properties.last_modified_by = title, "Murmur", "Murmur"
    properties.comments = stamp()
    properties.created = properties.modified = datetime.datetime(*EPOCH)
    save(document, path)


WRITERS = {".csv": write_cells, ".html": write_html, ".tex": write_tex, ".docx": write_docx}
