"""Which mice train, validate and test a network. The unit is the mouse: all its slices go to one set."""

import csv
import random
from collections.abc import Collection, Mapping

from murmur.errors import BadInput

SPLITS = ("train", "validation", "test")


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
    numbers: Mapping[str, int],
    seed: int,
) -> dict[str, str]:
    """Draw a split by mouse: `numbers` gives the mice wanted for train, validation and test.

    Mice with inflow frames (`inflow`) train, as in the published study. The others are drawn within each phenotype in
    proportion to its size (a mouse without phenotype belongs to a group of its own), so that every set has about the
    cohort's mix. The same seed and mice give the same split, in whatever order the mice come.

    Raises BadInput when the numbers do not add up to the mice, or leave no room for the inflow mice.
    """
    if sum(numbers.values()) != len(mice):
        raise BadInput(
            f"split: found {' + '.join(str(numbers[s]) for s in SPLITS)} = {sum(numbers.values())} mice, "
            f"expected the cohort's {len(mice)}; correct train, validation or test"
        )
    if len(inflow) > numbers["train"]:
        raise BadInput(
            f"split: found {numbers['train']} training mice, expected at least {len(inflow)}, "
            "because every mouse with inflow frames trains"
        )
    generator = random.Random(seed)
    groups: dict[str, list[str]] = {}
    for mouse in sorted(set(mice) - set(inflow)):
        groups.setdefault(phenotypes.get(mouse, ""), []).append(mouse)
    for name in sorted(groups):
        generator.shuffle(groups[name])
    assignment = dict.fromkeys(mice, "train")
    for split in ("test", "validation"):
        for name, share in _shares(groups, numbers[split]).items():
            for _ in range(share):
                assignment[groups[name].pop()] = split
    return assignment


def read_split(path: str, mice: Collection[str]) -> dict[str, str]:
    """Read a split from the CSV file `path` with the columns mouse and split.

    Raises BadInput when a mouse is in two sets, missing, unknown, or in a set of another name.
    """
    assignment: dict[str, str] = {}
    with open(path, newline="", encoding="utf-8-sig") as file:
        rows = csv.DictReader(file)
        if not {"mouse", "split"} <= set(rows.fieldnames or []):
            raise BadInput(f"{path}: found the columns {', '.join(rows.fieldnames or [])}, expected mouse and split")
        for row in rows:
            mouse, split = row["mouse"], row["split"]
            if split not in SPLITS:
                raise BadInput(f"{path}: found the split '{split}' for {mouse}, expected one of {', '.join(SPLITS)}")
            if assignment.get(mouse, split) != split:
                raise BadInput(
                    f"{path}: found {mouse} in {assignment[mouse]} and in {split}, expected one set; remove one row"
                )
            assignment[mouse] = split
    if missing := [mouse for mouse in mice if mouse not in assignment]:
        raise BadInput(f"{path}: found no row for {', '.join(missing[:5])}, expected one for each of {len(mice)} mice")
    if unknown := sorted(set(assignment) - set(mice)):
        raise BadInput(f"{path}: found {', '.join(unknown[:5])}, expected only mice of the cohort; remove the rows")
    return {mouse: assignment[mouse] for mouse in mice}


def check_split(assignment: Mapping[str, str], inflow: Collection[str]) -> None:
    """Refuse a split that tests or validates on a mouse with inflow frames, or lacks a set to train or validate on.

    Raises BadInput naming the mice.
    """
    for split in ("train", "validation"):
        if split not in assignment.values():
            raise BadInput(f"split: found no mouse in {split}, expected at least one; change the split")
    if wrong := sorted(mouse for mouse in inflow if assignment[mouse] != "train"):
        raise BadInput(
            f"split: found the inflow mice {', '.join(wrong)} in validation or test, expected them in train; "
            "name a split file that has them there"
        )
