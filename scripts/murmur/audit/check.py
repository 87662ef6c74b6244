"""Verdict on a file and all that it was made from, with reasons: VERIFIED, STALE or BROKEN.

BROKEN: a result is missing or differs from its record, a record is missing or was altered, or a source is missing.
STALE: all files match their records, but a source, a formula, a setting, a package or the set of inputs has changed, or
an input was recomputed with a different result. A different commit is not a reason.

The record of a job contains the digest of the record of each input. If the record of an input has changed, the input
was either recomputed, or its record was edited and resealed. Only in the first case can the input have been started
later than the job that used it:

    started later, different content     the job is STALE
    started later, same content          not a reason; Snakemake would not rerun the job either
    not started later                    BROKEN

An attacker who consistently alters a record, its start time, all records that depend on it and the stamp is not
detected.
"""

import os
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from murmur.audit.current_state import CurrentState, digest_or_none
from murmur.audit.locate import stamp_of
from murmur.provenance.lineage import Job, Lineage
from murmur.provenance.scan_names import is_by_content

VERDICTS = ("VERIFIED", "STALE", "BROKEN")
STAMPED = {".pdf", ".svg", ".png", ".gif", ".html", ".docx", ".tex", ".md"}


class Reason(NamedTuple):
    """Why a file is STALE or BROKEN, in one sentence."""

    verdict: str
    sentence: str


def worst(reasons: Iterable[Reason]) -> str:
    """Return the verdict that follows from the reasons; VERIFIED if there are none."""
    return max((reason.verdict for reason in reasons), key=VERDICTS.index, default="VERIFIED")


class Audit:
    """Audit of files and of all that they were made from."""

    def __init__(self, known: Lineage, files: list[str], current: CurrentState, copies: dict[str, Path] | None = None):
        """Audit `files` and their ancestors, given `known`, the lineage of the whole study.

        `copies` maps the path of a file in the study to a copy elsewhere, which is checked in its place.
        """
        self.makers, self.lost, self.inputs = known.makers, known.lost, known.inputs
        self.current, self.copies = current, copies or {}
        self._known_jobs = known.jobs
        self._used = {source["path"] for job in self._known_jobs for source in job.inputs}
        self.reached = known.ancestors(*files)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            digests = list(pool.map(digest_or_none, map(self._place, self.reached)))
        self.digests: dict[str, str | None] = dict(zip(self.reached, digests, strict=True))
        self.jobs = list({job.record: job for path in self.reached if (job := self.makers.get(path))}.values())
        self.file_reasons: dict[str, set[Reason]] = defaultdict(set)
        self.source_reasons: dict[str, set[Reason]] = defaultdict(set)  # of jobs, by the source concerned
        self.job_reasons: dict[str, set[Reason]] = defaultdict(set)  # by record digest; they apply to all outputs
        self.same_again: set[tuple[str, str]] = set()  # job, and input recomputed with the same content
        self._below: dict[str, set[Reason]] = {}
        for path in self.reached:
            if path in self.lost:
                self.file_reasons[path].add(self._loss(path))
            elif path in self.makers:
                self.file_reasons[path] |= {Reason("BROKEN", sentence) for sentence in self._alterations(path)}
        for job in self.jobs:
            self.job_reasons[job.record] |= {Reason("STALE", sentence) for sentence in current.changes(job)}
            self.job_reasons[job.record] |= {Reason("BROKEN", sentence) for sentence in self._false_stamps(job)}
            self._check_inputs(job)
        self._check_users()

    @property
    def sources(self) -> list[str]:
        """The audited files that the workflow did not make."""
        return [path for path in self.reached if path not in self.makers and path not in self.lost]

    def verdict(self, path: str) -> tuple[str, list[Reason]]:
        """Return the verdict on a file and the reasons in it and its ancestors, worst first."""
        reasons = in_order(self._reasons_of_file(path) | self._reasons_below(path))
        return worst(reasons), reasons

    def own_verdict(self, path: str) -> str:
        """Return the verdict on a file without its ancestors."""
        return worst(self._reasons_of_file(path) | self.source_reasons[path])

    def is_removed(self, path: str) -> bool:
        """Return whether a file was removed after use because its rule declares it temporary."""
        rule = self.makers[path].rule if path in self.makers else ""
        return self.digests[path] is None and self.current.plan.removes(rule, path)

    def _place(self, path: str) -> Path:
        return self.copies.get(path) or self.current.place(path)

    def _reasons_of_file(self, path: str) -> set[Reason]:
        job = self.makers.get(path)
        return self.file_reasons[path] | (self.job_reasons[job.record] if job else set())

    def _reasons_below(self, path: str) -> set[Reason]:
        """Return the reasons in the inputs of a file and in their ancestors."""
        job = self.makers.get(path)
        if job is None:
            return set()
        if job.record not in self._below:
            reasons = self._below[job.record] = set()
            for source in job.inputs:
                reasons |= self._reasons_of_file(source["path"]) | self._reasons_below(source["path"])
        return self._below[job.record]

    def _loss(self, path: str) -> Reason:
        """Return the reason for a file without a record; if its job left no trace, it has not run yet."""
        if self.digests[path]:
            return Reason("BROKEN", f"{path}: {self.lost[path]}.")
        job = self.current.plan.job_of.get(path)
        if job and not any(other in self.makers or other in self._used for other in job["outputs"]):
            return Reason(
                "STALE", f"{job['rule']} has not yet made {_named(job['outputs'])}, which the study file requests."
            )
        return Reason("BROKEN", f"{path} is missing, and {self.lost[path]}.")

    def _alterations(self, path: str) -> Iterable[str]:
        """Yield a sentence if a file is missing or its content was altered."""
        found, name = self.digests[path], self.copies.get(path, path)
        if found is None:
            if not self.is_removed(path):
                yield f"{name} is missing."
        elif found != self.makers[path].outputs[path]["sha256"]:
            how = "altered, or saved by other software," if path in self.copies else "altered"
            yield f"{name} was {how} since it was made: its content does not match its record."

    def _false_stamps(self, job: Job) -> Iterable[str]:
        """Yield a sentence for each output of a job whose content matches the record but whose stamp does not."""
        for path, output in job.outputs.items():
            if Path(path).suffix in STAMPED:
                place = self._place(path)
                content = self.digests[path] if path in self.digests else digest_or_none(place)
                if content == output["sha256"]:
                    stamp = stamp_of(place)
                    if stamp is None or stamp.record != job.record:
                        name = self.copies.get(path, path)
                        changed = "one of them was altered and resealed"
                        yield f"{name} does not carry the stamp of its record: {changed}."

    def _check_inputs(self, job: Job) -> None:
        """Compare the inputs of a job with its record."""
        for source in job.inputs:
            path, now, maker = source["path"], self.digests[source["path"]], self.makers.get(source["path"])
            if source["record"] is None and now != source["sha256"]:
                words = "is missing, or has changed" if is_by_content(path) else "is missing"
                changed, missing = Reason("STALE", f"{path} has changed."), Reason("BROKEN", f"{path} {words}.")
                self.job_reasons[job.record].add(changed if now else missing)
                self.source_reasons[path].add(changed if now else missing)
            elif maker and _was_made_again(maker, job, source):
                if maker.outputs[path]["sha256"] == source["sha256"]:
                    self.same_again.add((job.record, path))
                else:
                    sentence = f"{path} was recomputed with a different result since {job.rule} used it."
                    self.job_reasons[job.record].add(Reason("STALE", sentence))

    def _check_users(self) -> None:
        """Find records that do not match those of the jobs that used their files, including jobs outside this audit."""
        users = defaultdict(list)
        for job in self._known_jobs:
            for source in job.inputs:
                maker = self.makers.get(source["path"])
                if maker and not _fits(maker, source) and not _was_made_again(maker, job, source):
                    users[source["path"]].append(next(iter(job.outputs)))
        for path, made_from_it in users.items():
            words = f"The record of {path} does not match that of {_named(made_from_it)}, made from it"
            reason = Reason("BROKEN", f"{words}: one of them was altered and resealed.")
            self.job_reasons[self.makers[path].record].add(reason)


def in_order(reasons: Iterable[Reason]) -> list[Reason]:
    """Return the reasons sorted, worst first."""
    return sorted(reasons, key=lambda reason: (-VERDICTS.index(reason.verdict), reason.sentence))


def _fits(maker: Job, source: dict) -> bool:
    return (maker.record, maker.outputs[source["path"]]["sha256"]) == (source["record"], source["sha256"])


def _was_made_again(maker: Job, job: Job, source: dict) -> bool:
    return not _fits(maker, source) and maker.started > job.started


def _named(paths: list[str]) -> str:
    return f"{paths[0]} and {len(paths) - 1} more" if len(paths) > 1 else paths[0]
