"""Numbers of the published study: its printed tables as text, and the test mice read off its Figure 3."""

from pathlib import Path

import pandas as pd

from murmur.csv_tables import read_csv
from murmur.data.user_tables import read_rows

# Root-mean-square reading error of a value of figure3.csv, in the unit of its metric: the distance of the values read
# off the panels of EDV and ESV from whole voxels of 0.01 uL, and the agreement of the other panels with these.
READING_ERROR = {"EDV": 0.014, "ESV": 0.015, "SV": 0.011, "EF": 0.018, "mass_ED": 0.07, "mass_ES": 0.07}


def read_figure(path: str | Path) -> pd.DataFrame:
    """Read figure3.csv.

    Parameters
    ----------
    path : str or Path
        CSV file.

    Returns
    -------
    DataFrame
        mouse, metric, unit, reference, reader. EDV, ESV, SV and EF of one mouse name belong together; mass_ED and
        mass_ES have mice of their own.
    """
    return read_csv(path).rename(columns={"dl": "reader"})


def read_table_1(path: str | Path) -> list[dict[str, str]]:
    """Read table_1.csv as text, because the number of decimals shows how a value was rounded.

    Parameters
    ----------
    path : str or Path
        CSV file.

    Returns
    -------
    list of dict
        One row per metric. `note_on` names the quantity that `note` refers to; `r_in_text` is r where the text of the
        paper prints a different one.

    Raises
    ------
    BadInput
        If the file is not UTF-8 or lacks a column.
    """
    return read_rows(
        path,
        [
            "metric",
            "unit",
            "reference_mean",
            "reference_sd",
            "reader_mean",
            "reader_sd",
            "note",
            "note_on",
            "r_in_text",
        ],
    )


def read_paper_values(path: str | Path) -> list[dict[str, str]]:
    """Read paper_values.csv as text.

    Parameters
    ----------
    path : str or Path
        CSV file.

    Returns
    -------
    list of dict
        One row per printed number; `bound` is < where the value is an upper bound.

    Raises
    ------
    BadInput
        If the file is not UTF-8 or lacks a column.
    """
    return read_rows(path, ["table", "quantity", "structure", "phase", "unit", "value", "sd", "note", "bound"])


def decimals(printed: str) -> int:
    """Return the number of decimals of a printed number."""
    return len(printed.partition(".")[2])


def rounded_as(printed: str, value: float) -> str:
    """Round `value` to the decimals of the `printed` number."""
    return f"{value:z.{decimals(printed)}f}"


def half_unit(printed: str) -> float:
    """Return the largest rounding error of a printed number: half a unit of its last decimal."""
    return 0.5 * 10.0 ** -decimals(printed)
