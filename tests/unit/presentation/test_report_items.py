"""Titles and captions of what the report shows."""

from murmur.presentation.report_items import items_of
from murmur.provenance.lineage import Job

SHOWN = {
    "tables/{cohort}/{reader}/results.md": {"title": "Results of {reader}", "template": "results.rst"},
    "comparisons/{comparison}/results.md": {"title": "Results of {comparison}", "template": "comparison.rst"},
    "tables/methods.md": {"title": "Methods", "template": "methods.rst"},
}


def job(path, **wildcards):
    return Job("", "", {"study": "s", "wildcards": wildcards}, {}, {path: {}})


def test_results_of_a_reader_and_of_a_comparison_are_told_apart():
    of_reader, of_comparison = "results/s/tables/a/b/results.md", "results/s/comparisons/c/results.md"
    assert items_of(job(of_reader, cohort="a", reader="b"), SHOWN)[of_reader]["title"] == "Results of b"
    assert items_of(job(of_comparison, comparison="c"), SHOWN)[of_comparison] == {
        "title": "Results of c",
        "template": "comparison.rst",
    }


def test_a_study_file_of_the_name_of_a_table_is_not_that_table():
    assert items_of(job("results/s/provenance/methods.md"), SHOWN) == {}
    assert items_of(job("results/s/tables/methods.md"), SHOWN)["results/s/tables/methods.md"]["title"] == "Methods"
