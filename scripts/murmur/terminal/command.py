"""What to type: the command with which the study was started, with other options."""

import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

# Options without which Snakemake would not find the same study: of one value, and of several.
ONE = {"--snakefile", "-s", "--directory", "-d", "--workflow-profile", "--profile"}
SEVERAL = {"--configfile", "--configfiles", "--config", "-C"}


def command(*added: str, arguments: Sequence[str] = ()) -> str:
    """Return the command that calls Snakemake for the same study with the options `added`.

    Its options are taken from `arguments`, by default those of this process, with the program first.
    """
    program, *given = arguments or sys.argv
    return shlex.join([*_program(program), *_of_the_study(given), *added])


def study_files(arguments: Sequence[str] = ()) -> list[str]:
    """Return the study files that `arguments`, by default those of this process, name."""
    _, *given = arguments or sys.argv
    kept = _of_the_study(given)
    files, is_value = [], False
    for word in kept:
        if word.startswith("-"):
            is_value = word in ("--configfile", "--configfiles")
        elif is_value:
            files.append(word)
    return files


def _program(path: str) -> list[str]:
    """Return how to call Snakemake: by its name if that finds the same program."""
    if Path(path).name == "__main__.py":
        return ["python", "-m", "snakemake"]
    return [Path(path).name if shutil.which(Path(path).name) == path else path]


def _of_the_study(given: Sequence[str]) -> list[str]:
    """Return those options that name the study, each with its values; --option=value becomes two words."""
    words, wanted = [], 0.0
    for word in given:
        name, equals, value = word.partition("=")
        if word == "--":
            break
        if word.startswith("-"):
            wanted = 1 if name in ONE else float("inf") if name in SEVERAL else 0
            words += [name, value] if wanted and equals else [name] if wanted else []
            wanted -= bool(equals)
        elif wanted > 0:
            words.append(word)
            wanted -= 1
    return words
