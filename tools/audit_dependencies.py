"""Audit the pinned packages for known vulnerabilities, with pip-audit: `make audit-dependencies`.

Exits with 1 if a vulnerability is known, and with 2 if packages could not be looked up, because then nothing is known.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

ENVS = Path(__file__).resolve().parents[1] / "envs"
SHOWN = 5  # packages without an answer


def audit(requirements: Path) -> list[dict]:
    """Return pip-audit's entry for each package of a file of requirements; none if it failed."""
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "found.json"
        options = ["--progress-spinner", "off", "--disable-pip", "--require-hashes", "--format", "json"]
        command = [
            sys.executable,
            "-m",
            "pip_audit",
            *options,
            "--requirement",
            str(requirements),
            "--output",
            str(found),
        ]
        done = subprocess.run(command, capture_output=True, text=True)
        if not found.is_file():
            print(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "pip-audit failed", file=sys.stderr)
            return []
        return json.loads(found.read_text(encoding="utf-8"))["dependencies"]


def report(name: str, entries: list[dict]) -> tuple[int, int]:
    """Print what is known about the packages of a file; return the numbers of vulnerabilities and of open questions."""
    unknown = [entry["name"] for entry in entries if "skip_reason" in entry]
    known = [(entry, flaw) for entry in entries for flaw in entry.get("vulns", [])]
    for entry, flaw in known:
        mended = ", ".join(flaw["fix_versions"]) or "no version yet"
        print(f"{name}: {entry['name']} {entry['version']} has {flaw['id']}; corrected in {mended}")
    if unknown or not entries:
        names = ", ".join(unknown[:SHOWN]) + (", ..." if len(unknown) > SHOWN else "")
        print(f"{name}: NOT AUDITED: the database of vulnerabilities gave no answer for {names or 'any package'}")
    return len(known), len(unknown) or int(not entries)


def main() -> int:
    """Audit every file of pinned requirements; return the exit status."""
    files = sorted(ENVS.glob("requirements*.txt"))
    counts = [report(file.name, audit(file)) for file in files]
    vulnerable, unknown = (sum(column) for column in zip(*counts, strict=True))
    if not vulnerable and not unknown:
        print(f"No vulnerability is known for the packages of {', '.join(file.name for file in files)}.")
    return 1 if vulnerable else 2 if unknown else 0


if __name__ == "__main__":
    sys.exit(main())
