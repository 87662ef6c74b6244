"""Splitting of a cohort into training, validation and test sets. All slices of a mouse belong to one set."""

import difflib
import random
from collections.abc import Collection, Mapping, Sequence

from murmur.data.user_tables import read_rows
from murmur.errors import BadInput
from murmur.files import named_alike

SPLITS = ("train", "validation", "test")
OWN_SPLIT = "or provide a table with the columns mouse and split (split: {file: split.csv})"  # the end of messages


def _shares(groups: Mapping[str, list[str]], wanted: int) -> dict[str, int]:
    """Divide `wanted` mice among the groups in proportion to their sizes, by the largest remainder."""
    total = sum(len(mice) for mice in groups.values())
    exact = {name: wanted * len(mice) / total for name, mice in groups.items()} if total else {}
    shares = {name: int(share) for name, share in exact.items()}
    by_remainder = sorted(exact, key=lambda name: (shares[name] - exact[name], name))
    for name in by_remainder[: wanted - sum(shares.values())]:
        shares[name] += 1
    return shares


def draw_split(
    mice: Collection[str],
    phenotypes: Mapping[str, str],
    inflow: Collection[str],
    without_contours: Collection[str],
    numbers: Mapping[str, int],
    seed: int,
    key: str = "split",
    n_excluded: int = 0,
    noun: str = "mice",
) -> dict[str, str]:
    """Draw a random split of a cohort, stratified by phenotype.

    Mice with inflow frames are assigned to the training set, as in the published study, and mice without contours to
    the test set. The others are drawn within each phenotype in proportion to its size, so that each set has about the
    same mix of phenotypes as the cohort; mice of unknown phenotype form a group of their own.

    Parameters
    ----------
    mice : collection of str
        All mice of the cohort.
    phenotypes : mapping of str to str
        Phenotype of each mouse for which it is known.
    inflow : collection of str
        Mice with inflow frames.
    without_contours : collection of str
        Mice without reference contours.
    numbers : mapping of str to int
        Number of mice for each of `train`, `validation` and `test`.
    seed : int
        Random seed. The same seed and mice give the same split, in whatever order the mice are given.
    key : str, optional
        Key of the split in the study file, for messages.
    n_excluded : int, optional
        Number of excluded mice, which are not among `mice`, for messages.
    noun : str, optional
        What is drawn, for messages: animals instead of mice, if these have several scans.

    Returns
    -------
    dict of str to str
        Set of each mouse.

    Raises
    ------
    BadInput
        If the numbers do not add up to the number of mice, or leave no room for the mice with a fixed set.
    """
    if sum(numbers.values()) != len(mice):
        excluded = f" ({n_excluded} excluded)" if n_excluded else ""
        raise BadInput(
            f"{key}: found {' + '.join(str(numbers[s]) for s in SPLITS)} = {sum(numbers.values())} {noun}, "
            f"expected the cohort's {len(mice)}{excluded}; correct train, validation and test, {OWN_SPLIT}"
        )
    if len(inflow) > numbers["train"]:
        raise BadInput(
            f"{key}: found {numbers['train']} training mice, expected at least {len(inflow)}, because all mice with "
            f"inflow frames are training mice; increase train, {OWN_SPLIT}"
        )
    if len(without_contours) > numbers["test"]:
        raise BadInput(
            f"{key}: found {numbers['test']} test mice, expected at least {len(without_contours)}, because all mice "
            f"without contours are test mice; increase test, {OWN_SPLIT}"
        )
    generator = random.Random(seed)
    groups: dict[str, list[str]] = {}
    for mouse in sorted(set(mice) - set(inflow) - set(without_contours)):
        groups.setdefault(phenotypes.get(mouse, ""), []).append(mouse)
    for name in sorted(groups):
        generator.shuffle(groups[name])
    assignment = {mouse: "test" if mouse in without_contours else "train" for mouse in mice}
    for split, wanted in (("test", numbers["test"] - len(without_contours)), ("validation", numbers["validation"])):
        for name, share in _shares(groups, wanted).items():
            for _ in range(share):
                assignment[groups[name].pop()] = split
    return assignment


def draw_folds(
    animals: Collection[str], phenotypes: Mapping[str, str], number: int, seed: int, key: str = "folds"
) -> dict[str, int]:
    """Divide animals at random into folds, stratified by phenotype.

    The sizes of two folds differ by one animal at most, as do their numbers of animals of a phenotype; animals of
    unknown phenotype form a group of their own.

    Parameters
    ----------
    animals : collection of str
        The animals. Scans are not divided, so that all scans of an animal are in one fold.
    phenotypes : mapping of str to str
        Phenotype of each animal for which it is known.
    number : int
        Number of folds.
    seed : int
        Random seed. The same seed and animals give the same folds, in whatever order the animals are given.
    key : str, optional
        Key of the folds in the study file, for messages.

    Returns
    -------
    dict of str to int
        Fold of each animal, counted from 1.

    Raises
    ------
    BadInput
        If there are fewer animals than folds.
    """
    groups: dict[str, list[str]] = {}
    for animal in sorted(set(animals)):
        groups.setdefault(phenotypes.get(animal, ""), []).append(animal)
    if len(set(animals)) < number:
        raise BadInput(
            f"{key}: found {number} folds, expected at most {len(set(animals))}, the number of training and validation "
            "mice, because each fold needs one; choose fewer folds, or change the split"
        )
    generator, in_turn = random.Random(seed), []
    for name in sorted(groups):
        generator.shuffle(groups[name])
        in_turn += groups[name]
    return {animal: 1 + place % number for place, animal in enumerate(in_turn)}


def read_split(path: str, mice: Collection[str], excluded: Collection[str] = ()) -> dict[str, str]:
    """Read a split from a CSV file.

    Parameters
    ----------
    path : str
        CSV file with the columns mouse and split.
    mice : collection of str
        Mice of the cohort that are analysed.
    excluded : collection of str, optional
        Excluded mice, whose rows are ignored.

    Returns
    -------
    dict of str to str
        Set of each mouse, in the order of `mice`.

    Raises
    ------
    BadInput
        If a mouse is missing, unknown, in two sets, or in a set of another name.
    """
    assignment: dict[str, str] = {}
    names = named_alike([*mice, *excluded])
    for row in read_rows(path, ["mouse", "split"]):
        mouse, split = names.get(row["mouse"], row["mouse"]), row["split"]
        if split not in SPLITS:
            near = difflib.get_close_matches(split.casefold(), SPLITS, n=1)
            advice = f"did you mean '{near[0]}'?" if near else "correct it"
            raise BadInput(f"{path}: found the split '{split}' for {mouse}, expected {', '.join(SPLITS)}; {advice}")
        if assignment.get(mouse, split) != split:
            raise BadInput(
                f"{path}: found {mouse} in both {assignment[mouse]} and {split}, expected one set; remove one row"
            )
        assignment[mouse] = split
    if missing := [mouse for mouse in mice if mouse not in assignment]:
        some = ", ".join(missing[:5])
        raise BadInput(f"{path}: found no row for {some}, expected one for each of {len(mice)} mice; add them")
    if unknown := sorted(set(assignment) - set(mice) - set(excluded)):
        raise BadInput(f"{path}: found {', '.join(unknown[:5])}, expected only mice of the cohort; remove the rows")
    return {mouse: assignment[mouse] for mouse in mice}


def check_whole_animals(path: str, assignment: Mapping[str, str], animals: Mapping[str, str]) -> None:
    """Check that all scans of an animal are in one set.

    Parameters
    ----------
    path : str
        File of the split, for messages.
    assignment : mapping of str to str
        Set of each mouse.
    animals : mapping of str to str
        Animal of each mouse.

    Raises
    ------
    BadInput
        If an animal has scans in two sets.
    """
    first: dict[str, str] = {}
    for mouse, split in assignment.items():
        other = first.setdefault(animals[mouse], mouse)
        if assignment[other] != split:
            raise BadInput(
                f"{path}: found {other} in {assignment[other]} and {mouse} in {split}, which are scans of the animal "
                f"{animals[mouse]}, expected all scans of an animal in one set; change the split"
            )


def inflow_note(inflow: Collection[str], assignment: Mapping[str, str]) -> str:
    """Describe the mice with inflow frames that a split does not use for training.

    Parameters
    ----------
    inflow : collection of str
        Mice with inflow frames.
    assignment : mapping of str to str
        Set of each mouse.

    Returns
    -------
    str
        A note; empty if there are none.
    """
    held_out = [mouse for mouse in assignment if mouse in inflow and assignment[mouse] != "train"]
    if not held_out:
        return ""
    note = f"Note: the split file does not use all mice with inflow frames for training ({', '.join(held_out)})."
    if tested := [mouse for mouse in held_out if assignment[mouse] == "test"]:
        note += (
            f" As test mice ({', '.join(tested)}), they bias the test of the published network, which was trained on "
            "all mice with inflow frames."
        )
    return note


def check_split(rows: Sequence[tuple[str, str]], digests: Mapping[str, str], key: str) -> None:
    """Check that no mouse is in two sets and that a network can be trained.

    Parameters
    ----------
    rows : sequence of (str, str)
        Mouse and set.
    digests : mapping of str to str
        SHA-256 of the file of each mouse; two names with the same file are the same mouse.
    key : str
        Key of the split in the study file, for messages.

    Raises
    ------
    BadInput
        If a mouse is in two sets, or the training or validation set is empty.
    """
    places: dict[str, tuple[str, str]] = {}
    for mouse, split in rows:
        other, where = places.setdefault(digests[mouse], (mouse, split))
        if where != split:
            same = "" if other == mouse else f" (same file as {other})"
            raise BadInput(
                f"{key}: found {mouse}{same} in both {where} and {split}, expected one set; change the split"
            )
    for split in ("train", "validation"):
        if split not in {where for _, where in places.values()}:
            raise BadInput(f"{key}: found no mouse in {split}, expected at least one; change the split")
