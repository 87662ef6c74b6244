"""Pieces of sentences: numbers with their units, intervals, tests and lists, as a journal's results section words them.

A piece is empty text where its number is missing, so that a sentence can leave it out.
"""

import math
from collections.abc import Iterable, Sequence

import pandas as pd

from murmur.presentation.number_format import number, p_is
from murmur.statistics.notes import brief
from murmur.vocabulary import METRIC_NAMES, UNITS

METRIC = {metric: name.replace("Mass", "mass") for metric, name in METRIC_NAMES.items()}
STRUCTURE = {"blood_pool": "the blood pool", "myocardium": "the myocardium"}


def listed(items: Iterable[str], last: str = "and") -> str:
    """Write items as "a, b and c"."""
    *first, final = items
    return f"{', '.join(first)} {last} {final}" if first else final


def aside(*pieces: str) -> str:
    """Write the pieces that are not empty in brackets, with a space before them."""
    return f" ({', '.join(filter(None, pieces))})" if any(pieces) else ""


def paragraph(*texts: str) -> str:
    """Make each text that is not empty a sentence, with a capital and a full stop, and put them one after another."""
    return " ".join(f"{text[0].upper()}{text[1:]}." for text in texts if text)


def of_unit(text: str, unit: str) -> str:
    """Write a value, or a range of values, with its unit."""
    return f"{text}%" if unit == "%" else f"{text} {UNITS.get(unit, unit)}"


def change_of_unit(text: str, unit: str) -> str:
    """Write a difference with its unit; percentages differ by percentage points."""
    return of_unit(text, "percentage points" if unit == "%" else unit)


def mean_sd(mean: float, sd: float = math.nan, decimals: int = 1) -> str:
    """Write a mean with its standard deviation, or alone where there is none."""
    spread = "" if pd.isna(sd) else f" ± {number(sd, decimals)}"
    return "" if pd.isna(mean) else number(mean, decimals) + spread


def limits(low: float, high: float, decimals: int = 1) -> str:
    """Write the limits of an interval, "−0.8 to 2.1"."""
    return "" if pd.isna(low) or pd.isna(high) else f"{number(low, decimals)} to {number(high, decimals)}"


def confidence(alpha: float, text: str) -> str:
    """Write a confidence interval with its level, "95% CI −0.8 to 2.1"."""
    return text and f"{100 * (1 - alpha):g}% CI {text}"


def finding(value: str, low: float, high: float, p: float, alpha: float, decimals: int = 1) -> str:
    """Write a value with its confidence interval and its p, in brackets."""
    return aside(value, confidence(alpha, limits(low, high, decimals)), p_is(p))


def series(what: str, values: Sequence[str], names: Sequence[str]) -> str:
    """Say what a quantity was for each name: "... was 0.94 for EDV and 0.91 for SV"; empty values are left out."""
    given = [f"{value} for {name}" for value, name in zip(values, names, strict=True) if value]
    return f"{what} was {listed(given)}" if given else ""


def reasons(
    table: pd.DataFrame,
    names: Sequence[str],
    what: str = "not everything could be measured or tested",
    silent: Sequence[str] = (),
) -> str:
    """Say `what` and why: the clauses of the notes of `table`, but the `silent` ones, and the `names` of their rows."""
    rows_of: dict[str, list[str]] = {}
    for name, note in zip(names, table["note"].fillna(""), strict=True):
        for clause in brief(note).split("; "):
            if clause and clause not in silent and name not in rows_of.setdefault(clause, []):
                rows_of[clause].append(name)
    clauses_of: dict[str, list[str]] = {}
    for clause, rows in rows_of.items():
        where = "" if set(rows) == set(names) else f"for {listed(rows)}"
        clauses_of.setdefault(where, []).append(clause)
    found = [f"{where} ({'; '.join(clauses)})".strip() for where, clauses in sorted(clauses_of.items())]
    text = f"{what} {listed(found)}" if found else ""
    for metric, name in METRIC.items():
        text = text.replace(metric, name)
    return text


def names(table: pd.DataFrame) -> list[str]:
    """Return the metrics of the rows of `table` as they are called in a sentence."""
    return [METRIC[metric] for metric in table["metric"]]
