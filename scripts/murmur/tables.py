"""Reading and writing the tidy CSV files that users rely on."""

from pathlib import Path

import pandas as pd


def write_csv(table: pd.DataFrame, path: str | Path) -> None:
    """Write `table` as UTF-8, comma-separated, floats at full precision, missing values empty.

    The file appears under its name only when it is complete.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    table.to_csv(partial, index=False, lineterminator="\n", encoding="utf-8")
    partial.replace(path)


def read_csv(path: str | Path) -> pd.DataFrame:
    """Read a table that `write_csv` wrote; names and lists stay text, also when they look like numbers."""
    text = dict.fromkeys(["mouse", "phenotype", "note", "status", "annotated_frames", "inflow_frames"], str)
    return pd.read_csv(path, dtype=text, keep_default_na=False, na_values=[""])
