"""The stamp in the metadata of a figure or table, by which copies outside their folder can be traced."""

import contextlib
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

FORMAT = 1  # see murmur.provenance.code
WORDS = "Murmur study {study}, record {record}, commit {commit}"
PATTERN = re.compile(
    rb"Murmur study (?P<study>[\w.-]+), record (?P<record>[0-9a-f]{64}), commit (?P<commit>unknown|[0-9a-f]{40}\+?)"
)

_stamp = ""


class Stamp(NamedTuple):
    """Content of a stamp: the study, the digest of the file's record, and the commit of the code.

    The commit ends in "+" if there were uncommitted changes, and is "unknown" outside a git checkout.
    """

    study: str
    record: str
    commit: str


@contextlib.contextmanager
def stamping(stamp: Stamp) -> Iterator[None]:
    """Add `stamp` to every figure and table written in the block."""
    global _stamp
    _stamp = WORDS.format(**stamp._asdict())
    try:
        yield
    finally:
        _stamp = ""


def stamp() -> str:
    """Return the text for the metadata of a file, one line of ASCII; empty outside a job of the workflow."""
    return _stamp


def read_stamp(path: str | Path) -> Stamp | None:
    """Return the stamp of a file (pdf, svg, png, gif, html, docx, xlsx, tex, md); None if it has none."""
    path = Path(path)
    content = path.read_bytes()
    if path.suffix in (".docx", ".xlsx"):
        with zipfile.ZipFile(path) as archive:
            content = archive.read("docProps/core.xml")
    found = PATTERN.search(content)
    return Stamp(**{name: words.decode() for name, words in found.groupdict().items()}) if found else None
