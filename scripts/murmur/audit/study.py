"""Audit of one file, or of all figures and tables of a study."""

import os
from pathlib import Path

from murmur.audit.check import Audit
from murmur.audit.current_state import CurrentState, place_of
from murmur.audit.locate import Origin, origin, working_directory
from murmur.audit.snakemake_plan import SnakemakePlan, plan
from murmur.errors import BadInput
from murmur.files import natural_key
from murmur.provenance.lineage import Lineage, lineage, study_lineage

CHECKOUT = Path(__file__).resolve().parents[3]
PRINTED = ("figures", "tables", "statistics", "paper")  # folders of what a paper shows


def audit_file(file: Path, results: Path) -> tuple[Audit, Origin]:
    """Audit one file, in its folder or detached; in the latter case, the records below `results` are searched.

    Raises BadInput if no record belongs to it.
    """
    found = origin(file, results)
    known = with_lost(study_lineage(Path(found.path).parts[1], found.folder), [found.path], found.folder)
    copies = {found.path: file} if found.detached else {}
    return Audit(known, [found.path], current_state(known, found.folder), copies), found


def audit_study(place: Path) -> tuple[Audit, list[str]]:
    """Audit the figures and tables below a folder of a study; return the audit and their paths.

    Raises BadInput if the folder does not belong to one study.
    """
    folder = working_directory(place / "any")
    if folder is None:
        raise BadInput(
            f"{place}: found no records, expected the results of a study, such as results/demo; correct the path"
        )
    place = Path(os.path.abspath(place))
    study = place.relative_to(folder).parts[1]
    known = study_lineage(study, folder)
    current = current_state(known, folder)
    files = printed(known, current.plan, folder / "results" / study)
    files = sorted((path for path in files if (folder / path).is_relative_to(place)), key=natural_key)
    return Audit(with_lost(known, files, folder), files, current), files


def with_lost(known: Lineage, files: list[str], folder: Path) -> Lineage:
    """Return the lineage `known`, with those of `files` that have no record added as lost."""
    return known._replace(lost=known.lost | lineage([file for file in files if file not in known.makers], folder).lost)


def current_state(known: Lineage, folder: Path) -> CurrentState:
    """Return the current state; the study files are those named in the record of the latest job."""
    latest = max(known.jobs, key=lambda job: job.started, default=None)
    names = latest.run["study_files"] if latest else []
    asked = plan(CHECKOUT, folder, [place_of(name, folder, CHECKOUT) for name in names])
    return CurrentState(folder, CHECKOUT, asked)


def printed(known: Lineage, asked: SnakemakePlan, results: Path) -> set[str]:
    """Return the figures and tables of a study in the folder `results`, and all other files that no job used.

    They include files that the study file requests but that do not exist; without a plan, all files in their folders.
    """
    paths = {*known.makers, *known.lost, *asked.job_of}
    used = {source["path"] for job in known.jobs for source in job.inputs}
    used |= {path for job in asked.jobs for path in job["inputs"]}
    if asked.problem:
        files = [file for name in PRINTED for file in (results / name).rglob("*") if not file.is_dir()]
        paths |= {file.relative_to(results.parent.parent).as_posix() for file in files}
    return {path for path in paths if path not in used or Path(path).parts[2] in PRINTED}
