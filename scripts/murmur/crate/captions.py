"""The captions of figures and tables: the templates in report/, filled in with what the record of a file holds."""

from pathlib import Path

from jinja2 import StrictUndefined, Template


def fill_in(template: str | Path, made: dict) -> str:
    """Return the caption in the file `template` for what was made as the part `made` of a record says, in one line."""
    said = {"rule": made["rule"], "wildcards": made["wildcards"], "params": made["settings"]}
    said["config"] = {"study": made["study"]}
    text = Template(Path(template).read_text(encoding="utf-8"), undefined=StrictUndefined).render(snakemake=said)
    return " ".join(text.split())
