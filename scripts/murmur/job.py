"""A job of the workflow: run a rule's script, log it, and write its provenance record."""

import contextlib
import datetime
import gc
import platform
import resource
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from murmur.files import remove_partials
from murmur.logs import job_log, log_end, log_start
from murmur.provenance.record import digest, inputs_of, made_by, settings_of, write_record
from murmur.provenance.run_context import RunContext, record_of_log, run_context
from murmur.provenance.scan_names import INPUT, SESSION
from murmur.provenance.stamp import Stamp, stamping

if TYPE_CHECKING:
    from snakemake.iocontainers import Snakemake


@contextlib.contextmanager
def job(snakemake: "Snakemake") -> Iterator[None]:
    """Run the body of a script as the job `snakemake`: capture its log, and write its record once it has finished."""
    gc.freeze()  # imported modules stay until the end: searching them for garbage takes .05 to .3 s
    with job_log(snakemake.log[0]):
        started, clock = datetime.datetime.now(datetime.UTC), time.monotonic()
        sessions = {INPUT: [session]} if (session := _session(snakemake)) else {}
        log_start(snakemake.rule, dict(snakemake.wildcards.items()), _inputs_by_name(snakemake) | sessions)
        record = Path(record_of_log(snakemake.log[0]))
        record.unlink(missing_ok=True)
        for path in (record, *snakemake.output):
            remove_partials(path)
        context = run_context(snakemake.config["study"])
        made = what_is_made(snakemake, Path(sys.modules["__main__"].__file__), context)
        with stamping(Stamp(made["study"], digest(made), made["commit"])):
            yield
        run = {
            "study_files": context.study_files,
            "host": platform.node(),
            "system": platform.platform(),
            "threads": snakemake.threads,
            "started": started.isoformat(timespec="seconds"),
            "seconds": round(time.monotonic() - clock, 1),
            "cpu_seconds": round(cpu_seconds(), 1),
            "peak_memory_MB": peak_memory_MB(),
        }
        outputs = [output for output in snakemake.output if Path(output).is_file()]
        if outputs:
            write_record(record, outputs, made, run)
        log_end(snakemake.rule, snakemake.output, run["seconds"], run["peak_memory_MB"])


class _ThisProcess(Executor):
    """Does work when its result is taken, instead of in another process."""

    def map(self, function: Callable, *items, timeout: float | None = None, chunksize: int = 1) -> Iterator:
        """Apply a function as `map` does."""
        return map(function, *items)


def processes(threads: int) -> Executor:
    """Return a pool of as many processes as a job has `threads`; with one thread, work is done in this process."""
    return ProcessPoolExecutor(threads) if threads > 1 else _ThisProcess()


def what_is_made(snakemake: "Snakemake", script: Path, context: RunContext) -> dict:
    """Return the part `made` of the record of a job."""
    names = {path: name for name, paths in _inputs_by_name(snakemake).items() for path in paths}
    return {
        "study": snakemake.config["study"],
        "rule": snakemake.rule,
        "wildcards": dict(snakemake.wildcards.items()),
        "script": f"scripts/{script.name}",
        "inputs": inputs_of(((names.get(path, ""), path) for path in snakemake.input), _session(snakemake)),
        "settings": settings_of(snakemake.params.items()),
        "commit": context.commit,
        **made_by(script, context.snakemake),
    }


def _inputs_by_name(snakemake: "Snakemake") -> dict[str, list[str]]:
    return {name: [paths] if isinstance(paths, str) else list(paths) for name, paths in snakemake.input.items()}


def _session(snakemake: "Snakemake") -> str:
    """Return the folder or archive of the scan session that a job reads; empty for other jobs."""
    return getattr(snakemake.params, SESSION) if INPUT in _inputs_by_name(snakemake) else ""


def cpu_seconds() -> float:
    """Return the processor time of this process and of its children that have ended."""
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(found.ru_utime + found.ru_stime for found in usage)


def peak_memory_MB() -> int:
    """Return the peak memory of this process or of one of its children, whichever is larger, in MB."""
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return round(peak / (1e6 if sys.platform == "darwin" else 1e3))  # macOS counts bytes, Linux kibibytes
