"""Lineage of a file: the jobs that made it and its inputs, down to the sources.

Sources are files that the workflow did not make. Paths are those in the records, relative to the working directory.
"""

import datetime
import json
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from murmur.errors import BadInput
from murmur.provenance.record import is_sealed

PARTS = {
    "made": {"study", "rule", "wildcards", "script", "inputs", "settings", "commit", "code", "science", "software"},
    "run": {"study_files", "host", "started", "seconds", "peak_memory_MB"},
}
OUTPUT, INPUT = {"path", "bytes", "sha256"}, {"name", "path", "sha256", "record"}


class Job(NamedTuple):
    """A job of the workflow, as described in its record.

    place    path of the record
    record   digest of `made`
    made     how its outputs were made: rule, wildcards, script, inputs, settings, code, software, commit
    run      when and where
    outputs  `path`, `bytes` and `sha256` of each file that it made, by path
    """

    place: str
    record: str
    made: dict
    run: dict
    outputs: dict[str, dict]

    @property
    def rule(self) -> str:
        """The rule of the job."""
        return self.made["rule"]

    @property
    def inputs(self) -> list[dict]:
        """The `name`, `path`, `sha256` and `record` of each input; `record` is None for a source."""
        return self.made["inputs"]

    @property
    def started(self) -> datetime.datetime:
        """When the job started."""
        return datetime.datetime.fromisoformat(self.run["started"])

    @property
    def ended(self) -> datetime.datetime:
        """When the job ended."""
        return self.started + datetime.timedelta(seconds=self.run["seconds"])


class Lineage(NamedTuple):
    """The lineage of one or more files.

    makers    the job that made each file, by path; inputs precede the files made from them
    sources   the SHA-256 of each source when it was first used, by path
    lost      why a file has no usable record, by path
    """

    makers: dict[str, Job]
    sources: dict[str, str]
    lost: dict[str, str]

    @property
    def jobs(self) -> list[Job]:
        """Each job once, after the jobs that made its inputs."""
        return list({job.record: job for job in self.makers.values()}.values())

    def inputs(self, path: str) -> list[dict]:
        """Return the inputs of the job that made a file; none for a source."""
        return self.makers[path].inputs if path in self.makers else []

    def ancestors(self, *paths: str) -> list[str]:
        """Return the paths of files and of all that they were made from, including sources, each once."""
        reached, waiting, seen = dict.fromkeys(paths), list(paths), set()
        while waiting:
            path = waiting.pop()
            job = self.makers.get(path)
            if job and job.record not in seen:
                seen.add(job.record)
                new = [source["path"] for source in job.inputs if source["path"] not in reached]
                reached |= dict.fromkeys(new)
                waiting += new
        return list(reached)

    def used(self, part: str) -> dict[str, list[str]]:
        """Return all values in a part of the records (code, software), by name, sorted."""
        values: dict[str, set[str]] = {}
        for job in self.jobs:
            for name, value in job.made[part].items():
                values.setdefault(name, set()).add(value)
        return {name: sorted(values[name]) for name in sorted(values)}


class Records(NamedTuple):
    """The records of a study: the job that made each file, by path, and records that cannot be used.

    spoilt        why the record of a file cannot be used, by path of the file
    unreadable    paths of records that do not even identify their outputs
    """

    makers: dict[str, Job]
    spoilt: dict[str, str]
    unreadable: list[str]

    def problem(self, path: str) -> str:
        """Return why there is no usable record of the job that made a file."""
        if path in self.spoilt or not self.unreadable:
            return self.spoilt.get(path, "its record is missing")
        return f"its record is missing, unless it is one that cannot be read: {', '.join(self.unreadable)}"


def jobs_folder(study: str) -> Path:
    """Return the folder of the records of a study, from the working directory."""
    return Path("results", study, "provenance", "jobs")


def records_of(study: str, folder: str | Path = ".") -> Records:
    """Return the records of a study in the working directory `folder`.

    If two of them list the same file, for example after a rule was renamed, the later job made it.
    """
    found = Records({}, {}, [])
    for file in sorted((Path(folder) / jobs_folder(study)).rglob("*.json")):
        place = file.relative_to(folder).as_posix()
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
            paths = [output["path"] for output in content["outputs"]]
        except (OSError, ValueError, KeyError, TypeError):
            found.unreadable.append(place)
            continue
        try:
            job = usable_job(place, content)
        except BadInput as problem:
            found.spoilt.update(dict.fromkeys(paths, str(problem)))
            continue
        for path in paths:
            other = found.makers.get(path)
            if other is None or other.started < job.started:
                found.makers[path] = job
    return found


def usable_job(place: str, content: object) -> Job:
    """Return the job that a record describes.

    Raises BadInput if the record is incomplete, or not as the workflow wrote it.
    """
    try:
        whole = all(names <= set(content[part]) for part, names in PARTS.items())
        whole = whole and all(set(source) >= INPUT for source in content["made"]["inputs"])
        whole = whole and all(set(output) >= OUTPUT for output in content["outputs"])
    except (KeyError, TypeError):
        whole = False
    if not whole:
        raise BadInput("its record is incomplete")
    if not is_sealed(content):
        raise BadInput("its record was changed by hand: the seal does not match")
    outputs = {output["path"]: output for output in content["outputs"]}
    return Job(place, content["record"], content["made"], content["run"], outputs)


def lineage(files: Iterable[str | Path], folder: str | Path = ".") -> Lineage:
    """Return the lineage of `files`, with paths relative to the working directory `folder`, in a fixed order.

    Files are in the order given, and inputs in the order of their rule, each once. No digests are verified.
    """
    return _follow(files, cache(lambda study: records_of(study, folder)))


def study_lineage(study: str, folder: str | Path = ".") -> Lineage:
    """Return the lineage of all results of a study."""
    records = cache(lambda study: records_of(study, folder))
    return _follow(sorted({*records(study).makers, *records(study).spoilt}), records)


def _follow(files: Iterable[str | Path], records: Callable[[str], Records]) -> Lineage:
    found, seen, followed = Lineage({}, {}, {}), set(), set()

    def follow(path: str) -> None:
        if path in seen:
            return
        seen.add(path)
        results, *below = Path(path).parts
        of_study = records(below[0]) if results == "results" and below else Records({}, {}, [])
        if path not in of_study.makers:
            found.lost[path] = of_study.problem(path)
            return
        job = of_study.makers[path]
        if job.record not in followed:
            followed.add(job.record)
            for source in job.inputs:
                if source["record"]:
                    follow(source["path"])
                else:
                    found.sources.setdefault(source["path"], source["sha256"])
        found.makers[path] = job

    for file in files:
        follow(str(file))
    return found
