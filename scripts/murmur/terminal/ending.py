"""The last lines of a good run: where the results are, and which mice to look at."""

import csv
from collections.abc import Sequence
from pathlib import Path

from murmur.terminal.command import command
from murmur.terminal.words import counted

SHOWN = 10  # mice to look at


def results(folder: str) -> list[str]:
    """Return where the results are and, of a study that was run as a whole, its methods and how to make its report."""
    methods = f"{folder}/tables/methods.md"
    if not Path(methods).exists():  # Snakemake makes no report as long as a figure or table is missing
        return [f"Results:  {folder}"]
    report = command("--report", f"{folder}/report.html")
    return [f"Results:  {folder}", f"Methods:  {methods}", f"Report:   {report}"]


def mice_to_look_at(folder: str) -> list[str]:
    """Return the findings of the plausibility checks, cohorts/COHORT/checks.csv, if there are any."""
    lines = []
    for path in sorted(Path(folder).glob("cohorts/*/checks.csv")):
        with open(path, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        lines += _findings(rows, path)
    return lines


def _findings(rows: Sequence[dict[str, str]], path: Path) -> list[str]:
    if not rows:
        return []
    mice, cohort = {row["mouse"] for row in rows if row["mouse"]}, path.parent.name
    lines = [f"{counted(len(mice), 'mouse')} of {cohort} to look at:" if mice else f"{cohort} to look at:"]
    for row in rows[:SHOWN]:
        lines.append(f"  {row['mouse'] or cohort}: {row['check']}, found {row['found']}, expected {row['expected']}")
    more = f"{len(rows) - SHOWN} more" if len(rows) > SHOWN else "all"
    return [*lines, f"  {more} in {path}"]
