"""The lineage of a file: the records of all that it was made from, down to the sources, which Murmur did not make."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from murmur.errors import BadInput
from murmur.provenance.record import ENDING, is_sealed, record_file

PARTS = {
    "file": {"path", "bytes", "sha256"},
    "made": {"study", "rule", "wildcards", "script", "inputs", "settings", "commit", "code", "science", "software"},
    "run": {"study_files", "host", "started", "seconds", "peak_memory_MB"},
}
INPUT = {"name", "path", "sha256", "record"}


class Lineage(NamedTuple):
    """All that some files were made from. Paths are those of the records, which start from the working directory.

    records   the record of each file that the workflow made, by path; what a file was made from stands before it
    sources   the sha256 of each file that the workflow did not make, by path, as it was when it was first used
    lost      why a file has no record that can be used, by path
    """

    records: dict[str, dict]
    sources: dict[str, str]
    lost: dict[str, str]


def lineage(files: Iterable[str | Path], folder: str | Path = ".") -> Lineage:
    """Return the lineage of `files`, whose paths start from the working directory `folder`, always in the same order.

    Files come in the order given, inputs in the order of their rule, each once. No digest is checked here.
    """
    found, seen = Lineage({}, {}, {}), set()

    def follow(path: str) -> None:
        if path in seen:
            return
        seen.add(path)
        try:
            record = usable_record(Path(folder) / path)
        except BadInput as problem:
            found.lost[path] = str(problem)
            return
        for source in record["made"]["inputs"]:
            if source["record"]:
                follow(source["path"])
            else:
                found.sources.setdefault(source["path"], source["sha256"])
        found.records[path] = record

    for file in files:
        follow(str(file))
    return found


def usable_record(path: str | Path) -> dict:
    """Return the record of a file.

    Raises BadInput when it has none, when that is not a record, or is not as the workflow wrote it.
    """
    try:
        record = json.loads(record_file(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadInput("its record is missing") from None
    except (OSError, ValueError):
        raise BadInput("its record cannot be read") from None
    if not _is_whole(record):
        raise BadInput("its record lacks a part")
    if not is_sealed(record):
        raise BadInput("its record was changed by hand: the seal does not fit")
    return record


def _is_whole(record: object) -> bool:
    try:
        parts = all(names <= set(record[part]) for part, names in PARTS.items())
        return parts and all(set(source) >= INPUT for source in record["made"]["inputs"])
    except (KeyError, TypeError):
        return False


def recorded_files(folder: str | Path) -> list[Path]:
    """Return every file below `folder` that has a record, sorted; a file that was removed after use counts too."""
    return sorted(Path(str(path).removesuffix(ENDING)) for path in Path(folder).rglob(f"*{ENDING}"))
