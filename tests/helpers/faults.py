"""Disturb runs of the workflow: kill them, and let them work on small, full or read-only disks."""

import contextlib
import ctypes
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from murmur.audit.compare_runs import compare_runs, results_of
from workplace import WATCHED, Run, Workplace

DROP_CAPABILITY = 24  # PR_CAPBSET_DROP of prctl
OVERRIDE_PERMISSIONS = (1, 2)  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH


def command(place: Workplace, study: str, *arguments: str) -> list[str]:
    """Return the command that runs a study."""
    program = [sys.executable, "-m", "snakemake", "--snakefile", str(place.checkout / "Snakefile"), "--cores", "2"]
    return [*program, "--configfile", study, *arguments]


class Running:
    """A call of Snakemake that is running; it and its jobs are a process group of their own."""

    def __init__(self, place: Workplace, study: str, *arguments: str):
        """Start it in a folder on the study file `study`."""
        self.results = place.results(study.removesuffix(".yaml"))
        self._logs = self.results / "logs"
        self._before = self._states()
        self._output = place.folder / f"{study}.output"
        with open(self._output, "w") as output:
            self._process = subprocess.Popen(
                command(place, study, *arguments),
                cwd=place.folder,
                env=os.environ | WATCHED,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _states(self) -> dict[Path, tuple[int, int]]:
        found = {}
        for path in self._logs.rglob("*.log"):
            with contextlib.suppress(FileNotFoundError):
                state = path.stat()
                found[path] = state.st_ino, state.st_mtime_ns
        return found

    def started(self) -> set[str]:
        """The jobs that have started so far, by the paths of their logs: RULE/WILDCARDS."""
        new = {path for path, state in self._states().items() if self._before.get(path) != state}
        return {path.relative_to(self._logs).with_suffix("").as_posix() for path in new}

    def logged(self, job: str, words: str) -> bool:
        """Return whether the log of a job has these words."""
        log = self._logs / f"{job}.log"
        return log.exists() and words in log.read_text(errors="replace")

    def wait_until(self, happened: Callable[["Running"], bool]) -> bool:
        """Wait until something has happened in this run, or the run has ended; return whether it still runs."""
        while self._process.poll() is None and not happened(self):
            time.sleep(0.01)
        return self._process.poll() is None

    def kill_group(self) -> None:
        """Kill Snakemake and all its jobs at once, as a power cut does."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self.end()

    def kill_after(self, seconds: float) -> None:
        """Kill Snakemake and all its jobs at once after so many seconds, unless the run has ended."""
        end = time.monotonic() + seconds
        self.wait_until(lambda _: time.monotonic() > end)
        self.kill_group()

    def kill_snakemake(self) -> list[psutil.Process]:
        """Kill Snakemake alone; return its jobs, which are stopped for the time being."""
        orphans = psutil.Process(self._process.pid).children(recursive=True)
        for orphan in orphans:
            orphan.suspend()
        self._process.kill()
        self.end()
        return orphans

    def end(self) -> tuple[int, str]:
        """Wait for the end of the run; return the status and the output."""
        status = self._process.wait(timeout=600)
        return status, self._output.read_text()


def let_finish(orphans: list[psutil.Process]) -> None:
    """Let jobs that were stopped run on, and wait for their end."""
    for orphan in orphans:
        with contextlib.suppress(psutil.NoSuchProcess):
            orphan.resume()
    psutil.wait_procs(orphans, timeout=120)


def unlock_as_told(place: Workplace, output: str) -> None:
    """Type the last line of the message about a lock, in the working directory of the study."""
    *_, sentence, said = last_lines(output)
    assert sentence.startswith(f"{place.folder}: found a lock"), output
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])  # as in an activated environment
    environment = os.environ | WATCHED | {"PATH": path}
    done = subprocess.run(said, shell=True, cwd=place.folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def last_lines(output: str) -> list[str]:
    """Return the lines on the terminal up to the last but those that name logs."""
    lines = [line for line in output.splitlines() if line.strip()]
    return lines[: next((number for number, line in enumerate(lines) if line.startswith("Log: ")), None)]


def assert_same(place: Workplace, undisturbed: Workplace, study: str, whole: bool = True) -> None:
    """Compare all results byte for byte with those of an undisturbed run; no partial file may be left.

    Unless the `whole` study has run, results that only the undisturbed run made are excluded.
    """
    different, number = compare_runs(undisturbed.results(study), place.results(study))
    if not whole:
        further = results_of(undisturbed.results(study)) - results_of(place.results(study))
        different, number = {name: different[name] for name in different.keys() - further}, number - len(further)
    assert not different
    assert number > 20
    assert not [*place.results(study).rglob("*.partial*")]


def on_a_disk(place: Workplace, study: str, script: str) -> None:
    """Call a shell script in which `mount` mounts disks and `run NAME` calls Snakemake, with its output in NAME.txt.

    It has a namespace of its own (Linux), in which everybody may mount, and which vanishes with its disks.
    """
    run = f"""run() {{
        status=0; {shlex.join(command(place, study))} > "$OUT/$1.txt" 2>&1 || status=$?; echo $status > "$OUT/$1.status"
    }}"""
    subprocess.run(
        ["unshare", "--map-root-user", "--mount", "sh", "-c", f"set -e\n{run}\n{script}"],
        cwd=place.folder,
        env=os.environ | WATCHED | {"OUT": str(place.folder.parent)},
        check=True,
        timeout=600,
    )


def result_of(place: Workplace, name: str) -> Run:
    """Return how a call of `run NAME` in `on_a_disk` ended."""
    status, output = (place.folder.parent / f"{name}.{kind}" for kind in ("status", "txt"))
    return Run(int(status.read_text()), output.read_text())


def heed_permissions() -> None:
    """Let permissions count for this process and its children even if they are root's (Linux)."""
    if os.getuid() == 0:
        libc = ctypes.CDLL(None)
        for capability in OVERRIDE_PERMISSIONS:
            libc.prctl(DROP_CAPABILITY, capability, 0, 0, 0)
