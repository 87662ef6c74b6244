"""Provenance records: how each job made its outputs.

The record of a job is results/STUDY/provenance/jobs/RULE/WILDCARDS.json, named as the log of the job, with five parts:

    outputs  path, size and SHA-256 of each file that the job made
    made     rule, script, inputs, settings, software and commit; identical whenever a job is repeated unchanged, so it
             contains neither time nor machine
    record   the digest of `made`, which figures and tables carry in their metadata
    run      when and where the job ran, its run time and its peak memory
    seal     the digest of the other four parts

Each input is listed with its SHA-256 and, if the workflow made it, the digest of the record of that job. The records
thus form a tree from a figure down to the mouse files, in which alterations are detected.
"""

import hashlib
import json
import platform
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

from murmur.files import atomic_write, remembered_sha256
from murmur.provenance.code import code_of, science_of, software_of
from murmur.provenance.run_context import RunContext, run_context
from murmur.provenance.scan_names import INPUT, recorded_name

FORMAT = 2  # see murmur.provenance.code
DIGESTS = ("code", "content")  # params that trigger reruns; a record lists the digested items themselves


def digest(part: object) -> str:
    """Return the SHA-256 of a part of a record, serialised as canonical JSON."""
    return hashlib.sha256(json.dumps(part, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def differences(before: object, now: object, name: str = "") -> list[tuple[str, object, object]]:
    """Return key, old value and new value of each difference between two values of JSON; None if absent.

    >>> differences({"alpha": 0.05, "n": {"test": 3}}, {"alpha": 0.05, "n": {"test": 4}})
    [('n.test', 3, 4)]
    """
    if isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        before, now = ({str(index): value for index, value in enumerate(values)} for values in (before, now))
    if isinstance(before, dict) and isinstance(now, dict):
        return [
            difference
            for key in dict.fromkeys((*before, *now))
            for difference in differences(before.get(key), now.get(key), f"{name}.{key}".lstrip("."))
        ]
    return [] if before == now else [(name, before, now)]


def read_record(path: str | Path) -> dict | None:
    """Return the record at `path`; None if there is none."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None


def place_of_record(output: str, context: Callable[[str], RunContext] = run_context) -> str | None:
    """Return the path of the record of the job that makes a file, from the run context of its study.

    It is None for files that the workflow does not make, and for studies that were never run here.
    """
    results, *below = Path(output).parts
    try:
        return context(below[0]).record_of(output) if results == "results" and len(below) > 1 else None
    except FileNotFoundError:
        return None


def record_of_file(output: str) -> dict | None:
    """Return the record of the job that made a file; None if there is none."""
    place = place_of_record(output)
    return read_record(place) if place else None


def record_digests(outputs: Iterable[str]) -> dict[str, str]:
    """Return the record digest of the job that made each file, by path; files without a record are omitted.

    Each record, which may list thousands of files, is read only once.
    """
    context = cache(run_context)

    @cache
    def digest_and_outputs(place: str) -> tuple[str, set[str]]:
        record = read_record(place) or {"record": "", "outputs": []}
        return record["record"], {output["path"] for output in record["outputs"]}

    found = {}
    for path in outputs:
        place = place_of_record(path, context)
        record, its_outputs = digest_and_outputs(place) if place else ("", set())
        if path in its_outputs:
            found[path] = record
    return found


def label_of(path: str) -> dict[str, str]:
    """Return the first digits of the record of a file and of its commit, with "+" if there were uncommitted changes."""
    record = record_of_file(path) or {"record": "", "made": {"commit": ""}}
    commit = record["made"]["commit"]
    return {"record": record["record"][:12], "commit": commit[:12] + ("+" if commit.endswith("+") else "")}


def ran_with_cuda(output: str) -> bool:
    """Return whether the job that made a file ran in the environment with CUDA (tensorflow, not tensorflow-cpu).

    The job then keeps that environment, with or without a GPU: a different environment, as in a call without the GPU
    profile, is no reason to repeat a day of training. The two packages differ only on Linux on x86-64.
    """
    two_packages = (platform.system(), platform.machine()) == ("Linux", "x86_64")
    record = record_of_file(output) if two_packages else None
    return record is not None and "tensorflow" in record["made"]["software"]


def settings_of(params: Iterable[tuple[str, object]]) -> dict[str, object]:
    """Return the settings among the params of a rule, pairs of name and value."""
    return {name: value for name, value in params if name not in DIGESTS}


def inputs_of(inputs: Iterable[tuple[str, str]], session: str = "") -> list[dict]:
    """Return name, path, SHA-256 and record digest (None for a source) of each input, given as (name, path).

    Files of a scan `session` are named by their content.
    """
    inputs = list(inputs)
    records = record_digests(path for _, path in inputs)
    described = []
    for name, path in inputs:
        sha256 = remembered_sha256(path)
        known = recorded_name(path, session, sha256) if name == INPUT and session else path
        described.append({"name": name, "path": known, "sha256": sha256, "record": records.get(path)})
    return described


def made_by(script: Path, snakemake: str) -> dict:
    """Return the part of a record that describes the code and software of a script."""
    return {
        "code": code_of(script),
        "science": science_of(script),
        "software": software_of(script) | {"snakemake": snakemake},
    }


def write_record(path: str | Path, outputs: Iterable[str], made: dict, run: dict) -> None:
    """Write the record of a job to `path`; its `outputs` must be complete."""
    described = [
        {"path": str(output), "bytes": Path(output).stat().st_size, "sha256": remembered_sha256(output)}
        for output in outputs
    ]
    record = {"outputs": described, "made": made, "record": digest(made), "run": run}
    with atomic_write(path) as partial:
        partial.write_text(json.dumps(record | {"seal": digest(record)}, indent=1) + "\n", encoding="utf-8")


def is_sealed(record: dict) -> bool:
    """Return whether a record is unaltered."""
    rest = {part: content for part, content in record.items() if part != "seal"}
    return record.get("seal") == digest(rest) and record.get("record") == digest(record.get("made"))
