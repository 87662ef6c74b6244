"""Files: reading of a user's files, digests of their content, atomic writing, and natural order of their names."""

import contextlib
import glob
import hashlib
import json
import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from murmur.errors import BadInput

FORMAT = 1  # of the order of names; see murmur.provenance.code
MEMORY = Path(".snakemake/murmur")  # in the working directory
REMEMBERED_BYTES = 2**20  # smaller files are read as fast as a stored note
OTHER_FILES = {  # the first bytes of files of other kinds: what they are, what was expected, and what to do
    b"version https://git-lfs": "a Git LFS pointer, expected the file itself; fetch it with git lfs pull",
    b"/annex/objects/": "a git-annex pointer, expected the file itself; fetch it with git annex get",
    b"MATLAB 5.0 MAT-file": "a MATLAB file in an old format, expected format 7.3; save it with '-v7.3'",
    b"<!DOCTYPE html": "a web page, expected the file itself; download it again",
    b"<html": "a web page, expected the file itself; download it again",
}
GZIP = b"\x1f\x8b"
LONGEST_NAME = 200  # bytes of the name of a file; file systems allow 255
REASON = 200  # characters of an error of a library that are shown


def check_readable(path: str | Path) -> None:
    """Raise BadInput unless `path` is a regular file that can be opened for reading."""
    path = Path(path)
    try:
        if path.is_symlink() and not path.exists():
            raise BadInput(
                f"{path}: found a link to '{os.readlink(path)}', which does not exist, expected the file itself; "
                "fetch it, connect the drive, or remove the link"
            )
        if not path.exists():
            raise BadInput(f"{path}: found no file, expected one; correct the path or connect the drive")
        if not path.is_file():
            kind = "a folder" if path.is_dir() else "a device or pipe"
            raise BadInput(f"{path}: found {kind}, expected a file; rename or remove it")
        with open(path, "rb"):
            pass
    except PermissionError:
        raise BadInput(f"{path}: found no permission to read the file, expected it; change its permissions") from None
    except (OSError, ValueError) as error:
        raise BadInput(f"{path}: found a file that cannot be opened ({_reason(error)}), expected one") from None


def check_name(path: str | Path) -> None:
    """Raise BadInput if Snakemake, or a table in UTF-8, cannot carry the name of a file or folder."""
    if (length := len(os.fsencode(Path(path).name))) > LONGEST_NAME:
        raise BadInput(
            f"{path}: found a name of {length} bytes, expected at most {LONGEST_NAME}, because results have longer "
            "names; rename it"
        )
    odd = [c for c in str(path) if c in "{}" or unicodedata.category(c) in ("Cc", "Cs")]
    if odd:
        shown = str(path).encode(errors="backslashreplace").decode()
        raise BadInput(
            f"{shown!r}: found the character {odd[0]!r} in the name, expected a name without braces and control "
            "characters; rename it"
        )


@contextlib.contextmanager
def reading(path: str | Path, kind: str) -> Iterator[None]:
    """Turn every exception of the block, which reads a user's file of a `kind`, into a BadInput that names the file."""
    check_readable(path)
    try:
        yield
    except BadInput:
        raise
    except MemoryError:
        raise BadInput(
            f"{path}: found more data than fit in memory, expected fewer; give the job more memory"
        ) from None
    except Exception as error:
        raise BadInput(_unreadable(Path(path), kind, _reason(error))) from error


def _unreadable(path: Path, kind: str, reason: str) -> str:
    """Return the message for a file that is not a readable file of its kind."""
    if path.stat().st_size == 0:
        return f"{path}: found an empty file, expected a readable {kind}; copy or export it again"
    if "unable to lock" in reason:
        return f"{path}: found a file that another program has open for writing, expected a closed one; close it there"
    with open(path, "rb") as file:
        start = file.read(40)
    for beginning, sentence in OTHER_FILES.items():
        if start.lower().startswith(beginning.lower()):
            return f"{path}: found {sentence}"
    if start.startswith(GZIP) and path.suffix != ".gz":
        return (
            f"{path}: found a file compressed with gzip, expected a readable {kind}; unpack it, or add .gz to its name"
        )
    return f"{path}: found no readable {kind} ({reason}), expected one; copy or export it again"


def _reason(error: Exception) -> str:
    """Return the message of an error on one line, without its number; of those of HDF5, the part in parentheses."""
    text = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
    text = re.sub(r"^\[Errno \d+\] ", "", " ".join(text.split())) or type(error).__name__
    inner = re.fullmatch(r"(?:Unable to|Can't) [^(]*\((.*)\)", text)
    return (inner[1] if inner else text)[:REASON]


@contextlib.contextmanager
def atomic_write(path: str | Path) -> Iterator[Path]:
    """Yield the path of a temporary file, which is renamed to `path` if the block ends without an exception.

    The temporary file is in the same folder, which is created if necessary, and has the same suffix; its name contains
    the process ID, because another process may be writing the same file.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.stem}.{os.getpid()}.partial{path.suffix}")
    try:
        yield partial
        partial.replace(path)
    except OSError as error:
        if error.filename == str(partial):
            error.filename = str(path)  # the name that a user knows
        raise
    finally:
        partial.unlink(missing_ok=True)


def write_text(path: str | Path, text: str, newline: str = "\n") -> None:
    """Write a text file atomically, as UTF-8."""
    with atomic_write(path) as partial:
        partial.write_text(text, encoding="utf-8", newline=newline)


def remove_partials(path: str | Path) -> None:
    """Remove the temporary files of `path` that `atomic_write` left when its process was killed."""
    path = Path(path)
    for partial in path.parent.glob(f".{glob.escape(path.stem)}.*.partial{glob.escape(path.suffix)}"):
        partial.unlink(missing_ok=True)


def natural_key(name: str) -> list[str | int]:
    """Return the sort key that places Mouse2 before Mouse10, and day -7 before day 0.

    A hyphen is a sign at the beginning of a word only.
    """
    return [int(part) if part.lstrip("-").isdecimal() else part for part in re.split(r"((?<!\S)-\d+|\d+)", name)]


def names_below(folder: str | Path) -> list[str]:
    """Return the names of all files below a folder, in natural order; hidden ones are left out.

    Links to folders are followed, to each folder once.
    """
    names, seen = [], {os.path.realpath(folder)}
    for place, inside, files in os.walk(folder, followlinks=True):
        below = {name: os.path.realpath(os.path.join(place, name)) for name in inside if not name.startswith(".")}
        inside[:] = [name for name, real in below.items() if real not in seen]
        seen |= set(below.values())
        paths = [os.path.join(place, name) for name in files if not name.startswith(".")]
        names += [os.path.relpath(path, folder) for path in paths if os.path.isfile(path)]
    return sorted(names, key=natural_key)


def named_alike(names: Iterable[str]) -> dict[str, str]:
    """Return names by their composed form (NFC): file systems may decompose umlauts, and tables have either form."""
    return {unicodedata.normalize("NFC", name): name for name in names}


def sha256(path: str | Path) -> str:
    """Return the SHA-256 of the content of a file, 64 hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def remembered(
    path: str | Path | Sequence, what: str, read: Callable[[str], Any], memory: str | Path = MEMORY, code: str = ""
) -> Any:
    """Return `read(path)`, a value of JSON; it is stored in the folder `memory`, as `what`, until the file changes.

    With several paths, it is stored until any of these files changes, in the note of the first; with `code`, the digest
    of the code that reads, until that changes.

    A file that has been written or replaced has a different change time (ctime) or inode, whatever its modification
    time. The device is not compared, because it differs between the nodes of a cluster. There is one note per path and
    `what`, so that `memory` grows only with the number of files.
    """
    note, state = _note(path, what, memory), [*_state(path), *filter(None, [code])]
    try:
        known = json.loads(note.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        known = {}
    if known.get("state") != state:
        known = {"state": state, "found": read(path)}
        with atomic_write(note) as partial:
            partial.write_text(json.dumps(known), encoding="utf-8")
    return known["found"]


def is_remembered(path: str | Path, what: str, memory: str | Path = MEMORY) -> bool:
    """Return whether `remembered` has `what` of a file in its current state."""
    try:
        return json.loads(_note(path, what, memory).read_text(encoding="utf-8"))["state"] == _state(path)
    except (FileNotFoundError, ValueError):
        return False


def _note(path: str | Path | Sequence, what: str, memory: str | Path) -> Path:
    path = path if isinstance(path, str | Path) else path[0]
    return Path(memory) / hashlib.sha256(f"{what} of {os.path.abspath(path)}".encode()).hexdigest()


def _state(path: str | Path | Sequence) -> list[int]:
    if not isinstance(path, str | Path):
        return [number for one in path for number in _state(one)]
    found = os.stat(path)
    return [found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns]


def remembered_sha256(path: str | Path, memory: str | Path = MEMORY) -> str:
    """Return the SHA-256 of a file; those of large files are stored, see `remembered`.

    A mouse is therefore hashed once in a run, by whichever of the plan and the jobs comes first. Files smaller than
    `REMEMBERED_BYTES` are hashed by each job that uses them.
    """
    if os.stat(path).st_size < REMEMBERED_BYTES:
        return sha256(path)
    return remembered(path, "sha256", sha256, memory)
