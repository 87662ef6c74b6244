"""The commit of the code that runs."""

import subprocess
from pathlib import Path

CODE = ("Snakefile", "rules", "scripts", "envs")


def commit_of(checkout: str | Path) -> str:
    """Return the commit that `checkout` is at, with a "+" behind it when the code differs; "unknown" without git."""
    try:
        commit = _git(checkout, "rev-parse", "HEAD")
        return commit + ("+" if _git(checkout, "status", "--porcelain", "--", *CODE) else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _git(checkout: str | Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", checkout, *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()
