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
