"""A page of HTML that needs nothing else: no script, no font, no file beside it. It can be printed."""

from collections.abc import Iterable, Mapping
from html import escape

from murmur.provenance.stamp import stamp

STYLE = """
  :root { color: #1a1a1a; background: #fff; font: 1rem/1.5 Georgia, "Times New Roman", serif; }
  body { max-width: 66rem; margin: 0 auto; padding: 1.5rem; }
  h1, h2, h3, th, nav, summary, caption { font-family: "Helvetica Neue", Arial, sans-serif; }
  h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .25rem; }
  h2 { font-size: 1.3rem; margin: 2.5rem 0 .5rem; padding-top: .5rem; border-top: 2px solid #1a1a1a; }
  h3 { font-size: 1.05rem; margin: 1.5rem 0 .25rem; }
  p { max-width: 44rem; }
  a { color: #004b87; }
  a:focus-visible, summary:focus-visible { outline: 3px solid #004b87; outline-offset: 2px; }
  nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; padding: 0; list-style: none; }
  code, pre { font: .8rem/1.5 "DejaVu Sans Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
  .way code { white-space: nowrap; }
  pre { background: #f4f4f2; padding: .75rem 1rem; white-space: pre-wrap; }
  table { border-collapse: collapse; width: 100%; margin: .25rem 0 1rem; font-size: .92rem; }
  caption { text-align: left; font-size: .85rem; color: #4a4a4a; padding: .25rem 0; }
  th, td { text-align: left; vertical-align: top; padding: .2rem .75rem .2rem 0; border-bottom: 1px solid #d8d8d8; }
  thead th { border-bottom: 1px solid #1a1a1a; font-size: .85rem; }
  tbody th { font-weight: normal; }
  details { border-bottom: 1px solid #d8d8d8; }
  details > div { padding: 0 0 .5rem 1.2rem; }
  summary { cursor: pointer; padding: .3rem 0; }
  summary span, .default { color: #595959; font-size: .88rem; }
  summary code { float: right; color: #4a4a4a; line-height: 1.9; }
  @media print {
    :root { font-size: 9pt; }
    body { max-width: none; padding: 0; }
    nav { display: none; }
    details::details-content { content-visibility: visible; }
    tr, summary { break-inside: avoid; }
    h2, h3, summary { break-after: avoid; }
  }
"""


def table(header: list[str], rows: Iterable[Iterable[str]], caption: str = "") -> str:
    """Write a table of cells, which are HTML; the first of a row names it. `header` may be empty."""
    cells = "".join(f'<th scope="col">{cell}</th>' for cell in header)
    body = "\n".join(
        f'<tr><th scope="row">{first}</th>{"".join(f"<td>{cell}</td>" for cell in rest)}</tr>' for first, *rest in rows
    )
    named = f"<caption>{caption}</caption>" if caption else ""
    head = f"<thead><tr>{cells}</tr></thead>" if header else ""
    return f"<table>{named}{head}<tbody>\n{body}\n</tbody></table>"


def folded(summary: str, content: str, anchor: str = "") -> str:
    """Write content that opens at a click on its summary."""
    named = f' id="{anchor}"' if anchor else ""
    return f"<details{named}><summary>{summary}</summary><div>{content}</div></details>"


def document(title: str, intro: str, chapters: Mapping[str, str]) -> str:
    """Write a page: its title, an introduction, a list of contents, and each chapter that is not empty, as HTML."""
    filled = {name: text for name, text in chapters.items() if text}
    anchors = {name: name.lower().replace(" ", "-") for name in filled}
    contents = "".join(f'<li><a href="#{anchors[name]}">{escape(name)}</a></li>' for name in filled)
    body = "\n".join(
        f'<section aria-labelledby="{anchors[name]}">\n<h2 id="{anchors[name]}">{escape(name)}</h2>\n{text}\n</section>'
        for name, text in filled.items()
    )
    stamped = f'\n<meta name="description" content="{escape(stamp())}">' if stamp() else ""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">{stamped}
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<header>
<h1>{escape(title)}</h1>
{intro}
<nav aria-label="Contents"><ul>{contents}</ul></nav>
</header>
<main>
{body}
</main>
</body>
</html>
"""
