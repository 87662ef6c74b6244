"""Current state of checkout, environment and study, with which records are compared."""

import os
import platform
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import metadata
from pathlib import Path

from murmur.audit.explain_difference import differences, short
from murmur.audit.snakemake_plan import SnakemakePlan
from murmur.files import sha256
from murmur.provenance.code import science_digest
from murmur.provenance.lineage import Job
from murmur.provenance.scan_names import finder


class CurrentState:
    """The code of the checkout, the installed software and the jobs that the study file requests."""

    def __init__(self, folder: Path, checkout: Path, plan: SnakemakePlan):
        """Take the working directory, to which the paths in records are relative, the checkout and the current plan."""
        self.plan = plan
        located = finder()
        self.place = cache(lambda path: located(place_of(path, folder, checkout)))
        self._content_of = cache(lambda file: digest_or_none(checkout / file))
        self._science_of = cache(lambda file: science_or_none(checkout / file))
        self._version_here = cache(version_here)
        self._not_installed: set[str] = set()
        self._not_asked: list[str] = []

    def changes(self, job: Job) -> Iterator[str]:
        """Yield a sentence for each change since a job ran."""
        made, lasts = job.made, self.plan.lasts(job.rule)
        if self.plan.is_refused:
            yield f"The study can no longer be planned: {self.plan.problem}."
        yield from self._code_changes(made, [made["script"]] if lasts else made["science"])
        yield from self._software_changes(made["software"] if not lasts else {})
        asked = next((self.plan.job_of[path] for path in job.outputs if path in self.plan.job_of), None)
        if asked:
            yield from self._asked_changes(made, asked)
        elif not self.plan.problem:
            self._not_asked.append(next(iter(job.outputs)))

    @property
    def not_compared(self) -> list[str]:
        """Sentences on settings, inputs and versions that could not be compared."""
        sentences = []
        if self.plan.problem and not self.plan.is_refused:
            sentences.append(f"Settings and inputs were not compared with the study file: {self.plan.problem}.")
        if self._not_asked:
            some = f"{self._not_asked[0]} and {len(self._not_asked) - 1} others"
            names = self._not_asked[0] if len(self._not_asked) == 1 else some
            sentences.append(
                f"Settings and inputs were not compared for files that the study file does not request: {names}."
            )
        if self._not_installed:
            names = ", ".join(sorted(self._not_installed))
            sentences.append(f"Versions were not compared for packages that are not installed here: {names}.")
        return sentences

    def _code_changes(self, made: dict, files: Iterable[str]) -> Iterator[str]:
        for file in files:
            content = self._content_of(file)
            if content is None:
                yield f"{file} no longer exists."
            # Only files with different content have to be parsed.
            elif content != made["code"].get(file) and self._science_of(file) != made["science"].get(file):
                yield f"{file} has changed."

    def _software_changes(self, software: dict[str, str]) -> Iterator[str]:
        here = {package: self._version_here(package) for package in software}
        absent = {package for package in software if here[package] is None}
        if absent:
            self._not_installed |= absent
            here.pop("python", None)  # the job ran in another environment, which may have its own interpreter
        for package, version in here.items():
            if version not in (None, software[package]):
                yield f"{package} was {software[package]} and is {version} here."

    def _asked_changes(self, made: dict, job: dict) -> Iterator[str]:
        for key, before, now in differences(made["settings"], job["settings"]):
            words = f"the setting {key} of {made['rule']} was {short(before)} and is now {short(now)}"
            yield f"According to the study file, or a table that it names, {words}."
        used, asked = self._places(source["path"] for source in made["inputs"]), self._places(job["inputs"])
        yield from (f"{made['rule']} would now also use {asked[place]}." for place in asked.keys() - used.keys())
        yield from (f"{made['rule']} would no longer use {used[place]}." for place in used.keys() - asked.keys())

    def _places(self, paths: Iterable[str]) -> dict[str, str]:
        return {os.path.normpath(self.place(path)): path for path in paths}


def place_of(path: str, folder: Path, checkout: Path) -> Path:
    """Return the location of a file named in a record, relative to the working directory `folder`.

    A file of the checkout (a study file, published numbers) is found in `checkout` even if the checkout was moved.
    """
    place, parts = folder / path, Path(path).parts
    if parts[0] in ("/", "..") and not place.exists():
        for start in range(1, len(parts) - 1):
            if (checkout / Path(*parts[start:])).is_file():
                return checkout / Path(*parts[start:])
    return place


def version_here(package: str) -> str | None:
    """Return the version of a package, or of the interpreter, in this environment; None if it is not installed."""
    if package == "python":
        return platform.python_version()
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def science_or_none(path: Path) -> str | None:
    """Return the science digest of a Python file; None if it cannot be read."""
    try:
        return science_digest(path)
    except (OSError, SyntaxError):
        return None


def digest_or_none(path: Path) -> str | None:
    """Return the SHA-256 of a file; None if it cannot be read."""
    try:
        return sha256(path)
    except OSError:
        return None
