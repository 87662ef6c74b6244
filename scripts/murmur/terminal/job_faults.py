"""What is wrong with jobs that failed, from their logs and, where these are empty, from how they ended."""

import os
import re
import signal
from logging import LogRecord
from pathlib import Path

from murmur.errors import MACHINE_FAULTS, machine_fault, machine_fault_in
from murmur.logs import errors_in_log
from murmur.terminal.words import job_name

KILLED = "was killed, most likely because memory ran out; close other programs or use fewer --cores, then try again"

OF_GROUP = "most likely because memory or time ran out; request more of mem_mb or runtime with --set-resources"
# States of SLURM that say why a job ended.
SLURM = {
    "OUT_OF_MEMORY": "ran out of memory; request more with --set-resources RULE:mem_mb=NUMBER",
    "TIMEOUT": "ran out of time; request more with --set-resources RULE:runtime=MINUTES",
    "CANCELLED": "was cancelled",
    "NODE_FAIL": "was lost because its compute node failed",
}
STOPPED = (128 + signal.SIGINT, 128 + signal.SIGTERM)  # exit statuses of jobs stopped together with Snakemake


class JobFaults:
    """Jobs that failed, and have not succeeded at another attempt."""

    def __init__(self):
        """Begin without jobs."""
        self._started: dict[int, tuple[LogRecord, list]] = {}  # message of the start, state of the logs before it
        self.found: dict[int | str, tuple[list[str], list[str]]] = {}  # sentences and logs, by number of job or group
        self._groups: dict[str, set[int]] = {}  # the numbers of the jobs of groups that failed

    def start(self, job: LogRecord) -> None:
        """Note the start of a job, and the state of its log, which may be that of an earlier run."""
        self._started[job.jobid] = job, [_state(log) for log in job.log]

    def finish(self, jobid: int) -> None:
        """Forget the earlier attempts of a job that has succeeded, and of its group."""
        self.found.pop(jobid, None)
        self._forget_group(jobid)

    def add_group(self, error: LogRecord) -> None:
        """Note the failure of a group of jobs, until one of them turns out to have an error in its log."""
        jobs = {job["jobid"]: job["rule_name"] for job in error.job_error_info}
        sentence = f"{', '.join(dict.fromkeys(jobs.values()))} stopped without an error in their logs, {OF_GROUP}"
        self.found[error.groupid] = [sentence], [log for log in error.aux_logs if os.path.exists(log)]
        self._groups[error.groupid] = set(jobs)

    def _forget_group(self, jobid: int) -> None:
        for group in [group for group, jobs in self._groups.items() if jobid in jobs]:
            self.found.pop(group, None)

    def add(self, error: LogRecord, raised: str) -> str:
        """Note the failure of a job; `raised` is what Snakemake reported about its process. Return the job's name.

        The name is empty for a job that the user stopped, and for a job of a group without an error in its log: they
        are reported together, whichever of them failed.
        """
        job, before = self._started.get(error.jobid, (error, []))
        name = job_name(error.rule_name, getattr(job, "wildcards", None) or {})
        logs = [log for log in error.log if os.path.exists(log)]
        current = [log for number, log in enumerate(error.log) if before[number : number + 1] != [_state(log)]]
        sentences = _logged(name, current) or ([] if error.indent else [_unlogged(name, error, raised)])
        if not any(sentences):
            return ""
        self._forget_group(error.jobid)
        self.found[error.jobid] = sentences, logs
        return name


def _state(path: str) -> tuple | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _logged(name: str, logs: list[str]) -> list[str]:
    """Return the sentences in the logs of a job."""
    sentences = []
    for log in logs:
        try:
            known, unexpected = errors_in_log(Path(log).read_text(encoding="utf-8", errors="replace"))
        except OSError:
            continue
        sentences += known
        sentences += [
            f"{name} stopped at an error that nobody expected, {text}; its log shows where" for text in unexpected
        ]
    return sentences


def _unlogged(name: str, error: LogRecord, raised: str) -> str:
    """Return a sentence on a job without an error in its log; an empty text if the user stopped it."""
    for state, words in SLURM.items():
        if state in str(error.rule_msg):
            return f"{name} {words.replace('RULE', error.rule_name)}"
    if fault := machine_fault_in(raised, os.getcwd()):
        return fault
    found = re.search(r"exit status (\d+)|died with <Signals\.(\w+)", raised)
    status = 0 if not found else int(found[1]) if found[1] else 128 + getattr(signal, found[2])
    if status in STOPPED:
        return ""
    if status == 128 + signal.SIGKILL:
        return f"{name} {KILLED}"
    if status in MACHINE_FAULTS:
        return machine_fault(OSError(status, ""), os.getcwd())[0]
    said = error.rule_msg or raised
    return f"{name} stopped without an error in its log" + (f": {' '.join(str(said).split())}" if said else "")
