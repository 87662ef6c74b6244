import pytest
from jinja2 import UndefinedError

from murmur.presentation import rendering
from murmur.presentation.printed_table import PrintedTable

TABLE = PrintedTable("Table 1", "Mice <&> 'rats'", ["Metric", "50 %"], [["a_b", '"x" <1>']], "{note} \\\\ & $")


def test_everything_filled_into_html_is_escaped():
    text = rendering.render("table.html.j2", table=TABLE, title=TABLE.title)
    assert "<caption>Mice &lt;&amp;&gt; &#39;rats&#39;</caption>" in text
    assert "<td>&#34;x&#34; &lt;1&gt;</td>" in text
    assert "{note} \\\\ &amp; $" in text


def test_everything_filled_into_latex_is_escaped():
    text = rendering.render("table.tex.j2", table=TABLE)
    assert '    Metric & 50 \\% \\\\\n    \\midrule\n    a\\_b & "x" $<$1$>$ \\\\\n    \\bottomrule\n' in text
    assert r"\raggedright \{note\} \textbackslash{}\textbackslash{} \& \$\par}" in text
    assert text.startswith("% In the preamble")


def test_the_stamp_stands_in_both(monkeypatch):
    monkeypatch.setattr(rendering, "stamp", lambda: "record <1>")
    html = rendering.render("table.html.j2", table=TABLE, title=TABLE.title)
    assert '<meta name="description" content="record &lt;1&gt;">' in html
    assert rendering.render("table.tex.j2", table=TABLE).startswith("% record <1>\n")


def test_a_value_that_is_not_given_is_an_error():
    with pytest.raises(UndefinedError):
        rendering.render("table.html.j2", table=TABLE)
