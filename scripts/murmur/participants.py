"""The table of participants: a phenotype for each mouse."""

import csv
from collections.abc import Iterable

from murmur.errors import BadInput


def read_phenotypes(path: str, mice: Iterable[str]) -> dict[str, str]:
    """Return the phenotype of each mouse in `mice` that the tab-separated table `path` names.

    Raises BadInput when the columns mouse and phenotype are missing or a mouse is listed twice.
    """
    with open(path, newline="", encoding="utf-8-sig") as file:
        rows = csv.DictReader(file, delimiter="\t")
        columns = rows.fieldnames or []
        if not {"mouse", "phenotype"} <= set(columns):
            raise BadInput(
                f"{path}: found the columns {', '.join(columns)}, expected mouse and phenotype, separated by tabs"
            )
        wanted, phenotypes, seen = set(mice), {}, set()
        for row in rows:
            if row["mouse"] in seen:
                raise BadInput(f"{path}: found {row['mouse']} twice, expected one row per mouse; remove one")
            seen.add(row["mouse"])
            if row["mouse"] in wanted and row["phenotype"]:
                phenotypes[row["mouse"]] = row["phenotype"]
    return phenotypes
