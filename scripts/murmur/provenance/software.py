"""Which software a script runs on: the interpreter, and the packages that it and its modules import."""

import ast
import platform
import sys
from functools import cache
from importlib import metadata
from pathlib import Path

BEHIND = {"keras": ["tensorflow"]}  # what a package loads by itself, and computes with


@cache
def imported_packages(file: Path) -> frozenset[str]:
    """Return the names that a Python file imports from outside the standard library and `murmur`."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module.split(".")[0])
    return frozenset(names - sys.stdlib_module_names - {"murmur"})


def versions(names: set[str]) -> dict[str, str]:
    """Return the version of the distribution behind each name that can be imported here, sorted by distribution."""
    found = {}
    for name in sorted(names):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:  # the distribution has another name: skimage is in scikit-image
            for distribution in _distributions().get(name, []):
                found[distribution] = metadata.version(distribution)
    return dict(sorted(found.items()))


@cache
def _distributions() -> dict[str, list[str]]:
    return {name: sorted(set(found)) for name, found in metadata.packages_distributions().items()}


def software_of(files: list[Path]) -> dict[str, str]:
    """Return the versions of the interpreter and of the packages that `files` import, by name."""
    names = {name for file in files for name in imported_packages(file)} - {"snakemake"}
    names |= {other for name in names for other in BEHIND.get(name, [])}
    return {"python": platform.python_version(), **versions(names)}
