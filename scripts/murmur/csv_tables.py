"""CSV tables: reading tables written by users, and reading and writing result tables."""

import csv
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from murmur.errors import BadInput
from murmur.files import atomic_write
from murmur.logs import log
from murmur.vocabulary import LABEL_COLUMNS


def write_csv(table: pd.DataFrame, path: str | Path) -> None:
    """Write `table` as UTF-8, comma-separated, floats at full precision, missing values empty.

    The file appears under its final name only once it is complete.
    """
    with atomic_write(path) as partial:
        log.info("rows of %s: %d", path, len(table))
        table.to_csv(partial, index=False, lineterminator="\n", encoding="utf-8")


def read_csv(path: str | Path) -> pd.DataFrame:
    """Read a table written by `write_csv`.

    Labels (LABEL_COLUMNS) remain text even if they look like numbers, for example phenotypes 0 and 1 or readers 01 and
    1. The column `reader` contains labels, unless there is a column `reference`: then both contain values.
    """
    columns = pd.read_csv(path, nrows=0).columns
    labels = [name for name in columns if name in LABEL_COLUMNS and not (name == "reader" and "reference" in columns)]
    return pd.read_csv(path, dtype=dict.fromkeys(labels, str), keep_default_na=False, na_values=[""])


def read_rows(path: str | Path, columns: Sequence[str], delimiter: str = ",") -> list[dict[str, str]]:
    """Read a table written by a user: one dict of text per row, with missing cells empty.

    Raises BadInput if the file is not UTF-8, or if one of `columns` is missing.
    """
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, delimiter=delimiter, restval="")
            rows, found = list(reader), list(reader.fieldnames or [])
    except UnicodeDecodeError:
        raise BadInput(f"{path}: found text that is not UTF-8, expected UTF-8; save it again as 'CSV UTF-8'") from None
    if missing := [column for column in columns if column not in found]:
        separated = {",": "commas", "\t": "tabs"}[delimiter]
        raise BadInput(
            f"{path}: found the columns {', '.join(found) or 'none'}, expected {', '.join(columns)}, separated by "
            f"{separated}; add {', '.join(missing)}"
        )
    return rows
