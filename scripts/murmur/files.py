"""The digest of a file's content, by which it is known again."""

import hashlib
import os
from pathlib import Path


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
    memory.mkdir(parents=True, exist_ok=True)
    partial = note.with_suffix(f".{os.getpid()}")
    partial.write_text(digest)
    partial.replace(note)
    return digest
