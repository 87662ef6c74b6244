"""The run context: information that jobs cannot determine themselves, written when the workflow starts.

It is stored in .snakemake/murmur/STUDY.json in the working directory and contains the study files, the version of
Snakemake, the commit of the code, and the path of the record for each output, given by the path of the output or by a
regular expression and a template with the wildcards of the rule.
"""

import json
import re
from collections.abc import Iterable
from typing import NamedTuple

from murmur.files import MEMORY, atomic_write


class RunContext(NamedTuple):
    """The context of a run; `outputs` and `patterns` map outputs to the record of their job."""

    study_files: list[str]
    snakemake: str
    commit: str
    outputs: dict[str, str]
    patterns: dict[str, str]

    def record_of(self, output: str) -> str | None:
        """Return the path of the record of the job that makes `output`; None for a file that no rule makes."""
        if output in self.outputs:
            return self.outputs[output]
        for pattern, record in self.patterns.items():
            if found := re.match(pattern, output):
                return record.format(**found.groupdict())
        return None


def record_of_log(log: str) -> str:
    """Return the path (or template) of the record of a job from that of its log.

    >>> record_of_log("results/demo/logs/segment_mouse/{cohort}/{reader}/{mouse}.log")
    'results/demo/provenance/jobs/segment_mouse/{cohort}/{reader}/{mouse}.json'
    """
    results, study, _, *place = log.removesuffix(".log").split("/")
    return "/".join([results, study, "provenance", "jobs", *place]) + ".json"


def export_run_context(study: str, study_files: Iterable[str], snakemake: str, commit: str, rules: Iterable) -> None:
    """Write the context of a run for its jobs; `rules` are all rules of the workflow."""
    from snakemake.io import strip_wildcard_constraints

    outputs, patterns = {}, {}
    for rule in rules:
        for output in rule.output if rule.log else ():
            record = record_of_log(strip_wildcard_constraints(str(rule.log[0])))
            if output.contains_wildcard():
                patterns[output.regex().pattern] = record
            else:
                outputs[str(output)] = record
    context = RunContext(list(study_files), snakemake, commit, outputs, patterns)
    with atomic_write(MEMORY / f"{study}.json") as partial:
        partial.write_text(json.dumps(context._asdict()), encoding="utf-8")


def run_context(study: str) -> RunContext:
    """Return the context of the latest run of a study in the working directory.

    Raises FileNotFoundError if it was never run there.
    """
    return RunContext(**json.loads((MEMORY / f"{study}.json").read_text(encoding="utf-8")))
