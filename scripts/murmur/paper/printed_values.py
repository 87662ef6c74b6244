"""The published study's numbers: its printed tables as text, and its test mice as read off its Figure 3."""

from pathlib import Path

import pandas as pd

from murmur.csv_tables import read_csv, read_rows

# What one value of figure3.csv is off by, root mean square, in the unit of its metric: how far the values read off the
# panels for EDV and ESV lie from whole voxels of 0.01 uL, and how well the other panels agree with these.
READING_ERROR = {"EDV": 0.014, "ESV": 0.015, "SV": 0.011, "EF": 0.018, "mass_ED": 0.07, "mass_ES": 0.07}


def read_figure(path: str | Path) -> pd.DataFrame:
    """Read figure3.csv: mouse, metric, unit, reference, reader.

    EDV, ESV, SV and EF of a mouse belong together; mass_ED and mass_ES have mice of their own.
    """
    return read_csv(path).rename(columns={"dl": "reader"})


def read_table_1(path: str | Path) -> list[dict[str, str]]:
    """Read table_1.csv as text, because the number of decimals says how a value was rounded.

    `note_on` names the quantity that the note of a row is about; `r_in_text` is r where the text prints another one.
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
    """Read paper_values.csv as text; `bound` is < where the value is an upper bound."""
    return read_rows(path, ["table", "quantity", "structure", "phase", "unit", "value", "sd", "note", "bound"])


def decimals(printed: str) -> int:
    """Return how many decimals a printed number has."""
    return len(printed.partition(".")[2])


def rounded_as(printed: str, value: float) -> str:
    """Round `value` to the decimals of the `printed` number."""
    return f"{value:z.{decimals(printed)}f}"


def half_unit(printed: str) -> float:
    """Return the largest rounding error of a printed number: half a unit of its last decimal."""
    return 0.5 * 10.0 ** -decimals(printed)
