"""Where a job's messages go: everything into its log file, what a person must see also to the terminal."""

import contextlib
import os
import sys
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from tqdm import tqdm

from murmur.errors import BadInput

Item = TypeVar("Item")

_terminal = sys.stderr


@contextlib.contextmanager
def job_log(path: str | Path) -> Iterator[None]:
    """Send all output of the process to the file `path`.

    The file descriptors themselves are redirected, because TensorFlow and HDF5 write to them from C.
    A `BadInput` ends the process with status 1 and its sentence, in the log and on the terminal; any
    other exception leaves its traceback in the log and is raised again.
    """
    global _terminal
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    _terminal = os.fdopen(os.dup(2), "w", buffering=1)
    with open(path, "w") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    try:
        yield
    except BadInput as error:
        for stream in (sys.stderr, _terminal):
            print(f"\n{error}\n", file=stream, flush=True)
        sys.exit(1)
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os.dup2(_terminal.fileno(), 2)


def say(sentence: str) -> None:
    """Write a sentence into the log and onto the terminal: nothing is wrong, yet a person should know."""
    for stream in (sys.stdout, _terminal):
        print(sentence, file=stream, flush=True)


def progress(items: Iterable[Item], description: str, unit: str, total: int | None = None) -> tqdm:
    """Iterate over `items` with a progress bar on the terminal; no bar where there is no terminal."""
    return tqdm(
        items,
        desc=description,
        unit=unit,
        total=total,
        file=_terminal,
        disable=None,
        dynamic_ncols=True,
    )
