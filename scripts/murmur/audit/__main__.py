"""Trace a figure or table back to the mouse files, and verify every step on the way.

python -m murmur.audit FILE               a figure or table, or the results of a study, such as results/demo
python -m murmur.audit diff A B           why two versions of a figure or table differ
python -m murmur.audit compare-runs A B   differences between the results of two runs, byte for byte
"""

import argparse
import json
import signal
import sys
from pathlib import Path

from murmur.audit.check import VERDICTS
from murmur.audit.explain_difference import why_different
from murmur.audit.locate import origin
from murmur.audit.report import data_of, text_of_file, text_of_study
from murmur.audit.study import audit_file, audit_study
from murmur.errors import BadInput
from murmur.provenance.lineage import lineage

MEANING = """\
VERIFIED  every file matches its record, and study, code and software are those that made it
STALE     all files match their records, but a source, the code, a setting or a package has changed since
BROKEN    a file or record is missing or was altered

Exit status: 0 for VERIFIED, 1 for STALE, 2 for BROKEN; for diff and compare-runs, 0 without differences, 1 otherwise.
"""
COMPARISONS = ("diff", "compare-runs")


def parsed(arguments: list[str]) -> argparse.Namespace:
    """Return the arguments of the command line; `file` names one path, or two with `command`."""
    parser = argparse.ArgumentParser(
        prog="python -m murmur.audit",
        description=__doc__,
        epilog=MEANING,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="%(prog)s [diff | compare-runs] FILE [FILE] [--results DIR] [--json]",
    )
    parser.add_argument("file", nargs="+", type=Path)
    parser.add_argument(
        "--results",
        type=Path,
        default=Path("results"),
        metavar="DIR",
        help="where to search for the record of a file outside its folder (default: results)",
    )
    parser.add_argument("--json", action="store_true", help="print the complete findings as JSON")
    asked = parser.parse_args(arguments)
    asked.command = str(asked.file.pop(0)) if str(asked.file[0]) in COMPARISONS else ""
    if len(asked.file) != (2 if asked.command else 1):
        parser.error("name one FILE, or two after diff or compare-runs")
    return asked


def answer(asked: argparse.Namespace) -> tuple[int, dict, list[str]]:
    """Return the exit status and the findings, as data and as lines of text."""
    if asked.command == "diff":
        found = [origin(file, asked.results) for file in asked.file]
        (a, folder_a), (b, folder_b) = ((one.path, one.folder) for one in found)
        causes = why_different(lineage([a], folder_a), a, lineage([b], folder_b), b)
        lines = [line for kind, some in causes.items() for line in (kind, *(f"  {cause}" for cause in some))]
        return int(bool(causes)), causes, lines or ["The two versions are identical."]
    if asked.command == "compare-runs":
        from murmur.audit.compare_runs import compare_runs  # pandas and h5py take a second

        different, count = compare_runs(*asked.file)
        lines = [f"{name}: {words}" for name, words in different.items()]
        lines += [f"{len(different)} of {count} files differ" if different else f"{count} files, all identical"]
        return int(bool(different)), different, lines
    (file,) = asked.file
    if file.is_dir():
        audit, files = audit_study(file)
        data, lines = data_of(audit, files), text_of_study(audit, files)
    else:
        audit, found = audit_file(file, asked.results)
        data, lines = data_of(audit, [found.path]), text_of_file(audit, found, file)
    return VERDICTS.index(data["verdict"]), data, lines


def main(arguments: list[str]) -> int:
    """Run the requested command, print its findings and return the exit status."""
    asked = parsed(arguments)
    try:
        status, data, lines = answer(asked)
    except BadInput as problem:
        status, data = 2, {"verdict": "BROKEN", "files": [], "reason": str(problem)}
        lines = ["BROKEN", f"  BROKEN  {problem}."]
        if asked.command == "compare-runs":
            status, lines = 1, [f"{problem}."]
    print(json.dumps(data, indent=1) if asked.json else "\n".join(lines))
    return status


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # a pager may stop reading
    sys.exit(main(sys.argv[1:]))
