"""Readers with `seeds` or `folds`: each stands for several readers, which are repetitions of one training."""

from collections.abc import Mapping

from murmur.errors import BadInput


def with_repeats(readers: Mapping[str, dict]) -> dict[str, dict]:
    """Replace each reader with `seeds: N` or `folds: N` by readers named READER_1 to READER_N.

    Parameters
    ----------
    readers : mapping of str to dict
        The complete section `readers` of a study file.

    Returns
    -------
    dict
        The readers, each with its own `training.seed`, counted up from the one given, with `repeat_of` and, of folds,
        with the number of its `fold`. A reader that starts from one with repeats starts from the repeat of the same
        number, and one that selects among readers, or an ensemble of them, has all of their repeats.

    Raises
    ------
    BadInput
        If another reader has the name of a repeat.
    """
    repeats = {
        name: [f"{name}_{number}" for number in range(1, _number(reader) + 1)]
        for name, reader in readers.items()
        if _number(reader)
    }
    found: dict[str, dict] = {}
    for name, reader in readers.items():
        for number, new in enumerate(repeats.get(name, [name])):
            if new in found or (new != name and new in readers):
                raise BadInput(f"readers.{new}: found this name for a repeat of '{name}' too; rename the reader")
            found[new] = _repeat(name, reader, number, repeats)
    return found


def _number(reader: dict) -> int:
    """Return the number of readers for which a reader stands; 0 if it is not repeated, as one with a single `fold`."""
    return reader.get("seeds", 0) or (0 if "fold" in reader else reader.get("folds", 0))


def _repeat(name: str, reader: dict, number: int, repeats: Mapping[str, list[str]]) -> dict:
    """Return the settings of repeat `number`, counted from 0, of a reader."""
    settings = {key: value for key, value in reader.items() if key != "seeds"}
    if name in repeats:
        settings["training"] = reader["training"] | {"seed": reader["training"]["seed"] + number}
        settings["repeat_of"] = name
        if "folds" in reader:
            settings["fold"] = 1 + number
    if (start := reader.get("start_from")) in repeats:
        settings["start_from"] = repeats[start][min(number, len(repeats[start]) - 1)]
    if "select" in reader:
        settings["select"] = reader["select"] | {"from": _all_repeats(reader["select"]["from"], repeats)}
    if "ensemble" in reader:
        settings["ensemble"] = _all_repeats(reader["ensemble"], repeats)
    return settings


def _all_repeats(names: list[str], repeats: Mapping[str, list[str]]) -> list[str]:
    """Return the names of readers, with those of all repeats instead of one for which they stand."""
    return list(dict.fromkeys(new for name in names for new in repeats.get(name, [name])))
