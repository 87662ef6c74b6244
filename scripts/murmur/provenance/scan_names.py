"""Names of the files of scan sessions in records: by their content, because scanners name files after patients.

A record names scans/Mouse1/DOE_JANE.MR.7.IMA as scans/Mouse1/sha256-, followed by the first digits of its
SHA-256, and the audit finds it by its content, whatever its name.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path

from murmur.files import names_below, sha256

INPUT, SESSION = "scan", "path"  # the input of a rule with the files of a session, and its param with their folder
BY_CONTENT, DIGITS = "sha256-", 16


def recorded_name(path: str, session: str, digest: str) -> str:
    """Return how records name a file in the folder of a session; an archive keeps its name, that of a mouse."""
    return path if path == session else f"{session}/{_name(digest)}"


def is_by_content(path: str | Path) -> bool:
    """Return whether a record names a file by its content."""
    return Path(path).name.startswith(BY_CONTENT)


def finder() -> Callable[[str | Path], Path]:
    """Return a function that returns the file that a record names, or the path as it is if there is no such file.

    The files of each session are read once.
    """
    by_content = cache(_by_content)

    def located(path: str | Path) -> Path:
        path = Path(path)
        return by_content(path.parent).get(path.name, path) if is_by_content(path) else path

    return located


def _by_content(session: Path) -> dict[str, Path]:
    files = [session / name for name in names_below(session)]
    return {_name(sha256(file)): file for file in files}


def _name(digest: str) -> str:
    return BY_CONTENT + digest[:DIGITS]
