"""Say where a figure or table comes from, down to the files of the mice, and whether that is still true.

The one script here that is not a rule's: a person calls it.
"""

import argparse
import json
import os
import signal
import sys
from pathlib import Path

from murmur.audit.check import VERDICTS, Audit, Reason, in_order, worst
from murmur.audit.current_state import Present, place_of
from murmur.audit.explain_difference import why_different
from murmur.audit.lineage_text import source_table, tree
from murmur.audit.locate import Origin, origin, working_directory
from murmur.audit.snakemake_plan import Plan, plan
from murmur.errors import BadInput
from murmur.files import natural_key
from murmur.provenance.lineage import Lineage, lineage, recorded_files

CHECKOUT = Path(__file__).resolve().parent.parent
PRINTED = ("figures", "tables", "statistics", "paper")
MEANING = """\
VERIFIED  every file is what its record says, and the study, the code and the software are those that made it
STALE     all is as recorded, but something has changed since: a source, the code, a setting, a package
BROKEN    something is missing or was altered

The exit status is 0 for VERIFIED, 1 for STALE, 2 for BROKEN; with --diff 0 if the two are the same, and 1 if not.
"""


def known_records(folder: Path, study: str) -> Lineage:
    """Return the lineage of all that was made below `folder`/results/`study`, but for copies, as those in a package."""
    known = lineage([file.relative_to(folder) for file in recorded_files(folder / "results" / study)], folder)
    copies = {path for path, record in known.records.items() if path.endswith(f"/{record['file']['path']}")}
    return known._replace(records={path: known.records[path] for path in known.records if path not in copies})


def with_lost(known: Lineage, files: list[str], folder: Path) -> Lineage:
    """Return the lineage `known` with those of `files` that have no record."""
    return known._replace(lost=known.lost | lineage([file for file in files if file not in known.records], folder).lost)


def present_of(known: Lineage, folder: Path) -> Present:
    """Return what there is now; the study files are those that the latest of the records names."""
    runs = [record["run"] for record in known.records.values()]
    names = max(runs, key=lambda run: run["started"])["study_files"] if runs else []
    return Present(folder, CHECKOUT, plan(CHECKOUT, folder, [place_of(name, folder, CHECKOUT) for name in names]))


def audit_file(file: Path, results: Path) -> tuple[Audit, Origin]:
    """Audit one file, in its folder or detached; in the latter case its record is looked for below `results`.

    Raises BadInput when no record belongs to it.
    """
    found = origin(file, results)
    known = with_lost(known_records(found.folder, Path(found.path).parts[1]), [found.path], found.folder)
    copies = {found.path: file} if found.detached else {}
    return Audit(known, [found.path], present_of(known, found.folder), copies), found


def printed(known: Lineage, asked: Plan, results: Path) -> set[str]:
    """Return the figures and tables of a study in the folder `results`, and what else nothing was made from.

    What the study file asks for belongs to them, even if it is not there; without it, all that lies in their folders.
    """
    paths = {*known.records, *known.lost, *asked.job_of}
    used = {source["path"] for record in known.records.values() for source in record["made"]["inputs"]}
    used |= {path for job in asked.jobs for path in job["inputs"]}
    if asked.problem:
        files = [file for name in PRINTED for file in (results / name).rglob("*") if not file.is_dir()]
        paths |= {file.relative_to(results.parent.parent).as_posix() for file in files if file.suffix != ".json"}
    return {path for path in paths if path not in used or Path(path).parts[2] in PRINTED}


def audit_study(place: Path) -> tuple[Audit, list[str]]:
    """Audit the figures and tables below a folder of a study, and return which they are.

    Raises BadInput when the folder is not that of one study.
    """
    folder = working_directory(place / "any")
    if folder is None:
        raise BadInput(f"{place}: found no records, expected the results of a study, as results/demo")
    place = Path(os.path.abspath(place))
    study = place.relative_to(folder).parts[1]
    known = known_records(folder, study)
    present = present_of(known, folder)
    files = printed(known, present.plan, folder / "results" / study)
    files = sorted((path for path in files if (folder / path).is_relative_to(place)), key=natural_key)
    return Audit(with_lost(known, files, folder), files, present), files


def text_of_file(audit: Audit, found: Origin, file: Path) -> list[str]:
    """Return the lines that say where a file comes from, from the file down to its sources, and whether it is so."""
    lines = [f"{file} is {found.folder / found.path}"] if found.detached else []
    if found.path in audit.records:
        record = audit.records[found.path]
        made, run = record["made"], record["run"]
        lines += [
            f"study   {made['study']} ({', '.join(run['study_files'])})",
            f"record  {record['record']}",
            f"commit  {made['commit'].replace('+', ', and changes since')}",
            f"made    {run['started'][:19].replace('T', ' ')} UTC on {run['host']} ({run['system']}), "
            f"in {run['seconds']} s with {run['peak_memory_MB']} MB",
            "",
        ]
        lines += tree(audit, found.path)
        table = source_table(audit)
        lines += [
            "",
            "Sources, with the first digits of their sha256" if table else "No sources: all was made.",
            *table,
        ]
    verdict, reasons = audit.verdict(found.path)
    files = len([path for path in audit.reached if path in audit.records])
    praise = (
        f": {files} files and {len(audit.sources)} sources are what the records say, and nothing has changed since."
    )
    lines += ["", *audit.present.not_compared, verdict + (praise if not reasons else "")]
    return lines + [f"  {reason.verdict}  {reason.sentence}" for reason in reasons]


def text_of_study(audit: Audit, files: list[str]) -> list[str]:
    """Return a line for each figure and table with its verdict; then the verdict on all, and each reason once."""
    groups: dict[str, list[str]] = {}
    for path in files:
        groups.setdefault(str(Path(path).with_suffix("")), []).append(path)
    verdicts = {stem: worst(r for path in paths for r in audit.verdict(path)[1]) for stem, paths in groups.items()}
    width = max(map(len, groups), default=0)
    lines = [
        f"{verdicts[stem]:8}  {stem:{width}}  {' '.join(Path(path).suffix[1:] for path in paths)}"
        for stem, paths in groups.items()
    ]
    touched = touched_by(audit, files)
    counts = [f"{list(verdicts.values()).count(verdict)} {verdict}" for verdict in VERDICTS]
    lines += ["", *audit.present.not_compared]
    lines += [f"{worst(touched)}: of {len(groups)} figures and tables {', '.join(counts)}."]
    return lines + [
        f"  {reason.verdict}  {reason.sentence} [{count} of {len(files)} files]" for reason, count in touched.items()
    ]


def touched_by(audit: Audit, files: list[str]) -> dict[Reason, int]:
    """Return every reason in `files`, the worst first, and how many of them it touches."""
    reasons = [reason for path in files for reason in audit.verdict(path)[1]]
    return {reason: reasons.count(reason) for reason in in_order(set(reasons))}


def data_of(audit: Audit, files: list[str]) -> dict:
    """Return what the audit found, for machines."""
    verdicts = {path: audit.verdict(path) for path in files}
    return {
        "verdict": worst(reason for _, reasons in verdicts.values() for reason in reasons),
        "files": [
            {"path": path, "verdict": verdict, "reasons": [reason._asdict() for reason in reasons]}
            for path, (verdict, reasons) in verdicts.items()
        ],
        "not_compared": audit.present.not_compared,
        "records": {path: audit.records[path] for path in audit.reached if path in audit.records},
        "sources": {path: audit.digests[path] for path in audit.sources},
    }


def diff(a: Path, b: Path, results: Path) -> dict[str, list[str]]:
    """Return why two versions of a figure differ, by kind."""
    lineages = []
    for file in (a, b):
        found = origin(file, results)
        lineages += [lineage([found.path], found.folder), found.path]
    return why_different(*lineages)


def main(arguments: list[str] | None = None) -> int:
    """Audit what the command line names, print what was found, and return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n")[0], epilog=MEANING, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", nargs="*", type=Path, help="a figure or table, or a study's folder as results/demo")
    parser.add_argument(
        "--diff", nargs=2, type=Path, metavar=("A", "B"), help="say why two versions of a figure differ"
    )
    parser.add_argument(
        "--results",
        type=Path,
        default=Path("results"),
        metavar="DIR",
        help="where to look for the record of a file that is not in its folder (default: results)",
    )
    parser.add_argument("--json", action="store_true", help="print all that was found as JSON")
    asked = parser.parse_args(arguments)
    if (len(asked.file) != 1) == (asked.diff is None):
        parser.error("name one FILE, or two with --diff")
    try:
        if asked.diff:
            data = diff(*asked.diff, asked.results)
            status = int(bool(data))
            lines = [line for kind, causes in data.items() for line in (kind, *(f"  {cause}" for cause in causes))]
            lines = lines or ["The two are the same."]
        elif asked.file[0].is_dir():
            audit, files = audit_study(asked.file[0])
            data, lines = data_of(audit, files), text_of_study(audit, files)
            status = VERDICTS.index(data["verdict"])
        else:
            audit, found = audit_file(asked.file[0], asked.results)
            data, lines = data_of(audit, [found.path]), text_of_file(audit, found, asked.file[0])
            status = VERDICTS.index(data["verdict"])
    except BadInput as problem:
        data = {"verdict": "BROKEN", "files": [], "reason": str(problem)}
        lines, status = ["BROKEN", f"  BROKEN  {problem}."], 2
    print(json.dumps(data, indent=1) if asked.json else "\n".join(lines))
    return status


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # a pager may stop reading
    sys.exit(main())
