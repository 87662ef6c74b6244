"""Dates in the future, which files have when a clock was wrong or a drive states local time.

Snakemake would rerun whatever depends on a result from the future at every call, and reject the outputs of a job that
reads a user's file from the future.
"""

import contextlib
import datetime
import os
import shlex
import time
from collections.abc import Iterable
from pathlib import Path

from murmur.errors import BadInput

TOLERATED = 5.0  # seconds between the clocks of computers that share a disk
LISTED = 5  # files in a command


def check_dates(files: Iterable[str]) -> None:
    """Raise BadInput if any of the user's `files` has a date in the future; absent files are reported elsewhere."""
    dates = {file: os.stat(file).st_mtime for file in files if os.path.exists(file)}
    latest = time.time() + TOLERATED
    late = [file for file, date in dates.items() if date > latest]
    if not late:
        return
    date = datetime.datetime.fromtimestamp(max(dates[file] for file in late))
    more = f" and {len(late) - LISTED} more" if len(late) > LISTED else ""
    raise BadInput(
        f"{late[0]}: found a date in the future ({date:%Y-%m-%d %H:%M}), expected one in the past; correct the clock "
        f"of this computer, or give the file the present date: touch {shlex.join(late[:LISTED])}{more}"
    )


def correct_dates(folder: str | Path) -> None:
    """Give all results in `folder` that have a date in the future the present date, as far as this is permitted."""
    latest = time.time() + TOLERATED
    for path, _, names in os.walk(folder):
        for name in names:
            file = os.path.join(path, name)
            with contextlib.suppress(OSError):
                if os.lstat(file).st_mtime > latest:
                    os.utime(file, follow_symlinks=False)
