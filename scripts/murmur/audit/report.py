"""Findings of an audit, as text and as machine-readable data."""

from pathlib import Path

from murmur.audit.check import VERDICTS, Audit, Reason, in_order, worst
from murmur.audit.lineage_text import source_table, tree
from murmur.audit.locate import Origin


def text_of_file(audit: Audit, found: Origin, file: Path) -> list[str]:
    """Return the lines of the derivation of a file, down to its sources, and its verdict."""
    lines = [f"{file} is {found.folder / found.path}"] if found.detached else []
    if found.path in audit.makers:
        job = audit.makers[found.path]
        made, run = job.made, job.run
        lines += [
            f"study   {made['study']} ({', '.join(run['study_files'])})",
            f"record  {job.record}",
            f"in      {job.place}",
            f"commit  {made['commit'].replace('+', ', with uncommitted changes')}",
            f"made    {run['started'][:19].replace('T', ' ')} UTC on {run['host']} ({run['system']}), "
            f"in {run['seconds']} s with {run['peak_memory_MB']} MB",
            "",
        ]
        lines += tree(audit, found.path)
        table = source_table(audit)
        lines += [
            "",
            "Sources, with the first digits of their SHA-256" if table else "No sources: everything was generated.",
            *table,
        ]
    verdict, reasons = audit.verdict(found.path)
    files = len([path for path in audit.reached if path in audit.makers])
    praise = f": {files} files and {len(audit.sources)} sources match their records, and nothing has changed since."
    lines += ["", *audit.current.not_compared, verdict + (praise if not reasons else "")]
    return lines + [f"  {reason.verdict}  {reason.sentence}" for reason in reasons]


def text_of_study(audit: Audit, files: list[str]) -> list[str]:
    """Return a line with the verdict on each figure and table, the overall verdict, and each reason once."""
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
    lines += ["", *audit.current.not_compared]
    lines += [f"{worst(touched)}: of {len(groups)} figures and tables {', '.join(counts)}."]
    return lines + [
        f"  {reason.verdict}  {reason.sentence} [{count} of {len(files)} files]" for reason, count in touched.items()
    ]


def touched_by(audit: Audit, files: list[str]) -> dict[Reason, int]:
    """Return every reason in `files`, worst first, and the number of files that it affects."""
    reasons = [reason for path in files for reason in audit.verdict(path)[1]]
    return {reason: reasons.count(reason) for reason in in_order(set(reasons))}


def data_of(audit: Audit, files: list[str]) -> dict:
    """Return the findings as values of JSON."""
    verdicts = {path: audit.verdict(path) for path in files}
    return {
        "verdict": worst(reason for _, reasons in verdicts.values() for reason in reasons),
        "files": [
            {"path": path, "verdict": verdict, "reasons": [reason._asdict() for reason in reasons]}
            for path, (verdict, reasons) in verdicts.items()
        ],
        "not_compared": audit.current.not_compared,
        "jobs": [job._asdict() for job in audit.jobs],
        "sources": {path: audit.digests[path] for path in audit.sources},
    }
