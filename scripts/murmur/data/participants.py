"""Participants tables, which give the phenotype of each mouse."""

from collections.abc import Collection

from murmur.csv_tables import read_rows
from murmur.errors import BadInput
from murmur.files import named_alike


def listed_mice(path: str) -> list[str]:
    """Return the mice of a participants table, in its order."""
    return [row["mouse"] for row in read_rows(path, ["mouse", "phenotype"], delimiter="\t")]


def read_phenotypes(path: str, mice: Collection[str]) -> dict[str, str]:
    """Read the phenotypes of the mice of a cohort.

    Parameters
    ----------
    path : str
        Tab-separated table with the columns mouse and phenotype.
    mice : collection of str
        Mice of the cohort.

    Returns
    -------
    dict of str to str
        Phenotype of each mouse for which the table gives one, in the order of `mice`.

    Raises
    ------
    BadInput
        If a column is missing, a mouse is listed twice, or no mouse of the cohort is listed.
    """
    rows = read_rows(path, ["mouse", "phenotype"], delimiter="\t")
    names = named_alike(mice)
    listed = [names.get(row["mouse"], row["mouse"]) for row in rows]
    if twice := [mouse for mouse in dict.fromkeys(listed) if listed.count(mouse) > 1]:
        raise BadInput(f"{path}: found {', '.join(twice[:5])} twice, expected one row per mouse; remove one")
    if not set(listed) & set(mice):
        raise BadInput(
            f"{path}: found {', '.join(listed[:3])}, ..., expected mice of the cohort "
            f"({', '.join(list(mice)[:3])}, ...); use the same names"
        )
    known = {mouse: row["phenotype"] for mouse, row in zip(listed, rows, strict=True) if row["phenotype"]}
    return {mouse: known[mouse] for mouse in mice if mouse in known}
