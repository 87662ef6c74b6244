"""Where a file comes from: the record that lies beside each file that the workflow makes.

The record of FILE is FILE.provenance.json, with five parts:

    file     its path, size and sha256
    made     by which rule and script, from which inputs, with which settings and software, at which commit; the same
             whenever the same is made again, so it names no time and no machine
    record   the digest of `made`, which the file carries in its own metadata
    run      where and when it was made, how long it took and how much memory
    seal     the digest of all the others

An input is named with its sha256 and, where the workflow made it, with the digest of its own record. So the records
form a tree from a figure down to the files of the mice, in which nothing can be changed unseen.
"""

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path

from murmur.files import sha256
from murmur.provenance.code import code_of, science_of, software_of

FORMAT = 2  # see murmur.provenance.code
ENDING = ".provenance.json"
DIGESTS = ("modules", "content")  # params that make a rule run again; a record has what they digest, one by one
TOLD = "MURMUR_RUN"  # the environment variable by which the workflow tells its jobs what they cannot know


def tell_jobs(study_files: Iterable[str], snakemake: str, commit: str) -> None:
    """Tell all jobs the study files, Snakemake's version and the commit of the code."""
    os.environ[TOLD] = json.dumps({"study_files": list(study_files), "snakemake": snakemake, "commit": commit})


def told_to_jobs() -> dict | None:
    """Return what this process or the one that started it told its jobs; None where nothing was told."""
    return json.loads(os.environ[TOLD]) if TOLD in os.environ else None


def record_file(path: str | Path) -> Path:
    """Return the path of the record of a file."""
    return Path(f"{path}{ENDING}")


def digest(part: object) -> str:
    """Return the SHA-256 of a part of a record, written as JSON in one way only."""
    return hashlib.sha256(json.dumps(part, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def read_record(path: str | Path) -> dict | None:
    """Return the record of a file; None where it has none, as a file that the workflow did not make."""
    try:
        return json.loads(record_file(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None


def settings_of(params: Iterable[tuple[str, object]]) -> dict[str, object]:
    """Return the settings among the params of a rule, pairs of name and value."""
    return {name: value for name, value in params if name not in DIGESTS}


def inputs_of(inputs: Iterable[tuple[str, str]]) -> list[dict]:
    """Return for each pair of name and path its name, path, sha256 and the digest of its record (None without one)."""
    return [
        {"name": name, "path": path, "sha256": sha256(path), "record": (read_record(path) or {}).get("record")}
        for name, path in inputs
    ]


def made_by(script: Path, snakemake: str) -> dict:
    """Return the part of a record that says which code and software a script is and runs on."""
    return {
        "code": code_of(script),
        "science": science_of(script),
        "software": software_of(script) | {"snakemake": snakemake},
    }


def write_record(path: str | Path, made: dict, run: dict) -> None:
    """Write the record of the file at `path`, which is complete."""
    described = {"path": str(path), "bytes": Path(path).stat().st_size, "sha256": sha256(path)}
    record = {"file": described, "made": made, "record": digest(made), "run": run}
    record["seal"] = digest(record)
    partial = record_file(f"{path}.partial")
    partial.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    partial.replace(record_file(path))


def is_sealed(record: dict) -> bool:
    """Say whether a record is as it was written."""
    rest = {part: content for part, content in record.items() if part != "seal"}
    return record.get("seal") == digest(rest) and record.get("record") == digest(record.get("made"))
