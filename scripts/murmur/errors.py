"""Errors that the user can correct: invalid input, and faults of the machine such as a full disk."""

import errno
import re

# Faults of the machine, by error number: what was found and what to do.
MACHINE_FAULTS = {
    errno.ENOSPC: "found no space left on the disk; delete what is no longer needed, then repeat the command",
    errno.EDQUOT: "found the disk quota used up; delete what is no longer needed, then repeat the command",
    errno.EROFS: "found a read-only file system; work in a folder that can be written to (--directory FOLDER)",
    errno.EACCES: "found no permission for it; correct it with chmod or ask its owner, then repeat the command",
    errno.ENOTDIR: "found a file where a folder is needed; rename or remove it, then repeat the command",
    errno.ENAMETOOLONG: "found a name that is too long for the disk; shorten it, then repeat the command",
    errno.EIO: "the disk or network share failed to read or write it; have it checked, then repeat the command",
    errno.ENOMEM: "found too little memory; close other programs or use fewer --cores, then repeat the command",
}
# Files that disappear while a study runs; as exit status, the number would be mistaken for an error of usage.
GONE = {errno.ENOENT, errno.ESTALE}


class BadInput(Exception):
    """Invalid input from the user: a study file, a mouse file, a table or an option.

    The message is one sentence: the file or key, what was found, what was expected and what to do.
    """


def machine_fault(error: BaseException, subject: str = "") -> tuple[str, int] | None:
    """Return a sentence and an exit status for an exception that the machine caused; None for any other exception.

    The sentence begins with the file of the exception or, if it has none, with `subject`.
    """
    number = _error_number(error)
    name = "this computer" if number == errno.ENOMEM else getattr(error, "filename", None) or subject
    if number in MACHINE_FAULTS:
        return f"{name}: {MACHINE_FAULTS[number]}" if name else MACHINE_FAULTS[number], number
    if number in GONE and getattr(error, "filename", None):
        what = "found no such file or folder; if it was removed or a share was disconnected, restore it"
        return f"{name}: {what}, then repeat the command", 1
    return None


def machine_fault_behind(error: BaseException, subject: str = "") -> tuple[str, int] | None:
    """Return `machine_fault` of an exception or, failing that, of one during whose handling it was raised.

    Libraries that close a file after a failed write can stop there at an exception of another kind.
    """
    fault = machine_fault(error, subject)
    before = error.__cause__ or error.__context__
    return fault or (machine_fault_behind(before, subject) if before else None)


def machine_fault_in(words: str, subject: str) -> str:
    """Return a sentence on a fault of the machine that a message reports by its error number; else an empty text."""
    found = re.search(r"\[Errno (\d+)\] [^:\n]*(?:: '(.*?)')?", words)
    if not found or int(found[1]) not in MACHINE_FAULTS:
        return ""
    return machine_fault(OSError(int(found[1]), "", found[2]), subject)[0]


def _error_number(error: BaseException) -> int | None:
    """The error number of an exception; HDF5 and TensorFlow state it only in their message or type."""
    if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":
        return errno.ENOMEM
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno
    if isinstance(error, (OSError, RuntimeError)) and (found := re.search(r"errno = (\d+)", str(error))):
        return int(found[1])
    return None
