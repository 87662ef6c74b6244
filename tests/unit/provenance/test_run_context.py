from types import SimpleNamespace

import pytest
from snakemake.io import AnnotatedString, IOFile

from murmur.provenance.run_context import export_run_context, record_of_log, run_context


class Output(str):
    """An output of a rule with as much of Snakemake's as is needed."""

    def __new__(cls, path):
        output = super().__new__(cls, path)
        output.file = IOFile(AnnotatedString(path), rule=None)
        return output

    def contains_wildcard(self):
        return self.file.contains_wildcard()

    def regex(self):
        return self.file.regex()


RULES = [
    SimpleNamespace(output=[], log=[]),
    SimpleNamespace(
        output=[Output("results/demo/cohorts/a/mice/1.h5"), Output("results/demo/cohorts/a/mice/2.h5")],
        log=["results/demo/logs/generate_phantom/a.log"],
    ),
    SimpleNamespace(
        output=[Output("results/demo/segmentations/{cohort,a|b}/{mouse,[^/]+}.h5")],
        log=["results/demo/logs/segment_mouse/{cohort,a|b}/{mouse,[^/]+}.log"],
    ),
]


@pytest.mark.parametrize(
    ("log", "record"),
    [
        ("results/demo/logs/write_methods.log", "results/demo/provenance/jobs/write_methods.json"),
        ("results/logs/logs/r/Mouse1.2.log", "results/logs/provenance/jobs/r/Mouse1.2.json"),
    ],
)
def test_a_record_is_named_as_the_log(log, record):
    assert record_of_log(log) == record


def test_the_context_leads_from_each_output_to_the_record_of_its_job(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError):
        run_context("demo")
    export_run_context("demo", ["demo.yaml"], "9.27", "unknown", RULES)
    context = run_context("demo")
    assert (context.study_files, context.snakemake, context.commit) == (["demo.yaml"], "9.27", "unknown")
    jobs = "results/demo/provenance/jobs"
    assert context.record_of("results/demo/cohorts/a/mice/2.h5") == f"{jobs}/generate_phantom/a.json"
    assert context.record_of("results/demo/segmentations/b/Mouse1.5.h5") == f"{jobs}/segment_mouse/b/Mouse1.5.json"
    assert context.record_of("results/demo/segmentations/c/Mouse1.h5") is None
    assert context.record_of("mice/1.h5") is None
