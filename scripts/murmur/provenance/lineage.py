"""The lineage of a file: the jobs that made it and all that it was made from, down to the sources.

Sources are the files that the workflow did not make. Paths are those of the records, which start from the working
directory.
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
    """A job of the workflow, as its record describes it.

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
    """All that some files were made from.

    makers    the job that made each file, by path; what a file was made from stands before it
    sources   the sha256 of each source, by path, as it was when it was first used
    lost      why a file has no record that can be used, by path
    """

    makers: dict[str, Job]
    sources: dict[str, str]
    lost: dict[str, str]

    @property
    def jobs(self) -> list[Job]:
        """Each job once; one stands behind those whose outputs it used."""
        return list({job.record: job for job in self.makers.values()}.values())

    def inputs(self, path: str) -> list[dict]:
        """Return the inputs of the job that made a file; none for a source."""
        return self.makers[path].inputs if path in self.makers else []

    def ancestors(self, *paths: str) -> list[str]:
        """Return the paths of files and of all that they were made from, sources included, each once."""
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
        """Return all values of the names in a part of the records (code, software), sorted by name."""
        values: dict[str, set[str]] = {}
        for job in self.jobs:
            for name, value in job.made[part].items():
                values.setdefault(name, set()).add(value)
        return {name: sorted(values[name]) for name in sorted(values)}


class Records(NamedTuple):
    """The records of a study: the job that made each file by path, and what is wrong with the other records.

    spoilt        why the record of a file cannot be used, by the path of the file
    unreadable    paths of records that do not even tell what they are about
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

    Where two name the same file, as after a rule was renamed, the job that started last made it.
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
    """Return the job that a record is about.

    Raises BadInput when it lacks something, or is not as the workflow wrote it.
    """
    try:
        whole = all(names <= set(content[part]) for part, names in PARTS.items())
        whole = whole and all(set(source) >= INPUT for source in content["made"]["inputs"])
        whole = whole and all(set(output) >= OUTPUT for output in content["outputs"])
    except (KeyError, TypeError):
        whole = False
    if not whole:
        raise BadInput("its record lacks a part")
    if not is_sealed(content):
        raise BadInput("its record was changed by hand: the seal does not fit")
    outputs = {output["path"]: output for output in content["outputs"]}
    return Job(place, content["record"], content["made"], content["run"], outputs)


def lineage(files: Iterable[str | Path], folder: str | Path = ".") -> Lineage:
    """Return the lineage of `files`, whose paths start from the working directory `folder`, always in the same order.

    Files come in the order given, inputs in the order of their rule, each once. No digest is checked here.
    """
    return _follow(files, cache(lambda study: records_of(study, folder)))


def study_lineage(study: str, folder: str | Path = ".") -> Lineage:
    """Return the lineage of all that was made in a study."""
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
