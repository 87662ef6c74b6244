"""A study that does not need Snakemake: two sources, two masks made from them, a table and its figure.

mouse, weights -> results/tiny/mask1.h5, mask2.h5 -> statistics/table.csv (with mouse) -> figures/figure.svg
"""

import json
from pathlib import Path

from murmur.audit.snakemake_plan import SnakemakePlan
from murmur.files import MEMORY
from murmur.provenance.code import science_digest
from murmur.provenance.lineage import Lineage, lineage, study_lineage
from murmur.provenance.record import digest, inputs_of, read_record, write_record
from murmur.provenance.run_context import RunContext
from murmur.provenance.stamp import WORDS

MASKS = ["results/tiny/mask1.h5", "results/tiny/mask2.h5"]
TABLE, FIGURE = "results/tiny/statistics/table.csv", "results/tiny/figures/figure.svg"
INPUTS = {
    MASKS[0]: {"mouse": "mouse", "model": "weights"},
    MASKS[1]: {"mouse": "mouse", "model": "weights"},
    TABLE: {"first": MASKS[0], "second": MASKS[1], "mouse": "mouse"},
    FIGURE: {"table": TABLE},
}
RULES = {MASKS[0]: "segment", MASKS[1]: "segment", TABLE: "measure", FIGURE: "plot"}


def record_file(path: str) -> Path:
    """Return the path of the record of the job that makes a file."""
    return Path("results/tiny/provenance/jobs", RULES[path], f"{Path(path).stem}.json")


def make(path: str, minute: int, inputs: dict[str, str] | None = None, content: str = "", **changes) -> None:
    """Make a file and its record in the working directory, as the rule of its name did `minute` minutes past ten."""
    rule = RULES[path]
    made = {
        "study": "tiny",
        "rule": rule,
        "wildcards": {"file": Path(path).stem},
        "script": f"scripts/{rule}.py",
        "inputs": inputs_of((inputs or INPUTS[path]).items()),
        "settings": {"alpha": 0.05},
        "commit": "unknown",
        "code": {f"scripts/{rule}.py": digest(rule)},
        "science": {f"scripts/{rule}.py": science_digest(Path("checkout/scripts", f"{rule}.py"))},
        "software": {},
    } | changes
    run = {"study_files": ["tiny.yaml"], "host": "here", "system": "any", "threads": 1}
    run |= {"started": f"2026-01-01T10:{minute:02}:00+00:00", "seconds": 1.0, "peak_memory_MB": 9}
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    stamp = WORDS.format(study="tiny", record=digest(made), commit="unknown") if path == FIGURE else ""
    Path(path).write_text((content or path) + stamp)
    write_record(record_file(path), [path], made, run)


def make_study(folder: Path) -> None:
    """Make the whole study in `folder`, the working directory, with its scripts in `folder`/checkout."""
    (folder / "checkout" / "scripts").mkdir(parents=True)
    for rule in RULES.values():
        (folder / "checkout" / "scripts" / f"{rule}.py").write_text(f"rule = {rule!r}\n")
    for source in ("mouse", "weights"):
        (folder / source).write_text(source)
    context = RunContext(["tiny.yaml"], "9", "unknown", {path: str(record_file(path)) for path in RULES}, {})
    (folder / MEMORY).mkdir(parents=True)
    (folder / MEMORY / "tiny.json").write_text(json.dumps(context._asdict()))
    for minute, path in enumerate(INPUTS):
        make(path, minute)


def known(folder: Path, *files: str) -> Lineage:
    """Return the lineage of all files of the study, and of others."""
    found = study_lineage("tiny", folder)
    return lineage([*found.makers, *found.lost, *files], folder)


def planned(**rules: dict) -> SnakemakePlan:
    """Return the plan of the unchanged study; `rules` overrides properties of rules."""
    jobs = [
        {"rule": RULES[path], "outputs": [path], "inputs": [*inputs.values()], "settings": {"alpha": 0.05}}
        for path, inputs in INPUTS.items()
    ]
    flags = {rule: {"temporary": [], "has_code": True} for rule in RULES.values()}
    for job in jobs:
        job |= {part: value for part, value in rules.get(job["rule"], {}).items() if part in job}
    for rule, changes in rules.items():
        flags[rule] |= {part: value for part, value in changes.items() if part in flags[rule]}
    return SnakemakePlan({"problem": "", "jobs": jobs, "rules": flags})


def edit(path: str, change, sealed: bool = True) -> None:
    """Change the record of a file with `change(record)`, and reseal it if `sealed`."""
    record = read_record(record_file(path))
    change(record)
    if sealed:
        record["record"] = digest(record["made"])
        record["seal"] = digest({part: content for part, content in record.items() if part != "seal"})
    record_file(path).write_text(json.dumps(record))
