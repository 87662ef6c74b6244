"""Measurements made with other software: a table, used as a cohort without images."""

import difflib
import math
import re
from collections.abc import Collection, Mapping, Sequence
from functools import cache

import pandas as pd

from murmur.data.user_tables import Row, delimiter_of, read_rows, write_decimal_points
from murmur.errors import BadInput
from murmur.vocabulary import METRICS

COLUMNS = ("mouse", "metric", "unit", "reference")  # the last one is optional
VALUES = ["reference", "reader"]
# Spellings of units, and their sizes in the unit of METRICS.
IN_UL = {"uL": 1, "ul": 1, "mm3": 1, "mm³": 1, "mL": 1000, "ml": 1000}
FACTORS = {"uL": IN_UL, "mg": {"mg": 1, "g": 1000}, "%": {"%": 1, "1": 100, "fraction": 100}}
LARGEST_FRACTION = 1.0  # EF up to this value is a fraction rather than a percentage
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


@cache
def _rows(path: str) -> list[Row]:
    """Read the rows as text, once per file, with decimal points.

    In a table separated by commas, "1,062" in quotes may be a thousand, and is refused as a number.
    """
    rows = read_rows(path, COLUMNS[:-1], delimiter=None, optional=COLUMNS[-1:])
    if delimiter_of(path) != ",":
        write_decimal_points(path, rows, [name for name in rows[0] if name not in COLUMNS[:-1]])
    return rows


def readers(path: str) -> list[str]:
    """List the readers of a measurement file, its columns other than mouse, metric, unit and reference.

    Parameters
    ----------
    path : str
        Table separated by commas, semicolons or tabs.

    Returns
    -------
    list of str
        Readers, in the order of their columns.

    Raises
    ------
    BadInput
        If there is none, or a name cannot be used as a folder name.
    """
    found = [column for column in _rows(path)[0] if column not in COLUMNS]
    if not found:
        raise BadInput(f"{path}: found no reader column, expected at least one besides {', '.join(COLUMNS)}; add one")
    if "reference" not in _rows(path)[0] and (near := difflib.get_close_matches("reference", _folded(found), n=1)):
        name = _folded(found)[near[0]]
        raise BadInput(f"{path}: found the column '{name}', but no reference; rename it to reference or to a reader")
    for name in found:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}", name):
            raise BadInput(
                f"{path}: found the column '{name}', expected a reader name of letters, digits, '_', '-' and '.', at "
                "most 100; rename or remove it"
            )
    return found


def _folded(names: list[str]) -> dict[str, str]:
    """Return names by their form without capitals."""
    return {name.casefold(): name for name in names}


def mice(path: str) -> list[str]:
    """Return the mice of a measurement file, in order of appearance."""
    return list(dict.fromkeys(row["mouse"] for row in _rows(path)))


def measured_by_reference(path: str) -> set[str]:
    """Return the mice of a measurement file with a value of the reference; none if it has no such column."""
    return {row["mouse"] for row in _rows(path) if row.get("reference")}


def function(path: str, reader: str, excluded: Collection[str] = ()) -> pd.DataFrame:
    """Read the measurements of one reader.

    Parameters
    ----------
    path : str
        Table with the columns mouse, metric, unit, reference and one column per reader. Cells may be empty, and metrics
        and the column reference may be absent.
    reader : str
        Column of the reader.
    excluded : collection of str, optional
        Mice to leave out.

    Returns
    -------
    DataFrame
        Columns mouse, metric, unit, reference and reader; values in the unit of METRICS, converted from other units of
        volume (mL, mm3), mass (g) and EF (fraction), and NaN where missing. Missing SV and EF are computed from EDV and
        ESV of the same column; computed rows are the last ones.

    Raises
    ------
    BadInput
        If a metric or unit is unknown, a cell is not a number, a metric is given twice for a mouse, or EF is a fraction
        in some cells and a percentage in others; one line for each problem, with its first line in the table.
    """
    values, seen, problems = {}, {}, {}
    in_fractions = gives_fractions(path)
    for row in _rows(path):
        key = row["mouse"], row["metric"]
        try:
            if key in seen:
                first = f"(first in line {seen[key]})"
                raise BadInput(f"found a second row for {key[1]} of {key[0]} {first}, expected one; remove one")
            seen[key] = row.line
            values[key] = _numbers(row, ("reference", reader), in_fractions)
        except BadInput as problem:
            problems.setdefault(str(problem), []).append(row.line)
    if problems:
        raise BadInput("\n".join(f"{path}, line {_first(lines)}: {text}" for text, lines in problems.items()))
    rows = [(mouse, metric, METRICS[metric], *both) for (mouse, metric), both in completed(values).items()]
    table = pd.DataFrame(rows, columns=["mouse", "metric", "unit", *VALUES])
    return table[~table["mouse"].isin(excluded)]


def _unknown(metric: str, unit: str) -> str:
    """Return what is wrong with a metric that is unknown or has an unknown unit."""
    if metric in METRICS:
        units = {name.casefold().replace("³", "3"): name for name in reversed(FACTORS[METRICS[metric]])}
        return f"found {metric} in '{unit}', expected {', '.join(units.values())}; correct the unit"
    metrics = {name.casefold(): name for name in METRICS}
    near = difflib.get_close_matches(metric.casefold(), metrics, n=1)
    advice = f"did you mean '{metrics[near[0]]}'?" if near else "rename it, or remove the line"
    return f"found the metric '{metric}', expected {', '.join(METRICS)}; {advice}"


def completed(values: Mapping[tuple[str, str], Sequence[float]]) -> dict[tuple[str, str], Sequence[float]]:
    """Compute missing SV = EDV − ESV and EF = 100 · SV / EDV.

    `values` are those of each column by mouse and metric, in the units of METRICS. Missing values are filled in where
    the same column has EDV and ESV; rows that are new follow the others.
    """
    found = dict(values)
    for mouse in dict.fromkeys(mouse for mouse, _ in values):
        edv, esv = (values.get((mouse, metric), ()) for metric in ("EDV", "ESV"))
        pairs = list(zip(edv, esv, strict=False))
        sv = [large - small for large, small in pairs]
        ef = [100 * (large - small) / large if large else math.nan for large, small in pairs]
        for metric, computed in (("SV", sv), ("EF", ef)):
            given = found.get((mouse, metric), [math.nan] * len(pairs))
            both = [new if math.isnan(old) else old for old, new in zip(given, computed, strict=False)]
            if not all(map(math.isnan, both)):
                found[mouse, metric] = both
    return found


def notes(path: str) -> list[str]:
    """Return sentences about what is computed from the values of a measurement file; often none."""
    found, given = [], {(row["mouse"], row["metric"]): row for row in _rows(path)}
    metrics: dict[str, set[str]] = {}
    for reader in readers(path):
        table = function(path, reader)
        for column, name in zip(VALUES, ("reference", reader), strict=True):
            for row in table[table["metric"].isin(["SV", "EF"]) & table[column].notna()].itertuples():
                if not given.get((row.mouse, row.metric), {}).get(name):
                    metrics.setdefault(row.metric, set()).add(row.mouse)
    parts = [f"{metric} ({len(metrics[metric])})" for metric in ("SV", "EF") if metric in metrics]
    if parts:
        found.append(f"{path} lacks {' and '.join(parts)} of some mice, computed from EDV and ESV")
    return found


def gives_fractions(path: str) -> bool:
    """Return whether a table gives EF as a fraction under the unit %: all values are at most 1, and are converted.

    Raises BadInput if some are, and others are percentages.
    """
    found: dict[bool, tuple[int, str]] = {}
    for row in _rows(path):
        if row["metric"] == "EF" and row["unit"] == "%":
            for column, cell in row.items():
                if column not in COLUMNS[:-1] and NUMBER.fullmatch(cell) and float(cell) > 0:
                    found.setdefault(float(cell) <= LARGEST_FRACTION, (row.line, cell))
    if len(found) > 1:
        (line, fraction), (other, percentage) = found[True], found[False]
        raise BadInput(
            f"{path}, line {line}: found EF {fraction} and, in line {other}, {percentage}, expected percentages in all "
            "rows, or fractions in all; write percentages, or leave the cell empty if EF could not be measured"
        )
    return True in found


def _first(lines: Sequence[int]) -> str:
    """Return the first of the lines with the same problem, and the number of the others."""
    return f"{lines[0]} and {len(lines) - 1} more" if len(lines) > 1 else str(lines[0])


def _numbers(row: Row, columns: Sequence[str], in_fractions: bool) -> list[float]:
    """Return the values of columns of a row in the unit of METRICS; EF under the unit % may be `in_fractions`."""
    metric, unit = row["metric"], row["unit"].replace("µ", "u").replace("μ", "u")
    factor = FACTORS.get(METRICS.get(metric, ""), {}).get(unit)
    if factor is None:
        raise BadInput(_unknown(metric, row["unit"]))
    if metric == "EF" and in_fractions:
        factor = 100
    numbers = [_number(row, column, factor) for column in columns]
    if metric == "EF" and factor > 1 and any(number > 100 for number in numbers):
        raise BadInput(
            f"found an EF above 1 with the unit '{row['unit']}', expected a fraction; correct it, or write % as the "
            "unit of a percentage"
        )
    return numbers


def _number(row: Row, column: str, factor: int) -> float:
    """Convert a cell to a float, times `factor`; NaN if it is empty."""
    if not row.get(column):
        return math.nan
    value = float(row[column]) if NUMBER.fullmatch(row[column]) else math.nan
    if not math.isfinite(value):
        raise BadInput(
            f"found '{row[column]}' as {column}, expected a number or an empty cell; write decimals with a point, and "
            "leave the cell empty if the value is missing"
        )
    return value if factor == 1 else value * factor
