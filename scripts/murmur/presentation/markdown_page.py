"""Pages of prose in Markdown, with the stamp of their record in a comment at the end."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from murmur.files import write_text
from murmur.provenance.stamp import stamp
from murmur.subject import in_words


def write_page(path: str | Path, title: str, sections: Mapping[str, Sequence[str]]) -> None:
    """Write a title and the paragraphs of each section by its heading; sections without paragraphs are left out."""
    text = [f"# {title}"]
    for heading, paragraphs in sections.items():
        if any(paragraphs):
            text += [f"## {heading}", *filter(None, paragraphs)]
    text = [in_words(paragraph) for paragraph in text]
    if stamp():
        text += [f"<!-- {stamp()} -->"]
    write_text(path, "\n\n".join(text) + "\n")


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a table in Markdown; empty without rows."""
    lines = [header, ["---"] * len(header), *rows]
    cells = [" | ".join(str(cell).replace("|", "\\|") for cell in line) for line in lines]
    return "\n".join(f"| {line} |" for line in cells) if rows else ""
