"""Files: the digest of their content, writing them whole, and the order of their names."""

import contextlib
import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path


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


def remembered_sha256(path: str | Path, memory: Path) -> str:
    """Return the SHA-256 of a file; the folder `memory` keeps it for as long as the file on the disk is the same.

    A file that was written since, or replaced by another, has another time of change or another number on the disk,
    whatever date it bears.
    """
    found = os.stat(path)
    same = (os.path.abspath(path), found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
    note = memory / hashlib.sha256(repr(same).encode()).hexdigest()
    try:
        return note.read_text()
    except FileNotFoundError:
        digest = sha256(path)
    with atomic_write(note) as partial:
        partial.write_text(digest)
    return digest
