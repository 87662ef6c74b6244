"""The records of a study that has run in a working directory."""

import json
from pathlib import Path

from murmur.files import MEMORY
from murmur.provenance.record import read_record
from murmur.provenance.run_context import RunContext


def record_path(folder: Path, output: str) -> str:
    """Return the path of the record of the job that made results/STUDY/..., from the working directory `folder`."""
    study = Path(output).parts[1]
    context = RunContext(**json.loads((folder / MEMORY / f"{study}.json").read_text()))
    return context.record_of(output)


def record_of(folder: Path, output: str) -> dict:
    """Return the record of the job that made results/STUDY/... in the working directory `folder`."""
    return read_record(folder / record_path(folder, output))
