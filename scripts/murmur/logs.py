"""The log of a job: all output goes to a file, and messages for the user also to the terminal.

What stopped a job is in its log, as lines of the level ERROR, one per sentence, or CRITICAL for an exception that
nobody expected. They are shown where the study was started (`murmur.terminal`), which may be another machine.
"""

import contextlib
import logging
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from tqdm import tqdm

from murmur.errors import BadInput, machine_fault, machine_fault_behind

Item = TypeVar("Item")

log = logging.getLogger("murmur")
log.setLevel(logging.INFO)

LISTED = 10  # files; if there are more, only their number is logged
_watchers: list[Callable[[str, int, int | None], None]] = []
SHOW = {"terminal": True}  # as `extra`, shows a message below WARNING also on the terminal


@contextlib.contextmanager
def job_log(path: str | Path) -> Iterator[None]:
    """Redirect all output of the process to the file `path`; warnings and `SHOW` also go to the terminal.

    The file descriptors themselves are redirected, because TensorFlow and HDF5 write to them from C. An exception ends
    the process: after its sentences, with status 1, for a `BadInput`; after a sentence, with the error number as
    status, for a fault of the machine, because the log on a full disk may stay empty; after its traceback otherwise.
    """
    status = 0
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        with redirected(path) as terminal, handlers(sys.stdout, terminal):
            try:
                yield
            except Exception as error:
                status = log_exception(error)
    except OSError as error:  # the log itself cannot be written
        fault = machine_fault(error, str(path))
        if fault is None:
            raise
        print(fault[0], file=sys.stderr)
        status = status or fault[1]
    if status:
        sys.exit(status)


def log_exception(error: Exception) -> int:
    """Log why a job stopped, and return the exit status of its process."""
    if isinstance(error, BadInput):
        for sentence in str(error).splitlines():
            log.error(sentence)
        return 1
    if fault := machine_fault_behind(error, os.getcwd()):
        sentence, status = fault
        log.error(sentence, exc_info=error)
        return status
    log.critical("%s: %s", type(error).__name__, " ".join(str(error).split()), exc_info=error)
    return 1


def errors_in_log(text: str) -> tuple[list[str], list[str]]:
    """Return the sentences on what stopped a job, and the exceptions that nobody expected, from the text of its log."""
    found = re.findall(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d (ERROR|CRITICAL) +(.+)$", text, re.MULTILINE)
    return tuple([message for level, message in found if level == of] for of in ("ERROR", "CRITICAL"))


@contextlib.contextmanager
def redirected(path: str | Path) -> Iterator:
    """Redirect file descriptors 1 and 2 to the file `path`; yield a stream to the original 2, and restore both."""
    _flush()
    before = os.dup(1), os.dup(2)
    with open(path, "w") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    with os.fdopen(os.dup(before[1]), "w", buffering=1) as terminal:
        try:
            yield terminal
        finally:
            _flush()
            for descriptor, original in zip((1, 2), before, strict=True):
                os.dup2(original, descriptor)
                os.close(original)


def _flush() -> None:
    """Flush both output streams; what a full disk does not take is dropped, or it would appear on the terminal."""
    for descriptor, stream in ((1, sys.stdout), (2, sys.stderr)):
        try:
            stream.flush()
        except OSError:
            with open(os.devnull, "w") as nowhere:
                os.dup2(nowhere.fileno(), descriptor)
                stream.flush()


@contextlib.contextmanager
def handlers(file, terminal) -> Iterator[None]:
    """Write every message to the stream `file`, and messages for the user also to `terminal`."""
    to_file, to_terminal = logging.StreamHandler(file), logging.StreamHandler(terminal)
    to_file.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(message)s", "%Y-%m-%d %H:%M:%S"))
    to_terminal.setFormatter(logging.Formatter("\n%(message)s\n"))
    to_terminal.addFilter(lambda record: getattr(record, "terminal", record.levelno == logging.WARNING))
    to_terminal.name = "terminal"
    before, log.handlers, log.propagate = log.handlers, [to_file, to_terminal], False
    try:
        yield
    finally:
        log.handlers, log.propagate = before, True


def log_start(rule: str, wildcards: Mapping[str, str], inputs: Mapping[str, Sequence[str]]) -> None:
    """Log the start of a job and its inputs."""
    log.info("%s started%s", rule, "".join(f", {name} {value}" for name, value in wildcards.items()))
    for name, paths in inputs.items():
        if paths:
            log.info("input %s: %s", name, paths[0] if len(paths) == 1 else f"{len(paths)} files")


def log_end(rule: str, outputs: Iterable[str], seconds: float, peak_memory_MB: int) -> None:
    """Log the outputs, run time and peak memory of a job."""
    sizes = {path: os.path.getsize(path) for path in outputs if os.path.isfile(path)}
    if len(sizes) > LISTED:
        sizes = {f"{len(sizes)} files": sum(sizes.values())}
    for path, size in sizes.items():
        log.info("wrote %s (%s)", path, tqdm.format_sizeof(size, "B"))
    log.info("%s finished in %.1f s, peak memory %d MB", rule, seconds, peak_memory_MB)


@contextlib.contextmanager
def watched(report: Callable[[str, int, int | None], None]) -> Iterator[None]:
    """Call `report` with the description, the number of items done and their total whenever `progress` advances."""
    _watchers.append(report)
    try:
        yield
    finally:
        _watchers.remove(report)


def _reporting(items: Iterable[Item], description: str, total: int | None) -> Iterator[Item]:
    """Iterate over `items` and report each to the watchers."""
    total = len(items) if total is None and hasattr(items, "__len__") else total
    for done, item in enumerate(items):
        for report in _watchers:
            report(description, done, total)
        yield item


def progress(items: Iterable[Item], description: str, unit: str, total: int | None = None) -> Iterable[Item]:
    """Iterate over `items` with a progress bar, if there is a terminal."""
    if _watchers:
        return _reporting(items, description, total)
    terminal = next((handler.stream for handler in log.handlers if handler.name == "terminal"), sys.stderr)
    return tqdm(
        items,
        desc=description,
        unit=unit,
        total=total,
        file=terminal,
        disable=None,
        dynamic_ncols=True,
    )
