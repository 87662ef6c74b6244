"""Rendering of the templates of pages and tables in the folder templates.

All values are treated as text: special characters of HTML and LaTeX are escaped.
"""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from murmur.provenance.stamp import stamp

TEX = {
    "\\": r"\textbackslash{}",
    **{character: f"\\{character}" for character in "{}_%&#$"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "µ": r"$\mu$",
    "±": r"$\pm$",
    "−": "$-$",
    "<": "$<$",
    ">": "$>$",
    "–": "--",
}
SETTINGS = {"undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True, "keep_trailing_newline": True}


class Verbatim(str):
    """Text that is not escaped."""


def tex(value: object) -> str:
    """Return a value as LaTeX text, with special characters escaped; verbatim text is unchanged."""
    if isinstance(value, Verbatim):
        return value
    return "".join(TEX.get(character, character) for character in str(value))


def render(template: str, **values) -> str:
    """Return the text of `template`, *.html.j2 or *.tex.j2, filled in with `values` and the stamp of the job.

    LaTeX uses many braces, so its templates have the delimiters <<...>> and <%...%> instead.
    """
    loader = FileSystemLoader(Path(__file__).parent / "templates")
    if template.endswith(".html.j2"):
        environment = Environment(loader=loader, autoescape=True, **SETTINGS)
    else:
        environment = Environment(
            "<%", "%>", "<<", ">>", "<#", "#>", loader=loader, autoescape=False, finalize=tex, **SETTINGS
        )
        values["stamp"] = Verbatim(stamp())  # in a comment
    return environment.get_template(template).render({"stamp": stamp()} | values)
