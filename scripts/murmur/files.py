"""Files: the digest of their content, writing them whole, and the order of their names."""

import contextlib
import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

FORMAT = 1  # of the order of names; see murmur.provenance.code
MEMORY = Path(".snakemake/murmur")  # in the working directory
REMEMBERED_BYTES = 2**20  # a smaller file is read as fast as a note about it


@contextlib.contextmanager
def atomic_write(path: str | Path) -> Iterator[Path]:
    """Yield the path of a temporary file, which becomes `path` when the block ends without an exception.

    The temporary file lies in the same folder, which is made if necessary, and has the same suffix; its name holds the
    process ID, because another process may be writing the same file.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.stem}.{os.getpid()}.partial{path.suffix}")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def natural_key(name: str) -> list[str | int]:
    """Return the sort key that puts Mouse2 before Mouse10."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", name)]


def sha256(path: str | Path) -> str:
    """Return the SHA-256 of the content of a file, 64 hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def remembered_sha256(path: str | Path, memory: str | Path = MEMORY) -> str:
    """Return the SHA-256 of a file; that of a large one is read from the folder `memory` until the file changes.

    A file that was written since, or replaced by another, has another time of change or another number on the disk,
    whatever date it bears. The device is not compared, because it differs between the nodes of a cluster. There is one
    note per path, so the memory grows only with the number of files.
    """
    found = os.stat(path)
    if found.st_size < REMEMBERED_BYTES:
        return sha256(path)
    state = f"{found.st_ino} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns}"
    note = Path(memory) / hashlib.sha256(os.path.abspath(path).encode()).hexdigest()
    try:
        known, digest = note.read_text().split("\n")
    except (FileNotFoundError, ValueError):
        known = ""
    if known != state:
        digest = sha256(path)
        with atomic_write(note) as partial:
            partial.write_text(f"{state}\n{digest}")
    return digest
