"""Files of Word and Excel that are reproducible to the byte."""

import datetime
import io
import re
import zipfile
from pathlib import Path
from typing import Protocol

from murmur.files import atomic_write

EPOCH = (1980, 1, 1, 0, 0, 0)  # the date of every document and of every member of its zip archive
MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*")


class Document(Protocol):
    """A document of python-docx or a workbook of openpyxl."""

    def save(self, file: io.BytesIO) -> None:
        """Write the document as a zip archive."""


def save(document: Document, path: str | Path) -> None:
    """Save a document with the date EPOCH; it appears under its name only once it is complete."""
    saved, date = io.BytesIO(), datetime.datetime(*EPOCH).isoformat() + "Z"
    document.save(saved)
    with atomic_write(path) as partial, zipfile.ZipFile(saved) as source, zipfile.ZipFile(partial, "w") as target:
        for name in source.namelist():
            member = zipfile.ZipInfo(name, EPOCH)
            member.compress_type = zipfile.ZIP_DEFLATED
            content = source.read(name)
            if name == "docProps/core.xml":  # openpyxl sets it when it saves
                content = MODIFIED.sub(rb"\g<1>" + date.encode(), content)
            target.writestr(member, content)
