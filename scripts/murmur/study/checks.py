"""Checks of a study file beyond its schema: existing files, known names, and names that Snakemake can carry."""

import difflib
import os
from collections.abc import Collection, Iterable
from pathlib import Path

from murmur.errors import BadInput
from murmur.files import check_name, natural_key


def nearest(word: str, words: Collection[str]) -> str:
    """Return '; did you mean ...?' with the one of `words` that resembles `word`; empty if none does."""
    match = difflib.get_close_matches(str(word), [str(w) for w in words], n=1)
    return f"; did you mean '{match[0]}'?" if match else ""


def exactly_one(section: dict, keys: Collection[str], path: str) -> str:
    """Return the one of `keys` in the section at `path` of the study file. Raises BadInput for none or several."""
    given = [key for key in keys if key in section]
    if len(given) != 1:
        advice = "remove the others" if given else "add one"
        found = f"{' and '.join(given) or 'none'} of {', '.join(keys)}"
        raise BadInput(f"{path}: found {found}, expected exactly one; {advice}")
    return given[0]


def existing(path: str, key: str, kind: str) -> Path:
    """Return `path`, given by `key` of the study file.

    Raises BadInput unless that `kind` (file, folder) exists, with a name that Snakemake can carry, and a folder can be
    listed. Files are opened where they are read.
    """
    shown = path if path.isprintable() else repr(path)[1:-1]
    if not path.strip():
        raise BadInput(f"{key}: found an empty path, expected that of a {kind}; write it")
    try:
        exists = Path(path).is_dir() if kind == "folder" else Path(path).is_file()
        if exists and kind == "folder":
            os.listdir(path)
        if exists:
            check_name(path)
    except BadInput as problem:
        raise BadInput(f"{key}: {problem}") from None
    except (OSError, ValueError) as error:
        reason = "no permission for it" if isinstance(error, PermissionError) else getattr(error, "strerror", error)
        raise BadInput(
            f"{key}: found the {kind} '{shown}', but {reason}, expected a readable one; correct the path or its "
            "permissions"
        ) from None
    if not exists:
        advice = "write the path in full, because ~ has no meaning here" if path.startswith("~") else "correct the path"
        raise BadInput(
            f"{key}: found no {kind} '{shown}' (relative to the working directory, {Path.cwd()}), expected one; "
            f"{advice}"
        )
    return Path(path)


def in_natural_order(names: Iterable[str]) -> list[str]:
    """Sort names such that Mouse2 precedes Mouse10. Raises BadInput for a name that Snakemake cannot carry."""
    names = list(names)
    for name in names:
        check_name(name)
    return sorted(names, key=natural_key)


def one_of(name: str, known: list[str], key: str) -> None:
    """Raise BadInput unless `name`, given by `key` of the study file, is one of the `known` names."""
    if name not in known:
        expected = (
            f"expected one of {', '.join(known)}{nearest(name, known)}"
            if known
            else "but there are none to choose from; add one"
        )
        raise BadInput(f"{key}: found '{name}', {expected}")
