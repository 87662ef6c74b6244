"""What the parts of a study file must hold beyond their schema: files that exist, names that are known."""

import difflib
from collections.abc import Collection
from pathlib import Path

from murmur.errors import BadInput


def nearest(word: str, words: Collection[str]) -> str:
    """Return '; did you mean ...?' when one of `words` is nearly `word`, else nothing."""
    match = difflib.get_close_matches(str(word), [str(w) for w in words], n=1)
    return f"; did you mean '{match[0]}'?" if match else ""


def exactly_one(section: dict, keys: Collection[str], path: str) -> str:
    """Return the one of `keys` that the section at `path` of the study file gives. Raises BadInput for none or two."""
    given = [key for key in keys if key in section]
    if len(given) != 1:
        raise BadInput(f"{path}: found {' and '.join(given) or 'none'} of {', '.join(keys)}, expected exactly one")
    return given[0]


def existing(path: str, key: str, kind: str) -> Path:
    """Return the path that `key` of the study file names. Raises BadInput without such a `kind`, file or folder."""
    exists = Path(path).is_dir() if kind == "folder" else Path(path).is_file()
    if not exists:
        raise BadInput(
            f"{key}: found no {kind} '{path}' (relative to the working directory, {Path.cwd()}); correct the path"
        )
    return Path(path)


def one_of(name: str, known: list[str], key: str) -> None:
    """Raise BadInput when `name`, which `key` of the study file gives, is not one of the `known` names."""
    if name not in known:
        expected = f"expected one of {', '.join(known)}{nearest(name, known)}" if known else "but there is none; add it"
        raise BadInput(f"{key}: found '{name}', {expected}")
