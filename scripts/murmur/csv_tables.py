"""CSV tables of results: reading and writing them."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

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


def read_csv(path: str | Path, labels: Sequence[str] = ()) -> pd.DataFrame:
    """Read a table written by `write_csv`.

    Labels (LABEL_COLUMNS, and further `labels`) remain text even if they look like numbers, for example phenotypes 0
    and 1 or readers 01 and 1. The column `reader` contains labels, unless there is a column `reference`: then
    both contain values.
    """
    columns = pd.read_csv(path, nrows=0).columns
    values = "reader" if "reference" in columns else None
    text = [name for name in columns if name in (*LABEL_COLUMNS, *labels) and name != values]
    return pd.read_csv(path, dtype=dict.fromkeys(text, str), keep_default_na=False, na_values=[""])


def as_labels(column: pd.Series) -> pd.Series:
    """Return values as text: whole numbers without decimals, missing values empty."""

    def label(value: object) -> str:
        if pd.isna(value):
            return ""
        return f"{value:.0f}" if isinstance(value, float) and value.is_integer() else str(value)

    return column.map(label).astype(object)
