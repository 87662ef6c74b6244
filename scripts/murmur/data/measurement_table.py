"""Measurements made with other software: a CSV file, used as a cohort without images."""

import csv
import math
import re
from collections.abc import Collection
from functools import cache

import pandas as pd

from murmur.csv_tables import read_rows
from murmur.errors import BadInput
from murmur.vocabulary import METRICS

COLUMNS = ("mouse", "metric", "unit", "reference")


@cache
def _rows(path: str) -> list[dict[str, str]]:
    """Read the rows as text, once per file."""
    return read_rows(path, COLUMNS)


def readers(path: str) -> list[str]:
    """List the readers of a measurement file, its columns other than mouse, metric, unit and reference.

    Parameters
    ----------
    path : str
        CSV file.

    Returns
    -------
    list of str
        Readers, in the order of their columns.

    Raises
    ------
    BadInput
        If there is none, or a name cannot be used as a folder name.
    """
    _rows(path)
    with open(path, newline="", encoding="utf-8-sig") as file:
        found = [column for column in next(csv.reader(file)) if column not in COLUMNS]
    if not found:
        raise BadInput(f"{path}: found no reader column, expected at least one besides {', '.join(COLUMNS)}")
    for name in found:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}", name):
            raise BadInput(
                f"{path}: found the column '{name}', expected a reader name of letters, digits, '_', '-' and '.', at "
                "most 100; rename or remove it"
            )
    return found


def mice(path: str) -> list[str]:
    """Return the mice of a measurement file, in order of appearance."""
    return list(dict.fromkeys(row["mouse"] for row in _rows(path)))


def function(path: str, reader: str, excluded: Collection[str] = ()) -> pd.DataFrame:
    """Read the measurements of one reader.

    Parameters
    ----------
    path : str
        CSV file with the columns mouse, metric, unit, reference and one column per reader. Cells may be empty, and
        metrics may be absent.
    reader : str
        Column of the reader.
    excluded : collection of str, optional
        Mice to leave out.

    Returns
    -------
    DataFrame
        Columns mouse, metric, unit, reference and reader; values in the unit of METRICS, NaN where missing.

    Raises
    ------
    BadInput
        If a metric or unit is unknown, a cell is not a number, or a metric is given twice for a mouse.
    """
    rows, seen = [], {}
    for line, row in enumerate(_rows(path), start=2):
        metric, unit = row["metric"], row["unit"].replace("µ", "u").replace("μ", "u")
        if METRICS.get(metric) != unit:
            raise BadInput(
                f"{path}, line {line}: found the metric '{metric}' in '{row['unit']}', "
                f"expected one of {', '.join(f'{m} in {u}' for m, u in METRICS.items())}"
            )
        if (row["mouse"], metric) in seen:
            raise BadInput(
                f"{path}, line {line}: found a second row for {metric} of {row['mouse']} "
                f"(first in line {seen[row['mouse'], metric]}), expected one; remove one"
            )
        seen[row["mouse"], metric] = line
        values = (_number(row, column, f"{path}, line {line}") for column in ("reference", reader))
        rows.append((row["mouse"], metric, unit, *values))
    table = pd.DataFrame(rows, columns=["mouse", "metric", "unit", "reference", "reader"])
    return table[~table["mouse"].isin(excluded)]


def _number(row: dict[str, str], column: str, place: str) -> float:
    """Convert a cell to a float; NaN if it is empty."""
    if not row[column].strip():
        return math.nan
    try:
        value = float(row[column])
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise BadInput(f"{place}: found '{row[column]}' as {column}, expected a number or an empty cell")
    return value
