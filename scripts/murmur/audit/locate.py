"""Which record belongs to a file, in its folder or detached: copied elsewhere, renamed."""

import json
import os
import zipfile
from pathlib import Path
from typing import NamedTuple

from murmur.errors import BadInput
from murmur.files import sha256
from murmur.provenance.lineage import recorded_files, usable_record
from murmur.provenance.record import record_file
from murmur.provenance.stamp import Stamp, read_stamp


class Origin(NamedTuple):
    """The working directory in which a file was made, and its path from there; `detached` says that it is elsewhere."""

    folder: Path
    path: str
    detached: bool


def origin(file: Path, results: Path) -> Origin:
    """Return the origin of a file; one that is detached is looked for among the records below `results`.

    Raises BadInput when no record there belongs to it.
    """
    return _in_its_folder(file) or _detached(file, results)


def working_directory(file: Path) -> Path | None:
    """Return the working directory of a file below results/STUDY, where at least one file has a record."""
    place = Path(os.path.abspath(file))
    for results in place.parents:
        if results.name == "results" and results != place.parent:
            study = results / place.relative_to(results).parts[0]
            if next(study.rglob(record_file("*").name), None):
                return results.parent
    return None


def _in_its_folder(file: Path) -> Origin | None:
    place = Path(os.path.abspath(file))
    try:
        path = json.loads(record_file(place).read_text(encoding="utf-8"))["file"]["path"]
        if place.parts[-len(Path(path).parts) :] == Path(path).parts:
            return Origin(Path(*place.parts[: -len(Path(path).parts)]), path, detached=False)
    except (OSError, ValueError, KeyError, TypeError):
        pass
    folder = working_directory(place)
    return Origin(folder, place.relative_to(folder).as_posix(), detached=False) if folder else None


def _detached(file: Path, results: Path) -> Origin:
    if not file.is_file():
        raise BadInput(f"{file} is missing, and so is its record")
    content, stamp = sha256(file), stamp_of(file)
    found = []
    for place in recorded_files(results):
        try:
            record = usable_record(place)
        except BadInput:
            continue
        has_content, has_record = record["file"]["sha256"] == content, bool(stamp) and record["record"] == stamp.record
        if has_record or (has_content and not stamp):
            likeness = (has_content, place.name == file.name, place.suffix == file.suffix, -len(place.parts))
            found.append((likeness, place, record["file"]["path"]))
    if not found:
        raise BadInput(f"{file}: {_unknown(stamp, results)}")
    _, place, path = max(found, key=lambda candidate: candidate[0])
    return Origin(Path(str(place).removesuffix(path)), path, detached=True)


def stamp_of(file: Path) -> Stamp | None:
    """Return the stamp of a file; None where it has none, or is not a document at all."""
    try:
        return read_stamp(file)
    except (zipfile.BadZipFile, KeyError):
        return None


def _unknown(stamp: Stamp | None, results: Path) -> str:
    if stamp:
        return (
            f"its record {stamp.record[:12]} (study {stamp.study}, commit {stamp.commit[:12]}) is not below {results}: "
            "another run made it, or its record is gone; --results DIR says where to look"
        )
    return (
        f"it carries no stamp, and no record below {results} is of a file with its content: it was altered, or comes "
        "from elsewhere; --results DIR says where to look"
    )
