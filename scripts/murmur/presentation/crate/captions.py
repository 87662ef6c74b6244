"""Captions of figures and tables: the templates in report/, filled in from the record of a file."""

from pathlib import Path

from jinja2 import StrictUndefined, Template

from murmur.subject import in_words


def fill_in(template: str | Path, made: dict) -> str:
    """Return the caption in the file `template`, filled in from the part `made` of a record, as one line."""
    values = {"rule": made["rule"], "wildcards": made["wildcards"], "params": made["settings"]}
    values["config"] = {"study": made["study"]}
    text = Template(in_words(Path(template).read_text(encoding="utf-8")), undefined=StrictUndefined).render(
        snakemake=values
    )
    return " ".join(text.split())
