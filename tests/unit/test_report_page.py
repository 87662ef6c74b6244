"""The first page of Snakemake's report, rendered as Snakemake renders it."""

from types import SimpleNamespace

import pytest
from docutils.core import publish_parts
from jinja2 import Environment, StrictUndefined

SUMMARY = "# Results: lab\n\n## Summary\n\nEF was lower in MI.\n\n## Animals\n\nMany.\n"


@pytest.fixture
def page(root, tmp_path):
    """Return a function that renders the page of a study with these files, given as titles by path."""

    def page(titles):
        files = []
        for path, title in titles.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(SUMMARY if path.endswith(".md") else "")
            labels = SimpleNamespace(item=title, commit="abc")
            files.append(SimpleNamespace(path=tmp_path / path, target=path.rpartition("/")[2], labels=labels))
        for name in ("figure_flow", "figure_groups"):
            figure = tmp_path / "comparisons/lab" / f"{name}.svg"
            figure.parent.mkdir(parents=True, exist_ok=True)
            figure.write_text(f"<svg><title>{name}</title></svg>")
        text = (root / "report" / "workflow.rst").read_text() + "\n.. _Provenance: p\n.. _Comparison lab: c\n"
        template = Environment(undefined=StrictUndefined).from_string(text)
        made = template.render(snakemake=SimpleNamespace(config={"study": "s"}), files=files)
        return publish_parts(made, writer="html", settings_overrides={"halt_level": 2})["html_body"]

    return page


FLOW, GROUPS = "2. Flow of the animals", "3. Groups and differences"
RESULTS = {"comparisons/lab/results.md": "1. Results in words"}
FIGURES = {"comparisons/lab/figure_groups.png": GROUPS, "comparisons/lab/figure_flow.png": FLOW}


def test_page_opens_on_the_summary_the_flow_and_the_groups(page):
    found = page(RESULTS | FIGURES)
    parts = ["EF was lower in MI.", "<title>figure_flow", "<title>figure_groups", "Units are stated"]
    assert [found.count(part) for part in parts] == [1, 1, 1, 1]
    assert sorted(parts, key=found.index) == parts
    assert "Many." not in found and "Findings" not in found


def test_comparison_with_the_expert_is_described_where_there_is_one(page):
    words = "Mice without expert contours are measured and compared between groups, but not with the expert."
    assert words in " ".join(page({"figure_3_agreement.png": "Figure 3: agreement"}).split())
    assert "Each reader" not in page(RESULTS)


def test_figures_that_were_not_made_are_not_shown(page):
    assert "<svg>" not in page(RESULTS)


def test_findings_are_linked_with_cohort_and_reader(page):
    found = page({"cohorts/mine/checks.csv": "Checks of mine", "figures/mine/net/review.pdf": "Findings to review"})
    assert ">checks.csv of mine</a>, <a" in found
    assert "review.pdf')\">review.pdf of mine by reader net</a>." in found.replace("&#x27;", "'")
