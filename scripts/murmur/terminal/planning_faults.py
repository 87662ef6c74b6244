"""Sentences on exceptions that Snakemake reports before any job, or about none in particular."""

import os
import re
from collections.abc import Collection
from pathlib import Path

from murmur.errors import BadInput, machine_fault, machine_fault_in
from murmur.study.checks import nearest
from murmur.study.study_file import read_study_file
from murmur.terminal.command import command, study_files

VERBOSE = "add --verbose to the command to see where"


def sentences(exception: str, text: str, targets: Collection[str] = ()) -> list[str]:
    """Return sentences on an exception of this class, from Snakemake's message.

    `targets` can be asked for by name; there are none if Snakemake has not yet read the workflow.
    """
    words = _without_places(exception, text)
    if problem := missing_outputs(words):
        return problem
    if exception == "LockException":
        return [_locked()]
    if exception in ("MissingRuleException", "UnknownRuleException") and (
        found := re.search(r"(?:produce|named) (\S+)", words)
    ):
        return [_no_rule(found[1].rstrip("."), targets)]
    if exception in ("MissingInputException", "ProtectedOutputException") and "affected files:" in words:
        return _files(exception, words)
    if problem := _bad_input(words):
        return problem
    if problem := machine_fault_in(words, os.getcwd()):
        return [problem]
    if exception == "WorkflowError" and "Traceback" not in text:
        if words.startswith("Config file") and (problem := _study_file()):
            return problem
        return words.splitlines()
    if not targets and (problem := _study_file()):
        return problem
    return [_other(exception, words)]


def missing_outputs(text: str) -> list[str]:
    """Return a sentence on each file that Snakemake misses after the job that made it; none if it misses no file."""
    advice = "if it was removed or a share was disconnected, restore the folder, then repeat the command"
    files = re.findall(r"^\s*(\S.*?) \(missing locally", text, re.MULTILINE)
    return [f"{file}: found no such file after the job that made it; {advice}" for file in files]


def _without_places(exception: str, text: str) -> str:
    """Return a message without the class and the places in the code, which concern developers."""
    lines = [line for line in text.strip().splitlines() if not re.match(r'\s*File ".*", line \d+', line)]
    if lines and re.match(rf"{exception}( in .*)?(:|\.)$", lines[0]):
        lines = lines[1:]
    return "\n".join(lines).strip()


def _bad_input(words: str) -> list[str]:
    """Return the sentences of a BadInput that Snakemake has wrapped, as it does in input functions."""
    kind, message = _wrapped(words)
    return [line.strip() for line in message.splitlines()] if kind == "BadInput" else []


def _wrapped(words: str) -> tuple[str, str]:
    """Return the class and the message of an exception that Snakemake has wrapped; empty texts if it has none."""
    found = re.search(
        r"^Error:\s+(?:[\w.]*\.)?(\w+): (.*?)(?=^Wildcards:|^Traceback|\Z)", words, re.DOTALL | re.MULTILINE
    )
    return (found[1], found[2].strip()) if found else ("", "")


def _locked() -> str:
    found = "found a lock, because a study is being computed in this folder, or was when Snakemake was killed"
    advice = "wait until no job is running there, type the next line, then repeat the command"
    return f"{os.getcwd()}: {found}; {advice}:\n{command('--unlock')}"


def _no_rule(target: str, targets: Collection[str]) -> str:
    guess = nearest(target, targets) or "; to see all: snakemake --list"
    return f"{target}: found no stage or result file of this name, expected a stage such as figures{guess}"


def _files(exception: str, words: str) -> list[str]:
    """Return a sentence on each file that is missing or write-protected."""
    found = (
        "no such file; restore it"
        if exception == "MissingInputException"
        else "a write-protected file; make it writable"
    )
    rule = re.search(r"for rule (\w+)", words)
    files = [line.strip() for line in words.split("affected files:")[1].splitlines() if line.strip()]
    return [f"{file}: found {found}, because {rule[1] if rule else 'a rule'} needs it" for file in files]


def _study_file() -> list[str]:
    """Return a sentence on the first study file that cannot be read."""
    for path in study_files():
        try:
            read_study_file(path)
        except BadInput as problem:
            is_stage = not Path(path).suffix and not Path(path).exists()
            return [f"{problem}; name a stage before --configfile" if is_stage else str(problem)]
        except OSError as error:
            if fault := machine_fault(error):
                return [fault[0]]
    return []


def _other(exception: str, words: str) -> str:
    """Return a sentence on any other exception."""
    kind, message = _wrapped(words)
    if kind:
        return f"Planning stopped at an error that nobody expected, {kind}: {' '.join(message.split())}; {VERBOSE}"
    if words.startswith("Traceback"):
        return f"Snakemake stopped at an error that nobody expected, {words.splitlines()[-1].strip()}; {VERBOSE}"
    if exception in ("ApiError", "CliException"):
        return " ".join(words.removeprefix("Error: ").split())
    return f"{exception}: {' '.join(words.split())}; {VERBOSE}"
