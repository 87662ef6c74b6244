"""What a run will do: its jobs by stage and rule, and why."""

import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping

from murmur.terminal.words import counted

WIDTH = 80
# Reasons of Snakemake, the weightiest first; a job is counted for the first that it has.
REASONS = {
    "Forced execution": "because you asked for it",
    "Missing output files": "results that do not exist yet",
    "Params have changed": "changed settings or code",
    "Set of input files has changed": "other input files",
    "Updated input files": "changed input files",
    "Software environment": "changed software",
    "Input files updated by another job": "follow from these",
}


def table(totals: Mapping[str, int], stages: Mapping[str, str]) -> list[str]:
    """Return a line, or a few, for each stage: its rules with their numbers of jobs."""
    by_stage = {}
    for rule, stage in stages.items():
        if totals.get(rule):
            by_stage.setdefault(stage, []).append(f"{rule}\0{totals[rule]}")
    width = max(map(len, by_stage), default=0)
    lines = []
    for stage, rules in by_stage.items():
        first, later = f"  {stage:{width}}  ", " " * (width + 4)
        lines += textwrap.wrap(", ".join(rules), WIDTH, initial_indent=first, subsequent_indent=later)
    return [line.replace("\0", " ") for line in lines]


def reasons(jobs: Iterable[tuple[str, str]]) -> list[str]:
    """Return a line for each reason why jobs run; `jobs` are pairs of rule and Snakemake's reason."""
    found: dict[str, Counter] = {}
    for rule, reason in jobs:
        words = next((words for known, words in REASONS.items() if known in reason), "other reasons")
        found.setdefault(words, Counter())[rule] += 1
    return [f"  {counted(rules.total(), 'job')}: {words}" for words, rules in found.items()]
