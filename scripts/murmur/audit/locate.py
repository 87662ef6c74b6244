"""Find the record of a file, in its original folder or detached (copied elsewhere or renamed)."""

import os
import zipfile
from pathlib import Path
from typing import NamedTuple

from murmur.errors import BadInput
from murmur.files import sha256
from murmur.provenance.lineage import jobs_folder, records_of
from murmur.provenance.stamp import Stamp, read_stamp


class Origin(NamedTuple):
    """Working directory in which a file was made, and its path there; `detached` if it is now elsewhere."""

    folder: Path
    path: str
    detached: bool


def origin(file: Path, results: Path) -> Origin:
    """Return the origin of a file; for a detached file, the records below `results` are searched.

    Raises BadInput if none of them belongs to it.
    """
    folder = working_directory(file)
    if folder:
        return Origin(folder, Path(os.path.abspath(file)).relative_to(folder).as_posix(), detached=False)
    return _detached(file, Path(results))


def working_directory(file: Path) -> Path | None:
    """Return the working directory of a file below results/STUDY; None if that study has no records."""
    place = Path(os.path.abspath(file))
    for results in place.parents:
        if results.name == "results" and results != place.parent:
            study = place.relative_to(results).parts[0]
            if (results.parent / jobs_folder(study)).is_dir():
                return results.parent
    return None


def _detached(file: Path, results: Path) -> Origin:
    """Return the origin of a copy: the most similar output with the same content or the record of its stamp."""
    if not file.is_file():
        raise BadInput(f"{file} is missing, and so is its record")
    content, stamp = sha256(file), stamp_of(file)
    found = []
    for folder, study in studies_below(results):
        for path, job in records_of(study, folder).makers.items():
            has_content, has_record = job.outputs[path]["sha256"] == content, bool(stamp) and job.record == stamp.record
            if has_record or (has_content and not stamp):
                name = Path(path)
                likeness = has_content, name.name == file.name, name.suffix == file.suffix, -len(folder.parts)
                found.append((likeness, Origin(folder, path, detached=True)))
    if not found:
        raise BadInput(f"{file}: {_unknown(stamp, results)}")
    return max(found, key=lambda candidate: candidate[0])[1]


def studies_below(folder: Path) -> list[tuple[Path, str]]:
    """Return working directory and name of each study with records below a folder, or containing it."""
    place = Path(os.path.abspath(folder))
    found = [(jobs.parents[3], jobs.parents[1].name) for jobs in sorted(place.rglob("provenance/jobs"))]
    around = working_directory(place / "any")
    return [(around, place.relative_to(around).parts[1]), *found] if around else found


def stamp_of(file: Path) -> Stamp | None:
    """Return the stamp of a file; None if it has none or cannot be read as a document."""
    try:
        return read_stamp(file)
    except (zipfile.BadZipFile, KeyError):
        return None


def _unknown(stamp: Stamp | None, results: Path) -> str:
    if stamp:
        return (
            f"its record {stamp.record[:12]} (study {stamp.study}, commit {stamp.commit[:12]}) was not found below "
            f"{results}: it was made by another run, or its record was removed; use --results DIR to search elsewhere"
        )
    return (
        f"it carries no stamp, and no record below {results} matches its content: it was altered, or made "
        "elsewhere; use --results DIR to search elsewhere"
    )
