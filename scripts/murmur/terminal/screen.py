"""The terminal during a call of Snakemake: its messages as lines for a person, and what is wrong as the last lines."""

import logging
import os
from collections.abc import Callable, Collection
from logging import LogRecord

from murmur.errors import machine_fault_in
from murmur.subject import in_words
from murmur.terminal.ending import mice_to_look_at, results
from murmur.terminal.job_faults import JobFaults
from murmur.terminal.plan_table import reasons, table
from murmur.terminal.planning_faults import missing_outputs, sentences
from murmur.terminal.progress import Progress

FAILED = 10  # failed jobs of which the name is shown at once
LOGS = 5  # logs named at the end

# Beginnings of messages of Snakemake that help no user, or that this module words itself.
UNNEEDED = (
    "Assuming unrestricted shared filesystem",
    "Building DAG of jobs",
    "Using shell",
    "Provided cores",
    "Provided remote nodes",
    "Provided resources",
    "Rules claiming more threads",
    "Conda environments: ignored",
    "Singularity containers: ignored",
    "Group jobs: inactive",
    "Select jobs to execute",
    "Execute ",
    "Complete log(s)",
    "Elapsed time",
    "Shutting down, this might take",
    "Exiting because a job execution failed",
    "Reasons:",
    "Some jobs were triggered by provenance",
    "Rules with provenance triggered jobs",
    "This was a dry-run",
    "Adding ",
    "Loading script code",
    "Could not detect mimetype",
    "SLURM run ID",
    "No SLURM account given",
    "Cleaning up SLURM log files",
    "Would remove temporary output",
    "Removing temporary output",
    "None",
)
SUBMITTED = "has been submitted with SLURM jobid"  # squeue lists them
NOTHING = "Nothing to be done"
ON_REQUEST = ("Terminating processes on user request", "Will exit after finishing currently running jobs")
AT_LEAST_ONE = "At least one job did not complete"


class Screen:
    """The terminal. `write` shows a line; messages of Snakemake arrive at `show`, and `close` writes the last lines."""

    def __init__(self, write: Callable[[str], None], dry_run: bool = False, quiet: Collection[str] = ()):
        """Take the function that writes, and the options --dry-run and --quiet."""
        self._write, self._dry_run, self._quiet = write, dry_run, set(quiet)
        self._study: dict = {"results": "", "stages": {}, "targets": ()}
        self._progress, self._faults = Progress(), JobFaults()
        self._reasons: list[tuple[str, str]] = []
        self._raised: dict[int, tuple[str, str]] = {}  # class and message of exceptions, by the thread
        self._other: list[str] = []  # what is wrong besides failed jobs
        self._ran = self._by_user = False
        self._shown = {
            "run_info": self._plan,
            "job_info": self._start,
            "job_finished": self._finish,
            "job_error": self._fail,
            "group_error": self._faults.add_group,
            "error": self._raise,
        }

    def show(self, record: LogRecord) -> None:
        """Show a message of Snakemake, or remember it for the end."""
        if hasattr(record, "study"):
            self._study = record.study
            self._say(record.msg, "host")
            return
        event = getattr(record, "event", None)
        if event in self._shown:
            self._shown[event](record)
        elif event is None:
            self._message(str(record.msg), record.levelno)

    def close(self) -> None:
        """Write the last lines: what is wrong, or where the results are."""
        for exception, text in self._raised.values():
            if AT_LEAST_ONE not in text:
                self._other += sentences(exception, text, self._study["targets"])
        wrong = [in_words(text) for found, _ in self._faults.found.values() for text in found] + self._other
        counts = self._progress.counts()
        if self._by_user:
            self._say(f"\nStopped on request after {counts}; the same command continues.", "errors")
        elif self._faults.found:
            self._say(f"\nStopped after {counts}; once this is corrected, repeat the command:", "errors")
        if wrong:
            self._say("\n" + "\n".join(dict.fromkeys(wrong)), "errors")
        if self._faults.found:
            self._say(_logs([log for _, logs in self._faults.found.values() for log in logs]), "errors")
        elif self._dry_run and self._reasons:
            self._say("\n".join(["Why:", *reasons(self._reasons), "This was a dry run: nothing was done."]), "progress")
        elif self._ran and not (wrong or self._by_user):
            lines = [*results(self._study["results"]), *mice_to_look_at(self._study["results"])]
            self._say("\n".join(lines), "progress")

    def _say(self, text: str, kind: str) -> None:
        """Write a text unless --quiet excludes its kind; --quiet all leaves only errors."""
        if text and (kind == "errors" or not self._quiet & {kind, "all"}):
            self._write(in_words(text) if kind == "progress" else text)

    def _message(self, text: str, level: int) -> None:
        if text.startswith(UNNEEDED) or SUBMITTED in text:
            return
        if text.startswith("Trying to restart job"):
            text = "It is tried again."
        self._ran |= text.startswith(NOTHING)
        self._by_user |= text.startswith(ON_REQUEST)
        if level >= logging.ERROR:
            self._other += missing_outputs(text) or [machine_fault_in(text, os.getcwd()) or text]
        else:
            self._say(text, "errors" if level >= logging.WARNING else "progress")

    def _plan(self, record: LogRecord) -> None:
        if self._progress.totals:
            return
        stages = self._study["stages"]
        totals = {rule: number for rule, number in record.stats.items() if rule in stages}
        self._progress.plan(totals)
        if totals:
            self._say("\n".join(["Jobs:", *table(totals, stages)]), "host")

    def _start(self, record: LogRecord) -> None:
        is_target = record.rule_name not in self._study["stages"]
        if self._dry_run:
            self._reasons += [] if is_target else [(record.rule_name, record.reason)]
        elif is_target:
            self._say(record.rule_msg or "", "progress")
        else:
            self._ran = True
            self._faults.start(record)
            self._say(self._progress.start(record), "progress")

    def _finish(self, record: LogRecord) -> None:
        self._faults.finish(record.job_id)
        self._say(self._progress.finish(record.job_id), "progress")

    def _fail(self, record: LogRecord) -> None:
        _, raised = self._raised.pop(record.thread, ("", ""))
        name = self._faults.add(record, raised)
        if name and len(self._faults.found) <= FAILED:
            self._say(f"Failed: {name}", "errors")

    def _raise(self, record: LogRecord) -> None:
        """Remember an exception: of a job, whose failure the same thread reports next, or of the whole call."""
        if record.thread in self._raised:
            exception, text = self._raised[record.thread]
            self._other += sentences(exception, text, self._study["targets"])
        self._raised[record.thread] = record.exception, str(record.msg)


def _logs(logs: list[str]) -> str:
    """Return where the logs are."""
    logs = list(dict.fromkeys(logs))
    more = f"\nand {len(logs) - LOGS} more next to these" if len(logs) > LOGS else ""
    return "\nLog: " + "\n     ".join(logs[:LOGS]) + more if logs else ""
