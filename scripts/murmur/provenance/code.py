"""The code of a job: its modules, their science digests, the packages that they import, and the commit.

The science digest of a file is that of its syntax tree without the parts that cannot affect results: comments,
formatting, docstrings, log messages and error messages. Each rule has the science digest of its script and of all
modules that the script imports as the param `code`, so that a changed formula, and nothing less, reruns the rule.
Plumbing (the code that logs and records jobs) contributes only its `FORMAT`, a number to be incremented by hand when a
change alters the bytes or the meaning of results.
"""

import ast
import contextlib
import hashlib
import json
import platform
import re
import subprocess
import sys
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from murmur.files import atomic_write, sha256

PLUMBING = ("job.py", "logs.py", "errors.py", "files.py", "provenance/")  # in the library's folder
LOGGERS = {"LOG", "log", "logger", "logging"}
LOG_FUNCTIONS = {"print", "say"}
WITH_TEXT = {"progress", "BadInput"}  # their text arguments are descriptions and error messages
NOT_SCIENCE = {"ctx", "kind", "type_comment"}  # fields of syntax trees
TEMPLATE = ".j2"  # modules name the templates that they fill in, in the folder templates next to them
LOADED_BY = {"keras": ["tensorflow"]}  # backends that a package loads
VERSIONED = ("Snakefile", "rules", "scripts", "envs")  # what counts as code in a checkout


# --- modules ---------------------------------------------------------------------------------------------------------


class _Source(NamedTuple):
    """The imports of a Python file, including the templates that it fills in, and its science digest."""

    modules: frozenset[Path]
    packages: frozenset[str]
    science: str


@cache
def _read(file: Path) -> _Source:
    if file.suffix == TEMPLATE:
        return _read_template(file)
    names, templates, science = _parsed(file)
    library = _library(file.parent)
    inner = {name for name in names if name.split(".")[0] == "murmur"}
    modules = {module for name in inner for module in _modules_named(library, name)}
    modules |= {path for name in templates if (path := file.parent / "templates" / name).is_file()}
    packages = {name.split(".")[0] for name in names} - {"murmur"} - sys.stdlib_module_names
    return _Source(frozenset(modules), frozenset(packages), science)


@cache
def _modules_named(library: Path, name: str) -> list[Path]:
    """Return the file of a module of the library; nothing for the name of a member of a module."""
    path = library.joinpath(*name.split(".")[1:])
    return [file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()]


def _parsed(file: Path) -> tuple[list[str], list[str], str]:
    """Return the result of `_parse`, cached in `__pycache__` until the file or this module changes.

    Parsing all scripts takes more than a second, and every call of Snakemake needs them.
    """
    content = file.read_bytes()
    state = hashlib.sha256(Path(__file__).read_bytes() + content).hexdigest()
    note = file.parent / "__pycache__" / f"{file.stem}.science.json"
    try:
        known = json.loads(note.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        known = {}
    if known.get("state") != state:
        known = {"state": state, "found": _parse(file, content.decode("utf-8"))}
        with contextlib.suppress(OSError), atomic_write(note) as partial:  # the checkout may be read-only
            partial.write_text(json.dumps(known), encoding="utf-8")
    return known["found"]


def _parse(file: Path, text: str) -> tuple[list[str], list[str], str]:
    """Return the names that a Python file imports, the templates that it names, and its science digest.

    Names are those of modules, such as murmur.data, or of their members, such as murmur.data.split.SPLITS.
    """
    tree = ast.parse(text)
    names, templates = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.endswith(TEMPLATE):
            templates |= {node.value} if "\n" not in node.value else set()
    return sorted(names), sorted(templates), _science_digest(file, tree)


def _read_template(file: Path) -> _Source:
    """Read a template: it may name others in quotes, and every character is part of its digest."""
    text = file.read_text(encoding="utf-8")
    others = {file.parent / name for name in re.findall(rf'"([\w.-]+{re.escape(TEMPLATE)})"', text)}
    return _Source(frozenset(others), frozenset(), hashlib.sha256(text.encode()).hexdigest())


@cache
def _library(folder: Path) -> Path:
    """Return the folder of the library: the one that contains the `folder` of a module, or one in that of a script."""
    around = [folder, *folder.parents]
    inside = [parent for parent in around if parent.name == "murmur" and (parent / "__init__.py").is_file()]
    return inside[-1] if inside else folder / "murmur"


@cache
def modules_of(script: Path) -> list[Path]:
    """Return the files of all modules of `murmur` that `script` imports, directly or indirectly, sorted.

    Templates that the modules fill in are included.
    """
    seen, waiting = set(), [script]
    while waiting:
        for module in _read(waiting.pop()).modules:
            if module not in seen:
                seen.add(module)
                waiting.append(module)
    return sorted(seen)


def code_of(script: Path) -> dict[str, str]:
    """Return the SHA-256 of a script and of every module of `murmur` that it imports, by path in the checkout."""
    return {_name(file): sha256(file) for file in [script, *modules_of(script)]}


@cache
def _name(file: Path) -> str:
    """Return the path of a Python file in its checkout."""
    return file.relative_to(_library(file.parent).parent.parent).as_posix()


# --- science ---------------------------------------------------------------------------------------------------------


def science_of(script: Path) -> dict[str, str]:
    """Return the science digest of a script and of every module that it imports, by path in the checkout.

    Plumbing is excluded, except modules with a `FORMAT`.
    """
    digests = {_name(file): science_digest(file) for file in [script, *modules_of(script)]}
    return {name: digest for name, digest in digests.items() if digest}


def science_of_job(script: Path) -> str:
    """Return one digest (16 hexadecimal digits) of all that `science_of` returns: the param `code` of the rule."""
    return hashlib.sha256(repr(sorted(science_of(script).items())).encode()).hexdigest()[:16]


def science_digest(file: Path) -> str:
    """Return the science digest of a Python file, the same in every version of Python.

    For plumbing, it is the `FORMAT`, or empty if there is none.
    """
    return _read(file).science


def _science_digest(file: Path, tree: ast.Module) -> str:
    if is_plumbing(file):
        numbers = [line.value for line in tree.body if isinstance(line, ast.Assign) and _is_format(line)]
        return f"format {ast.literal_eval(numbers[0])}" if numbers else ""
    return hashlib.sha256(ascii(_science(tree)).encode()).hexdigest()


def is_plumbing(file: Path) -> bool:
    """Return whether a Python file is plumbing: code that logs and records jobs but computes no results."""
    library = _library(file.parent)
    return file.is_relative_to(library) and file.relative_to(library).as_posix().startswith(PLUMBING)


def _is_format(line: ast.Assign) -> bool:
    return isinstance(line.targets[0], ast.Name) and line.targets[0].id == "FORMAT"


def _science(node: object) -> object:
    """Return a syntax tree as nested tuples, without the parts that cannot affect results.

    Empty fields are omitted, because they differ between versions of Python (`type_params`).
    """
    if isinstance(node, list):
        return tuple(_science(item) for item in node if not _is_talk(item))
    if not isinstance(node, ast.AST):
        return node
    if isinstance(node, ast.Call) and _called(node) in WITH_TEXT:
        words = [keyword for keyword in node.keywords if not _is_text(keyword.value)]
        node = ast.Call(node.func, [value for value in node.args if not _is_text(value)], words)
    fields = [(name, _science(value)) for name, value in ast.iter_fields(node) if name not in NOT_SCIENCE]
    return type(node).__name__, *((name, value) for name, value in fields if value is not None and value != ())


def _is_talk(line: object) -> bool:
    """Return whether a statement is a docstring, a log message, or an import of plumbing."""
    if isinstance(line, ast.Pass):
        return True
    if isinstance(line, ast.Expr):
        return _is_text(line.value) or (isinstance(line.value, ast.Call) and _logs(line.value))
    if isinstance(line, ast.Assign) and isinstance(line.value, ast.Call):
        return _called(line.value) == "logging.getLogger"
    if isinstance(line, ast.Import):
        return [alias.name for alias in line.names] == ["logging"]
    return isinstance(line, ast.ImportFrom) and f"{line.module or ''}.".replace(".", "/").startswith(
        tuple(f"murmur/{name.removesuffix('.py').rstrip('/')}/" for name in PLUMBING)
    )


def _logs(call: ast.Call) -> bool:
    name, to_file = _called(call), any(keyword.arg == "file" for keyword in call.keywords)
    return (name in LOG_FUNCTIONS and not to_file) or name.partition(".")[0] in LOGGERS


def _called(call: ast.Call) -> str:
    """Return the name of the called function, such as `print` or `log.info`."""
    return ast.unparse(call.func) if isinstance(call.func, ast.Name | ast.Attribute) else ""


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


# --- software --------------------------------------------------------------------------------------------------------


def software_of(script: Path) -> dict[str, str]:
    """Return the versions of the interpreter and of the packages that a script and its modules import, by name."""
    names = {name for file in [script, *modules_of(script)] for name in _read(file).packages} - {"snakemake"}
    names |= {other for name in names for other in LOADED_BY.get(name, [])}
    return {"python": platform.python_version(), **versions(names)}


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


# --- commit ----------------------------------------------------------------------------------------------------------


def commit_of(checkout: str | Path) -> str:
    """Return the commit of `checkout`, followed by "+" if the code has uncommitted changes.

    It is "unknown" without git, and if the checkout is a copy inside another repository.
    """
    try:
        if not Path(_git(checkout, "rev-parse", "--show-toplevel")).samefile(checkout):
            return "unknown"
        commit = _git(checkout, "rev-parse", "HEAD")
        return commit + ("+" if _git(checkout, "status", "--porcelain", "--", *VERSIONED) else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _git(checkout: str | Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", checkout, *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()
