"""Whether a file is still what its records say, and what they say still true: VERIFIED, STALE or BROKEN, and why.

BROKEN: something that the workflow made is missing or is not what its record says; a record is missing or was changed;
a source is missing. STALE: all is as recorded, but a source, script, module, setting, package or the set of inputs is
another one now, or an input was made again. The commit alone says nothing.

What was made from a file names the digest of its record. If the file has another record now, it was either made again,
or its record was changed and sealed again. Only the first can have started after the job that used it:

    started later, other content     what was made from it is STALE
    started later, same content      no reason, as for Snakemake, which makes nothing again then
    not later                        BROKEN

Who changes a record, its start, all records above it and the stamp, all in agreement, is not found out.
"""

import json
import os
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from murmur.audit.current_state import Present, digest_or_none
from murmur.audit.locate import stamp_of
from murmur.provenance.lineage import Lineage

VERDICTS = ("VERIFIED", "STALE", "BROKEN")
STAMPED = {".pdf", ".svg", ".png", ".gif", ".html", ".docx", ".tex", ".md"}


class Reason(NamedTuple):
    """One sentence that says why a file is STALE or BROKEN."""

    verdict: str
    sentence: str


def worst(reasons: Iterable[Reason]) -> str:
    """Return the verdict that follows from reasons: VERIFIED without any."""
    return max((reason.verdict for reason in reasons), key=VERDICTS.index, default="VERIFIED")


class Audit:
    """The check of some files and of all that they were made from."""

    def __init__(self, known: Lineage, files: list[str], present: Present, copies: dict[str, Path] | None = None):
        """Check `files`, and what they were made from, by `known`, the lineage of the whole study.

        `copies` names a file elsewhere that is checked in place of the one in the study, by the path of the latter.
        """
        self.records, self.lost, self.present, self.copies = known.records, known.lost, present, copies or {}
        self._used = {source["path"] for path in self.records for source in self.inputs(path)}
        self.reached = self._reach(files)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            digests = list(pool.map(digest_or_none, map(self._place, self.reached)))
        self.digests: dict[str, str | None] = dict(zip(self.reached, digests, strict=True))
        self.reasons: dict[str, set[Reason]] = defaultdict(set)
        self.source_reasons: dict[str, set[Reason]] = defaultdict(set)  # those of the files made from them, once more
        self.same_again: set[tuple[str, str]] = set()  # a file, and an input that was made again with the same content
        self._below: dict[str, set[Reason]] = {}
        for path in self.reached:
            if path in self.lost:
                self.reasons[path].add(self._loss(path))
            elif path in self.records:
                self.reasons[path] |= {Reason("BROKEN", sentence) for sentence in self._alterations(path)}
                changes = present.changes(path, self.records[path]["made"])
                self.reasons[path] |= {Reason("STALE", sentence) for sentence in changes}
                self._check_inputs(path)
        self._check_jobs()
        self._check_users()

    @property
    def sources(self) -> list[str]:
        """The files that were reached and that the workflow did not make."""
        return [path for path in self.reached if path not in self.records and path not in self.lost]

    def inputs(self, path: str) -> list[dict]:
        """Return the inputs of a file as its record names them; none for a source."""
        return self.records[path]["made"]["inputs"] if path in self.records else []

    def verdict(self, path: str) -> tuple[str, list[Reason]]:
        """Return the verdict on a file, and the reasons in it and in all that it was made from, the worst first."""
        reasons = in_order(self._reasons_below(path))
        return worst(reasons), reasons

    def own_verdict(self, path: str) -> str:
        """Return the verdict on a file alone, whatever it was made from."""
        return worst(self.reasons[path] | self.source_reasons[path])

    def is_removed(self, path: str) -> bool:
        """Say whether a file was removed after use, as its rule says."""
        rule = self.records[path]["made"]["rule"] if path in self.records else ""
        return self.digests[path] is None and self.present.plan.removes(rule, path)

    def _reach(self, files: list[str]) -> list[str]:
        reached, waiting = dict.fromkeys(files), list(files)
        while waiting:
            new = [source["path"] for source in self.inputs(waiting.pop()) if source["path"] not in reached]
            reached |= dict.fromkeys(new)
            waiting += new
        return list(reached)

    def _place(self, path: str) -> Path:
        return self.copies.get(path) or self.present.place(path)

    def _reasons_below(self, path: str) -> set[Reason]:
        if path not in self._below:
            reasons = self._below[path] = set(self.reasons[path])
            for source in self.inputs(path):
                reasons |= self._reasons_below(source["path"])
        return self._below[path]

    def _loss(self, path: str) -> Reason:
        """Say what is wrong with a file that has no record; where its job left no trace at all, it is yet to run."""
        if self.digests[path]:
            return Reason("BROKEN", f"{path}: {self.lost[path]}.")
        job = self.present.plan.job_of.get(path)
        if job and not any(other in self.records or other in self._used for other in job["outputs"]):
            return Reason(
                "STALE", f"{job['rule']} has not made {_named(job['outputs'])}, which the study file asks for."
            )
        return Reason("BROKEN", f"{path} is missing, and {self.lost[path]}.")

    def _alterations(self, path: str) -> Iterable[str]:
        record, found, name = self.records[path], self.digests[path], self.copies.get(path, path)
        if record["file"]["path"] != path:
            yield f"The record beside {path} is that of {record['file']['path']}."
        if found is None:
            if not self.is_removed(path):
                yield f"{name} is missing."
        elif found != record["file"]["sha256"]:
            how = "altered, or saved by other software," if path in self.copies else "altered"
            yield f"{name} was {how} since it was made: its content is not what its record says."
        elif Path(path).suffix in STAMPED:
            stamp = stamp_of(self._place(path))
            if stamp is None or stamp.record != record["record"]:
                yield f"{name} does not carry the stamp of its record: one of them was changed, and sealed again."

    def _check_inputs(self, path: str) -> None:
        """Compare the inputs of a file with what its record says of them."""
        record = self.records[path]
        for source in record["made"]["inputs"]:
            name, now, child = source["path"], self.digests[source["path"]], self.records.get(source["path"])
            if source["record"] is None and now != source["sha256"]:
                changed, missing = Reason("STALE", f"{name} has changed."), Reason("BROKEN", f"{name} is missing.")
                self.reasons[path].add(changed if now else missing)
                self.source_reasons[name].add(changed if now else missing)
            elif child and _was_made_again(child, record, source):
                if child["file"]["sha256"] == source["sha256"]:
                    self.same_again.add((path, name))
                else:
                    rule = record["made"]["rule"]
                    sentence = f"{name} was made again, with another result, since {rule} used it."
                    self.reasons[path].add(Reason("STALE", sentence))

    def _check_users(self) -> None:
        """Find records that do not fit those of what was made from their files, be it part of this audit or not."""
        users = defaultdict(list)
        for path, record in self.records.items():
            for source in record["made"]["inputs"]:
                child = self.records.get(source["path"])
                if child and not _fits(child, source) and not _was_made_again(child, record, source):
                    users[source["path"]].append(path)
        for path, made_from_it in users.items():
            words = f"The record of {path} does not fit that of {_named(made_from_it)}, made from it"
            self.reasons[path].add(Reason("BROKEN", f"{words}: one of them was changed, and sealed again."))

    def _check_jobs(self) -> None:
        """Find records of one job that differ in more than the file: they are written together."""
        jobs = defaultdict(list)
        for path, record in self.records.items():
            jobs[record["made"]["rule"], json.dumps(record["made"]["wildcards"]), record["run"]["started"]].append(path)
        for paths in jobs.values():
            if len({(self.records[path]["record"], json.dumps(self.records[path]["run"])) for path in paths}) > 1:
                sentence = f"The records of {_named(paths)} differ, though one job wrote them: one was changed."
                for path in paths:
                    self.reasons[path].add(Reason("BROKEN", sentence))


def in_order(reasons: Iterable[Reason]) -> list[Reason]:
    """Return reasons sorted, the worst first."""
    return sorted(reasons, key=lambda reason: (-VERDICTS.index(reason.verdict), reason.sentence))


def _fits(child: dict, source: dict) -> bool:
    return (child["record"], child["file"]["sha256"]) == (source["record"], source["sha256"])


def _was_made_again(child: dict, record: dict, source: dict) -> bool:
    return not _fits(child, source) and child["run"]["started"] > record["run"]["started"]


def _named(paths: list[str]) -> str:
    return f"{paths[0]} and {len(paths) - 1} more" if len(paths) > 1 else paths[0]
