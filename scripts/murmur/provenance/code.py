"""Which modules of the library a script imports, so that editing one of them runs the script's rules again."""

import ast
import hashlib
from functools import cache
from pathlib import Path


@cache
def _imported(file: Path) -> frozenset[Path]:
    """Return the files of `murmur` that a Python file names in its import statements, wherever they stand."""
    library = _library(file)
    names = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "murmur":
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names if alias.name.split(".")[0] == "murmur"}
    found = set()
    for name in names:
        path = library.joinpath(*name.split(".")[1:])
        found |= {candidate for candidate in (path.with_suffix(".py"), path / "__init__.py") if candidate.is_file()}
    return frozenset(found)


def _library(file: Path) -> Path:
    """Return the folder of the library: beside the script, or the one that the module itself lies in."""
    inside = [parent for parent in file.parents if parent.name == "murmur" and (parent / "__init__.py").is_file()]
    return inside[-1] if inside else file.parent / "murmur"


@cache
def modules_of(script: Path) -> list[Path]:
    """Return the files of all modules of `murmur` that `script` imports, directly or through another, sorted."""
    seen, waiting = set(), [script]
    while waiting:
        for module in _imported(waiting.pop()):
            if module not in seen:
                seen.add(module)
                waiting.append(module)
    return sorted(seen)


@cache
def digest_of(script: Path) -> str:
    """Return a digest of the content of `script` and of all modules of `murmur` that it imports."""
    digest = hashlib.sha256()
    for module in [script, *modules_of(script)]:
        digest.update(module.read_bytes())
    return digest.hexdigest()[:16]
