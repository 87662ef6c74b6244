"""Measurements made elsewhere: one CSV file of numbers, as a cohort without images."""

import csv

import pandas as pd

from murmur.errors import BadInput
from murmur.volumes import METRICS

COLUMNS = ("mouse", "metric", "unit", "reference")


def readers(path: str) -> list[str]:
    """Return the readers of the file: its columns beside mouse, metric, unit and reference."""
    with open(path, newline="", encoding="utf-8-sig") as file:
        header = next(csv.reader(file), [])
    if missing := [column for column in COLUMNS if column not in header]:
        raise BadInput(
            f"{path}: found the columns {', '.join(header) or 'none'}, "
            f"expected {', '.join(COLUMNS)} and one per reader; "
            f"add {', '.join(missing)}"
        )
    found = [column for column in header if column not in COLUMNS]
    if not found:
        raise BadInput(f"{path}: found no column of a reader, expected one beside {', '.join(COLUMNS)}")
    return found


def mice(path: str) -> list[str]:
    """Return the mice of the file, in the order in which they come."""
    readers(path)
    with open(path, newline="", encoding="utf-8-sig") as file:
        return list(dict.fromkeys(row["mouse"] for row in csv.DictReader(file)))


def function(path: str, reader: str) -> pd.DataFrame:
    """Return the numbers of one reader as a table with the columns mouse, metric, unit, reference, reader.

    A cell may be empty and a metric may be absent. Raises BadInput for an unknown metric or unit, a cell that is not a
    number, or a metric given twice for a mouse.
    """
    table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    rows, seen = [], {}
    for line, row in enumerate(table.to_dict("records"), start=2):
        metric, unit = row["metric"], row["unit"].replace("µ", "u").replace("μ", "u")
        if METRICS.get(metric) != unit:
            raise BadInput(
                f"{path}, line {line}: found the metric '{metric}' in '{row['unit']}', "
                f"expected one of {', '.join(f'{m} in {u}' for m, u in METRICS.items())}"
            )
        if (row["mouse"], metric) in seen:
            raise BadInput(
                f"{path}, line {line}: found {metric} of {row['mouse']} again (line {seen[row['mouse'], metric]}), "
                "expected it once; remove one"
            )
        seen[row["mouse"], metric] = line
        values = {}
        for column in ("reference", reader):
            try:
                values[column] = float(row[column]) if row[column].strip() else float("nan")
            except ValueError:
                raise BadInput(
                    f"{path}, line {line}: found '{row[column]}' as {column}, expected a number or an empty cell"
                ) from None
        rows.append((row["mouse"], metric, unit, values["reference"], values[reader]))
    return pd.DataFrame(rows, columns=["mouse", "metric", "unit", "reference", "reader"])
