"""Phrases that sentences are built from: enumerations, numbers with units, intervals, reasons for missing values.

What is missing becomes an empty string, so that a sentence can leave it out.
"""

import math
from collections.abc import Collection, Iterable, Sequence

import pandas as pd

from murmur.presentation.number_format import number, p_is
from murmur.statistics.notes import SILENT, reasons_of, words
from murmur.vocabulary import DIFFERENCE_UNITS, METRIC_NAMES, STRUCTURE_NAMES, UNITS

METRIC = {metric: name.replace("Mass", "mass") for metric, name in METRIC_NAMES.items()}
STRUCTURE = {structure: f"the {name.lower()}" for structure, name in STRUCTURE_NAMES.items()}


def enumerate_words(items: Iterable[str], conjunction: str = "and") -> str:
    """Write items as "a, b and c"."""
    *first, final = items
    return f"{', '.join(first)} {conjunction} {final}" if first else final


def enumerate_clauses(parts: Iterable[str]) -> str:
    """Join parts of a sentence that have commas and "and" in themselves."""
    *first, final = parts
    return f"{', '.join(first)}, and {final}" if first else final


# numbers that open a sentence
COUNT = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def spelled(text: str) -> str:
    """Spell out a number up to twelve that a text begins with, if a word follows."""
    first, space, rest = text.partition(" ")
    known = first.isdecimal() and int(first) < len(COUNT) and rest[:1].isalpha()
    return f"{COUNT[int(first)]}{space}{rest}" if known else text


def parenthesis(*parts: str) -> str:
    """Write the parts that are not empty in parentheses, preceded by a space."""
    return f" ({', '.join(filter(None, parts))})" if any(parts) else ""


def paragraph(*sentences: str) -> str:
    """Join sentences that are not empty, each with an initial capital and a full stop."""
    return " ".join(f"{text[0].upper()}{text[1:]}." for text in map(spelled, filter(None, sentences)))


def with_unit(text: str, unit: str) -> str:
    """Write a value, or a range of values, with its unit."""
    return f"{text}%" if unit == "%" else f"{text} {UNITS.get(unit, unit)}"


def difference_with_unit(text: str, unit: str) -> str:
    """Write a difference with its unit; percentages differ by percentage points."""
    return with_unit(text, DIFFERENCE_UNITS.get(unit, unit))


def mean_sd(mean: float, sd: float = math.nan, decimals: int = 1) -> str:
    """Write a mean with its standard deviation where there is one."""
    spread = "" if pd.isna(sd) else f" ± {number(sd, decimals)}"
    return "" if pd.isna(mean) else number(mean, decimals) + spread


def interval(low: float, high: float, decimals: int = 1) -> str:
    """Write the limits of an interval, "−0.8 to 2.1"."""
    return "" if pd.isna(low) or pd.isna(high) else f"{number(low, decimals)} to {number(high, decimals)}"


def confidence_interval(alpha: float, text: str) -> str:
    """Write a confidence interval with its level, "95% CI −0.8 to 2.1"."""
    return text and f"{100 * (1 - alpha):g}% CI {text}"


def estimate(value: str, low: float, high: float, p: float, alpha: float, decimals: int = 1) -> str:
    """Write an estimate with its confidence interval and p in parentheses."""
    return parenthesis(value, confidence_interval(alpha, interval(low, high, decimals)), p_is(p))


def values_for(quantity: str, values: Sequence[str], names: Sequence[str]) -> str:
    """Write a quantity for each name, "... was 0.94 for EDV and 0.91 for SV"; empty values are left out."""
    given = [f"{value} for {name}" for value, name in zip(values, names, strict=True) if value]
    return f"{quantity} was {enumerate_words(given)}" if given else ""


def missing_values(
    table: pd.DataFrame,
    names: Sequence[str],
    what: str = "some statistics could not be computed",
    silent: Collection[str] = SILENT,
) -> str:
    """Write `what` and why: the reasons in `table` but `silent` ones, and the `names` of their rows."""
    rows_of: dict[str, list[str]] = {}
    for name, cell in zip(names, table["reasons"], strict=True):
        for clause in (words(why, brief=True) for why in reasons_of(cell) if why.code not in silent):
            if name not in rows_of.setdefault(clause, []):
                rows_of[clause].append(name)
    clauses_of: dict[str, list[str]] = {}
    for clause, rows in rows_of.items():
        where = "" if set(rows) == set(names) else f"for {enumerate_words(rows)}"
        clauses_of.setdefault(where, []).append(clause)
    found = [f"{where} ({'; '.join(clauses)})".strip() for where, clauses in sorted(clauses_of.items())]
    return f"{what} {enumerate_words(found)}" if found else ""


def metric_names(table: pd.DataFrame) -> list[str]:
    """Return the metrics of the rows of `table` as they are called in a sentence."""
    return [METRIC[metric] for metric in table["metric"]]


def counted(n: int, thing: str) -> str:
    """Write a number of things with a thousands separator."""
    return f"{n:,} {thing if n == 1 else f'{thing}s'}"
