"""Current plan of a study by Snakemake itself: settings and inputs of every job.

    python -m murmur.audit.snakemake_plan CHECKOUT FOLDER STUDY_FILE ...    prints the plan as JSON

Snakemake runs in a separate process, because it changes the working directory and writes to both output streams.
"""

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cached_property
from pathlib import Path

from murmur.provenance.record import settings_of


class SnakemakePlan:
    """The plan of a study, or why there is none, and properties of its rules, which do not depend on the study."""

    def __init__(self, found: dict):
        """Take the output of `python -m murmur.audit.snakemake_plan`."""
        self.problem: str = found["problem"]
        self.is_refused: bool = found.get("is_refused", False)  # the study files exist, but cannot be planned
        self.jobs: list[dict] = found["jobs"]
        self._rules: dict[str, dict] = found["rules"]

    @cached_property
    def job_of(self) -> dict[str, dict]:
        """The job (rule, settings, inputs, outputs) that makes a file, by the path of the file."""
        return {path: job for job in self.jobs for path in job["outputs"]}

    def removes(self, rule: str, path: str) -> bool:
        """Return whether a file made by `rule` is removed after use."""
        return Path(path).name in self._rules.get(rule, {}).get("temporary", ())

    def lasts(self, rule: str) -> bool:
        """Return whether the outputs of `rule`, such as verified downloads, remain valid when the library changes."""
        return rule in self._rules and not self._rules[rule]["has_code"]


def plan(checkout: Path, folder: Path, study_files: list[Path]) -> SnakemakePlan:
    """Return the plan of the study files in the working directory `folder`, for the workflow of `checkout`.

    If they are missing or invalid, the plan has no jobs, and `problem` gives the reason.
    """
    missing = [str(file) for file in study_files if not file.is_file()]
    if not missing and study_files:
        found = _call(checkout, folder.resolve(), [file.absolute() for file in study_files])
        if found["rules"]:
            return SnakemakePlan(found | {"is_refused": bool(found["problem"])})
        problem, is_refused = found["problem"], True
    else:
        problem, is_refused = f"found no study file {', '.join(missing)}".rstrip(), False
    with tempfile.TemporaryDirectory() as elsewhere:  # the properties of the rules are the same for any study
        rules = _call(checkout, Path(elsewhere), [])["rules"]
        return SnakemakePlan({"rules": rules, "jobs": [], "problem": problem, "is_refused": is_refused})


def _call(checkout: Path, folder: Path, study_files: list[Path]) -> dict:
    is_new = not (folder / ".snakemake").exists()
    done = subprocess.run(
        [sys.executable, "-m", "murmur.audit.snakemake_plan", checkout, folder, *study_files],
        env=os.environ | {"PYTHONPATH": str(checkout / "scripts")},
        capture_output=True,
        text=True,
    )
    if is_new:
        shutil.rmtree(folder / ".snakemake", ignore_errors=True)
    if done.returncode:
        return {"problem": _reason(done.stderr), "jobs": [], "rules": {}}
    return json.loads(done.stdout)


def _reason(output: str) -> str:
    """Return the message of the exception that ended Snakemake: the text after its name, otherwise the last line."""
    _, raised, message = output.rpartition("WorkflowError: ")
    lines = [line.strip() for line in (message if raised else output).splitlines() if line.strip()]
    return "; ".join(lines if raised else lines[-1:]) or "Snakemake gave no reason"


def _plan(checkout: Path, folder: Path, study_files: list[Path]) -> dict:
    from snakemake.api import SnakemakeApi
    from snakemake.settings.types import ConfigSettings, DAGSettings, OutputSettings, Quietness, ResourceSettings

    found = {"problem": "", "jobs": [], "rules": {}}
    with SnakemakeApi(OutputSettings(quiet={Quietness.ALL}, dryrun=True)) as api:
        planned = api.workflow(
            resource_settings=ResourceSettings(cores=1),
            config_settings=ConfigSettings(configfiles=study_files),
            snakefile=checkout / "Snakefile",
            workdir=folder,
        )
        planned.dag(DAGSettings(forceall=True))
        workflow = planned._workflow
        try:
            workflow._prepare_dag(forceall=True, ignore_incomplete=True, lock_warn_only=True, nolock=True)
            found["rules"] = {rule.name: _flags(rule) for rule in workflow.rules}
            workflow._build_dag()
            found["jobs"] = [_described(job) for job in workflow.dag.jobs if job.output]
        except Exception as error:
            found["problem"] = "; ".join(str(error).split("\n"))
    return found


def _flags(rule) -> dict:
    from snakemake.io import is_flagged

    return {
        "temporary": sorted(Path(file).name for file in rule.output if is_flagged(file, "temp")),
        "has_code": "code" in rule.params.keys(),  # noqa: SIM118 -- not a dictionary
    }


def _described(job) -> dict:
    from snakemake.io import is_flagged

    return {
        "rule": job.rule.name,
        "outputs": [str(file) for file in job.output if not is_flagged(file, "directory")],
        "inputs": [str(file) for file in job.input],
        "settings": settings_of(job.params.items()),
    }


if __name__ == "__main__":
    with contextlib.redirect_stdout(io.StringIO()):
        found = _plan(Path(sys.argv[1]), Path(sys.argv[2]), [Path(file) for file in sys.argv[3:]])
    print(json.dumps(found))
