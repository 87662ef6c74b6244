"""The manifest of a cohort: one row per mouse file, checked and described."""

from pathlib import Path

import pandas as pd

from murmur.csv_tables import read_csv
from murmur.data.mouse import GRID, Mouse, mouse_of


def read_manifest(path: str | Path) -> dict[str, Mouse]:
    """Read a manifest.

    Parameters
    ----------
    path : str or Path
        manifest.csv of a cohort.

    Returns
    -------
    dict of str to Mouse
        The mice by name, in the order of the file; without the excluded ones.
    """
    return {row.mouse: mouse_of(row) for row in read_analysed(path)[0].itertuples(index=False)}


def read_analysed(path: str | Path) -> tuple[pd.DataFrame, dict[str, str]]:
    """Read a manifest as a table.

    Parameters
    ----------
    path : str or Path
        manifest.csv of a cohort.

    Returns
    -------
    analysed : DataFrame
        The rows of the mice that are not excluded.
    excluded : dict of str to str
        The reason of each excluded mouse.
    """
    table = read_csv(path)
    out = table["excluded"].notna()
    # Rows of excluded mice are empty, which makes integers floats and logical values objects.
    whole = {name: int for name in GRID if out.any()}
    analysed = table[~out].reset_index(drop=True).astype(whole).infer_objects()
    return analysed, dict(table.loc[out, ["mouse", "excluded"]].itertuples(index=False))
