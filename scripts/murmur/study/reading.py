"""Reading of user files while planning: each file once, with a message and a progress bar if it takes time."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from tqdm import tqdm

from murmur.errors import BadInput
from murmur.files import REMEMBERED_BYTES, check_readable, is_remembered, remembered

Found = TypeVar("Found")


def read_files(paths: Sequence[str], what: str, read: Callable[[str], Found]) -> list[Found]:
    """Return `read(path)` for each file, a value of JSON, which is stored as `what` until the file changes."""
    read_ahead(paths, what, read)
    return [remembered(path, what, read) for path in paths]


def read_ahead(paths: Sequence[str], what: str, read: Callable[[str], Found]) -> None:
    """Read those of the files that are large and not yet remembered, with a message and a progress bar."""
    waiting = [path for path in paths if os.stat(path).st_size >= REMEMBERED_BYTES and not is_remembered(path, what)]
    if not waiting:
        return
    files = "1 mouse file to plan; it is" if len(waiting) == 1 else f"{len(waiting)} mouse files to plan; they are"
    print(f"Reading {files} read again only after a change.", file=sys.stderr)
    for path in tqdm(waiting, what, unit="file", disable=None, dynamic_ncols=True):
        remembered(path, what, read)


def changed_since(result: str, files: Sequence[str]) -> bool:
    """Return whether any of `files` was written or replaced since `result` was made; False if there is no result.

    Snakemake deletes a result before it is made again, so that a job must not be the first to read such files. Their
    change time (ctime) is compared, because a copy may keep an older modification time.
    """
    try:
        made = os.stat(result).st_mtime_ns
        return any(os.stat(file).st_ctime_ns > made for file in files)
    except (FileNotFoundError, NotADirectoryError):
        return False


def problems(files: Mapping[str, Sequence[str]], what: str, check: Callable[[str], None]) -> dict[str, str]:
    """Return the message of the BadInput that `check(mouse)` raises, by mouse, for mice with these `files`.

    That a mouse passed is stored as `what` until one of its files changes.
    """
    found = {}
    bar = tqdm(
        files.items(), f"Checking the {what.split()[0]}", unit="mouse", delay=2, disable=None, dynamic_ncols=True
    )
    for mouse, owned in bar:
        try:
            for path in owned:
                check_readable(path)
            remembered(owned, what, lambda _, mouse=mouse: check(mouse))
        except BadInput as problem:
            found[mouse] = str(problem)
    return found
